//! `Speculation-Rules` and `Alt-Svc`: lists of addresses.

use super::super::field::{self, Line};
use super::denied;
use crate::enforce::Judge;

/// `Speculation-Rules` (HTML Standard §7.6.1): a list of strings, each the address of a file with rules, which the browser
/// fetches.
pub(super) fn speculation_rules(judge: &mut Judge, line: &[u8]) -> Line {
    field::each(field::unquoted(line, b','), b',', |value| {
        Line::keep_if(!denied(judge, &field::unquote(value), "speculation-rules"))
    })
}

/// `Alt-Svc` (RFC 7838 §3): other servers for this host, `protocol="host:port"` with parameters. Without a host it is this
/// one. A browser that goes elsewhere goes past us, and tells whoever is there what it would have told the shop.
pub(super) fn alternatives(judge: &mut Judge, line: &[u8]) -> Line {
    field::each(field::unquoted(line, b','), b',', |value| {
        let authority = value.iter().position(|byte| *byte == b'=').and_then(|at| value.get(at + 1..));
        let authority = field::unquote(authority.unwrap_or_default());
        let named = !authority.is_empty() && !authority.starts_with(b":");
        let address = [b"https://", &*authority].concat();
        Line::keep_if(!named || !denied(judge, &address, "alt-svc"))
    })
}
