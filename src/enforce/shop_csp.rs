//! What the shop's own `Content-Security-Policy` lets us put into its pages.
//!
//! Our tags obey the shop's policies like any other. This reads the policies that are enforced, all of them, as browsers do
//! (CSP Level 3, §2.2), and tells for each kind of thing that we put in whether it may stand there as it is, or with a nonce
//! that the shop gave for this very response. No policy is ever changed: `Content-Security-Policy-Report-Only` plays no part,
//! since it stops nothing, and neither do the `X-` names of before, which no browser of today reads.
//!
//! Not looked at: a policy in a `meta` element. It holds from where it stands, and what it could stop of ours stands before it.

use http::HeaderMap;
use http::header::CONTENT_SECURITY_POLICY;
use url::Url;

/// How a tag of ours may stand in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// As it is.
    Free,
    /// With this nonce, which consists of letters, digits and `+/-_=` alone.
    ByNonce(Box<str>),
    /// Not at all: a browser would not run or apply it.
    Refused,
}

/// The policies of one response that browsers enforce.
#[derive(Clone, Debug, Default)]
pub struct ShopPolicies {
    policies: Vec<Policy>,
}

/// What governs styles: the first that a policy has.
const STYLES: [&str; 3] = ["style-src-elem", "style-src", "default-src"];

#[derive(Clone, Debug)]
struct Policy {
    /// Names in lower case, each once, with their values.
    directives: Vec<(String, Vec<String>)>,
}

impl ShopPolicies {
    /// Reads every policy: several lines, and several policies in one line, all hold.
    pub fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(CONTENT_SECURITY_POLICY).iter();
        let policies = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).filter_map(Policy::parse);
        Self { policies: policies.collect() }
    }

    /// How a `script` element whose file lies at `path` on the host of `page` may stand in it (§6.1.10, §6.7.1.1). The page
    /// writes it as markup, which is what `'strict-dynamic'` trusts only with a nonce.
    pub fn script(&self, page: &Url, path: &str) -> Admission {
        if self.policies.iter().any(|policy| policy.sandboxes(&["allow-scripts", "allow-same-origin"])) {
            return Admission::Refused;
        }
        self.admission(&["script-src-elem", "script-src", "default-src"], |sources| {
            !has(sources, "'strict-dynamic'") && lists(sources, page, path)
        })
    }

    /// How a `style` element may stand in the page (§6.1.13, §6.7.3.2).
    pub fn style(&self) -> Admission {
        self.admission(&STYLES, |sources| {
            let exact = |source: &String| nonce(source).is_some() || is_hash(source);
            has(sources, "'unsafe-inline'") && !sources.iter().any(exact)
        })
    }

    /// How a style sheet in a file at `path` on the host of `page` may be linked in it (§6.1.13.1).
    pub fn style_sheet(&self, page: &Url, path: &str) -> Admission {
        self.admission(&STYLES, |sources| lists(sources, page, path))
    }

    /// Whether a script on `page` may call `path` on its host (§6.1.2).
    pub fn connects(&self, page: &Url, path: &str) -> bool {
        let mut governing = self.governing(&["connect-src", "default-src"]);
        governing.all(|sources| lists(sources, page, path))
    }

    /// Whether a form on `page` may be sent to `path` on its host (§6.4.1), and tell there that it comes from this page.
    pub fn submits(&self, page: &Url, path: &str) -> bool {
        let mut governing = self.governing(&["form-action"]);
        governing.all(|sources| lists(sources, page, path))
            && !self.policies.iter().any(|policy| policy.sandboxes(&["allow-forms", "allow-same-origin"]))
    }

    /// The source lists that hold for the first of these directives that each policy has.
    fn governing<'a>(&'a self, directives: &'a [&'a str]) -> impl Iterator<Item = &'a [String]> {
        self.policies.iter().filter_map(|policy| directives.iter().find_map(|name| policy.directive(name)))
    }

    fn admission(&self, directives: &[&str], free: impl Fn(&[String]) -> bool) -> Admission {
        let mut usable: Option<Vec<&str>> = None;
        for sources in self.governing(directives).filter(|sources| !free(sources)) {
            let nonces = sources.iter().filter_map(|source| nonce(source));
            usable = Some(match usable {
                None => nonces.collect(),
                Some(known) => known.into_iter().filter(|one| nonces.clone().any(|other| other == *one)).collect(),
            });
        }
        match usable.as_deref() {
            None => Admission::Free,
            Some([first, ..]) => Admission::ByNonce((*first).into()),
            Some([]) => Admission::Refused,
        }
    }
}

