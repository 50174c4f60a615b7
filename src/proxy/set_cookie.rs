//! Our own cookies on their way to the browser.
//!
//! What they hold and how it is sealed is [`crate::sources`]'s work; this is about names, lives and attributes. All of them are
//! `HttpOnly` and `SameSite=Lax`, and `Priority=High`, which makes Chromium drop other cookies of the shop first when its
//! jar is full.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::{Cookie, SameSite};
use http::HeaderValue;

use super::ctx::Visit;
use crate::banner::ObservedCall;
use crate::sources::{self, Choice, CookieDomain, Observed, OwnCookies, RequestView, Rescue, reseal_observed};

/// What a choice made with us sets: the choice, the random value that it is bound to, and the mark of what was refused, or
/// the end of an older one. What the mirror told before is bound to the new value, too.
pub(super) fn chosen(choice: &Choice, visit: &Visit, request: &RequestView<'_>) -> Option<Vec<String>> {
    let (keys, site) = (request.keys, request.site);
    let names = OwnCookies::names(visit.secure);
    let bind = random()?;
    let mut cookies = vec![set(visit, names.consent, keys.seal_choice(choice, &bind, site)?)];
    match keys.seal_refusal(choice, site) {
        Some(mark) => cookies.push(set(visit, names.refusal, mark)),
        None => cookies.push(expire(visit, names.refusal)),
    }
    cookies.extend(reseal_observed(request, &bind).map(|seen| set(visit, names.seen, seen)));
    cookies.push(set(visit, names.bind, bind));
    Some(cookies)
}

/// What the mirror told sets: the seen cookie once more, and the value that it is bound to. Empty when nothing changes.
///
/// # Errors
/// When it is more than a cookie can hold.
pub(super) fn observed(call: ObservedCall, visit: &Visit, request: &RequestView<'_>) -> Result<Vec<String>, TooMuch> {
    let names = OwnCookies::names(visit.secure);
    let before = sources::seen(request).unwrap_or_default();
    let (same, mut told): (Vec<Observed>, _) = before.into_iter().partition(|one| one.source == call.source);
    let known = !same.is_empty();
    match call.told {
        None if !known => return Ok(Vec::new()),
        None => {}
        // The date of a choice is the day when it was first told, unless the visitor has just made it again.
        Some(now_told) if !call.fresh && same.iter().any(|one| one.says_the_same(&now_told)) => return Ok(Vec::new()),
        Some(mut now_told) => {
            now_told.issued = match now_told.issued {
                _ if call.fresh => request.now,
                // It may be older than what was refused with us, and must not count as a change of mind since.
                0 => sources::refused_at(request).map_or(request.now, |at| at.min(request.now)),
                dated => dated.min(request.now),
            };
            told.push(now_told);
        }
    }
    told.retain(|one| visit.site.sources.iter().any(|used| used.settings.mirror && used.source.id().0 == one.source));
    if told.is_empty() {
        return Ok(vec![expire(visit, names.seen)]);
    }
    let bind = sources::bind_value(request).map(str::to_owned).or_else(random).ok_or(TooMuch)?;
    let sealed = request.keys.seal_observed(&told, &bind, request.site).ok_or(TooMuch)?;
    Ok(vec![set(visit, names.seen, sealed), set(visit, names.bind, bind)])
}

/// More was told than a cookie can hold.
#[derive(Debug)]
pub(super) struct TooMuch;

/// 128 random bits.
fn random() -> Option<String> {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).ok()?;
    Some(URL_SAFE_NO_PAD.encode(random))
}

/// What sets a tool's choice again: its cookies as they came, readable by its script, and our memory of it.
pub(super) fn rescued(rescue: &Rescue, secure: bool) -> Vec<HeaderValue> {
    let ends = if secure { "; SameSite=Lax; Secure" } else { "; SameSite=Lax" };
    let domain = match &rescue.domain {
        CookieDomain::Host => String::new(),
        CookieDomain::Covering(domain) => format!("; Domain={domain}"),
    };
    let attributes = format!("; Path=/{domain}; Max-Age={}{ends}", rescue.seconds);
    let cookies = rescue.cookies.iter().filter_map(|(name, value)| {
        HeaderValue::from_bytes(&[name, b"=".as_slice(), value, attributes.as_bytes()].concat()).ok()
    });
    let memory = with_life(OwnCookies::names(secure).kept, rescue.memory.clone(), rescue.seconds, secure);
    cookies.chain(HeaderValue::from_str(&memory).ok()).collect()
}

fn set(visit: &Visit, name: &'static str, value: String) -> String {
    with_life(name, value, visit.regime.choice_lifetime, visit.secure)
}

fn expire(visit: &Visit, name: &'static str) -> String {
    with_life(name, String::new(), 0, visit.secure)
}

fn with_life(name: &'static str, value: String, seconds: u64, secure: bool) -> String {
    let cookie = Cookie::build((name, value))
        .path("/")
        .max_age(cookie::time::Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX)))
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .build();
    format!("{cookie}; Priority=High")
}
