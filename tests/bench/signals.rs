//! How long consent strings take to read: usual ones, and the worst that fit into 8 KiB. Prints a table;
//! `cargo bench --bench signals`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that cannot go on ends"
)]

use std::hint::black_box;
use std::time::Instant;

use http::{HeaderMap, HeaderValue, header::COOKIE};
use vestibule::catalog::Catalog;
use vestibule::consent::{PurposeTable, Regime};
use vestibule::sources::gpp::Gpp;
use vestibule::sources::tcf::{IdSet, TcString};
use vestibule::sources::us_privacy::read_us_privacy;
use vestibule::sources::{self, Choice, Key, KeyRing, RequestView, SourceUse};

/// What the product allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 201;
const MARKETING: IdSet = IdSet::of(&[1, 3, 4]);
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A string as it is sent every day, and one with publisher restrictions.
const USUAL: &str = "CQuFeUAQuFeUAAfACBENCWFgAP_gAAAAAAqIGMwAwABALzAYyAAAAAAA.IAAA.YAAAAAAAAAAA";
const RESTRICTED: &str = "CQEXy8AQEXy8AAHABBENBFFoAP_AAAAAAAAAF5wBQAIAAtABkAFsBeYAAABSUAGAAIKalIAMAAQU1IQAYAAgpqOgAwABBTUJABgACCmo.f_gAAAAAAAAA";

/// Bits as text.
#[derive(Default)]
struct Writer(Vec<bool>);

impl Writer {
    fn put(mut self, value: u64, width: u32) -> Self {
        self.0.extend((0..width).rev().map(|bit| value.checked_shr(bit).unwrap_or(0) & 1 == 1));
        self
    }

    fn text(&self) -> String {
        let sextet = |bits: &[bool]| bits.iter().fold(0, |sum, bit| sum << 1 | usize::from(*bit)) << (6 - bits.len());
        self.0.chunks(6).map(|bits| char::from(ALPHABET[sextet(bits)])).collect()
    }

    /// The fixed part with purposes 1 to 4 consented to, of the year 2020.
    fn core() -> Self {
        Self::default()
            .put(2, 6)
            .put(15_800_000_000, 36)
            .put(15_800_000_000, 36)
            .put(0, 60)
            .put(0b10, 2)
            .put(0, 12)
            .put(0b1111 << 20, 24)
            .put(0, 24 + 1 + 12)
    }

    fn ranges(self, count: u64, first: u64, last: u64) -> Self {
        (0..count).fold(self.put(count, 12), |out, _| {
            if first == last { out.put(0, 1).put(first, 16) } else { out.put(1, 1).put(first, 16).put(last, 16) }
        })
    }
}

fn microseconds(mut work: impl FnMut()) -> (f64, f64) {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    (times[ROUNDS / 2], times[ROUNDS * 99 / 100])
}