impl Policy {
    /// §2.2.1. `None` when it says nothing.
    fn parse(text: &[u8]) -> Option<Self> {
        let mut directives: Vec<(String, Vec<String>)> = Vec::new();
        for part in text.split(|byte| *byte == b';').filter(|part| part.is_ascii()) {
            let words = String::from_utf8_lossy(part);
            let mut words = words.split_ascii_whitespace();
            let Some(name) = words.next().map(str::to_ascii_lowercase) else { continue };
            // Of two directives of one name, browsers take the first.
            if !directives.iter().any(|(known, _)| *known == name) {
                directives.push((name, words.map(str::to_owned).collect()));
            }
        }
        (!directives.is_empty()).then_some(Self { directives })
    }

    fn directive(&self, name: &str) -> Option<&[String]> {
        self.directives.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
    }

    /// Whether it is a sandbox that does not allow all of `needed` (§6.3.2).
    fn sandboxes(&self, needed: &[&str]) -> bool {
        self.directive("sandbox").is_some_and(|allowed| !needed.iter().all(|word| has(allowed, word)))
    }
}

fn has(sources: &[String], keyword: &str) -> bool {
    sources.iter().any(|source| source.eq_ignore_ascii_case(keyword))
}

/// The value of a `nonce-source` (§2.3.1): `1*( ALPHA / DIGIT / "+" / "/" / "-" / "_" )*2( "=" )`. Anything else is no nonce, to
/// browsers either.
fn nonce(source: &str) -> Option<&str> {
    const START: &str = "'nonce-";
    let start = source.get(..START.len())?;
    let value = source.get(START.len()..)?.strip_suffix('\'')?;
    (start.eq_ignore_ascii_case(START) && is_base64(value)).then_some(value)
}

fn is_hash(source: &str) -> bool {
    let inner = source.strip_prefix('\'').and_then(|inner| inner.strip_suffix('\''));
    let Some((kind, value)) = inner.and_then(|inner| inner.split_once('-')) else { return false };
    ["sha256", "sha384", "sha512"].iter().any(|known| kind.eq_ignore_ascii_case(known)) && is_base64(value)
}

fn is_base64(value: &str) -> bool {
    let bare = value.trim_end_matches('=');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    !bare.is_empty() && value.len() - bare.len() <= 2 && bare.bytes().all(plain)
}

/// Whether a source list covers `path` on the host of `page` (§6.7.2.6). What it covers elsewhere plays no part here.
fn lists(sources: &[String], page: &Url, path: &str) -> bool {
    sources.iter().any(|source| covers(source, page, path))
}

fn covers(source: &str, page: &Url, path: &str) -> bool {
    if source == "*" || source.eq_ignore_ascii_case("'self'") {
        return true;
    }
    if let Some(scheme) = source.strip_suffix(':') {
        return covers_scheme(scheme, page);
    }
    let (scheme, rest) = source.split_once("://").map_or((None, source), |(scheme, rest)| (Some(scheme), rest));
    let (authority, listed) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len())).unwrap_or((rest, ""));
    let (host, port) = authority.rsplit_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    scheme.is_none_or(|scheme| covers_scheme(scheme, page))
        && covers_host(host, page.host_str().unwrap_or_default())
        && covers_port(port, page)
        && covers_path(listed, path)
}

/// §6.7.2.10: `http` stands for `https`, too.
fn covers_scheme(scheme: &str, page: &Url) -> bool {
    scheme.eq_ignore_ascii_case(page.scheme()) || (scheme.eq_ignore_ascii_case("http") && page.scheme() == "https")
}

