//! The response head on its way to the visitor, and what is to become of the body. Both are settled here, before the
//! first byte of the body is seen.

use encoding_rs::Encoding;
use http::header::{
    ACCEPT_RANGES, AGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    EXPIRES, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, PRAGMA, SET_COOKIE,
};
use http::{HeaderMap, Method, StatusCode};
use pingora::Result;
use pingora::http::{RequestHeader, ResponseHeader};
use url::{Position, Url};

use super::ctx::Visit;
use super::kind::Kind;
use super::pipeline::{Coding, charset_of};
use super::sheets::Sheet;
use super::{set_cookie, validators};
use crate::enforce::cookies;
use crate::enforce::{FieldEdit, csp, response_headers};
use crate::policy::Mode;

/// What becomes of a body.
#[derive(Debug)]
pub(super) enum BodyPlan {
    /// It passes untouched.
    Pass,
    /// There is none, but the head describes a page that would be rewritten.
    HeadOnly,
    /// It is rewritten.
    Rewrite(Reading),
    /// It is read, and passes untouched.
    Observe(Reading),
    /// It cannot be read, so it does not pass.
    Refuse(&'static str),
}

/// How a body is to be read.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) kind: Kind,
    pub(super) codings: Vec<Coding>,
    pub(super) charset: Option<&'static Encoding>,
    /// Nobody says what it is; look at its first bytes.
    pub(super) sniff: bool,
}

/// Settles what becomes of the body. `end` tells that there is none.
pub(super) fn plan(visit: &Visit, response: &ResponseHeader, end: bool) -> BodyPlan {
    // A style sheet, or JSON, that is the same for everybody; it may be another one under a policy on trial.
    if visit.sheet.as_ref().is_some_and(Sheet::is_same) && !visit.judge.has_shadow() {
        return BodyPlan::Pass;
    }
    let bodyless =
        matches!(response.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED | StatusCode::RESET_CONTENT);
    if visit.mode == Mode::Off || response.status.is_informational() || bodyless {
        return BodyPlan::Pass;
    }
    let kind = Kind::of(&response.headers, visit);
    if !kind.is_read(visit) {
        return BodyPlan::Pass;
    }
    let enforce = visit.rewrites() && (kind.may_be_page() || !visit.plan.all_granted);
    // A body that passes is still read where another policy is on trial, and a style sheet once to know it.
    let learns = kind == Kind::Stylesheet && visit.sheet.as_ref().is_some_and(Sheet::is_new);
    if visit.mode == Mode::Enforce && !enforce && !learns && !visit.judge.has_shadow() {
        return BodyPlan::Pass;
    }
    if end {
        return if enforce { BodyPlan::HeadOnly } else { BodyPlan::Pass };
    }
    // Where everything is granted, something is only put in: a page that cannot be read passes without it.
    let refuse = |cause| {
        let kept_back = enforce && !visit.plan.all_granted && kind.is_kept_back_unread();
        if kept_back { BodyPlan::Refuse(cause) } else { BodyPlan::Pass }
    };
    if response.status == StatusCode::PARTIAL_CONTENT {
        return refuse("partial-page");
    }
    let Some(codings) = codings(&response.headers) else {
        return refuse("unknown-coding");
    };
    let charset = charset(&response.headers).or_else(|| kind.encoding());
    let reading = Reading { kind, codings, charset, sniff: kind == Kind::Unsaid };
    if enforce { BodyPlan::Rewrite(reading) } else { BodyPlan::Observe(reading) }
}

fn charset(headers: &HeaderMap) -> Option<&'static Encoding> {
    headers.get_all(CONTENT_TYPE).iter().rev().find_map(|value| charset_of(&String::from_utf8_lossy(value.as_bytes())))
}

/// Words that legacy shops put into `Content-Encoding` although nothing is coded. Browsers ignore them, too.
const NO_CODINGS: [&str; 6] = ["none", "utf-8", "utf8", "binary", "8bit", "7bit"];

/// The content codings, in the order in which they were applied; `None` when one of them cannot be taken off.
fn codings(headers: &HeaderMap) -> Option<Vec<Coding>> {
    let fields = headers.get_all(CONTENT_ENCODING).iter();
    let named: Vec<&str> = fields
        .flat_map(|value| value.to_str().unwrap_or("?").split(','))
        .map(str::trim)
        .filter(|word| !NO_CODINGS.iter().any(|known| word.eq_ignore_ascii_case(known)))
        .collect();
    Coding::parse_list(&named.join(","))
}

/// Fields that describe bytes which are about to change.
pub(super) fn unframe(response: &mut ResponseHeader) {
    for name in [CONTENT_LENGTH, ACCEPT_RANGES] {
        response.remove_header(&name);
    }
    for name in ["content-md5", "digest", "content-digest", "repr-digest"] {
        response.remove_header(name);
    }
}

/// Whether browsers follow `Location` (Fetch Standard, "redirect status").
fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Whether the shop leads the visitor to the very address that they asked for, parameters included. Whoever ends TLS before us
/// may write the other scheme.
pub(super) fn leads_back(response: &ResponseHeader, asked: &Url) -> bool {
    let target = response.headers.get(LOCATION).and_then(|target| target.to_str().ok());
    let target = target.filter(|_| is_redirect(response.status)).and_then(|target| asked.join(target.trim()).ok());
    let part = Position::BeforeHost..Position::AfterQuery;
    target.is_some_and(|target| target[part.clone()] == asked[part])
}

