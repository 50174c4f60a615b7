//! Where a script hands an address, markup or code to the browser.

use super::brackets::Brackets;
use super::token::{ASSIGN, Code, DOT, Kind, OPEN, OPEN_BRACE, OPEN_SQUARE};
use crate::catalog::FetchKind;

/// What becomes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sink {
    /// It is fetched.
    Address(FetchKind),
    /// It becomes a part of the page.
    Markup,
    /// It runs.
    Code,
}

/// What a script says that it makes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sees {
    /// Elements that run.
    scripts: bool,
    /// Frames.
    frames: bool,
    /// Links that fetch; other addresses in `href` are somewhere to go.
    links: bool,
}

impl Sees {
    pub(super) fn of(code: &Code<'_>) -> Self {
        let mut sees = Self::default();
        for token in code.tokens.iter().filter(|token| token.is_text()) {
            let text = code.text(*token);
            sees.scripts |= text.eq_ignore_ascii_case(b"script") || text.starts_with(b"<script");
            sees.frames |= text.eq_ignore_ascii_case(b"iframe");
            sees.links |= matches!(
                text,
                b"stylesheet"
                    | b"preload"
                    | b"prefetch"
                    | b"preconnect"
                    | b"dns-prefetch"
                    | b"modulepreload"
                    | b"prerender"
            );
        }
        sees
    }
}

/// Hands to `found` the places of all expressions that the name at `at` hands to the browser.
pub(super) fn at(
    code: &Code<'_>,
    brackets: &Brackets,
    at: usize,
    key: bool,
    sees: Sees,
    mut found: impl FnMut(Sink, usize),
) {
    let Some(name) = code.name(at) else { return };
    let member = at.checked_sub(1).is_some_and(|before| code.kind(before) == DOT);
    match code.kind(at + 1) {
        _ if key => {
            if let Some(sink) = attribute(name, sees)
                && in_element_settings(code, at)
            {
                found(sink, at + 2);
            }
        }
        ASSIGN if member => {
            let of = at.checked_sub(2).and_then(|of| code.name(of)).unwrap_or_default();
            // Where a window goes is no fetch.
            if of == b"location" {
                return;
            }
            if let Some(sink) = attribute(name, sees) {
                found(sink, at + 2);
            }
            if sees.scripts && matches!(name, b"text" | b"textContent" | b"innerText" | b"innerHTML") {
                found(Sink::Code, at + 2);
            }
        }
        OPEN => call(code, brackets, at, name, sees, &mut found),
        _ => {}
    }
}

/// What an element makes of a value of this attribute or member.
fn attribute(name: &[u8], sees: Sees) -> Option<Sink> {
    match name {
        b"src" if sees.scripts => Some(Sink::Address(FetchKind::Script)),
        b"src" if sees.frames => Some(Sink::Address(FetchKind::Frame)),
        b"src" | b"srcset" | b"poster" => Some(Sink::Address(FetchKind::Image)),
        b"href" if sees.links => Some(Sink::Address(FetchKind::Stylesheet)),
        b"innerHTML" | b"outerHTML" | b"srcdoc" => Some(Sink::Markup),
        _ => None,
    }
}

/// Whether a key stands in the settings of an element that is made: `$('<script>', {src: …})`.
fn in_element_settings(code: &Code<'_>, key: usize) -> bool {
    let near = key.saturating_sub(48);
    let mut depth = 0_usize;
    for at in (near..key).rev() {
        match code.kind(at) {
            Kind::Mark(b')' | b']' | b'}') => depth += 1,
            OPEN | OPEN_SQUARE | OPEN_BRACE if depth > 0 => depth -= 1,
            OPEN => {
                let callee = at.checked_sub(1).and_then(|callee| code.name(callee)).unwrap_or_default();
                return matches!(callee, b"$" | b"jQuery" | b"assign" | b"createElement" | b"extend");
            }
            OPEN_SQUARE => return false,
            _ => {}
        }
    }
    false
}

