//! `Set-Cookie` towards the visitor.

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};

use super::printable;
use super::set_cookie::{Clock, Life, Origin, SetCookie};
use super::since::{Memory, Since};
use crate::enforce::{Judge, Surface};
use crate::policy::{Item, Until, Verdict};

/// What one `Set-Cookie` field should become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetCookieEdit {
    /// It stays as it is.
    Keep,
    /// It goes.
    Remove,
    /// It is sent with this value instead.
    Replace(Vec<u8>),
    /// It stays, or is sent with another value, and these fields follow it.
    Followed(Option<Vec<u8>>, Vec<Vec<u8>>),
}

/// Judges the `Set-Cookie` fields of a response, in order. `None` when all of them stay. `request` holds the fields that
/// came from the browser; `secure` tells whether they came over TLS; `now` is in seconds since the Unix epoch.
pub fn response(
    judge: &mut Judge,
    request: &HeaderMap,
    headers: &HeaderMap,
    secure: bool,
    now: u64,
) -> Option<Vec<SetCookieEdit>> {
    if !headers.contains_key(SET_COOKIE) {
        return None;
    }
    let clock = Clock::new(now, headers);
    let mut memory = Memory::of(request, secure, now);
    let page = judge.shared_page();
    let origin = Origin { host: page.host(), registrable: page.registrable_domain(), secure };
    let edits: Vec<SetCookieEdit> = headers
        .get_all(SET_COOKIE)
        .iter()
        .map(|field| one(judge, &mut memory, &SetCookie::read(field.as_bytes(), clock), origin))
        .collect();
    edits.iter().any(|edit| *edit != SetCookieEdit::Keep).then_some(edits)
}

fn one(judge: &mut Judge, memory: &mut Memory<'_>, cookie: &SetCookie<'_>, origin: Origin<'_>) -> SetCookieEdit {
    let mut item = Item::SetCookie {
        name: cookie.name,
        persistent: cookie.persistent(),
        deletion: cookie.life == Life::Deletion,
        days: Some(0),
        domain: cookie.domain.is_some(),
    };
    // Since when it is there matters only where its life is limited.
    let mut since = Since::Unknown;
    if let Some(cap) = judge.decision(&item).cap
        && let Item::SetCookie { days, .. } = &mut item
    {
        since = memory.since(cookie.name, cap);
        *days = memory.days(since, cookie);
    }
    let decision = judge.judge(Surface::SetCookie, &item, || printable(cookie.name));
    // What the browser does not take begins nothing.
    let begins = decision.verdict != Verdict::Drop && since == Since::Now && cookie.taken(origin);
    let begun = decision.cap.filter(|_| begins).and_then(|cap| memory.begin(cookie.name, cap));
    let edit = match decision.verdict {
        // Only fields are made coarser.
        Verdict::Keep | Verdict::Coarsen => SetCookieEdit::Keep,
        Verdict::Drop => SetCookieEdit::Remove,
        Verdict::Shorten(Until::Visit) => SetCookieEdit::Replace(cookie.for_the_visit()),
        Verdict::Shorten(Until::Days(cap)) => {
            SetCookieEdit::Replace(cookie.for_seconds(memory.seconds_left(since, cap)))
        }
        Verdict::Narrow => return narrowed(cookie, begun),
    };
    match begun {
        Some(field) => match edit {
            SetCookieEdit::Replace(value) => SetCookieEdit::Followed(Some(value), vec![field]),
            _ => SetCookieEdit::Followed(None, vec![field]),
        },
        None => edit,
    }
}

/// For this host alone. A cookie of the same name that the browser has for the whole domain would be sent beside it, and
/// first, so that one ends; and when the shop ends its cookie for the domain, the one for the host ends with it.
fn narrowed(cookie: &SetCookie<'_>, begun: Option<Vec<u8>>) -> SetCookieEdit {
    let narrow = cookie.for_this_host();
    if cookie.life == Life::Deletion {
        return SetCookieEdit::Followed(None, vec![narrow]);
    }
    let mut wide = cookie.for_the_visit();
    wide.extend_from_slice(b"; Max-Age=0");
    SetCookieEdit::Followed(Some(narrow), [wide].into_iter().chain(begun).collect())
}

/// The `Set-Cookie` fields after `edits`, one for each field of `headers`, in order. What cannot be a field is left out.
pub fn apply(headers: &HeaderMap, edits: Vec<SetCookieEdit>) -> Vec<HeaderValue> {
    let mut fields = Vec::new();
    for (field, edit) in headers.get_all(SET_COOKIE).iter().zip(edits) {
        let (own, more) = match edit {
            SetCookieEdit::Keep => (Some(field.clone()), Vec::new()),
            SetCookieEdit::Remove => (None, Vec::new()),
            SetCookieEdit::Replace(value) => (HeaderValue::from_bytes(&value).ok(), Vec::new()),
            SetCookieEdit::Followed(None, more) => (Some(field.clone()), more),
            SetCookieEdit::Followed(Some(value), more) => (HeaderValue::from_bytes(&value).ok(), more),
        };
        fields.extend(own);
        fields.extend(more.iter().filter_map(|field| HeaderValue::from_bytes(field).ok()));
    }
    fields
}
