//! consentmanager.net: a TC string in `__cmpconsentx<id>` (also `__cmpconsent<id>`, `__cmpconsents<id>`), and the
//! site's own purposes as a string of bits in `__cmpcccx<id>` (also `__cmpccc<id>`).
//!
//! Both are there before a click, the TC string full of legitimate interest. The second one has a bit that says whether
//! the visitor chose; without it a TC string counts only once it carries consent. Layout of the second: the letter `a`,
//! then in six bits a character the version (6), the moment (36, tenths of a second), that bit, and the purposes.
//! Version 1 lists them: a count (12), then a bit and one id (16), or two when the bit is set. The vendor's page says
//! the opposite about that bit; values that were seen say this. Version 2 has ranges in another code, of which the head
//! is read alone.
//!
//! Not read: vendors of the site's own, and the simplified lists (`__cmpcpc` and the like).

use super::super::MAX_VALUE;
use super::super::bits::Bits;
use super::jar::{MAX_COPIES, at_most};
use super::{Cmp, Jar, Read, Reading, Told, Trouble, Unsaid, Verified, tc};
use crate::consent::Grant;

pub(super) const CONSENTMANAGER: Cmp = Cmp {
    id: "consentmanager",
    name: "consentmanager.net",
    cookies: &["__cmpconsent*", "__cmpccc*"],
    map: &[],
    services: &[],
    unsaid: Unsaid::Denied,
    by_service: false,
    tcf: true,
    chosen: "the bit for it in `__cmpccc…` is set",
    verified: Verified::Captured,
    read: Read::Jar(read),
};

/// The most purposes of its own that a site has.
const MAX_PURPOSES: usize = 64;

fn read(jar: &Jar<'_>) -> Told {
    jar.each(0, |design, value| Some(of_design(jar, design, value)))
}

fn of_design(jar: &Jar<'_>, design: &[u8], value: &[u8]) -> Told {
    let mut customs = jar.named(1).filter(|(of, _)| *of == design).map(|(_, value)| custom(value)).peekable();
    if customs.peek().is_none() {
        let said = tc::read(value, jar)?;
        return Ok(tc::consents(value).then_some(said));
    }
    let mut copies = jar.copies();
    let over =
        at_most(MAX_COPIES, customs, |custom| copies.add(with_custom(value, custom, jar).map_err(Trouble::from)));
    if over {
        copies.join(Err("too many copies".into()));
    }
    copies.told()
}

fn with_custom(value: &[u8], custom: Result<Custom, &'static str>, jar: &Jar<'_>) -> Reading {
    let custom = custom?;
    if !custom.chosen {
        return Ok(None);
    }
    let mut said = tc::read(value, jar)?.at(Some(custom.at));
    said.words = match custom.purposes {
        Some(purposes) => purposes.into_iter().map(|id| (id.to_string(), Grant::Granted)).collect(),
        None => jar.own_words().map(|word| (word.to_owned(), Grant::Undecided)).collect(),
    };
    jar.of_now(Some(said))
}

/// The head of the site's own consents.
#[derive(Debug, PartialEq, Eq)]
struct Custom {
    at: u64,
    chosen: bool,
    /// `None` where they are in a code that is not read.
    purposes: Option<Vec<u16>>,
}

fn custom(value: &[u8]) -> Result<Custom, &'static str> {
    if value.len() > MAX_VALUE {
        return Err("too long");
    }
    let bits = value.strip_prefix(b"a").ok_or("own consents that do not start with `a`")?;
    parse(&mut Bits::new(bits)).ok_or("own consents that are cut short")
}

fn parse(bits: &mut Bits<'_>) -> Option<Custom> {
    let version = bits.small(6)?;
    let at = bits.take(36)? / 10;
    let chosen = bits.flag()?;
    if version != 1 {
        return Some(Custom { at, chosen, purposes: None });
    }
    let mut purposes = Vec::new();
    for _ in 0..bits.number(12)? {
        let range = bits.flag()?;
        let first = bits.number(16)?;
        let last = if range { bits.number(16)? } else { first };
        purposes.extend((first..=last).take(MAX_PURPOSES));
        if purposes.len() > MAX_PURPOSES {
            return None;
        }
    }
    Some(Custom { at, chosen, purposes: Some(purposes) })
}
