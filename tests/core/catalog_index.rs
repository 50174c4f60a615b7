//! The index of the catalog equals a linear scan, on random items near what it knows.

use vestibule::catalog::{Catalog, Endpoint, Matches, Service};
use vestibule::config;
use vestibule::consent::ServiceId;

use crate::explain::Dice;

/// Whether `pattern` covers `text`: every way to spread the stars is tried.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|from| glob(rest, &text[from..])),
        Some((letter, rest)) => text.first() == Some(letter) && glob(rest, &text[1..]),
    }
}

fn under(host: &str, parent: &str) -> bool {
    host == parent || host.ends_with(&format!(".{parent}"))
}

/// Asks every service, one after the other.
struct Scan(Vec<Service>);

impl Scan {
    fn all(&self, is: impl Fn(&Service) -> bool) -> Vec<ServiceId> {
        (0_u16..).zip(&self.0).filter(|(_, service)| is(service)).map(|(at, _)| ServiceId(at)).collect()
    }

    fn cookie(&self, name: &[u8]) -> Vec<ServiceId> {
        self.all(|service| service.cookies.iter().any(|cookie| glob(cookie.as_str().as_bytes(), name)))
    }

    fn parameter(&self, name: &[u8]) -> Vec<ServiceId> {
        let name = name.to_ascii_lowercase();
        self.all(|service| service.parameters.iter().any(|known| glob(known.as_str().as_bytes(), &name)))
    }

    fn field(&self, name: &[u8]) -> Vec<ServiceId> {
        let name = name.to_ascii_lowercase();
        self.all(|service| service.fields.iter().any(|known| glob(known.as_str().as_bytes(), &name)))
    }

    /// The services of the most specific host of `hosts` that `host` is or is under.
    fn nearest(&self, host: &str, hosts: impl Fn(&Service) -> &[Box<str>]) -> Vec<ServiceId> {
        let of = |service: &Service| {
            hosts(service).iter().filter(|known| under(host, known)).map(|known| known.len()).max().unwrap_or(0)
        };
        let nearest = self.0.iter().map(of).max().unwrap_or(0);
        if nearest == 0 { Vec::new() } else { self.all(|service| of(service) == nearest) }
    }

    fn address(&self, host: &str, path: &str) -> Vec<ServiceId> {
        let exact = self.all(|service| {
            let known = |at: &vestibule::catalog::AddressPattern| {
                *at.host == *host && glob(at.path.as_str().as_bytes(), path.as_bytes())
            };
            service.addresses.iter().any(known)
        });
        if exact.is_empty() { self.nearest(host, |service| &service.hosts) } else { exact }
    }

    fn endpoint(&self, path: &str) -> Vec<ServiceId> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        // As servers read it: escapes taken off, then segment by segment without what stands behind a `;`.
        let unescaped = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
        let bytes = unescaped(path);
        let segments: Vec<&[u8]> = bytes
            .split(|byte| *byte == b'/')
            .map(|segment| segment.split(|byte| *byte == b';').next().unwrap())
            .filter(|segment| !segment.is_empty())
            .collect();
        let read = [b"/", &segments.join(&b"/"[..])[..]].concat();
        let is = |endpoint: &Endpoint| {
            let pairs: Vec<_> = query.split(['&', ';']).filter_map(|pair| pair.split_once('=')).collect();
            let is_value = |pattern: &str, v: &str| {
                glob(pattern.as_bytes(), v.as_bytes()) || glob(pattern.as_bytes(), &unescaped(v))
            };
            [path.as_bytes(), &read].iter().any(|path| glob(endpoint.path.as_str().as_bytes(), path))
                && endpoint
                    .parameters
                    .iter()
                    .all(|(name, value)| pairs.iter().any(|(n, v)| *n == &**name && is_value(value.as_str(), v)))
        };
        self.all(|service| service.endpoints.iter().any(is))
    }

    /// Each marker alone, in a catalog of one service that is known by nothing else: no search for all, no look-up by a piece.
    fn inline(&self, alone: &[Catalog], script: &str) -> Vec<ServiceId> {
        let of_all = self.all(|_| true).into_iter();
        of_all
            .zip(alone)
            .filter(|(_, catalog)| !catalog.by_inline(script.as_bytes()).is_empty())
            .map(|(id, _)| id)
            .collect()
    }
}

