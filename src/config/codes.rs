//! Every code a diagnostic can have, with what it means. One table serves the manual, the tests and `check`.
//!
//! A code also says how bad it is: the same mistake is never an error in one place and a warning in another.

use super::diagnostic::Severity;

/// A kind of diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable code: `V0102`.
    pub code: &'static str,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// Why it matters and what to do, in a sentence or two.
    pub explanation: &'static str,
    /// How bad it is.
    pub severity: Severity,
}

impl Code {
    /// The entry of `code`.
    pub fn find(code: &str) -> Option<&'static Self> {
        CODES.iter().find(|known| known.code == code)
    }
}

/// What makes a configuration unusable.
const fn code(code: &'static str, title: &'static str, explanation: &'static str) -> Code {
    Code { code, title, explanation, severity: Severity::Error }
}

/// What deserves a second look and stops nothing.
const fn warning(code: &'static str, title: &'static str, explanation: &'static str) -> Code {
    Code { code, title, explanation, severity: Severity::Warning }
}

/// All codes, in order: 00 files, 01 syntax and shape, 02 process and hosts, 03 purposes, 04 routes, 05 services, 06 regimes,
/// 07 tests.
pub const CODES: &[Code] = &[
    code(
        "V0001",
        "file cannot be read",
        "A configuration file does not exist, may not be read, or is too long. Check its path, and the rights of the user that Vestibule runs as. Only regular files are read: a pipe or a device might never end.",
    ),
    code(
        "V0002",
        "file is not UTF-8",
        "Configuration is UTF-8 text without NUL characters. The place shown is the first byte that is not.",
    ),
    code(
        "V0003",
        "include names nothing",
        "`include` takes files and patterns of file names in one directory, relative to the main file. The directory has to exist; that no file fits is fine.",
    ),
    code("V0101", "syntax error", "The file is not TOML. Nothing else in it is checked until this is repaired."),
    code(
        "V0102",
        "unknown key",
        "The table has no such key. Keys are never ignored, because a mistyped one would silently protect nobody.",
    ),
    code("V0103", "missing key", "The table does not work without this key."),
    code("V0104", "wrong type", "The value has another type than the key takes."),
    code("V0105", "number out of range", "The number is smaller or larger than makes sense for the key."),
    code(
        "V0106",
        "key of the main file",
        "Listeners, keys, limits and includes hold for the whole process and are written in the main file.",
    ),
    code("V0107", "unknown word", "The key takes one of a few words."),
    code("V0108", "empty value", "The value must not be empty."),
    code("V0109", "not a language tag", "Texts are written by language tag: `en`, `fr-CH`."),
    code(
        "V0110",
        "unknown reference",
        "Values may refer to `${env:NAME}`, `${env:NAME:-default}`, `${file:PATH}` and `${credential:ID}`; `$${` stands for the text `${`.",
    ),
    code(
        "V0111",
        "reference to nothing",
        "The environment variable is not set, or the file or credential cannot be read. Nothing is ever replaced by an empty text.",
    ),
    code(
        "V0112",
        "too many entries",
        "A list is longer than anyone writes one; most likely a program wrote it by mistake. Nothing of it is read.",
    ),
    code(
        "V0113",
        "pattern too long",
        "Patterns of cookies, addresses, routes and inline scripts have at most 1024 bytes: each is held against every request.",
    ),
    code("V0201", "unknown version", "`version` names the format of the file. This release reads version 1."),
    code(
        "V0202",
        "bad listener address",
        "Listeners are IP addresses with a port. Names are not resolved, because what they resolve to may change.",
    ),
    code("V0203", "bad network", "Networks are an address and a prefix length whose remaining bits are zero."),
    code(
        "V0204",
        "admin address is not loopback",
        "The admin interface can reload configuration and shows inventory. It listens on loopback only; put an authenticating proxy or a tunnel before it.",
    ),
    code(
        "V0205",
        "bad upstream",
        "An upstream is the scheme, host and port of the shop: `http://`, `https://` or `h2c://` for HTTP/2 in cleartext.",
    ),
    code("V0206", "bad host name", "Hosts are written without scheme, port, path and wildcard."),
    code(
        "V0207",
        "`*` beside other hosts",
        "A site with `hosts = [\"*\"]` answers for every host that no other site names; other hosts of the same site would mean nothing.",
    ),
    code("V0208", "host configured twice", "A host belongs to one site."),
    code(
        "V0209",
        "bad own path",
        "Vestibule answers below this path itself. It starts with `/` and does not end with it.",
    ),
    code("V0210", "no site", "There is nothing to stand in front of: at least one `[[site]]` is needed."),
    code("V0212", "address listened on twice", "Two listeners cannot share an address and port."),
    code(
        "V0213",
        "previous key is the current one",
        "`previous` is the key that was in use before `current`, so that older consent cookies stay valid.",
    ),
    warning(
        "V0214",
        "everybody is trusted",
        "`trusted_proxies` covers every address there is, so any visitor can claim any address with `X-Forwarded-For`. Write the networks of your own load balancers.",
    ),
    code(
        "V0215",
        "certificate or key cannot be used",
        "A listener needs a readable PEM file with its certificate and one with the key that belongs to it. `check` opens both, as start does.",
    ),
    code(
        "V0216",
        "consent key cannot be used",
        "The key that consent cookies are signed with cannot be read or is too short, so no choice of any visitor could be kept.",
    ),
    warning(
        "V0217",
        "key that everybody can read",
        "Whoever can read the key can forge consent cookies, or the whole shop. Take the right to read it from others.",
    ),
    code(
        "V0220",
        "bad duration",
        "Durations are a number with its unit: `500ms`, `5s`, `1m`. They are texts, because a number alone would leave the unit to guessing.",
    ),
    code(
        "V0221",
        "source not read",
        "`[[site.source]]` says more about a source that the site reads; `sources` names those.",
    ),
    code("V0222", "source with two tables", "What a source means on a site is written in one place."),
    code(
        "V0223",
        "source without this",
        "Sources have different cookies, and only consent tools have categories that a site may give another meaning.",
    ),
    code(
        "V0224",
        "cookie domain of another site",
        "Browsers take a cookie for a domain only from a host below it, so a tool's cookie can be set again for such a domain alone.",
    ),
    warning(
        "V0225",
        "purpose nobody asks about",
        "Where a consent tool of the shop's asks, visitors can agree only to purposes that its words stand for; the others stay undecided, and so does everything that nobody classified.",
    ),
    warning(
        "V0226",
        "asked twice",
        "The shop has a consent tool of its own, and Vestibule's banner would stand beside it. Regulators count two boxes as none.",
    ),
    code(
        "V0301",
        "unknown purpose",
        "Purposes are the built-in ones and those that a site declares with `[[site.purpose]]`. A site knows the built-in ones and its own.",
    ),
    code("V0302", "too many purposes", "All sites together have at most 32 purposes."),
    code(
        "V0303",
        "purpose without benefit",
        "Who asks for data says what it is good for: a purpose of your own needs `benefit.en` and `title.en`.",
    ),
    code("V0304", "necessary in the wrong place", "What is necessary is neither asked for nor denied."),
    code("V0305", "bad id", "Ids stand in configuration, logs and pages and stay simple."),
    code("V0306", "purpose declared twice", "A site declares a purpose once."),
    warning(
        "V0307",
        "missing translation",
        "Visitors whose language the site speaks elsewhere would read this text in English.",
    ),
    code(
        "V0308",
        "purpose that cannot be told",
        "The shop's code is told about purposes in the field `Vestibule-Consent`, a dictionary in the sense of RFC 9651. Its keys start with a letter, and `regime` and `revision` mean something else there.",
    ),
    code("V0401", "bad route", "A route is a pattern for the path of a URL and starts with `/`."),
    code("V0402", "unreachable route", "The first route that covers a path holds, so this one never does."),
    code("V0403", "route without effect", "A route denies purposes, sets a mode or names a stage."),
    code("V0404", "unknown method", "A route may hold for some request methods only; they are written in upper case."),
    code(
        "V0405",
        "unknown stage",
        "`not_at` denies a purpose on the routes of a stage of the visitor's journey; no route of the site has this one.",
    ),
    warning(
        "V0406",
        "unknown hosts are contacted",
        "What nobody classified may be a tracker. Under an opt-in law it may not be contacted before a yes.",
    ),
    code(
        "V0501",
        "necessary without reason",
        "The necessary list is explicit and each entry says why: it is what you show when someone asks.",
    ),
    code(
        "V0502",
        "reason without necessity",
        "Only necessary services are justified by a reason; all others need consent.",
    ),
    code(
        "V0503",
        "service without one purpose",
        "A service has `purpose`, `purposes` or `carrier = true`, and only one of these.",
    ),
    code(
        "V0504",
        "service defined twice",
        "Service ids are unique among your files. A built-in service may be redefined once.",
    ),
    code("V0505", "unknown service", "No `[[service]]` of yours and no built-in one has this id."),
    code(
        "V0506",
        "cookie pattern too wide",
        "A pattern keeps at least two characters of the names it stands for, so that it never catches the cart.",
    ),
    code(
        "V0507",
        "service recognised by nothing",
        "A service is recognised by cookies, hosts, addresses, inline markers, parameters, endpoints, aliases or fields.",
    ),
    code("V0508", "bad address", "An address is a host and a path pattern, for hosts that several services share."),
    code(
        "V0509",
        "necessary entry names nothing",
        "A `[[site.necessary]]` entry names one cookie pattern, one host or one parameter.",
    ),
    code(
        "V0510",
        "marker too short",
        "An inline marker is searched in every inline script. A short one would catch the shop's own code.",
    ),
    code("V0511", "necessary and more", "A service is necessary or has purposes that are asked for, not both."),
    code("V0512", "purpose cannot be given", "A carrier has no purpose, and a necessary service is never asked for."),
    warning(
        "V0513",
        "cookie in two purposes",
        "Two services claim the cookie for different purposes, so that it needs both.",
    ),
    warning(
        "V0514",
        "pattern covers a session cookie",
        "A pattern that is this wide also covers cookies that keep a visitor logged in or a cart filled, on some platform.",
    ),
    warning(
        "V0515",
        "tracker on the necessary list",
        "The necessary list wins over every service: whatever it covers passes without consent.",
    ),
    code(
        "V0516",
        "bad endpoint",
        "An endpoint is a path on the shop's own domain, narrow enough not to be a page of the shop.",
    ),
    code(
        "V0517",
        "filter list cannot be used",
        "Filter lists are read with the configuration. One that is missing, cut off or something else would silently block nothing.",
    ),
    code(
        "V0518",
        "bad variant",
        "A variant is a host from which frames load with less collected, and the parameter that asks for it where it takes one.",
    ),
    code(
        "V0601",
        "bad regime",
        "An opt-in regime allows nothing before a yes; the others say what they allow until the visitor objects.",
    ),
    code("V0602", "unknown regime", "Regimes are the built-in ones and those that you define with `[[regime]]`."),
    code("V0603", "bad country code", "Countries are written as two letters (ISO 3166-1 alpha-2)."),
    code(
        "V0604",
        "no way to the country",
        "Which country a visitor is in is told by a CDN or load balancer, in a request field, or by a database of addresses.",
    ),
    code(
        "V0605",
        "regime defined twice",
        "Regime ids are unique among your files. A built-in regime may be redefined once.",
    ),
    code(
        "V0606",
        "country from nobody",
        "A visitor could write the field themselves. It is believed only when the request comes from a trusted proxy.",
    ),
    code(
        "V0607",
        "regime broken",
        "The way in which the site asks breaks the law that it says it follows; a choice made this way is worth nothing.",
    ),
    warning(
        "V0608",
        "measurement without asking",
        "Some laws exempt audience measurement under strict conditions; this one does not.",
    ),
    warning("V0609", "nobody asks", "Nothing that needs a yes can run where nobody asks for one."),
    code(
        "V0610",
        "country database cannot be used",
        "The database is opened by `check`, at start and at every reload, and each of its records is looked at. A file that is not whole would put visitors under the wrong law.",
    ),
    code(
        "V0701",
        "test without expectation",
        "A test asserts what it names and nothing else; one that names nothing never fails.",
    ),
    code(
        "V0702",
        "unknown consent",
        "`consent` is `accept-all`, `refuse-all`, `undecided` or a list of purposes that the visitor agreed to.",
    ),
    code(
        "V0703",
        "purpose that is not asked for",
        "Nobody can agree to what the site does not ask for, so a test about it would prove nothing.",
    ),
    code("V0704", "bad address in a test", "A test is about a path, or an address on a host of its own site."),
    code(
        "V0705",
        "bad field in a test",
        "Fields have a name and values as HTTP knows them; cookies have their own keys.",
    ),
    code("V0706", "expectation without its given", "What a test expects can only come of something that it gives."),
    code("V0707", "expected twice", "A service or a host is named once in what a test expects."),
    code(
        "V0708",
        "test fails",
        "With `require_tests`, a configuration whose own tests fail is refused: at a check, at start and at every reload.",
    ),
];
