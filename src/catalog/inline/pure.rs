//! Whether a script does nothing but load another one.
//!
//! Such a script is a `<script src>` written in another way, so it can be treated as one even where nobody knows the host.
//! Of anything more (a name that the shop may use later, a call that is not needed to load) the answer is no: what is taken
//! out of a page by mistake breaks it, and what is left in is still under the policy line.

use std::collections::HashSet;

use super::token::{
    ARROW, ASSIGN, CLOSE, CLOSE_BRACE, CLOSE_SQUARE, COLON, Code, DOT, LOGIC, OPEN, OPEN_BRACE, OPEN_SQUARE,
};

/// The most tokens of a snippet: those of vendors have 60 to 250.
const LONGEST: usize = 400;

/// Members that are needed to make, describe and insert an element, and to queue calls until it has loaded.
const MEMBERS: [&[u8]; 58] = [
    b"createElement",
    b"getElementsByTagName",
    b"getElementById",
    b"querySelector",
    b"head",
    b"body",
    b"documentElement",
    b"currentScript",
    b"parentNode",
    b"parentElement",
    b"insertBefore",
    b"appendChild",
    b"append",
    b"prepend",
    b"before",
    b"after",
    b"firstChild",
    b"lastChild",
    b"nextSibling",
    b"firstElementChild",
    b"src",
    b"async",
    b"defer",
    b"type",
    b"id",
    b"charset",
    b"crossOrigin",
    b"integrity",
    b"referrerPolicy",
    b"nonce",
    b"setAttribute",
    b"location",
    b"protocol",
    b"push",
    b"unshift",
    b"q",
    b"l",
    b"queue",
    b"apply",
    b"call",
    b"slice",
    b"prototype",
    b"concat",
    b"getTime",
    b"now",
    b"random",
    b"arguments",
    b"version",
    b"loaded",
    b"document",
    b"fetchPriority",
    b"width",
    b"height",
    b"style",
    b"display",
    b"language",
    b"importance",
    b"callMethod",
];

/// Names of the language and the browser that such a snippet needs.
const NAMES: [&[u8]; 38] = [
    b"var",
    b"let",
    b"const",
    b"function",
    b"if",
    b"else",
    b"for",
    b"return",
    b"new",
    b"typeof",
    b"void",
    b"this",
    b"null",
    b"true",
    b"false",
    b"undefined",
    b"try",
    b"catch",
    b"in",
    b"of",
    b"window",
    b"document",
    b"self",
    b"location",
    b"Date",
    b"Math",
    b"Array",
    b"arguments",
    b"Image",
    b"String",
    b"encodeURIComponent",
    b"globalThis",
    b"while",
    b"break",
    b"continue",
    b"navigator",
    b"import",
    b"async",
];

/// Whether `code` only loads. Addresses are not looked at.
pub(super) fn only_loads(code: &Code<'_>) -> bool {
    if code.tokens.len() > LONGEST {
        return false;
    }
    let Some(own) = Own::of(code) else { return false };
    (0..code.tokens.len()).all(|at| {
        let Some(name) = code.name(at) else { return true };
        if at.checked_sub(1).is_some_and(|before| code.kind(before) == DOT) {
            return MEMBERS.contains(&name) || own.queues.contains(name);
        }
        code.kind(at + 1) == COLON || NAMES.contains(&name) || own.names.contains(name)
    })
}

/// Names that the script makes.
#[derive(Default)]
struct Own<'c> {
    /// Variables, parameters, functions, and what it hands on as a string.
    names: HashSet<&'c [u8]>,
    /// Queues for calls until the other script has loaded: `window.name = window.name || []`.
    queues: HashSet<&'c [u8]>,
}

impl<'c> Own<'c> {
    /// `None` when the script makes a function for others to call.
    fn of(code: &'c Code<'_>) -> Option<Self> {
        let mut own = Self::default();
        let (mut depth, mut parameters) = (0_usize, false);
        for at in 0..code.tokens.len() {
            own.names.extend(code.string(at));
            match code.kind(at) {
                OPEN | OPEN_BRACE => depth += 1,
                CLOSE => {
                    depth = depth.saturating_sub(1);
                    parameters = false;
                }
                CLOSE_BRACE => depth = depth.saturating_sub(1),
                _ => {}
            }
            let Some(name) = code.name(at) else { continue };
            let member = at.checked_sub(1).is_some_and(|before| code.kind(before) == DOT);
            let word = at.checked_sub(1).and_then(|before| code.name(before)).unwrap_or_default();
            if word == b"function" && depth == 0 {
                return None;
            }
            parameters |= name == b"function";
            let declared = matches!(word, b"var" | b"let" | b"const" | b"function");
            let given = !member && matches!(code.kind(at + 1), ASSIGN | ARROW);
            if declared || given || parameters {
                own.names.insert(name);
            }
            if is_queue(code, at) {
                own.names.insert(name);
                own.queues.insert(name);
            }
        }
        Some(own)
    }
}

/// `name = window.name || []`, or a function in the place of the list.
fn is_queue(code: &Code<'_>, at: usize) -> bool {
    if code.kind(at + 1) != ASSIGN {
        return false;
    }
    let mut second = at + 2;
    while code.kind(second + 1) == DOT && second < at + 8 {
        second += 2;
    }
    let list = code.kind(second + 2) == OPEN_SQUARE && code.kind(second + 3) == CLOSE_SQUARE;
    code.name(second) == code.name(at)
        && code.kind(second + 1) == LOGIC
        && (list || code.name(second + 2) == Some(b"function"))
}
