//! Keys, and what is sealed with them.
//!
//! Format of a sealed cookie: `1.KEYID.PAYLOAD.MAC`, all ASCII. PAYLOAD is unpadded base64url; MAC is HMAC-SHA-256 over what
//! kind of cookie it is, the site, the value of the bind cookie and PAYLOAD.
//!
//! Anything that is not exactly that (another version, an unknown key, another kind, a foreign site, base64 with bits left
//! over) does not open.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Longest cookie of ours that is looked at, in bytes: browsers keep no longer ones (RFC 6265bis section 5.5).
const MAX_COOKIE: usize = 4096;

/// What a sealed cookie is. One kind never opens as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A choice made with us.
    Choice,
    /// A choice made in a tool of the shop's, told by the mirror.
    Observed,
    /// The mark that something was refused with us.
    Refusal,
}

impl Kind {
    const fn label(self) -> &'static str {
        match self {
            Self::Choice => "vestibule consent 1",
            Self::Observed => "vestibule observed 1",
            Self::Refusal => "vestibule refusal 1",
        }
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

    fn mac(&self, label: &str, site: &str, bind: &[u8], payload: &str) -> Option<Hmac<Sha256>> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.secret).ok()?;
        // Every part is preceded by its length, so that no two different inputs run together.
        for part in [label.as_bytes(), site.as_bytes(), bind, payload.as_bytes()] {
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
        let tag = self.current.mac(Kind::Choice.label(), "canary", visitor, "").map(|mac| mac.finalize().into_bytes());
        let number = tag.as_ref().and_then(|tag| tag.first_chunk()).map_or(0, |tag| u32::from_be_bytes(*tag) % 10_000);
        u16::try_from(number).unwrap_or(0)
    }

    /// The value of a cookie of `kind` that holds `payload`, bound to the site and to the value of the bind cookie.
    pub(super) fn seal(&self, kind: Kind, payload: &str, bind: &[u8], site: &str) -> Option<String> {
        let payload = URL_SAFE_NO_PAD.encode(payload);
        let tag = self.current.mac(kind.label(), site, bind, &payload)?.finalize().into_bytes();
        let sealed = format!("1.{}.{payload}.{}", self.current.id, URL_SAFE_NO_PAD.encode(tag));
        (sealed.len() <= MAX_COOKIE).then_some(sealed)
    }

    /// What a cookie of `kind` holds, if every part of it is genuine.
    pub(super) fn open(&self, kind: Kind, cookie: &[u8], bind: &[u8], site: &str) -> Option<String> {
        let text = std::str::from_utf8(cookie).ok().filter(|text| text.len() <= MAX_COOKIE)?;
        let mut parts = text.split('.');
        let (version, id, payload, tag) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version != "1" || parts.next().is_some() {
            return None;
        }
        let key = [Some(&self.current), self.previous.as_ref()].into_iter().flatten().find(|key| key.id == id)?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        key.mac(kind.label(), site, bind, payload)?.verify_slice(&tag).ok()?;
        String::from_utf8(URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }
}