/// Judges and edits the head of a final response. `now` is in seconds since the Unix epoch; `draw` is any number, another
/// one for each response.
pub(super) fn edit(
    response: &mut ResponseHeader,
    visit: &mut Visit,
    request: &RequestHeader,
    now: u64,
    draw: u32,
) -> Result<()> {
    // A switch of protocols is the final answer, and browsers take its cookies (RFC 9110 section 15.2.2).
    let interim = response.status.is_informational() && response.status != StatusCode::SWITCHING_PROTOCOLS;
    if visit.mode == Mode::Off || interim {
        return Ok(());
    }
    let before = visit.judge.journal().by_consent();
    set_cookies(response, visit, request, now)?;
    let redirects = is_redirect(response.status);
    let edits = response_headers::edit(&mut visit.judge, &response.headers, redirects, visit.asked);
    for FieldEdit { name, lines } in edits {
        response.remove_header(&name);
        for line in lines {
            response.append_header(name.clone(), line)?;
        }
    }
    let kind = Kind::of(&response.headers, visit);
    let may_be_page = kind == Kind::Unsaid || kind.is_document() || response.status == StatusCode::NOT_MODIFIED;
    let page = kind.is_html() || (visit.document && may_be_page);
    let ends_cookies = page || is_for_one(&request.method, &response.headers);
    if ends_cookies {
        cookies::would_expire(&mut visit.judge, &request.headers);
    }
    if visit.mode != Mode::Enforce {
        return Ok(());
    }
    if ends_cookies {
        withdraw(response, visit, draw)?;
    }
    // What a browser shows gets our policy line, too, and that differs as pages do. An SVG image that is only an image stays
    // with the caches.
    // What another visitor would get differs, so nobody may keep it for them.
    // A style sheet, or JSON, that is known to name nobody is the same for all, and so is a redirect to a sheet.
    let same = match &visit.sheet {
        Some(sheet) => sheet.is_same(),
        None => kind == Kind::Stylesheet && response.status != StatusCode::NOT_MODIFIED,
    };
    let varies = page || kind.is_read(visit) || revalidates(response, request);
    if (varies && !same) || visit.judge.journal().by_consent() > before {
        keep_variants_apart(response, visit)?;
    }
    if page {
        // The shop's word about its own cookie is newer than the visitor's request.
        let set_by_shop = |name: &[u8]| {
            response.headers.get_all(SET_COOKIE).iter().any(|field| cookies::name_of(field.as_bytes()) == name)
        };
        let rescue = visit.rescue.as_ref();
        let rescue = rescue.filter(|rescue| !rescue.cookies.iter().any(|(name, _)| set_by_shop(name)));
        for cookie in rescue.into_iter().flat_map(|rescue| set_cookie::rescued(rescue, visit.secure)) {
            response.append_header("Set-Cookie", cookie)?;
        }
    }
    let shows = kind.is_document() || (kind == Kind::Unsaid && visit.document);
    if shows && let Some(class) = &visit.plan.csp {
        let line = csp::line(visit.judge.page(), class);
        response.append_header(CONTENT_SECURITY_POLICY, line)?;
    }
    Ok(())
}

/// Whether the browser is told that a variant it holds is still good: the stored one takes over the fields of this answer.
fn revalidates(response: &ResponseHeader, request: &RequestHeader) -> bool {
    let mut held = request.headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    response.status == StatusCode::NOT_MODIFIED && held.any(validators::names_variant)
}

fn set_cookies(response: &mut ResponseHeader, visit: &mut Visit, request: &RequestHeader, now: u64) -> Result<()> {
    let edits = cookies::response(&mut visit.judge, &request.headers, &response.headers, visit.secure, now);
    let Some(edits) = edits else {
        return Ok(());
    };
    let fields = cookies::apply(&response.headers, edits);
    response.remove_header(&SET_COOKIE);
    for field in fields {
        response.append_header("Set-Cookie", field)?;
    }
    Ok(())
}

/// Whether no shared cache keeps the response for somebody else: it says so, or answers a request that changes something
/// (RFC 9111 §3, §3.5). Everything else may be in a cache before us by tomorrow, and with it whatever we add; what a visitor
/// who refused gets expired must not end the cookies of one who agreed. Such responses wait for the next page.
fn is_for_one(method: &Method, headers: &HeaderMap) -> bool {
    let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let words = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut words = words.flat_map(|value| value.split(',')).map(str::trim);
    changes || words.any(|word| word.eq_ignore_ascii_case("private") || word.eq_ignore_ascii_case("no-store"))
}

/// Expires what the browser sent and may hold no longer.
fn withdraw(response: &mut ResponseHeader, visit: &mut Visit, draw: u32) -> Result<()> {
    if visit.withdrawn.is_empty() {
        return Ok(());
    }
    for line in cookies::expiring(&mut visit.judge, &visit.withdrawn, visit.secure, draw) {
        response.append_header("Set-Cookie", line)?;
    }
    Ok(())
}

/// Pages differ by visitor: no shared cache may keep them, and validators name the variant.
fn keep_variants_apart(response: &mut ResponseHeader, visit: &Visit) -> Result<()> {
    let no_store = response
        .headers
        .get_all(CACHE_CONTROL)
        .iter()
        .any(|value| value.to_str().is_ok_and(|value| value.to_ascii_lowercase().contains("no-store")));
    if !no_store {
        response.insert_header(CACHE_CONTROL, "private, no-cache")?;
    }
    for name in [EXPIRES, PRAGMA, AGE, LAST_MODIFIED] {
        response.remove_header(&name);
    }
    for name in ["surrogate-control", "cdn-cache-control", "x-accel-expires"] {
        response.remove_header(name);
    }
    let etag = response.headers.get(ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
    if let Some(etag) = etag {
        match validators::mark(&etag, &visit.variant()) {
            Some(marked) => response.insert_header(ETAG, marked)?,
            None => {
                response.remove_header(&ETAG);
            }
        }
    }
    Ok(())
}