/// Everything that the catalog says, to draw from.
struct Words {
    cookies: Vec<String>,
    parameters: Vec<String>,
    fields: Vec<String>,
    hosts: Vec<String>,
    aliases: Vec<String>,
    addresses: Vec<(String, String)>,
    endpoints: Vec<Endpoint>,
    inline: Vec<String>,
}

impl Words {
    fn of(services: &[Service]) -> Self {
        let mut words = Self {
            cookies: Vec::new(),
            parameters: Vec::new(),
            fields: Vec::new(),
            hosts: Vec::new(),
            aliases: Vec::new(),
            addresses: Vec::new(),
            endpoints: Vec::new(),
            inline: Vec::new(),
        };
        for service in services {
            words.cookies.extend(service.cookies.iter().map(|name| name.as_str().to_owned()));
            let parameters = service.parameters.iter().chain(&service.campaign_parameters);
            words.parameters.extend(parameters.map(|name| name.as_str().to_owned()));
            words.fields.extend(service.fields.iter().map(|name| name.as_str().to_owned()));
            words.hosts.extend(service.hosts.iter().map(ToString::to_string));
            words.aliases.extend(service.cname_targets.iter().map(ToString::to_string));
            let addresses = service.addresses.iter();
            words.addresses.extend(addresses.map(|at| (at.host.to_string(), at.path.as_str().to_owned())));
            words.endpoints.extend(service.endpoints.iter().cloned());
            words.inline.extend(service.inline.iter().map(ToString::to_string));
        }
        words
    }
}

fn pick<'a, T>(dice: &mut Dice, of: &'a [T]) -> &'a T {
    &of[dice.roll(of.len())]
}

const FILLERS: &[&str] = &["", "1", "X1", "a-b", "_", "cart", "collect", "/x/", "=", "é"];

/// The pattern with something in the place of each star.
fn filled(dice: &mut Dice, pattern: &str) -> String {
    let mut out = String::new();
    for (at, part) in pattern.split('*').enumerate() {
        if at > 0 {
            out.push_str(dice.one(FILLERS));
        }
        out.push_str(part);
    }
    out
}

/// Often as it is, often off by a little.
fn mutated(dice: &mut Dice, text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    match dice.roll(8) {
        0 if !letters.is_empty() => {
            let at = dice.roll(letters.len());
            letters.remove(at);
        }
        1 => {
            let at = dice.roll(letters.len() + 1);
            letters.insert(at, dice.one(&['_', 'x', 'G', '-', '.', '/', '1', '*', '?', '&', '=']));
        }
        2 if !letters.is_empty() => {
            let at = dice.roll(letters.len());
            letters[at] = if letters[at].is_ascii_lowercase() { letters[at].to_ascii_uppercase() } else { 'q' };
        }
        3 => letters.push(dice.one(&['_', 's', '1', '/', '='])),
        _ => {}
    }
    letters.into_iter().collect()
}

fn host(dice: &mut Dice, words: &Words) -> String {
    let host = match dice.roll(4) {
        0 => pick(dice, &words.addresses).0.clone(),
        1 => pick(dice, &words.aliases).clone(),
        _ => pick(dice, &words.hosts).clone(),
    };
    let host = mutated(dice, &host).to_lowercase();
    match dice.roll(4) {
        0 => format!("www.{host}"),
        1 => format!("x{host}"),
        2 => host.split_once('.').map_or_else(|| host.clone(), |(_, parent)| parent.to_owned()),
        _ => host,
    }
}

