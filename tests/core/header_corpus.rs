//! Random message heads of which it is known, by the way they are put together, what has to be left.
//!
//! Every head is made of parts; each part belongs to somebody, and whether that somebody may be contacted follows from the
//! choice that the visitor of that exchange made. Nothing here looks at what the product does. In addition, the heads that come
//! out are searched as plain text for the names of whoever was refused.
//!
//! `VESTIBULE_HEADERS=100000 VESTIBULE_HEADERS_SEED=7` makes the run longer.

use http::{HeaderMap, HeaderValue};
use url::Url;
use vestibule::config::{self, Config, SourceFile};
use vestibule::consent::{PurposeId, PurposeSet};
use vestibule::policy::{Consent, Given};
use vestibule::review::{Stage, TESTS_PLAY_AT};

use super::explain::Dice;

/// The services of all cases in this file and in `tests/data/headers`.
pub(crate) const CONFIG: &str = r#"
version = 1
[[site]]
hosts = ["shop.test"]
upstream = "http://127.0.0.1:1"
purposes = ["analytics", "marketing"]
[[service]]
id = "ads"
purpose = "marketing"
hosts = ["ads.example"]
cookies = ["_ads", "_ads_*"]
parameters = ["adclick", "ad_*", "gclid", "fbclid", "msclkid"]
fields = ["sec-ch-x-ads", "x-ads-*"]
[[service]]
id = "stats"
purpose = "analytics"
hosts = ["stats.example"]
cookies = ["_stats"]
parameters = ["visit_id"]
fields = ["sec-ch-x-stats"]
[[service]]
id = "share"
purpose = "social"
hosts = ["share.example"]
[[service]]
id = "pay"
purpose = "necessary"
reason = "takes the money"
hosts = ["pay.example"]
cookies = ["_pay"]
[[service]]
id = "visitor-address"
purpose = "analytics"
fields = ["x-forwarded-for", "forwarded", "x-real-ip"]
[[service]]
id = "referrer"
purpose = "analytics"
fields = ["referer"]
"#;

