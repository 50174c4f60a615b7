//! What Vestibule does not do, or does only in part.
//!
//! - **Inline scripts** ([`inline_scripts`](super::inline_scripts)) are read and not run: an address that is put together in a
//!   loop, kept in a property with a name for everything (`url`, `href`, `data`), turned around or decrypted is not seen. Names are
//!   followed without regard to order, so in a long bundle a short name may stand for somebody else's address. What a
//!   script loads beyond 64 addresses that nobody knows, or in code that is packed three times, is not looked at. A handler or
//!   script that only calls a withheld tag stays. Patterns of speculation rules that choose links by a selector alone are
//!   stopped, also where all of these links are the shop's.
//! - **Scripts of the shop itself** run as they always did. What they load from elsewhere is stopped by the
//!   `Content-Security-Policy` line, not by rewriting; what they write into `document.cookie` is stopped on its way to
//!   the shop, not in the browser's jar.
//! - **Cookies that are already there** are not sent to the shop without consent and are expired with pages and other responses
//!   for one visitor (`operations`, "What browsers hold"). Out of reach are cookies for a path below the page that was
//!   asked for, until a page there is visited; cookies for a path with a `;`, or whose path has more than 16 segments and is
//!   neither the page's nor its directory's; and partitioned cookies that were set while the shop stood in a frame of another
//!   site, until it stands there again. What no service claims is withheld under `unclassified.cookies = "deny"` and stays in the browser.
//! - **The age of a limited cookie** (`cookie_days`, `audience_cookie_days`) is known on the host that set it, and only from when
//!   Vestibule saw it set. A renewal whose age nobody knows (set by a script, by another host of the site, or before Vestibule
//!   stood here) is cut to the visit, once; the next one is new. What scripts set for themselves is not limited. In observe
//!   mode nothing is remembered, so every renewal is reported as if it were cut to the visit.
//! - **`host_only_cookies`** takes the `Domain` from what the shop sets by HTTP; what its scripts set keeps it. Two hosts of one
//!   shop then no longer share a login.
//! - **Style sheets** of the shop's own, `style` elements and attributes are rewritten (`operations`, "Style sheets and caches").
//!   Texts in custom properties count as addresses only when they name another host: `image-set(var(--x))` with a relative one
//!   that leads to a collector on the shop's own host is not seen. A sheet without a named encoding takes that of its page, which
//!   is not known where the sheet is read: in `Shift_JIS`, GBK, Big5 and EUC-KR pages a sheet has to name its own, and in `style`
//!   elements and attributes of such pages a letter whose second half is `\\` or a bracket may hide an address. The `deny` of a
//!   route counts for the path of the sheet, not for that of the page. In the `style` elements of SVG, character
//!   references are written anew (`&eacute;` as `&#233;`) unless the visitor agreed to everything.
//! - **A host with letters beyond ASCII** in a page that is not UTF-8 cannot be read, and is taken for a stranger's, also where it is
//!   the shop's own: such a shop writes it as `xn--…`.
//! - **XHTML, SVG and XML documents, and feeds** are read as [`xml`](crate::enforce::xml) says. What XSLT computes,
//!   `media:` and `enclosure` addresses of feeds, and XHTML or SVG that a script makes of data without those namespaces
//!   are not judged; the policy line holds where there is a page. The banner and the mirror go into XHTML only where their
//!   markup is well-formed XML, and only into a `head` and `body` without prefixes. A feed is one visitor's, like a page, so shared caches
//!   do not keep it.
//! - **An SVG image** that is asked for as an image passes as it is. Browsers fetch nothing from inside of it. The
//!   same address opened as a document from the browser's own cache has the policy line and nothing else.
//! - **A part of an XML document** that is neither XHTML nor SVG, or one in a coding that cannot be read, passes under the policy
//!   line.
//! - **A tag longer than `max_token_bytes`** (or with more than 1024 attributes) is judged in parts: an attribute whose value
//!   cannot be looked at as a whole goes out of sight, unless nothing is fetched from it or it is an image in a `data:`
//!   address; a script with such a tag does not run; a `style` attribute of that size is lost. Inside of a `noscript` or a
//!   frame's document such a tag becomes text. A document type of that size is left out.
//! - **A page whose content coding breaks** ends, properly, with what could be decoded. Where nothing could be decoded, the transfer is
//!   broken off. A bomb ends at 200 times its size (from 1 MiB on) or at 256 MiB.
//! - **A page in a coding or a part that cannot be read** is refused (502) rather than passed.
//! - **JSON** is read for markup where a page's script asks for it, known by Fetch Metadata, by what libraries add to their
//!   requests, or by `Referer`. An old browser, or any on a cleartext site, that says nothing of this kind gets it unread. Names
//!   are not looked at, nor is markup that a script puts together from several strings; nor addresses that are no markup
//!   (`"src": "https://…"`), of which a script makes elements: those meet the policy line of the page. The same goes for JSON
//!   that is declared `immutable`, for a part of it (206), and for a coding that nobody knows. Answers in JSON to a page's
//!   scripts become `private, no-cache` and lose their length, also for visitors who agreed, but for those that have a validator
//!   and were found to name nobody; `markup_in_json = false` takes that back.
//! - **Markup that is edited, not shown:** a back office whose editor fetches a description as JSON and stores it again would
//!   store what was made inert for that editor. Such routes need `mode = "off"`.
//! - **Markup in other bodies** is not looked for: scripts that write it (`text/javascript` answers of Rails), event streams,
//!   `WebSockets`, `multipart/mixed`. The policy line of the page stops what it fetches.
//! - **React's server components:** markup and hints in `text/x-component` are judged, elements are not; React's script makes
//!   those in the browser, where the policy line stops them. Text rows longer than `max_token_bytes` lose every `<`.
//! - **React and Vue** take over pages from which tags were withheld, and do not repair them, as tested with React 19.3 and Vue
//!   3.5 in Chromium. Development builds of both report the attribute that differs. Where React renders the whole document, it
//!   makes the scripts of the head anew, and the browser reports that the policy line stopped them. A withheld preload makes
//!   Chromium say that its `href` is not valid.
//! - **Pages that Turbo and htmx fetch whole** to put them in place of the one that is shown get no banner; it was on the first.
//! - **Consent tools** are read from what they write: a shop that changed the format of its tool's cookie (Orejime lets it)
//!   has to change it back. Shopify's `Server-Timing: _cmp` comes too late, with the response. Rows of the table in
//!   [`sources`](super::sources) that say "documentation only" were never checked against a real value.
//! - **TC strings of 2026** that do not list the vendors they disclosed (TCF 2.3 makes that mandatory from 28 February) are
//!   still read for purposes; no vendor counts as disclosed, so services with an `iab_vendor` are refused.
//! - **`rescue`** sets the bytes again that came with a request for a page. A choice that a script changes while that very
//!   page is on its way is overwritten in browsers that read the answer later; the tool's next write corrects it.
//! - **Osano and Termly** may store what a region starts with as if it were saved; the mirror cannot tell.
//! - **The mirror** is a script: where a shop's own strict `Content-Security-Policy` has no place for it, it is left out, which
//!   is logged once and counted (`operations`, "A shop with a policy of its own"). Its word arrives with the
//!   request after the one in which the visitor chose. It tells categories: a single service that vanilla-cookieconsent was
//!   told to leave out of an accepted category is not seen in local-storage mode. Osano's `OPT_OUT` is not read. What
//!   Usercentrics, Osano, Termly, Didomi and Sourcepoint do was read up and played by stand-ins, not seen.
//! - **Trailers** of a rewritten page are dropped; those of everything else pass over HTTP/2.
//! - **WebSocket** tunnels are carried over HTTP/1.1 only. The framework may tear a tunnel down right after the
//!   handshake when the shop answers faster than it reads the end of the request (seen in under 1 % of upgrades under
//!   load by others); browsers reconnect.
//! - **HTTP/1.1 trailers** are dropped in both directions by the framework.
//! - **The policy line is long**, because it names every host of the services that may run, in two forms: 6.8 KB without consent
//!   (what is necessary), 12 KB for statistics alone, 22 KB where all but one purpose is granted, and no line at all when
//!   everything is granted. A proxy in front of Vestibule has to accept response heads of that size (nginx:
//!   `proxy_buffer_size 32k; proxy_buffers 8 32k`; `HAProxy`: `tune.bufsize 32768`).
//! - **Embeds that collect less** (a service's `variant`: `YouTube`'s no-cookie host, Vimeo's `dnt=1`) take the place of frames
//!   whose service may not run, where the variant's own service may. Both are `social` as shipped, so nothing is swapped until a
//!   site gives one of them another purpose: `[[site.purpose]] id = "functional"` with `services = ["youtube-no-cookie"]`. Only
//!   frames in pages are swapped, not players that scripts build. The finding is that of the embed that was refused.
//! - **Payment pages that embed the bank** (3-D Secure in a frame of the shop's own page) need the bank's hosts in
//!   `[[site.necessary]]`, or a `[[site.route]]` with `mode = "observe"` for the checkout: the policy line would stop them.
//! - **Redirects of pages through a known tracker** that names no address of the shop's (or the very page that the visitor is on)
//!   pass: a dead end helps nobody. So do redirects to hosts that nobody knows, such as banks; and sign-ins with a network that is also known for its pixel.
//! - **A page that goes on by itself** (`Refresh`, `meta refresh`) to a host that nobody knows stays where it is until everything
//!   is granted. A payment page of that kind belongs in `[[site.necessary]]`.
//! - **Captchas** (reCAPTCHA, hCaptcha) need a yes to `functional`: authorities ask for consent, and a form behind one does not
//!   work without. A shop that cannot do without writes `[[site.necessary]] host = "www.google.com"` with its reason, or one
//!   that needs none (Friendly Captcha, Turnstile).
//! - **Click ids** are taken out of what the shop is asked for and, with `strip_links`, of `a href` and `area href` in pages; not
//!   out of the address bar, of links that scripts make or decorate on a click, of `action` and fields of forms, of fragments
//!   (`#_gl=…`), of bodies, or of an address that is itself a parameter's value. A page's own scripts see them. A parameter that
//!   was taken out is not kept for a later consent on another page; the place for that would be `sessionStorage`, by the guard.
//! - **A signed or protocol query** keeps its click ids. Anybody who writes `&signature=1` behind one makes it so.
//! - **8-bit bytes in a request's target** that are no UTF-8 are refused by the framework (400).
//! - **A `Speculation-Rules` file** is not read; what it prefetches from elsewhere is not stopped by us.
//! - **Reports that browsers remembered** from before (`Report-To`) live until their `max_age`; `NEL` is told to end at once.
//! - **`Forwarded`** is passed on as it came from a trusted proxy, with an element of ours; it is never written where there was none.
//! - **Speed.** A page is rewritten in one streaming pass, but every kept piece is still copied on its own; see
//!   `tests/RESULTS.md` for what that costs beside a bare pass-through proxy.
//! - **The banner speaks English only.** Texts in other languages are read from the configuration and not yet shown.
//! - **Shop code that calls a withheld tag** (`gtag(…)`, `fbq(…)`) throws, because nothing stands in for it yet. A handler
//!   that stops the form first and calls the tag next does not get to sending it.
//! - **Necessary names hold on every platform.** `currency`, which one platform needs, is kept in all shops.
//! - **A shop with a strict `style-src`**, with neither a nonce nor its own host in it, shows the banner without its styles, and one whose `form-action` (or
//!   `sandbox`) stops the banner's form shows no banner. A policy in a `meta` element is not read: our scripts and styles stand
//!   before it, but its `form-action` stops the banner's buttons, and its `connect-src` the mirror's calls. Whether a policy covers
//!   us is told by the address as Vestibule sees it: where an untrusted proxy ends TLS, `https:` does not.
//! - **Addresses inside of event handlers** are judged as those of inline scripts are, by what is known. In Chromium, without
//!   the policy line, handlers were seen to fetch; whether the line stops each of them was not measured.
//! - **A `base` that leads to somebody who needs consent** is made inert; relative addresses, links among them, then lead to
//!   the shop.
//! - **Calls on the shop's own domain** are known by paths, parameters and small bodies (8 KiB, same origin, form, text or
//!   JSON, `Sec-Fetch-Dest: empty`, an announced length, and of it what comes within a second). A collector behind a path of its own with a body that is packed,
//!   encrypted or sent in chunks is not. On cleartext sites browsers send no `Sec-Fetch-*`: navigations are then told by
//!   accepting HTML by name, and bodies are not looked at. A module that imports names from a withheld script fails to
//!   link. `User-Agent` loses minor versions on calls, not the model of a telephone.
//! - **Trackers behind sub-domains** are the shop's own until the name system has answered, which is half a second to a few
//!   seconds after a page first named them; what was learnt survives a reload and not a restart. At most 256 names per site
//!   are asked about; a new one takes the place of the one that pages named longest ago. A sub-domain with a tracker's address (`A`) and no alias is not recognised: that takes data about
//!   whose addresses these are. A page's own host is not asked about. The policy line still names the shop's domain, so a
//!   cloaked host that a script names is judged by nobody.
//! - **Filter lists** hold their matcher's lock for the time of one verdict (one to three microseconds). Rules about elements, and
//!   `$removeparam`, `$csp`, `$redirect`, are left out. While a list is loaded, every address in a page is judged, also
//!   those of the shop's own host. `check --no-files` reads lists all the same.
//! - **Workers** have a policy of their own, and no line is put on their scripts yet.
//! - **A file mounted into a container on its own** (not its directory) and replaced outside by renaming stays the old one
//!   inside: the mount holds on to it, and nobody inside can see the new one. Mount the directory.
//! - **Key and token files** are not watched: consent keys are read at every reload, the token at every use. Certificates and
//!   databases of countries are watched like configuration, and a renewed one takes effect with a reload of its own. A database
//!   that only a policy on trial names is not.
//! - **A policy on trial** (`[shadow]`, `[canary]`) is not kept with a generation: a rollback reads it as it stands. A shadow sees
//!   nothing where the policy in use is off, and the visitor's choice as it was made on the site in use.
//! - **Where a visitor is** is told in a test by `country`, or by the site's `country_header`. `test`, `explain` and `consent`
//!   ask no database; without a word, the strictest regime of the site holds.
//! - **That Global Privacy Control is honoured** is said on our banner, the preference page and in the state. Where a consent
//!   tool of the shop's asks (`banner = false`), the page itself says nothing of it.
//! - **`test` and `explain`** play an exchange through the surfaces of the core. What the proxy adds for the sake of HTTP
//!   (codings, caching fields, validators, the banner, the `Vestibule-Consent` field) cannot be expected in a test.
//! - **`diff`** compares what is decided about items and the settings of a site. It does not compare texts that visitors
//!   read, limits, listeners or keys.
