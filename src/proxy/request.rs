//! The request on its way to the shop.

use http::HeaderValue;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, COOKIE, HOST, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE, REFERER,
};
use pingora::Result;
use pingora::http::RequestHeader;

use super::client::{self, Client};
use super::ctx::Visit;
use super::pipeline::limit_accept_encoding;
use super::{forwarded, validators};
use crate::banner;
use crate::enforce::cookies::{self, CookieEdit};
use crate::enforce::response_headers::Asked;
use crate::enforce::{FieldEdit, endpoints, query, request_headers};
use crate::policy::Mode;
use crate::snapshot::Snapshot;

/// Tells the shop what is allowed; copies that clients send are taken out.
const CONSENT_FIELD: &str = "Vestibule-Consent";

/// Whether the browser asked for something to show in a window or frame (Fetch Metadata, `Sec-Fetch-Dest`). Clients that
/// do not say are judged by whether they accept HTML by name.
pub(super) fn wants_document(request: &RequestHeader) -> bool {
    match request.headers.get("sec-fetch-dest") {
        Some(dest) => {
            ["document", "iframe", "frame", "embed", "object", "fencedframe"].iter().any(|known| dest == known)
        }
        None => accepts_html(request),
    }
}

/// How the browser asked. Without Fetch Metadata, a client that does not ask for a page may still be on the way to one.
pub(super) fn asked(request: &RequestHeader, document: bool) -> Asked {
    match (document, request.headers.contains_key("sec-fetch-dest")) {
        (true, _) => Asked::Page,
        (false, true) => Asked::Part,
        (false, false) => Asked::Unsaid,
    }
}

/// Whether a script of a page asked, and can put the answer into the page. Fetch Metadata tell where there are any: nothing in
/// particular is to be shown (a page fetched ahead for a script looks the same). Older browsers, and all of them on
/// cleartext sites, are known by what libraries say about themselves, or by the page of `host` that they name; programs that
/// are no browsers name none.
pub(super) fn asked_by_script(request: &RequestHeader, host: Option<&str>) -> bool {
    let field = |name: &str| request.headers.get(name).map(HeaderValue::as_bytes);
    match (field("sec-fetch-dest"), field("sec-fetch-mode")) {
        (Some(dest), mode) => dest == b"empty" && !matches!(mode, Some(b"navigate" | b"websocket")),
        (None, Some(_)) => false,
        (None, None) => {
            SCRIPT_FIELDS.iter().any(|name| request.headers.contains_key(*name))
                || (!accepts_html(request) && comes_from(request, host))
        }
    }
}

/// Whether the answer can only become an image, which fetches nothing and runs nothing. What `use` of SVG asks for becomes a
/// part of the page instead; it is told by the mode, which keeps to the page's own origin. Where no Fetch Metadata are sent,
/// images alone are asked for by naming them and not HTML.
pub(super) fn asks_for_image(request: &RequestHeader) -> bool {
    let field = |name: &str| request.headers.get(name).map(HeaderValue::as_bytes);
    match (field("sec-fetch-dest"), field("sec-fetch-mode")) {
        (Some(dest), mode) => dest == b"image" && mode != Some(b"same-origin"),
        (None, Some(_)) => false,
        (None, None) => {
            let mut accepted = request.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
            !accepts_html(request) && accepted.any(|value| value.contains("image/"))
        }
    }
}

/// What libraries that put answers into pages add to their requests: jQuery and others, htmx, Turbo, pjax, Unpoly, Next.js.
const SCRIPT_FIELDS: [&str; 6] = ["x-requested-with", "hx-request", "turbo-frame", "x-pjax", "x-up-version", "rsc"];

/// Whether the request names a page of this host as the place that it comes from.
fn comes_from(request: &RequestHeader, host: Option<&str>) -> bool {
    let page = request.headers.get(REFERER).and_then(|value| value.to_str().ok());
    let page = page.and_then(|value| url::Url::parse(value).ok());
    page.as_ref().is_some_and(|page| page.host_str().is_some() && page.host_str() == host)
}

fn accepts_html(request: &RequestHeader) -> bool {
    let mut fields = request.headers.get_all(ACCEPT).iter();
    fields.any(|value| value.to_str().is_ok_and(|value| value.contains("text/html")))
}

/// Whether the page will be one that a visitor looks at as a whole, so that a banner has its place there.
pub(super) fn is_top_level(request: &RequestHeader) -> bool {
    let by_script = request.headers.contains_key("x-requested-with");
    let elsewhere = request.headers.get("sec-fetch-dest").is_some_and(|dest| dest != "document");
    !by_script && !elsewhere
}