pub(crate) fn configured() -> Config {
    let files = vec![SourceFile { path: "headers.toml".into(), text: CONFIG.to_owned() }];
    config::parse(files).unwrap_or_else(|found| panic!("{found}"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Shop,
    Pay,
    Ads,
    Stats,
    Nobody,
}

const OWNERS: [Owner; 5] = [Owner::Shop, Owner::Pay, Owner::Ads, Owner::Stats, Owner::Nobody];

impl Owner {
    const fn host(self) -> &'static str {
        match self {
            Self::Shop => "shop.test",
            Self::Pay => "js.pay.example",
            Self::Ads => "cdn.ads.example",
            Self::Stats => "stats.example",
            Self::Nobody => "nobody-knows.example",
        }
    }
}

/// What the visitor of an exchange agreed to.
#[derive(Clone, Copy, Debug)]
struct Visitor {
    analytics: bool,
    marketing: bool,
}

impl Visitor {
    const fn may(self, owner: Owner) -> bool {
        match owner {
            Owner::Shop | Owner::Pay => true,
            Owner::Ads => self.marketing,
            Owner::Stats => self.analytics,
            Owner::Nobody => self.analytics && self.marketing,
        }
    }

    fn consent(self, dice: &mut Dice) -> Consent {
        let granted: PurposeSet = [(self.analytics, PurposeId::ANALYTICS), (self.marketing, PurposeId::MARKETING)]
            .into_iter()
            .filter_map(|(yes, purpose)| yes.then_some(purpose))
            .collect();
        if granted == PurposeSet::EMPTY && dice.chance(50) { Consent::Undecided } else { Consent::Only(granted) }
    }
}

/// A part of a line, and what has to be left of it.
#[derive(Clone, Debug)]
struct Part {
    sent: String,
    left: Option<String>,
}

fn part(sent: impl Into<String>, stays: bool) -> Part {
    let sent = sent.into();
    Part { left: stays.then(|| sent.clone()), sent }
}

/// Parts with a separator between them: what is sent, and what has to be left.
fn joined(parts: &[Part], separator: &str) -> Part {
    let sent: Vec<&str> = parts.iter().map(|part| &*part.sent).collect();
    let sent = sent.join(separator);
    let untouched = parts.iter().all(|part| part.left.as_ref() == Some(&part.sent));
    if untouched {
        return part(sent, true);
    }
    let left: Vec<&str> = parts.iter().filter_map(|part| part.left.as_deref()).collect();
    let left = left.join(separator);
    let nothing = left.split(separator).all(|one| one.trim().is_empty());
    Part { sent, left: (!nothing).then_some(left) }
}

/// What one exchange sends and what has to arrive.
#[derive(Debug, Default)]
struct Head {
    sent: HeaderMap,
    left: Vec<(&'static str, Vec<String>)>,
}

impl Head {
    fn add(&mut self, name: &'static str, mut line: Part) {
        // A field's value neither starts nor ends with a space.
        line.left = line.left.map(|left| left.trim().to_owned());
        self.sent.append(name, HeaderValue::from_str(&line.sent).unwrap());
        match self.left.iter_mut().find(|(known, _)| *known == name) {
            Some((_, lines)) => lines.extend(line.left),
            None => self.left.push((name, line.left.into_iter().collect())),
        }
    }

    fn check(&self, arrived: &HeaderMap, about: &dyn std::fmt::Debug) {
        for (name, lines) in &self.left {
            let arrived: Vec<String> = arrived
                .get_all(*name)
                .iter()
                .map(|line| String::from_utf8(line.as_bytes().to_vec()).unwrap())
                .collect();
            assert_eq!(&arrived, lines, "{name}\n{:?}\n{about:?}", self.sent);
        }
        let known: Vec<_> = arrived.keys().filter(|name| self.left.iter().all(|(left, _)| name != left)).collect();
        assert!(known.is_empty(), "{known:?} came from nowhere");
    }
}

/// A number of values in one line, some of them empty.
fn line(dice: &mut Dice, separator: &str, one: impl FnMut(&mut Dice) -> Part) -> Part {
    line_of(dice, separator, 8, one)
}

/// As [`line`], without empty values, which JSON knows not.
fn whole_line(dice: &mut Dice, separator: &str, one: impl FnMut(&mut Dice) -> Part) -> Part {
    line_of(dice, separator, 0, one)
}

fn line_of(dice: &mut Dice, separator: &str, empty: usize, mut one: impl FnMut(&mut Dice) -> Part) -> Part {
    let spaces = ["", " ", "  ", "\t"];
    let parts: Vec<Part> = (0..=dice.roll(5))
        .map(|at| {
            if at > 0 && dice.chance(empty) {
                return part(dice.one(&["", " "]), true);
            }
            let (before, after) = (dice.one(&spaces), dice.one(&["", "", " "]));
            let found = one(dice);
            let around = |text: &String| format!("{before}{text}{after}");
            Part { sent: around(&found.sent), left: found.left.as_ref().map(around) }
        })
        .collect();
    // A field's value never starts or ends with a space.
    let mut parts = parts;
    if let [first, ..] = parts.as_mut_slice() {
        first.sent = first.sent.trim_start().to_owned();
        first.left = first.left.take().map(|left| left.trim_start().to_owned());
    }
    if let [.., last] = parts.as_mut_slice() {
        last.sent = last.sent.trim_end().to_owned();
        last.left = last.left.take().map(|left| left.trim_end().to_owned());
    }
    joined(&parts, separator)
}

fn response(dice: &mut Dice, who: Visitor) -> Head {
    let mut head = Head::default();
    let owner = |dice: &mut Dice| dice.one(&OWNERS);
    for _ in 0..dice.roll(3) {
        head.add(
            "link",
            line(dice, ",", |dice| {
                let owner = owner(dice);
                let host = owner.host();
                let link = match dice.roll(7) {
                    0 => format!("<https://{host}/x.js>; rel=preload; as=script"),
                    1 => format!("<//{host}/a,b;c>;rel=\"preconnect\"; crossorigin"),
                    2 => format!("<https://{host}/y>; title=\"a, \\\"b\\\"; c\"; REL=Prefetch"),
                    3 => format!("</own.png>; rel=preload; as=image; imagesrcset=\"/a 1x, https://{host}/b 2x\""),
                    4 => format!("<https://{host}/s.css> ; foo ; rel=\"alternate stylesheet\""),
                    5 => format!("< HTTPS://{}/z >;rel=modulepreload", host.to_uppercase()),
                    _ => return part("<https://elsewhere.example/page>; rel=canonical", true),
                };
                part(link, who.may(owner))
            }),
        );
    }
    if dice.chance(40) {
        head.add(
            "reporting-endpoints",
            line(dice, ",", |dice| {
                let owner = owner(dice);
                part(format!("g{}=\"https://{}/r?a=1,2\"", dice.roll(9), owner.host()), who.may(owner))
            }),
        );
    }
    if dice.chance(40) {
        head.add(
            "report-to",
            whole_line(dice, ",", |dice| {
                let endpoints: Vec<Part> = (0..=dice.roll(2))
                    .map(|_| {
                        let owner = owner(dice);
                        let weight = dice.one(&["", ",\"weight\":2", ", \"x\":[1,{\"a\":\",]\"}]"]);
                        part(format!("{{\"url\":\"https://{}/r\"{weight}}}", owner.host()), who.may(owner))
                    })
                    .collect();
                let list = joined(&endpoints, ",");
                let group =
                    |list: &String| format!("{{\"group\":\"a\\\"b,\",\"max_age\":86400,\"endpoints\":[{list}]}}");
                Part { sent: group(&list.sent), left: list.left.as_ref().map(group) }
            }),
        );
    }
    for name in ["content-security-policy", "content-security-policy-report-only"] {
        if dice.chance(30) {
            head.add(
                name,
                line(dice, ";", |dice| match dice.roll(3) {
                    0 => part(
                        format!("img-src 'self' https://cdn.partner.example:* {}", dice.one(&["*", "data:"])),
                        true,
                    ),
                    1 => part("script-src 'nonce-r4nd0m' 'strict-dynamic'", true),
                    _ => {
                        let targets: Vec<Part> = (0..=dice.roll(2))
                            .map(|_| {
                                let owner = owner(dice);
                                part(format!("https://{}/csp", owner.host()), who.may(owner))
                            })
                            .collect();
                        let list = joined(&targets, " ");
                        let directive = |list: &String| format!("report-uri {list}");
                        Part { sent: directive(&list.sent), left: list.left.as_ref().map(directive) }
                    }
                }),
            );
        }
    }
    for name in ["accept-ch", "critical-ch"] {
        if dice.chance(30) {
            head.add(
                name,
                line(dice, ",", |dice| match dice.roll(3) {
                    0 => part(dice.one(&["Sec-CH-UA-Mobile", "Save-Data", "x-adsx"]), true),
                    1 => part("Sec-CH-X-Ads", who.may(Owner::Ads)),
                    _ => part("sec-ch-X-stats;a=1", who.may(Owner::Stats)),
                }),
            );
        }
    }
    if dice.chance(30) {
        head.add(
            "permissions-policy",
            line(dice, ",", |dice| {
                if dice.chance(30) {
                    return part("geolocation=(self \"https://cdn.ads-of-others.example\")", true);
                }
                let items: Vec<Part> = (0..=dice.roll(2))
                    .map(|_| {
                        let owner = owner(dice);
                        part(format!("\"https://{}\"", owner.host()), who.may(owner))
                    })
                    .collect();
                let list = joined(&items, " ");
                let feature = dice.one(&["ch-ua-model", "browsing-topics", "ch-dpr"]);
                let written = |list: &str| format!("{feature}=({list});report-to=g");
                Part { sent: written(&list.sent), left: Some(written(list.left.as_deref().unwrap_or_default())) }
            }),
        );
    }
    if dice.chance(20) {
        head.add(
            "speculation-rules",
            line(dice, ",", |dice| {
                let owner = owner(dice);
                part(format!("\"https://{}/rules.json\"", owner.host()), who.may(owner))
            }),
        );
    }
    if dice.chance(20) {
        head.add(
            "alt-svc",
            line(dice, ",", |dice| {
                if dice.chance(40) {
                    return part("h3=\":443\"; ma=86400", true);
                }
                let owner = owner(dice);
                part(format!("h2=\"{}:443\"; persist=1", owner.host()), who.may(owner))
            }),
        );
    }
    if dice.chance(20) {
        let owner = owner(dice);
        let stays = who.may(owner);
        head.add("refresh", part(format!("5; URL='https://{}/next'", owner.host()), stays));
    }
    if dice.chance(30) {
        let past = "https://cdn.ads.example/click?id=7&url=https%3A%2F%2Fshop.test%2Fdone%3Fadclick%3D1%26a%3D2";
        let (query, _) = query(dice, who);
        let location = match dice.roll(4) {
            0 if who.may(Owner::Ads) => part(past, true),
            0 => Part { sent: past.to_owned(), left: Some("https://shop.test/done?a=2".to_owned()) },
            1 => part(format!("https://{}/next", Owner::Nobody.host()), true),
            _ => {
                let at = |query: &String| format!("/elsewhere{query}#part");
                Part { sent: at(&query.sent), left: query.left.as_ref().map(at) }
            }
        };
        head.add("location", location);
    }
    for _ in 0..dice.roll(4) {
        let (cookie, stays) = match dice.roll(5) {
            0 => ("_ads=1; Path=/; Max-Age=600", who.may(Owner::Ads)),
            1 => ("_ads_x=\"1,2\"; HttpOnly; Domain=shop.test", who.may(Owner::Ads)),
            2 => ("_stats=1;Path=/", who.may(Owner::Stats)),
            3 => ("_pay=1; Max-Age=600;  Secure", true),
            _ => ("sid=1; Path=/; odd ;; x", true),
        };
        head.add("set-cookie", part(cookie, stays));
    }
    if dice.chance(30) {
        head.add("x-ads-note", part("any, \"thing\"", who.may(Owner::Ads)));
    }
    for (name, value) in [
        ("etag", "\"abc\""),
        ("x-frame-options", "DENY"),
        ("timing-allow-origin", "https://partner.example"),
        ("sourcemap", "/x.map"),
        ("content-location", "/other?adclick=1"),
        ("server-timing", "db;dur=53, \u{1f50d}"),
        ("vary", "Accept, , Cookie"),
    ] {
        if dice.chance(25) {
            head.add(name, part(value, true));
        }
    }
    head
}

/// A query with its `?`, and whether it is sealed.
fn query(dice: &mut Dice, who: Visitor) -> (Part, bool) {
    let sealed = dice.chance(15);
    let mut pairs: Vec<(&str, bool)> = (0..dice.roll(7))
        .map(|_| match dice.roll(9) {
            0 => ("adclick=a%zz", who.may(Owner::Ads)),
            1 => ("AD_x=1=2", who.may(Owner::Ads)),
            2 => ("ad%63lick%5B%5D=1", who.may(Owner::Ads)),
            3 => ("visit_id", who.may(Owner::Stats)),
            4 => ("", true),
            5 => ("q=shoes%20and+more", true),
            6 => ("utm_source=mail", true),
            7 => ("xadclick=1", true),
            _ => ("page=2", true),
        })
        .collect();
    if sealed {
        pairs.insert(dice.roll(pairs.len() + 1), ("signature=x", true));
    }
    let (mut sent, mut left) = (String::new(), String::new());
    let (mut first, mut whole) = (true, true);
    for (at, (pair, stays)) in pairs.iter().enumerate() {
        let separator = dice.one(&["&", "&", "&", ";"]);
        if at > 0 {
            sent.push_str(separator);
        }
        sent.push_str(pair);
        if *stays || sealed {
            if !first {
                left.push_str(separator);
            }
            left.push_str(pair);
            first = false;
        } else {
            whole = false;
        }
    }
    let mark = if pairs.is_empty() && dice.chance(60) { "" } else { "?" };
    let sent = format!("{mark}{sent}");
    let left = match (whole, left.is_empty()) {
        (true, _) => sent.clone(),
        (false, true) => String::new(),
        (false, false) => format!("?{left}"),
    };
    (Part { sent, left: Some(left) }, sealed)
}

fn request(dice: &mut Dice, who: Visitor) -> (Head, Part) {
    let mut head = Head::default();
    let (target, _) = query(dice, who);
    let analytics = who.may(Owner::Stats);
    match dice.roll(4) {
        0 => {
            let (query, _) = query_of_page(dice, who);
            head.add("referer", query);
        }
        1 => {
            let sent = "https://search.example:8443/find?q=private&adclick=1";
            let left = match (analytics, who.may(Owner::Ads)) {
                (false, _) => "https://search.example:8443/",
                (true, true) => sent,
                (true, false) => "https://search.example:8443/find?q=private",
            };
            head.add("referer", Part { sent: sent.to_owned(), left: Some(left.to_owned()) });
        }
        2 => head.add("referer", part("https://search.example/", true)),
        _ => {}
    }
    let cut = |sent: &str, left: &str| Part {
        sent: sent.to_owned(),
        left: Some(if analytics { sent.to_owned() } else { left.to_owned() }),
    };
    if dice.chance(50) {
        head.add(
            "x-forwarded-for",
            line(dice, ",", |dice| match dice.roll(4) {
                0 => cut("203.0.113.77", "203.0.113.0"),
                1 => cut("2001:db8:1:2:3::4", "2001:db8:1::"),
                2 => cut("198.51.100.9:4711", "198.51.100.0"),
                _ => cut("_hidden", "unknown"),
            }),
        );
    }
    if dice.chance(30) {
        head.add("forwarded", cut("for=203.0.113.77;proto=https", "for=203.0.113.0;proto=https"));
    }
    if dice.chance(30) {
        head.add("x-real-ip", cut("203.0.113.77", "203.0.113.0"));
    }
    if dice.chance(30) {
        head.add("sec-ch-x-ads", part("\"1\"", who.may(Owner::Ads)));
    }
    if dice.chance(30) {
        head.add("x-ads-id", part("7", who.may(Owner::Ads)));
    }
    if dice.chance(50) {
        head.add(
            "cookie",
            line(dice, ";", |dice| match dice.roll(4) {
                0 => part("_ads=1", who.may(Owner::Ads)),
                1 => part("_stats=\"1,2\"", who.may(Owner::Stats)),
                2 => part("_pay=1", true),
                _ => part("sid=a b=c", true),
            }),
        );
    }
    for (name, value) in [
        ("dnt", "1"),
        ("origin", "https://ads.example"),
        ("user-agent", "Mozilla/5.0 (odd; \u{e9})"),
        ("sec-ch-ua-mobile", "?0"),
        ("x-requested-with", "XMLHttpRequest"),
    ] {
        if dice.chance(25) {
            head.add(name, part(value, true));
        }
    }
    (head, target)
}

fn query_of_page(dice: &mut Dice, who: Visitor) -> (Part, bool) {
    let (query, sealed) = query(dice, who);
    let at = |query: &String| format!("https://shop.test/from{query}");
    (Part { sent: at(&query.sent), left: query.left.as_ref().map(at) }, sealed)
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are to be seen")]
fn what_is_left_of_a_head_is_what_the_visitor_agreed_to() {
    let config = configured();
    let stage = Stage::new(&config, TESTS_PLAY_AT);
    let (sets, seed) = (number("VESTIBULE_HEADERS", 2_400), number("VESTIBULE_HEADERS_SEED", 1));
    let (mut kept, mut gone, mut cut) = (0, 0, 0);
    for set in 0..sets {
        let mut dice = Dice::new(seed.wrapping_mul(1_000_003).wrapping_add(set));
        let who = Visitor { analytics: dice.chance(50), marketing: dice.chance(50) };
        let (request, target) = request(&mut dice, who);
        let response = response(&mut dice, who);
        let given = Given {
            country: None,
            consent: who.consent(&mut dice),
            method: "GET".into(),
            url: Url::parse(&format!("https://shop.test/x{}", target.sent)).unwrap(),
            request: request.sent.clone(),
            response: response.sent.clone(),
            html: None,
        };
        let outcome = stage.play(0, &given).unwrap();
        let about = (set, seed, who);
        let mut arrived = outcome.request.clone();
        arrived.remove("cookie");
        if request.sent.contains_key("cookie") {
            arrived.insert("cookie", HeaderValue::from_bytes(&outcome.upstream_cookie).unwrap());
        }
        let cookies = without_spaces(&request, &mut arrived);
        cookies.check(&arrived, &about);
        assert_eq!(
            String::from_utf8_lossy(&outcome.target),
            format!("/x{}", target.left.clone().unwrap()),
            "{about:?}"
        );
        response.check(&outcome.response, &about);

        // The same once more, as plain text and without knowing fields.
        let out = format!("{:?}", outcome.response);
        for owner in OWNERS.into_iter().filter(|owner| !who.may(*owner)) {
            let led_there = owner == Owner::Nobody
                && ["location", "refresh"].iter().any(|name| outcome.response.contains_key(*name));
            assert!(led_there || !out.to_lowercase().contains(owner.host()), "{owner:?} {about:?} {out}");
        }
        for (sent, arrived) in [(&request.sent, &arrived), (&response.sent, &outcome.response)] {
            for line in sent.keys().flat_map(|name| sent.get_all(name).iter().map(move |line| (name, line))) {
                match arrived.get_all(line.0).iter().any(|arrived| arrived == line.1) {
                    true => kept += 1,
                    false if arrived.contains_key(line.0) => cut += 1,
                    false => gone += 1,
                }
            }
        }
    }
    println!("{sets} sets of heads: {kept} lines as they were sent, {cut} cut, {gone} gone");
    assert!(sets < 2_000 || (kept > 8_000 && gone > 1_500 && cut > 2_000), "{kept} {gone} {cut}");
}

/// One cookie after another, whatever stands between them: where a cookie goes, the space around it is not looked at.
fn without_spaces(request: &Head, arrived: &mut HeaderMap) -> Head {
    let plain =
        |text: &str| text.split(';').map(str::trim).filter(|pair| !pair.is_empty()).collect::<Vec<_>>().join("; ");
    let mut left = Vec::new();
    for (name, lines) in &request.left {
        if *name == "cookie" {
            left.push((*name, vec![plain(lines.first().map_or("", |line| line))]));
            let field = String::from_utf8(arrived.get("cookie").unwrap().as_bytes().to_vec()).unwrap();
            arrived.insert("cookie", HeaderValue::from_str(&plain(&field)).unwrap());
        } else {
            left.push((*name, lines.clone()));
        }
    }
    Head { sent: request.sent.clone(), left }
}