/// §6.7.2.11. `*.` stands for sub-domains and not for the domain itself.
fn covers_host(pattern: &str, host: &str) -> bool {
    let Some(domain) = pattern.strip_prefix('*') else { return pattern.eq_ignore_ascii_case(host) };
    let tail = host.len().checked_sub(domain.len()).filter(|at| *at > 0).and_then(|at| host.get(at..));
    domain.is_empty() || (domain.starts_with('.') && tail.is_some_and(|tail| tail.eq_ignore_ascii_case(domain)))
}

/// §6.7.2.12.
fn covers_port(port: Option<&str>, page: &Url) -> bool {
    match port {
        None => page.port().is_none(),
        Some("*") => true,
        Some(port) => port.parse().ok() == page.port_or_known_default(),
    }
}

/// §6.7.2.13. What ends in `/` stands for everything below it.
fn covers_path(listed: &str, path: &str) -> bool {
    let decoded = |text: &str| percent_encoding::percent_decode(text.as_bytes()).collect::<Vec<u8>>();
    let (listed, path) = (decoded(listed), decoded(path));
    listed.is_empty() || if listed.ends_with(b"/") { path.starts_with(&listed) } else { path == listed }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};
    use url::Url;

    use super::{Admission, ShopPolicies};
    use crate::enforce::{Page, csp};

    const PATH: &str = "/.vestibule/mirror-0a1b2c3d.js";

    fn page() -> Url {
        Url::parse("https://www.shop.example/a?b").unwrap()
    }

    fn policies(lines: &[&str]) -> ShopPolicies {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("content-security-policy", HeaderValue::from_str(line).unwrap());
        }
        ShopPolicies::of(&headers)
    }

    fn told(admission: &Admission) -> &str {
        match admission {
            Admission::Free => "free",
            Admission::ByNonce(nonce) => nonce,
            Admission::Refused => "refused",
        }
    }

    #[test]
    fn scripts_run_where_browsers_let_them() {
        for (lines, expected) in [
            (&[][..], "free"),
            (&[""], "free"),
            (&["upgrade-insecure-requests; img-src 'none'"], "free"),
            (&["default-src 'self'"], "free"),
            (&["DEFAULT-SRC 'SELF'"], "free"),
            (&["script-src *"], "free"),
            (&["script-src https:"], "free"),
            (&["script-src http:"], "free"),
            (&["script-src wss: data:"], "refused"),
            (&["script-src www.shop.example"], "free"),
            (&["script-src https://WWW.shop.example:443/.vestibule/"], "free"),
            (&["script-src *.shop.example:*"], "free"),
            (&["script-src http://www.shop.example"], "free"),
            (&["script-src *.www.shop.example shop.example"], "refused"),
            (&["script-src www.shop.example:8443"], "refused"),
            (&["script-src www.shop.example/js/"], "refused"),
            (&["script-src www.shop.example/.vestibule"], "refused"),
            (&["script-src www.shop.example/%2Evestibule/mirror-0a1b2c3d.js"], "free"),
            // What inline scripts need plays no part for a file.
            (&["script-src 'unsafe-inline' 'unsafe-eval'"], "refused"),
            (&["script-src"], "refused"),
            (&["script-src 'none'"], "refused"),
            (&["script-src-elem 'none'; script-src 'self'"], "refused"),
            (&["script-src 'none'; script-src 'self'"], "refused"),
            (&["script-src 'self'; default-src 'none'"], "free"),
            (&["script-src 'nonce-R4nd0m' 'self'"], "free"),
            (&["script-src 'nonce-R4nd0m' 'strict-dynamic' 'self' https:"], "R4nd0m"),
            (&["script-src 'NONCE-R4+/-_m==' 'Strict-Dynamic'"], "R4+/-_m=="),
            (&["default-src 'nonce-a'"], "a"),
            (&["script-src 'strict-dynamic' 'sha256-AAAA='"], "refused"),
            (&["script-src 'nonce-' 'nonce-a=b' 'nonce-a===' 'nonce-\"><script>' 'nonce-a' 'nonce-b'"], "a"),
            (&["script-src 'nonce-a.b'"], "refused"),
            // Every line and every policy holds.
            (&["script-src 'nonce-a' 'nonce-b'", "script-src 'nonce-b' 'nonce-c'"], "b"),
            (&["script-src 'nonce-a', script-src 'nonce-b'"], "refused"),
            (&["script-src 'nonce-a', script-src 'self'"], "a"),
            (&["script-src 'self', script-src 'none'"], "refused"),
            (&["script-src 'self',,img-src 'none'"], "free"),
            (&["sandbox allow-scripts"], "refused"),
            (&["sandbox Allow-Scripts allow-same-origin; script-src 'self'"], "free"),
        ] {
            assert_eq!(told(&policies(lines).script(&page(), PATH)), expected, "{lines:?}");
        }
        let plain = Url::parse("http://www.shop.example:8080/").unwrap();
        assert_eq!(policies(&["script-src https://www.shop.example:8080"]).script(&plain, PATH), Admission::Refused);
        assert_eq!(policies(&["script-src www.shop.example:8080"]).script(&plain, PATH), Admission::Free);
        // What is no ASCII says nothing, and what stands beside it holds.
        let mut headers = HeaderMap::new();
        let bytes = HeaderValue::from_bytes(b"script-src 'none' \xe9; default-src 'nonce-a'").unwrap();
        headers.insert("content-security-policy", bytes);
        headers.insert("content-security-policy-report-only", HeaderValue::from_static("script-src 'none'"));
        assert_eq!(told(&ShopPolicies::of(&headers).script(&page(), PATH)), "a");
    }

    #[test]
    fn styles_apply_where_browsers_let_them() {
        for (line, expected) in [
            ("script-src 'none'", "free"),
            ("style-src 'unsafe-inline'", "free"),
            ("style-src 'self'", "refused"),
            ("style-src *", "refused"),
            ("style-src 'unsafe-inline' 'nonce-a'", "a"),
            ("style-src 'unsafe-inline' 'sha256-AAAA='", "refused"),
            ("style-src 'unsafe-inline' 'nonce-\"' 'sha1-AAAA='", "free"),
            ("style-src-elem 'nonce-a'; style-src 'unsafe-inline'", "a"),
            ("style-src-attr 'none'", "free"),
            ("default-src 'nonce-a' 'strict-dynamic'", "a"),
            ("default-src 'unsafe-inline' 'strict-dynamic'", "free"),
        ] {
            assert_eq!(told(&policies(&[line]).style()), expected, "{line}");
        }
        for (line, expected) in [
            ("style-src 'self'", "free"),
            ("style-src *", "free"),
            ("style-src 'unsafe-inline'", "refused"),
            ("style-src 'nonce-a', style-src 'self'", "a"),
            ("style-src 'none'", "refused"),
        ] {
            assert_eq!(
                told(&policies(&[line]).style_sheet(&page(), "/.vestibule/banner-0a1b2c3d.css")),
                expected,
                "{line}"
            );
        }
    }

    #[test]
    fn calls_and_forms_go_where_browsers_let_them() {
        for (line, connects, submits) in [
            ("default-src 'none'", false, true),
            ("default-src 'nonce-a'", false, true),
            ("connect-src 'self'; default-src 'none'; form-action 'self'", true, true),
            ("connect-src api.shop.example; form-action 'none'", false, false),
            ("form-action https://pay.example", true, false),
            ("sandbox allow-forms", true, false),
            ("sandbox allow-forms allow-same-origin", true, true),
        ] {
            let policies = policies(&[line]);
            let found = (policies.connects(&page(), "/x/consent"), policies.submits(&page(), "/x/consent"));
            assert_eq!(found, (connects, submits), "{line}");
        }
    }

    #[test]
    fn our_own_line_stops_nothing_of_ours() {
        let line = csp::line(&Page::new(page()), " shop.example:*");
        let policies = policies(&[&line]);
        assert_eq!((policies.script(&page(), PATH), policies.style()), (Admission::Free, Admission::Free));
        assert!(policies.connects(&page(), PATH) && policies.submits(&page(), PATH));
    }
}