fn request(dice: &mut Dice, words: &Words) -> String {
    let endpoint = pick(dice, &words.endpoints).clone();
    let path = filled(dice, endpoint.path.as_str());
    let path = mutated(dice, &path);
    let mut pairs = Vec::new();
    for (name, value) in &endpoint.parameters {
        if dice.roll(12) > 0 {
            let value = filled(dice, value.as_str());
            pairs.push(format!("{name}={}", mutated(dice, &value)));
        }
    }
    for _ in 0..dice.roll(4) {
        let other = pick(dice, &words.endpoints).parameters.first().cloned();
        let (name, value) =
            other.map_or_else(|| ("q".into(), "1".to_owned()), |(name, value)| (name, value.as_str().to_owned()));
        pairs.push(format!("{name}={}", filled(dice, &value)));
    }
    if dice.roll(2) == 0 {
        pairs.reverse();
    }
    let path = if path.starts_with('/') { path } else { format!("/{path}") };
    if pairs.is_empty() { path } else { format!("{path}?{}", pairs.join("&")) }
}

fn script(dice: &mut Dice, words: &Words) -> String {
    let mut script = String::new();
    for _ in 0..=dice.roll(3) {
        script.push_str(dice.one(&["", ";", "my", "var a=1;", "x.", ";x.src='https://", "; var ", "x('"]));
        let marker = pick(dice, &words.inline).clone();
        script.push_str(&mutated(dice, &marker));
        script.push_str(dice.one(&["", "=1;", "'", "';", "\n"]));
    }
    script
}

fn same(found: &Matches, scanned: &[ServiceId], what: &str, hits: &mut usize) {
    let mut sorted = found.clone();
    sorted.sort_unstable();
    assert_eq!(sorted.as_slice(), scanned, "{what}");
    *hits += usize::from(!scanned.is_empty());
}

/// 5,000 random items; `CATALOG_CASES` asks for more, `CATALOG_SEED` begins elsewhere.
#[test]
fn the_index_equals_a_linear_scan() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let cases = number("CATALOG_CASES").unwrap_or(5_000_u64);
    let mut dice = Dice::new(number("CATALOG_SEED").unwrap_or(1));
    let services = config::builtin_services();
    let (words, scan, catalog) = (Words::of(&services), Scan(services.clone()), Catalog::new(services));
    let alone: Vec<Catalog> = scan.0.iter().map(|service| Catalog::new(vec![service.clone()])).collect();
    let mut hits = [0; 7];
    for _ in 0..cases {
        match dice.roll(7) {
            0 => {
                let name = pick(&mut dice, &words.cookies).clone();
                let name = filled(&mut dice, &name);
                let name = mutated(&mut dice, &name);
                same(&catalog.by_cookie(name.as_bytes()), &scan.cookie(name.as_bytes()), &name, &mut hits[0]);
            }
            1 => {
                let names = if dice.chance(50) { &words.parameters } else { &words.fields };
                let name = pick(&mut dice, names).clone();
                let name = filled(&mut dice, &name);
                let name = mutated(&mut dice, &name);
                same(&catalog.by_parameter(name.as_bytes()), &scan.parameter(name.as_bytes()), &name, &mut hits[1]);
                same(&catalog.by_field(name.as_bytes()), &scan.field(name.as_bytes()), &name, &mut hits[2]);
            }
            2 | 3 => {
                let (host, path) = if dice.roll(2) == 0 {
                    let (host, path) = pick(&mut dice, &words.addresses).clone();
                    let path = filled(&mut dice, &path);
                    (host, mutated(&mut dice, &path))
                } else {
                    (host(&mut dice, &words), "/a".to_owned())
                };
                same(
                    &catalog.by_address(&host, &path),
                    &scan.address(&host, &path),
                    &format!("{host}{path}"),
                    &mut hits[3],
                );
                let alias = scan.nearest(&host, |service| &service.cname_targets);
                same(&catalog.by_cname(&host), &alias, &host, &mut hits[4]);
            }
            4 | 5 => {
                let path = request(&mut dice, &words);
                same(&catalog.by_endpoint(&path), &scan.endpoint(&path), &path, &mut hits[5]);
            }
            _ => {
                let script = script(&mut dice, &words);
                same(&catalog.by_inline(script.as_bytes()), &scan.inline(&alone, &script), &script, &mut hits[6]);
            }
        }
    }
    for (kind, hits) in hits.iter().enumerate() {
        assert!(*hits as u64 > cases / 200, "kind {kind} was found {hits} times only");
    }
}
