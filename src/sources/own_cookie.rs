//! Our own consent cookie: what a visitor chose on our banner, signed, bound, and readable with no store at all.
//!
//! Two cookies are set together. The *consent* cookie carries the choice and a MAC; the *bind* cookie carries a random
//! value that the MAC covers. A genuine "yes" copied from one visitor to another lacks the victim's bind value and is
//! worth nothing. Over TLS both names carry the `__Host-` prefix (RFC 6265bis §4.1.3.2).
//!
//! Format of the consent cookie: `1.KEYID.PAYLOAD.MAC`, all ASCII. PAYLOAD is unpadded base64url of
//! `t=SECONDS&g=PURPOSES&d=PURPOSES&G=SERVICES&D=SERVICES` with comma-separated names. MAC is HMAC-SHA-256.
//!
//! Anything that is not exactly that (another version, an unknown key, a foreign site, a second copy, a time in the
//! future) reads as no choice at all.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::{ConsentSource, RequestView, cookie_pairs};
use crate::consent::{Grant, Signal, SignalKind, SourceId};

/// How far ahead of ours another replica's clock may be, in seconds.
const CLOCK_SKEW: u64 = 300;

/// Longest consent cookie that is looked at, in bytes. Ours stay far below.
const MAX_COOKIE: usize = 4096;

/// Reads the consent cookie.
#[derive(Debug)]
pub(super) struct OwnCookie;

impl ConsentSource for OwnCookie {
    fn id(&self) -> SourceId {
        SourceId("own")
    }

    fn read(&self, request: &RequestView<'_>) -> Option<Signal> {
        let names = OwnCookies::names(request.secure);
        let consent = only(request, names.consent)?;
        let bind = only(request, names.bind)?;
        let choice = request.keys.open(consent, bind, request.site)?;
        let expires = choice.issued.saturating_add(request.choice_lifetime);
        if choice.issued > request.now.saturating_add(CLOCK_SKEW) || expires <= request.now {
            return None;
        }
        let mut purposes = Vec::new();
        let mut services = Vec::new();
        for (names, grant) in [(&choice.granted, Grant::Granted), (&choice.denied, Grant::Denied)] {
            purposes.extend(names.iter().filter_map(|name| Some((request.purposes.get(name)?, grant))));
        }
        for (ids, grant) in [(&choice.granted_services, Grant::Granted), (&choice.denied_services, Grant::Denied)] {
            services.extend(ids.iter().filter_map(|id| Some((request.catalog.get(id)?, grant))));
        }
        Some(Signal { source: self.id(), kind: SignalKind::Choice, purposes, services })
    }
}

/// The value of the only cookie called `name`. Two of a name are a conflict, and nobody can say which one is genuine.
fn only<'a>(request: &RequestView<'a>, name: &str) -> Option<&'a [u8]> {
    let mut found = cookie_pairs(request.headers).filter(|pair| pair.name == name.as_bytes());
    let first = found.next()?;
    found.next().is_none().then_some(first.value)
}

/// The names of our two cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnCookies {
    /// Carries the choice.
    pub consent: &'static str,
    /// Carries the random value that the choice is bound to.
    pub bind: &'static str,
}

impl OwnCookies {
    /// The names in use over TLS (`secure`) or over cleartext, where browsers refuse the `__Host-` prefix.
    pub const fn names(secure: bool) -> Self {
        if secure {
            Self { consent: "__Host-vestibule", bind: "__Host-vestibule-bind" }
        } else {
            Self { consent: "vestibule", bind: "vestibule-bind" }
        }
    }

    /// Whether `name` is one of ours, over either scheme. The shop never gets to see these.
    pub fn is_ours(name: &[u8]) -> bool {
        [true, false].into_iter().any(|secure| {
            let names = Self::names(secure);
            name == names.consent.as_bytes() || name == names.bind.as_bytes()
        })
    }
}

/// What a visitor chose, by name, so that it survives a reload that renumbers purposes and services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// When, in seconds since the Unix epoch.
    pub issued: u64,
    /// Purposes agreed to.
    pub granted: Vec<String>,
    /// Purposes refused.
    pub denied: Vec<String>,
    /// Services agreed to by name.
    pub granted_services: Vec<String>,
    /// Services refused by name.
    pub denied_services: Vec<String>,
}

impl Choice {
    fn encode(&self) -> String {
        format!(
            "t={}&g={}&d={}&G={}&D={}",
            self.issued,
            self.granted.join(","),
            self.denied.join(","),
            self.granted_services.join(","),
            self.denied_services.join(",")
        )
    }

    fn decode(payload: &str) -> Option<Self> {
        let mut fields = payload.split('&');
        let mut field = |key: &str| fields.next()?.strip_prefix(key)?.strip_prefix('=');
        let list = |text: &str| text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let choice = Self {
            issued: field("t")?.parse().ok()?,
            granted: list(field("g")?),
            denied: list(field("d")?),
            granted_services: list(field("G")?),
            denied_services: list(field("D")?),
        };
        fields.next().is_none().then_some(choice)
    }
}

/// A signing key of 32 bytes.
#[derive(Clone)]
pub struct Key {
    id: String,
    secret: [u8; 32],
}

impl std::fmt::Debug for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Key({})", self.id)
    }
}

