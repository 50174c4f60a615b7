//! Rescue: a choice made in a tool of the shop's, written once more by HTTP.
//!
//! Some browsers keep a cookie that a script wrote for seven days at most, so that visitors are asked every week. What we
//! set again is the tool's own cookie, byte for byte: the tool stays the only one who says what was chosen, and deleting
//! the cookie there deletes it here. Nothing is set again that could not be read as a choice, that came in several copies
//! (one of them would outlive a change), or when the visitor just said no with us.
//!
//! A revisit does not make a choice live longer: when it was first seen stands in a cookie of ours, with a digest of what
//! was chosen and one of the bytes. A tool that writes the same choice in other bytes is set again for the rest of the
//! first life.

use sha2::{Digest, Sha256};

use super::{CookieDomain, CookiePair, OwnCookies, RequestView, SourceUse, after_name, cookie_pairs};
use crate::consent::{Signal, SignalKind};

/// The longest value that is set again, in bytes; browsers keep no longer ones.
const MAX_RESCUED: usize = 3800;

/// What is to be set again.
#[derive(Clone, PartialEq, Eq)]
pub struct Rescue {
    /// Names and values, as they came.
    pub cookies: Vec<(Vec<u8>, Vec<u8>)>,
    /// The domain that the tool sets them for.
    pub domain: CookieDomain,
    /// What our own cookie says about this choice.
    pub memory: String,
    /// How long the choice still lives, in seconds.
    pub seconds: u64,
}

/// Without values: what visitors send is printed nowhere.
impl std::fmt::Debug for Rescue {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Rescue")
            .field("cookies", &self.cookies.len())
            .field("seconds", &self.seconds)
            .finish_non_exhaustive()
    }
}

/// What of `signals` is to be set again; nothing when it was before, or where no site asks for it.
pub fn rescue_due(used: &[SourceUse], request: &RequestView<'_>, signals: &[Signal]) -> Option<Rescue> {
    used.iter().filter_map(|one| one.settings.rescue.as_ref().map(|domain| (one, domain))).find_map(|(one, domain)| {
        let mut said = signals.iter().filter(|signal| signal.source == one.source.id());
        let choice = said.find(|signal| signal.kind == SignalKind::Observed)?;
        let cookies = written(one, request)?;
        let refused =
            signals.iter().any(|signal| matches!(signal.kind, SignalKind::Withdrawal | SignalKind::Collected));
        (!refused).then_some(())?;
        let chosen = digest(format!("{:?}", choice.purposes).as_bytes());
        let bytes = digest(&cookies.iter().flat_map(|(name, value)| [&**name, value]).collect::<Vec<_>>().concat());
        let kept = OwnCookies::names(request.secure).kept;
        let memory = cookie_pairs(request.headers).find(|pair| pair.name == kept.as_bytes());
        let held = memory
            .and_then(|pair| Memory::parse(pair.value))
            .filter(|held| held.chosen == chosen && held.first <= request.now);
        let first = choice.at.or_else(|| held.as_ref().map(|held| held.first)).unwrap_or(request.now);
        let seconds =
            first.saturating_add(request.choice_lifetime).checked_sub(request.now).filter(|left| *left > 0)?;
        if held.is_some_and(|held| held.bytes == bytes) {
            return None;
        }
        let memory = format!("{chosen}.{bytes}.{first}");
        Some(Rescue { cookies, domain: domain.clone(), memory, seconds })
    })
}

/// The cookies of a tool in a request, if each came once and can be set again.
fn written(one: &SourceUse, request: &RequestView<'_>) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let names: Vec<&str> = one.names().collect();
    let ours = |pair: &CookiePair<'_>| names.iter().any(|name| after_name(pair.name, name).is_some());
    let mut cookies: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for pair in cookie_pairs(request.headers).filter(ours) {
        let twice = cookies.iter().any(|(name, _)| name == pair.name);
        let whole = pair.value.iter().chain(pair.name).all(|byte| *byte >= b' ' && *byte != 0x7f);
        if twice || !whole || pair.name.is_empty() || pair.value.len() > MAX_RESCUED {
            return None;
        }
        cookies.push((pair.name.to_vec(), pair.value.to_vec()));
    }
    (!cookies.is_empty()).then_some(cookies)
}

/// What was set again before.
struct Memory<'m> {
    chosen: &'m str,
    bytes: &'m str,
    first: u64,
}

impl<'m> Memory<'m> {
    fn parse(value: &'m [u8]) -> Option<Self> {
        let mut parts = std::str::from_utf8(value).ok()?.split('.');
        let (chosen, bytes, first) = (parts.next()?, parts.next()?, parts.next()?.parse().ok()?);
        parts.next().is_none().then_some(Self { chosen, bytes, first })
    }
}

/// Sixteen hexadecimal digits that tell different contents apart. No secret: whoever forges it forges their own.
fn digest(content: &[u8]) -> String {
    Sha256::digest(content).iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header::COOKIE};

    use super::super::{CookieDomain, Key, KeyRing, RequestView, SourceUse, hear};
    use super::{Rescue, rescue_due};
    use crate::catalog::Catalog;
    use crate::consent::{PurposeId, PurposeTable};

    const DAY: u64 = 86_400;

    /// What is set again for a request with `cookie`, at `now`.
    fn rescue(cookie: &str, now: u64) -> Option<Rescue> {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(cookie).unwrap());
        let mut klaro = SourceUse::named("klaro").unwrap();
        klaro.settings.map.insert("matomo".into(), [PurposeId::ANALYTICS].into_iter().collect());
        klaro.settings.rescue = Some(CookieDomain::Covering("shop.example".into()));
        let view = RequestView {
            headers: &headers,
            secure: true,
            site: "shop.example",
            purposes: &PurposeTable::default(),
            catalog: &Catalog::default(),
            keys: &KeyRing::new(Key::new([1; 32]), None),
            now,
            choice_lifetime: 180 * DAY,
        };
        let used = [klaro];
        rescue_due(&used, &view, &hear(&used, &view).signals)
    }

    #[test]
    fn a_choice_is_set_again_once_and_lives_no_longer_for_it() {
        let start = 1_800_000_000;
        let first = rescue("klaro={%22matomo%22:true}; a=b", start).unwrap();
        assert_eq!(first.cookies, [(b"klaro".to_vec(), b"{%22matomo%22:true}".to_vec())]);
        assert_eq!((first.seconds, first.domain), (180 * DAY, CookieDomain::Covering("shop.example".into())));
        let with = |value: &str, memory: &str| format!("klaro={value}; __Host-vestibule-kept={memory}");
        let same = with("{%22matomo%22:true}", &first.memory);
        assert_eq!(rescue(&same, start + 9 * DAY), None, "the browser has it by HTTP");
        let rewritten = rescue(&with("%7B%22matomo%22%3Atrue%7D", &first.memory), start + 9 * DAY).unwrap();
        assert_eq!(rewritten.seconds, 171 * DAY, "the same choice in other bytes");
        let changed = rescue(&with("{%22matomo%22:false}", &first.memory), start + 9 * DAY).unwrap();
        assert_eq!(changed.seconds, 180 * DAY, "another choice");
        assert_eq!(rescue(&with("%7B%22matomo%22%3Atrue%7D", &first.memory), start + 180 * DAY), None, "over");
    }

    #[test]
    fn what_is_no_choice_is_not_set_again() {
        let now = 1_800_000_000;
        for cookie in ["a=b", "klaro=broken", "klaro={%22matomo%22:true}; klaro={%22matomo%22:true}"] {
            assert_eq!(rescue(cookie, now), None, "{cookie}");
        }
    }
}