fn main() {
    let vendors = |count, first, last| Writer::core().put(65_535, 16).put(1, 1).ranges(count, first, last).put(0, 29);
    let restricted = |groups: u64, ranges: u64| {
        let core = Writer::core().put(30, 16).put(0, 1).put(u64::MAX >> 34, 30).put(0, 17).put(groups, 12);
        (0..groups).fold(core, |core, _| core.put(3 << 2 | 1, 8).ranges(ranges, 7, 7)).text()
    };
    let tc = [
        ("TC, usual", USUAL.to_owned()),
        ("TC, with restrictions", RESTRICTED.to_owned()),
        ("TC, a field of 48 000 vendors", Writer::core().put(48_000, 16).put(0, 1 + 48_000).put(0, 29).text()),
        ("TC, 2800 single vendors", vendors(2800, 65_535, 65_535).text()),
        ("TC, 1450 ranges of all vendors", vendors(1450, 1, 65_535).text()),
        ("TC, 2400 restrictions of nobody", restricted(2400, 0)),
        ("TC, 1300 restrictions of one vendor", restricted(1300, 1)),
        ("TC, one restriction of 2850 ranges", restricted(1, 2850)),
    ];
    println!("microseconds, median and 99th percentile of {ROUNDS}\n");
    println!("{:38} {:>6} {:>9} {:>9} {:>9} {:>9}", "string", "bytes", "read", "p99", "vendor", "p99");
    for (name, text) in &tc {
        assert!(text.len() <= 8192, "{name}: {}", text.len());
        let string = TcString::parse(text.as_bytes()).unwrap();
        let (read, read_worst) = microseconds(|| {
            let _ = black_box(TcString::parse(black_box(text.as_bytes())));
        });
        let (ask, ask_worst) = microseconds(|| {
            black_box(string.vendor_allowed(black_box(15), MARKETING));
        });
        println!("{name:38} {:>6} {read:>9.2} {read_worst:>9.2} {ask:>9.2} {ask_worst:>9.2}", text.len());
    }
    let header = |items: u64, bits: &str| {
        let writer = Writer::default().put(3, 6).put(1, 6).put(items, 12);
        bits.bytes().fold(writer, |out, bit| out.put(u64::from(bit == b'1'), 1)).text()
    };
    let all = [
        ("GPP, usual", "DBABLA~CVQqAAAAAACA.QA".to_owned()),
        ("GPP, 2700 ids", {
            let ids = header(2700, &"011".repeat(2700));
            format!("{ids}{}", "~B".repeat(2700))
        }),
        ("GPP, a code of 49 000 bits", header(1, &"0".repeat(49_000))),
        ("GPP, 2700 subsections", format!("DBABLA~CVQqAAAAAACA{}", ".QA".repeat(2700))),
        ("GPP, the worst TC string inside", format!("DBABMA~{}", vendors(2790, 65_535, 65_535).text())),
        ("US Privacy, JSON of 8 KB", format!("{{\"uspString\":\"1YNN\",\"x\":\"{}\"}}", "\\u0041".repeat(1350))),
        ("US Privacy, escapes of 8 KB", "%41".repeat(2730)),
    ];
    println!("\n{:38} {:>6} {:>9} {:>9}", "string", "bytes", "read", "p99");
    for (name, text) in &all {
        assert!(text.len() <= 8192, "{name}: {}", text.len());
        let (read, worst) = microseconds(|| {
            let bytes = black_box(text.as_bytes());
            if let Ok(string) = Gpp::parse(bytes) {
                black_box((string.us_choice(), string.tcf_eu().map(TcString::parse)));
            } else {
                black_box(read_us_privacy(bytes));
            }
        });
        println!("{name:38} {:>6} {read:>9.2} {worst:>9.2}", text.len());
    }
    let standards = ["tcf", "gpp", "usprivacy"];
    let strings = format!("euconsent-v2={USUAL}; usprivacy=1YNN; __gpp=DBABLA~CVQqAAAAAACA.QA");
    request("a usual request, standards", &standards, &strings);
    let shop = "session=8b1c2d; cart=42; lang=de; _ga=GA1.2.1.2; theme=dark";
    let onetrust = "OptanonConsent=isGpcEnabled=0&datestamp=Fri+Nov+20+2026+10%3A00%3A00+GMT%2B0100&version=202405.1.0\
                    &isIABGlobal=false&hosts=&consentId=8b1c2d3e&interactionCount=2&isAnonUser=1&landingPath=NotLandingPage\
                    &groups=C0001%3A1%2CC0002%3A1%2CC0003%3A0%2CC0004%3A0&AwaitingReconsent=false; \
                    OptanonAlertBoxClosed=2026-11-20T09:00:00.000Z";
    request("no consent cookie", &["own", "onetrust", "gpc"], shop);
    request("a tool's cookie", &["own", "onetrust", "gpc"], &format!("{shop}; {onetrust}"));
    let bind = "AAECAwQFBgcICQoLDA0ODw";
    let choice = Choice {
        issued: NOW - 1000,
        granted: vec!["functional".to_owned(), "analytics".to_owned()],
        denied: vec!["personalization".to_owned(), "marketing".to_owned(), "social".to_owned()],
        ..Choice::default()
    };
    let sealed = keys().seal_choice(&choice, bind, SITE).unwrap();
    let own = format!("__Host-vestibule={sealed}; __Host-vestibule-bind={bind}");
    request("a signed choice of ours", &["own", "gpc"], &format!("{shop}; {own}"));
    request("a signed choice and a tool's", &["own", "onetrust", "gpc"], &format!("{shop}; {own}; {onetrust}"));
    let worst: Vec<String> =
        (0..8).map(|at| format!("euconsent-v2={}", vendors(2790 + at, 65_535, 65_535).text())).collect();
    request("eight TC strings of 8 KB", &standards, &worst.join("; "));
}

const NOW: u64 = 1_795_737_600;
const SITE: &str = "shop.example";

fn keys() -> KeyRing {
    KeyRing::new(Key::new([7; 32]), None)
}

/// What it takes to read a request's signals and to resolve them, with the vendors of the built-in catalog.
fn request(name: &str, sources: &[&str], cookies: &str) {
    let used: Vec<SourceUse> = sources.iter().map(|name| SourceUse::named(name).unwrap()).collect();
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, HeaderValue::from_str(cookies).unwrap());
    let view = RequestView {
        headers: &headers,
        secure: true,
        site: SITE,
        purposes: &PurposeTable::default(),
        catalog: &Catalog::new(vestibule::config::builtin_services()),
        keys: &keys(),
        now: NOW,
        choice_lifetime: Regime::OPT_IN.choice_lifetime,
    };
    let signals = sources::hear(&used, &view).signals.len();
    let (read, worst) = microseconds(|| drop(black_box(sources::consent_of(&used, &view, Regime::OPT_IN))));
    println!("{name:38} {:>6} {read:>9.2} {worst:>9.2}  {signals} signals", cookies.len());
}