impl Key {
    /// A key from its secret bytes. The id is derived from them, so that two replicas agree on it.
    pub fn new(secret: [u8; 32]) -> Self {
        let digest = Sha256::new().chain_update(b"vestibule key id\0").chain_update(secret).finalize();
        let id = digest.iter().take(4).fold(String::new(), |id, byte| format!("{id}{byte:02x}"));
        Self { id, secret }
    }

    fn mac(&self, site: &str, bind: &[u8], payload: &str) -> Option<Hmac<Sha256>> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.secret).ok()?;
        // Every part is preceded by its length, so that no two different inputs run together.
        for part in [b"vestibule consent 1".as_slice(), site.as_bytes(), bind, payload.as_bytes()] {
            mac.update(&u64::try_from(part.len()).ok()?.to_be_bytes());
            mac.update(part);
        }
        Some(mac)
    }
}

/// The keys that consent cookies may be signed with: one that signs, and one that is still believed.
#[derive(Clone, Debug)]
pub struct KeyRing {
    current: Key,
    previous: Option<Key>,
}

impl KeyRing {
    /// A ring that signs with `current` and still believes `previous`.
    pub const fn new(current: Key, previous: Option<Key>) -> Self {
        Self { current, previous }
    }

    /// A number from 0 to 9999 for a visitor, who is whatever `visitor` says: the same on every replica, and no way back.
    pub fn share_of(&self, visitor: &[u8]) -> u16 {
        let tag = self.current.mac("canary", visitor, "").map(|mac| mac.finalize().into_bytes());
        let number = tag.as_ref().and_then(|tag| tag.first_chunk()).map_or(0, |tag| u32::from_be_bytes(*tag) % 10_000);
        u16::try_from(number).unwrap_or(0)
    }

    /// The value of a consent cookie for `choice`, bound to the value of the bind cookie and to the site.
    pub fn seal(&self, choice: &Choice, bind: &str, site: &str) -> Option<String> {
        let payload = URL_SAFE_NO_PAD.encode(choice.encode());
        let tag = self.current.mac(site, bind.as_bytes(), &payload)?.finalize().into_bytes();
        Some(format!("1.{}.{payload}.{}", self.current.id, URL_SAFE_NO_PAD.encode(tag)))
    }

    /// The choice in a consent cookie, if every part of it is genuine.
    fn open(&self, cookie: &[u8], bind: &[u8], site: &str) -> Option<Choice> {
        let text = std::str::from_utf8(cookie).ok().filter(|text| text.len() <= MAX_COOKIE)?;
        let mut parts = text.split('.');
        let (version, id, payload, tag) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version != "1" || parts.next().is_some() {
            return None;
        }
        let key = [Some(&self.current), self.previous.as_ref()].into_iter().flatten().find(|key| key.id == id)?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        key.mac(site, bind, payload)?.verify_slice(&tag).ok()?;
        let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
        Choice::decode(std::str::from_utf8(&payload).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::{Choice, Key, KeyRing};

    fn choice() -> Choice {
        Choice {
            issued: 1_000,
            granted: vec!["analytics".into(), "marketing".into()],
            denied: vec!["social".into()],
            granted_services: vec![],
            denied_services: vec!["youtube".into()],
        }
    }

    #[test]
    fn what_is_sealed_opens_only_where_it_belongs() {
        let old = Key::new([1; 32]);
        let ring = KeyRing::new(Key::new([2; 32]), Some(old.clone()));
        let sealed = ring.seal(&choice(), "bind", "shop.example").unwrap();
        assert_eq!(ring.open(sealed.as_bytes(), b"bind", "shop.example"), Some(choice()));
        assert_eq!(ring.open(sealed.as_bytes(), b"other", "shop.example"), None, "planted on another visitor");
        assert_eq!(ring.open(sealed.as_bytes(), b"bind", "other.example"), None, "carried to another site");
        let by_old = KeyRing::new(old, None).seal(&choice(), "bind", "shop.example").unwrap();
        assert_eq!(ring.open(by_old.as_bytes(), b"bind", "shop.example"), Some(choice()), "previous key");
        let rotated = KeyRing::new(Key::new([3; 32]), Some(Key::new([2; 32])));
        assert_eq!(rotated.open(by_old.as_bytes(), b"bind", "shop.example"), None, "key before the previous one");
    }

    #[test]
    fn shares_are_as_large_as_they_say() {
        let ring = KeyRing::new(Key::new([2; 32]), None);
        let below = |share| (0..100_000_u32).filter(|visitor| ring.share_of(&visitor.to_be_bytes()) < share).count();
        for (share, expected) in [(100, 1_000), (500, 5_000), (5_000, 50_000)] {
            let found = below(share);
            assert!(found.abs_diff(expected) <= 500, "{found} of {expected}");
        }
    }

    #[test]
    fn every_changed_byte_closes_it() {
        let ring = KeyRing::new(Key::new([2; 32]), None);
        let sealed = ring.seal(&choice(), "bind", "shop.example").unwrap().into_bytes();
        for at in 0..sealed.len() {
            for flip in [1_u8, 0x20, 0x80] {
                let mut forged = sealed.clone();
                forged[at] ^= flip;
                assert_eq!(ring.open(&forged, b"bind", "shop.example"), None, "byte {at} ^ {flip}");
            }
            assert_eq!(ring.open(&sealed[..at], b"bind", "shop.example"), None, "cut at {at}");
        }
        let longer = [sealed.as_slice(), b"A"].concat();
        assert_eq!(ring.open(&longer, b"bind", "shop.example"), None);
    }
}