fn call(code: &Code<'_>, brackets: &Brackets, at: usize, name: &[u8], sees: Sees, found: &mut impl FnMut(Sink, usize)) {
    let all = || brackets.arguments(code, at + 1);
    let starts = |wanted: usize| all().get(wanted).copied();
    let on = at.checked_sub(2).filter(|on| code.kind(on + 1) == DOT).and_then(|on| code.name(on)).unwrap_or_default();
    let made = at.checked_sub(1).and_then(|before| code.name(before)) == Some(b"new");
    let jquery = matches!(on, b"$" | b"jQuery" | b"axios");
    let mut first = |sink: Sink| {
        if let Some(at) = starts(0) {
            found(sink, at);
        }
    };
    match name {
        b"fetch" => first(Sink::Address(FetchKind::Call)),
        b"sendBeacon" => first(Sink::Address(FetchKind::Ping)),
        b"import" | b"getScript" | b"addModule" => first(Sink::Address(FetchKind::Script)),
        b"Worker" | b"SharedWorker" if made => first(Sink::Address(FetchKind::Script)),
        b"EventSource" if made => first(Sink::Address(FetchKind::Call)),
        b"WebSocket" if made => first(Sink::Address(FetchKind::Socket)),
        b"get" | b"post" | b"ajax" | b"getJSON" if jquery => first(Sink::Address(FetchKind::Call)),
        b"eval" | b"setTimeout" | b"setInterval" | b"execScript" => first(Sink::Code),
        b"createTextNode" if sees.scripts => first(Sink::Code),
        b"createContextualFragment"
        | b"$"
        | b"jQuery"
        | b"append"
        | b"prepend"
        | b"html"
        | b"after"
        | b"before"
        | b"replaceWith" => first(Sink::Markup),
        b"open" => {
            let verb = starts(0).and_then(|at| code.string(at)).unwrap_or_default();
            let verb = !verb.is_empty() && verb.len() < 8 && verb.iter().all(u8::is_ascii_alphabetic);
            if let Some(at) = starts(1).filter(|_| verb) {
                found(Sink::Address(FetchKind::Call), at);
            }
        }
        b"setAttribute" | b"attr" | b"prop" => {
            let sink = starts(0).and_then(|at| code.string(at)).and_then(|name| attribute(name, sees));
            if let (Some(sink), Some(at)) = (sink, starts(1)) {
                found(sink, at);
            }
        }
        b"insertAdjacentHTML" => {
            if let Some(at) = starts(1) {
                found(Sink::Markup, at);
            }
        }
        b"write" | b"writeln" => all().into_iter().for_each(|at| found(Sink::Markup, at)),
        b"importScripts" => all().into_iter().for_each(|at| found(Sink::Address(FetchKind::Script), at)),
        b"Function" => all().last().into_iter().for_each(|at| found(Sink::Code, *at)),
        b"Blob" if made && code.kind(at + 2) == OPEN_SQUARE => {
            brackets.arguments(code, at + 2).into_iter().for_each(|at| found(Sink::Code, at));
        }
        b"require" | b"requirejs" if code.kind(at + 2) == OPEN_SQUARE => {
            let list = brackets.arguments(code, at + 2);
            list.into_iter().for_each(|at| found(Sink::Address(FetchKind::Script), at));
        }
        name if loads_by_name(name) => first(Sink::Address(FetchKind::Script)),
        _ => {}
    }
}

/// Whether a function of this name loads what it is given, by what people call such functions.
fn loads_by_name(name: &[u8]) -> bool {
    if name.len() < 6 || name.len() > 40 {
        return false;
    }
    let named = |part: &[u8]| name.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part));
    let end = name.get(name.len() - 2..).unwrap_or_default();
    (end.eq_ignore_ascii_case(b"js") || named(b"script"))
        && [&b"load"[..], b"get", b"inject", b"add", b"append", b"include", b"insert"].iter().any(|verb| named(verb))
}
