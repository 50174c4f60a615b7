//! What must hold for every page, whatever stands in it.
//!
//! 1. Without consent nobody is contacted who needs it, in any reading of what we send (the oracle).
//! 2. With consent to everything, the page is the page, byte for byte.
//! 3. The chunks in which it arrives do not matter.
//! 4. Run on its own output, the rewriter changes nothing.
//! 5. A page that contacts nobody but the shop still fetches all that it did.

mod address;
mod fetching;
mod oracle;
mod site;

pub(crate) use site::{Consent, Shop};
use site::{NECESSARY, SHOP};

/// Which of the five does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    Leak,
    Identity,
    Chunks,
    Idempotence,
    OverBlock,
}

/// What was found out about a page.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) faults: Vec<(Fault, String)>,
    /// A browser would contact somebody who needs consent for the page as it was, so that contacting nobody afterwards
    /// means something.
    pub(crate) dangerous: bool,
}

impl Verdict {
    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.faults.iter().any(|(known, _)| *known == fault)
    }
}

/// Whether a host is the shop's own, or one that it cannot do without.
fn free(host: &str) -> bool {
    [SHOP, NECESSARY].iter().any(|own| host == *own || host.strip_suffix(own).is_some_and(|rest| rest.ends_with('.')))
}

/// Whom who needs consent a page makes browsers contact.
pub(crate) fn leaks(page: &[u8]) -> Vec<oracle::Contact> {
    let mut all = oracle::contacts(page, SHOP);
    all.retain(|contact| !free(&contact.host));
    all
}

/// Examines one page; `cut` is the size of the chunks in which it also arrives.
pub(crate) fn examine(shop: &Shop, page: &[u8], cut: usize) -> Verdict {
    let mut verdict = Verdict { dangerous: !leaks(page).is_empty(), ..Verdict::default() };
    let mut fault = |fault, text: String| verdict.faults.push((fault, text));
    let whole = |page: &[u8], consent| shop.rewrite(std::iter::once(page), consent);
    let clean = whole(page, Consent::Nothing);
    let shown = || String::from_utf8_lossy(&clean).into_owned();
    let left = leaks(&clean);
    if let Some(first) = left.first() {
        fault(Fault::Leak, format!("{} by {}, in {}", first.host, first.seen, shown()));
    }
    if shop.rewrite(page.chunks(cut.max(1)), Consent::Everything) != page {
        fault(Fault::Identity, String::new());
    }
    for size in [1, cut.max(1)] {
        let pieces = shop.rewrite(page.chunks(size), Consent::Nothing);
        if pieces != clean {
            fault(
                Fault::Chunks,
                format!("in chunks of {size}: {}\nwhole: {}", String::from_utf8_lossy(&pieces), shown()),
            );
            break;
        }
    }
    let again = whole(&clean, Consent::Nothing);
    if again != clean {
        fault(Fault::Idempotence, format!("{}\nand then {}", shown(), String::from_utf8_lossy(&again)));
    }
    verdict
}

/// What a browser would fetch from the shop for `page` and not for what becomes of it. `page` contacts nobody else.
pub(crate) fn lost(shop: &Shop, page: &[u8]) -> Option<String> {
    let before = oracle::contacts(page, SHOP);
    if before.iter().any(|contact| !free(&contact.host)) {
        return None;
    }
    let out = shop.rewrite(std::iter::once(page), Consent::Nothing);
    let mut after = oracle::contacts(&out, SHOP);
    let missing = before.iter().find(|contact| match after.iter().position(|known| known == *contact) {
        Some(at) => {
            after.swap_remove(at);
            false
        }
        None => true,
    });
    missing.map(|contact| format!("{} is lost in {}", contact.seen, String::from_utf8_lossy(&out)))
}

/// The smallest part of `page` found for which `holds` still says yes.
pub(crate) fn shrunk(page: &[u8], holds: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut page = page.to_vec();
    let mut size = page.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < page.len() {
            let mut less = page.clone();
            less.drain(at..(at + size).min(page.len()));
            if holds(&less) {
                page = less;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    page
}
