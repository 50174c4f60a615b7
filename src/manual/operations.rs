//! How a change takes effect, how to undo it, and what is on record.
//!
//! # Changing the configuration
//!
//! A saved file takes effect by itself, within a second, and no connection notices. Whatever the way of saving: in place,
//! by renaming, through links, in a mounted volume. Only content counts: a file that was touched, or that says what it said
//! before, changes nothing. Files are given the time to be complete: what was saved has to stand still for 200 ms, and what
//! is wrong for 800 ms before it is reported, because whoever writes slowly may not be done. Someone who holds a file open
//! is waited for, up to ten seconds.
//!
//! Notices of the file system are only hints when to look. Where there are none (a network mount, a single file mounted
//! into a container, another name of the same file), the files are compared every `reload.poll`.
//!
//! `kill -HUP` and `vestibule reload` do not wait for anything to stand still. The command returns once the new generation
//! is in effect (0), or with the errors that `check` shows (1), or because there is no proxy to ask or it refuses (2).
//!
//! A configuration that is wrong changes nothing, whole or in part. So does one that changes what only a restart can
//! change (the addresses of `listen`, `admin`, `state_dir`); all these keys are named. Either is said in the log, in
//! `/-/status` (`degraded`), by `vestibule_config_last_reload_successful 0`, and in the audit trail.
//!
//! A request that is under way ends with the policy that it began with.
//!
//! # Going back
//!
//! `vestibule rollback` puts the generation before in effect again, `vestibule rollback N` the one with this number;
//! repeated, it goes further back. `/-/status` lists what is kept: the last twenty generations with different content, each
//! with all of its files. Key files are not kept: what comes back signs with the keys of today.
//!
//! The file on disk is not touched, so it differs afterwards. It is left alone until its content changes or someone asks
//! for a reload, across restarts too. The same content written once more does not undo a rollback.
//!
//! # Starting with a wrong configuration
//!
//! It does not start, unless the last good configuration says `start_from_last_good = true` in `[reload]`; then that one is
//! started, loudly and degraded, with its own listeners. The setting is read from the last good configuration, because a
//! file that cannot be read says nothing. Under systemd, `ExecStartPre=… check` has to go then: it would stop the start.
//!
//! # The record
//!
//! `audit.jsonl` in the state directory has a line for every start, reload, refusal and rollback: when, by what trigger,
//! who as far as is known (the user behind the Unix socket, or `token`), the content before and after as hashes, and why
//! it was refused. Each line ends in a hash over itself and carries the hash of the line before. `vestibule audit verify`
//! finds any one byte or line that was changed, removed or inserted. **It cannot find** that lines were cut off at the
//! end, unless it is given the last hash (`--expect-last`), which is in the log and the status for that reason; and it
//! cannot tell a trail that someone with the rights of the proxy has written anew from the first line. The trail is never
//! shortened; a record takes about 500 bytes. A line that a crash left incomplete is cut off and recorded as `torn`.
//!
//! Keeping generations and records needs a state directory that can be written. Where it cannot, configurations take effect
//! all the same, and log and status say what is not kept. Two proxies should not share a state directory: the audit trail
//! stays whole, but they would overwrite each other's generations.
//!
//! # Style sheets and caches
//!
//! A style sheet of the shop's that names a font, a picture or a sheet of somebody else's is another one for each choice. It is
//! sent as pages are: `Cache-Control: private, no-cache`, an entity tag that names the choice, no `Last-Modified`. A browser asks
//! for it again with each page and is told 304. Where that is too slow, let the shop serve the font itself.
//!
//! A sheet that names nobody is sent as the shop sends it, with its length, its validators and its place in shared caches, and
//! is not read. Whether it is one is known after it was read once, so the first answer for each sheet, after each start and each
//! change of policy, is `private, no-cache` as well; the next request gets the shop's fields. A sheet without `ETag` and
//! `Last-Modified` is never known again, and one without a length or chunks may have been cut: both are always kept apart. A
//! cache in front of Vestibule that holds a sheet from before a change of policy gives that one until it is stale: purge it
//! when a service is added that the shop's sheets name.
//!
//! What is refused leads nowhere (`about:invalid`, or an empty sheet for an `@import`), and the address follows in a comment. The
//! rest of the declaration, the next font and the order of layers stay. A sheet in `Shift_JIS`, GBK, gb18030, Big5, EUC-KR or
//! UTF-16 that is read goes out in UTF-8.
//!
//! # What browsers hold
//!
//! A cookie that a browser sends and whose service the visitor did not agree to never reaches the shop, and it is ended in the
//! browser: the response carries `Set-Cookie` fields with `Max-Age=0` for the host, each parent domain up to the public
//! suffix, and each path above the page's, partitioned or not; `HttpOnly` ones end, too. A response carries at most 40 such
//! fields and 3 KiB; what is left comes with the next ones, and what a script creates again ends again. Only pages, answers to
//! requests that change something, and responses marked `private` or `no-store` carry them: anything else may be kept by a
//! cache for somebody else. What the site lists as necessary stays, whatever the catalog says, and so does what only a
//! route's `deny` withholds. In observe mode, and for services under `observe`, nothing ends;
//! and where a consent tool keeps its choice in the browser alone (`mirror`), nothing ends before it was heard. Findings name the surface
//! `withdrawal`.
//!
//! Where a proxy in front limits response heads, it has to take these on top of the policy line (nginx:
//! `proxy_buffer_size 32k`).
//!
//! Cookies that may be there may not live for ever: `audience_cookie_days` of a regime (France: 13 months) and `cookie_days` of a
//! purpose limit their lives from the day when they were first set. That day is kept in a cookie of ours for each of them,
//! `vestibule-since-…`, which tells a day and nothing else.
//!
//! `clear_on_withdrawal` asks the browser to clear its cache or storage when a visitor withdraws something at our banner or
//! preference page. `storage` also clears what the shop itself keeps there, such as a cart or an offline copy. `cookies` is no
//! choice: it would end the login and the cart, and the choice itself, on every sub-domain.
//!
//! # Where visitors are
//!
//! A site whose `regime` depends on the country asks in this order: the `country_header` of a trusted proxy, when it names
//! one country; else the `country_database`, for the visitor's address. That address is the peer of the connection or, where
//! the peer is one of `listen.trusted_proxies`, the rightmost hop of `X-Forwarded-For` that is not; a hop that cannot be read
//! is nobody. Of whom neither knows anything, from a private network, say, the strictest regime of the site holds: what all of
//! them allow, and whatever any of them forbids. Only `country.iso_code` of a record counts; where a network was
//! registered (`registered_country`) says little about its users. Addresses are looked up and forgotten.
//!
//! A database is any file in the MaxMind DB format whose records have `country.iso_code` (GeoLite2-Country, DB-IP Country
//! Lite), up to 128 MiB; it is held in memory, once for all sites that name it. A new file takes effect by itself, like a
//! saved configuration. One that is cut off or damaged is refused: `check` and the log say so, and the old one stays. Let
//! the updater write beside the file and rename. Its content is no part of the policy's revision, as with certificates.
//!
//! # What the shop is told about a visitor
//!
//! **The address.** `X-Forwarded-For` ends with the peer of the connection; `X-Forwarded-Proto` and `-Host` are ours. What a
//! peer claims that is none of `listen.trusted_proxies` is taken out, in any spelling: `Forwarded` (RFC 7239), `X-Real-IP`,
//! `True-Client-IP`, `CF-Connecting-IP` and the other fields of CDNs, and what legacy shops and frameworks take for the address
//! that was asked for (`X-Original-URL`, `X-Rewrite-URL`, `X-Forwarded-Prefix`, `X-Forwarded-Port`, …). Behind a CDN, name its
//! networks there, or the shop loses `CF-Connecting-IP`. Of a trusted peer all of it stays, and our own view is added. Vestibule
//! itself believes `X-Forwarded-For` first and reads `Forwarded` only where there is none, since a proxy that writes the one
//! mostly passes the other as it came.
//!
//! By default the shop gets the whole address and the whole `Referer`: orders are checked for fraud by the one, partners are paid
//! by the other. The catalog calls both necessary (`visitor-address`, `referrer`). Where your shop uses them for statistics only,
//! say so, and they are cut for everybody who did not agree:
//!
//! ```toml
//! [[service]]
//! id = "visitor-address"
//! purpose = "analytics"
//! fields = ["x-forwarded-for", "forwarded", "x-real-ip"]
//!
//! [[service]]
//! id = "referrer"
//! purpose = "analytics"
//! fields = ["referer"]
//! ```
//!
//! An address is then cut to its network (IPv4 /24, IPv6 /48), a `Referer` from another site to its origin; your own proxies'
//! addresses stay, and so does every `Referer` between pages of the shop, which frameworks check forms by. List the fields that
//! your CDN adds, too. A service that the shop itself passes visitors' addresses to, for its own bot filter, say, sees all
//! visitors of a network as one from then on: where that makes it refuse visitors, keep `visitor-address` as it is.
//!
//! **Parameters.** Click ids and linkers (`gclid`, `fbclid`, `_gl`, …: `parameters` of services) are taken out of the address
//! that the shop is asked for, of `Referer`, and of redirects, unless their purpose was agreed to. Everything else stays byte for
//! byte. Signed addresses, sign-ins and returns from a payment are never touched: `enforce/query/sealed.rs` lists what they are
//! recognised by. Campaign labels (`utm_source`) name no person and stay; a `[[service]]` of your own that lists them under
//! `parameters` takes them out. What your shop needs although a service claims it, you keep:
//!
//! ```toml
//! [[site.necessary]]
//! parameter = "gclid"
//! reason = "resellers are paid by it, as their contracts say"
//! ```
//!
//! Visitors are never redirected for it, so **the parameter stays in their address bar**: a page's scripts see it, and when the
//! visitor agrees while still on that page, the next request for it carries it to the shop. Once they went on to another page
//! it is gone. Nothing keeps it for later: a cookie that remembers a click is what the visitor has not agreed to.
//!
//! `strip_links = true` takes them out of links in pages as well (`a href`, `area href`), wherever these lead, by the same rules and
//! with every other byte of the link as it was. Mind partners who are paid by a parameter that a service claims: list it as
//! above.
//!
//! A shop that redirects until it sees a parameter is not asked for ever: a redirect that leads just where the visitor is already,
//! parameters included, makes Vestibule ask once more with the address as it came. The shop wrote these values itself.
//!
//! **Redirects through trackers.** Where a `Location` leads through a service that was not agreed to, and names the shop's own
//! address as the final one, visitors go there directly. Other pages go where the shop sends them; pictures and other parts of
//! pages are not led to trackers.
//!
//! # Services on the shop's own domain
//! Analytics behind a path of the shop's, and tag gateways, are services like others: `endpoints` of a `[[service]]` say how
//! they are known. Without consent they are answered here, `204` or an empty script, and the shop sees nothing of it. With
//! consent they go to the shop with the cookies of that service only, and what they set besides their own cookies does not
//! reach the browser: a collector that sees no session begins a new one, which would end the visitor's. A cookie that a
//! collector needs belongs into its `cookies`. Some services take every visitor for a robot when they do not get the visitor's
//! address; so it goes along, unless `collectors.without_address` names the service.
//!
//! A sub-domain that is an alias of a service's host shows in the log, in the status under `cloaked` and in
//! `vestibule_cloaked_hosts`. `[dns]` says who is asked, or that nobody is.
//!
//! A filter list such as `EasyPrivacy` blocks what no service claims. It knows no purposes: what it blocks waits until the
//! visitor agreed to everything. `observe = ["filter_lists"]` tries it out. A path between two slashes is a regular
//! expression in this syntax: `/stats/` also means `/own-stats/a.gif`.
//!
//! # A shop with a policy of its own
//!
//! A `Content-Security-Policy` of the shop's holds for what Vestibule puts into pages, too: the banner, its styles, the mirror. It
//! is never changed, only read, all of its lines and policies together. Where it lets us in (`'self'`, the host, `'unsafe-inline'`
//! for styles), nothing is special. Where it wants a nonce and names one, our `script` and `style` carry it; nothing else does.
//! Where it allows no styles in the page and files of the
//! host, the banner's styles come from a file of ours. Where it has no place for us, the part is left out, the log says so once per site, with the directive, and
//! `vestibule_injections_stopped_total{part}` counts the pages: `mirror` (`script-src`, or `connect-src` for what it calls),
//! `banner-style` (`style-src`; the banner still stands there and works) and `banner` (`form-action`, or a `sandbox` without
//! `allow-forms` and `allow-same-origin`; visitors are then not asked and count as undecided). To let us in, add `'self'` to the
//! directive, or a nonce. A policy that is only reported (`-Report-Only`) stops nothing and is left alone; under it, our tags
//! show up in its reports unless it covers them.
//!
//! Our own line is sent beside the shop's. Browsers let only that happen which both allow.
//!
//! # Who may ask
//!
//! The admin listener is a Unix socket that only its owner can connect to, or loopback TCP. Over TCP everybody on the
//! machine can read metrics and status; reload and rollback need the token in `admin.token_file`, and are refused where
//! none is configured. A new token counts as soon as it is in the file. Requests from web pages (`Origin`) and for other
//! names than loopback's (`Host`) are refused, which is what DNS rebinding would need.