/// Takes everything out that this visitor did not agree to send, and everything that would make the shop's answer
/// impossible to read or to judge. `whole` leaves the target as it came. Tells whether it was changed.
pub(super) fn edit(
    request: &mut RequestHeader,
    visit: &mut Visit,
    snapshot: &Snapshot,
    client: Client,
    authority: &str,
    whole: bool,
) -> Result<bool> {
    // To CGI, WSGI and PHP a `_` in a field's name is a `-`.
    let is_ours =
        |name: &&HeaderName| name.as_str().strip_prefix("vestibule").is_some_and(|rest| rest.starts_with(['-', '_']));
    let ours: Vec<HeaderName> = request.headers.keys().filter(is_ours).cloned().collect();
    for name in ours {
        request.remove_header(&name);
    }
    let judged = cookies::request(&mut visit.judge, &request.headers);
    // A tool whose choice only its script can tell may have been agreed to long ago; what the visitor agreed to there is not
    // taken away before it was heard. It is withheld all the same.
    let unheard = visit.site.mirror.is_some() && !visit.state.chosen() && !visit.objected;
    visit.withdrawn = if unheard { Vec::new() } else { judged.withdrawn };
    match judged.edit {
        CookieEdit::Keep => {}
        CookieEdit::Remove => {
            request.remove_header(&COOKIE);
        }
        CookieEdit::Replace(value) => request.insert_header(COOKIE, value)?,
    }
    if request.headers.get(HOST).is_none() {
        request.insert_header(HOST, authority)?;
    }
    forwarded::write(request, client, visit.secure, authority)?;
    let stripped = minimise(request, visit, snapshot, whole)?;
    if visit.mode != Mode::Enforce {
        return Ok(false);
    }
    request.insert_header(
        CONSENT_FIELD,
        banner::consent_field(
            &visit.state,
            visit.site.policy.offered,
            &snapshot.purposes,
            &visit.regime_id,
            snapshot.revision(),
        ),
    )?;
    codings(request)?;
    validators(request, visit)?;
    Ok(stripped)
}

/// Takes parameters out of what is asked for, and what names or places the visitor out of the fields.
fn minimise(request: &mut RequestHeader, visit: &mut Visit, snapshot: &Snapshot, whole: bool) -> Result<bool> {
    let mut stripped = false;
    if !whole && let Some(target) = query::stripped(&mut visit.judge, request.raw_path()) {
        request.set_raw_path(&target)?;
        stripped = true;
    }
    let ours = |address| client::ours(address, &snapshot.trusted_proxies);
    let edits = request_headers::edit(&mut visit.judge, &request.headers, &ours);
    apply(request, edits)?;
    let edits = endpoints::trimmed(&mut visit.judge, &request.headers);
    apply(request, edits)?;
    Ok(stripped)
}

fn apply(request: &mut RequestHeader, edits: Vec<FieldEdit>) -> Result<()> {
    for FieldEdit { name, lines } in edits {
        request.remove_header(&name);
        for line in lines {
            request.append_header(name.clone(), line)?;
        }
    }
    Ok(())
}

/// Asks only for codings that can be taken off again. Any answer may turn out to be a page.
fn codings(request: &mut RequestHeader) -> Result<()> {
    let joined;
    let mut fields = request.headers.get_all(ACCEPT_ENCODING).iter();
    let value = match (fields.next(), fields.next()) {
        (None, _) => return Ok(()),
        (Some(only), None) => only.to_str().unwrap_or("identity"),
        (Some(_), Some(_)) => {
            let all = request.headers.get_all(ACCEPT_ENCODING).iter();
            joined = all.filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(", ");
            joined.as_str()
        }
    };
    if let Some(limited) = limit_accept_encoding(value) {
        request.insert_header(ACCEPT_ENCODING, limited)?;
    }
    Ok(())
}

/// A style sheet that a browser holds may be another choice's, unless it goes by the tag of this one or is known to be the
/// same for everybody. Parts of one cannot be judged.
pub(super) fn forget_other_sheets(request: &mut RequestHeader, variant: &str, same: impl Fn(&HeaderValue) -> bool) {
    request.remove_header(&RANGE);
    request.remove_header(&IF_RANGE);
    if !request.headers.get(IF_MODIFIED_SINCE).is_some_and(&same) {
        request.remove_header(&IF_MODIFIED_SINCE);
    }
    let mut held = request.headers.get_all(IF_NONE_MATCH).iter();
    let (Some(one), None) = (held.next(), held.next()) else {
        request.remove_header(&IF_NONE_MATCH);
        return;
    };
    // Our own tags are no others: what is restored differs.
    let ours = one.to_str().ok().and_then(|held| Some(validators::restore(held, variant)? != held));
    if ours != Some(true) && !same(one) {
        request.remove_header(&IF_NONE_MATCH);
    }
}

/// Parts of a page cannot be judged, and a page that a browser still holds may be another visitor's or another choice's.
fn validators(request: &mut RequestHeader, visit: &Visit) -> Result<()> {
    if visit.document {
        request.remove_header(&RANGE);
        request.remove_header(&IF_RANGE);
        request.remove_header(&IF_MODIFIED_SINCE);
    }
    let held: Vec<&str> =
        request.headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).collect();
    if held.is_empty() {
        return Ok(());
    }
    let held = held.join(", ");
    match validators::restore(&held, &visit.variant()) {
        // A document that goes by a tag of the shop's own was stored before Vestibule stood here.
        Some(restored) if restored != held || !visit.document => request.insert_header(IF_NONE_MATCH, restored),
        _ => {
            request.remove_header(&IF_NONE_MATCH);
            Ok(())
        }
    }
}
