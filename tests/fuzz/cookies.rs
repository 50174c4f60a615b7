//! Cookie fields of random bytes: nothing panics, what is kept stands in what came, in order, and no line ends early.

use std::sync::Arc;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use url::Url;
use vestibule::catalog::Catalog;
use vestibule::consent::{ConsentState, Grant, Regime, Signal, SignalKind, SourceId, resolve};
use vestibule::enforce::cookies::{self, CookieEdit, MAX_BYTES, MAX_LINES};
use vestibule::enforce::{Judge, Page};
use vestibule::policy::SitePolicy;

use super::{Dice, number};

const PIECES: [&[u8]; 36] = [
    b"_ga",
    b"_fbp",
    b"FPID",
    b"sid",
    b"PHPSESSID",
    b"__Host-",
    b"__Secure-",
    b"=",
    b"==",
    b";",
    b"; ",
    b";;",
    b" ",
    b"\t",
    b"\"",
    b",",
    b"\xff",
    b"\xc3\xa9",
    b"v",
    b"; Max-Age=",
    b"63072000",
    b"0",
    b"-1",
    b"99999999999999999999",
    b"; Expires=",
    b"Wed, 21 Oct 2099 07:28:00 GMT",
    b"Thu, 01 Jan 1970 00:00:00 GMT",
    b"; Path=/",
    b"; Domain=shop.co.uk",
    b"; domain=",
    b"; Secure",
    b"; HttpOnly",
    b"; Partitioned",
    b"; SameSite=None",
    b"vestibule-since-0000=20000",
    b"\x0b",
];

fn field(dice: &mut Dice) -> Vec<u8> {
    let mut field = Vec::new();
    for _ in 0..dice.below(12) {
        if dice.below(8) == 0 {
            field.push(u8::try_from(dice.below(256)).unwrap());
        } else {
            let piece: &&[u8] = dice.one(&PIECES);
            field.extend_from_slice(piece);
        }
        if dice.below(60) == 0 {
            field.extend(std::iter::repeat_n(b'x', 5000));
        }
    }
    field
}

fn fields(dice: &mut Dice, name: &http::HeaderName) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for _ in 0..dice.below(4) {
        // What cannot be a field never comes to us.
        if let Ok(value) = HeaderValue::from_bytes(&field(dice)) {
            headers.append(name, value);
        }
    }
    headers
}

/// Whether `parts` stand in `whole`, one after the other.
fn in_order(whole: &[u8], parts: &[&[u8]]) -> bool {
    let mut from = 0;
    parts.iter().all(|part| {
        let rest = &whole[from..];
        let found = (0..=rest.len().saturating_sub(part.len())).find(|at| rest[*at..].starts_with(part));
        found.is_some_and(|at| {
            from += at + part.len();
            true
        })
    })
}

fn judge(dice: &mut Dice, site: &Arc<SitePolicy>, catalog: &Arc<Catalog>) -> Judge {
    let words = [Grant::Granted, Grant::Denied, Grant::Undecided];
    let purposes = site.offered.iter().map(|purpose| (purpose, *dice.one(&words))).collect();
    let signal = Signal {
        source: SourceId("fuzz"),
        kind: SignalKind::Collected,
        at: None,
        knowing: true,
        purposes,
        services: Vec::new(),
    };
    let limit = *dice.one(&[None, Some(393)]);
    let state = if dice.below(4) == 0 {
        ConsentState::undecided()
    } else {
        resolve(&[signal], Regime { audience_cookie_days: limit, ..Regime::OPT_IN })
    };
    let url =
        *dice.one(&["https://www.shop.co.uk/a/b;c/d", "http://shop.test/", "https://127.0.0.1/x//y/", "http://[::1]/"]);
    let page = Arc::new(Page::new(Url::parse(url).unwrap()));
    Judge::new(Arc::clone(site), Arc::clone(catalog), Arc::new(state), None, page)
}

fn one(seed: u64, site: &Arc<SitePolicy>, catalog: &Arc<Catalog>) {
    let mut dice = Dice(seed);
    let mut judge = judge(&mut dice, site, catalog);
    let (request, response) = (fields(&mut dice, &COOKIE), fields(&mut dice, &SET_COOKIE));
    let secure = dice.below(2) == 0;
    let sent = request.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect::<Vec<_>>().join(&b";"[..]);
    let judged = cookies::request(&mut judge, &request);
    if let CookieEdit::Replace(value) = &judged.edit {
        HeaderValue::from_bytes(value).unwrap();
        let parts: Vec<&[u8]> = value.split(|byte| *byte == b';').map(<[u8]>::trim_ascii).collect();
        assert!(in_order(&sent, &parts), "seed {seed}");
    }
    let now = 1_795_000_000 + u64::try_from(dice.below(1_000_000)).unwrap();
    if let Some(edits) = cookies::response(&mut judge, &request, &response, secure, now) {
        let before = response.get_all(SET_COOKIE).iter().count();
        assert_eq!(edits.len(), before, "seed {seed}");
        let whole = response.get_all(SET_COOKIE).iter().map(HeaderValue::as_bytes).collect::<Vec<_>>().join(&b"\n"[..]);
        for field in cookies::apply(&response, edits) {
            let bytes = field.as_bytes();
            let ours = bytes.starts_with(b"__Host-vestibule-since-") || bytes.starts_with(b"vestibule-since-");
            let added = |part: &&[u8]| !part.trim_ascii().starts_with(b"Max-Age=");
            let parts: Vec<&[u8]> = bytes.split(|byte| *byte == b';').filter(added).collect();
            assert!(ours || in_order(&whole, &parts), "seed {seed}");
        }
    }
    let draw = u32::try_from(dice.below(1 << 30)).unwrap();
    let lines = cookies::expiring(&mut judge, &judged.withdrawn, secure, draw);
    assert!(lines.len() <= MAX_LINES, "seed {seed}");
    let bytes: usize = lines.iter().map(Vec::len).sum();
    assert!(bytes <= MAX_BYTES || lines.len() == 1, "seed {seed}");
    for line in lines {
        HeaderValue::from_bytes(&line).unwrap();
    }
}

#[test]
fn cookie_fields() {
    let runs = number("VESTIBULE_FUZZ", 5_000);
    let (seed, first) = (number("VESTIBULE_FUZZ_SEED", 1), number("VESTIBULE_FUZZ_FIRST", 0));
    let text = "version = 1\n[[site]]\nhosts = [\"www.shop.co.uk\"]\nupstream = \"http://127.0.0.1:9\"\nhost_only_cookies = true\n";
    let config = super::parse(text).unwrap();
    let site = Arc::new(config.sites[0].policy.clone());
    let catalog = Arc::new(Catalog::new(config.services));
    for at in first..first + runs {
        one(seed.wrapping_mul(1_000_003).wrapping_add(at), &site, &catalog);
    }
    println!("cookies: {runs} exchanges from {first}, seed {seed}");
}
