//! Our own endpoints, under a reserved path of every site: the state, the consent API, the preference page, the mirror.

use std::time::Duration;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT, ORIGIN, REFERER};
use http::{HeaderMap, Method};
use pingora::Result;
use pingora::proxy::Session;
use url::Url;

use super::ctx::Visit;
use super::harden::host_of;
use super::respond::Answer;
use super::set_cookie;
use crate::banner::{self, Heard, mirror, style};
use crate::policy::Mode;
use crate::snapshot::Snapshot;
use crate::telemetry::Metrics;

/// How long a whole consent call may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(5);

/// What of `path` lies under our reserved path, without the leading `/`; `None` when it is the shop's.
pub(super) fn endpoint<'a>(own_path: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(own_path)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

/// Where sites say that they honour Global Privacy Control (W3C Working Draft "Global Privacy Control", §4).
const GPC_FILE: &str = "/.well-known/gpc.json";

/// When this statement was made, so that nobody reads a later meaning of the signal into it.
const GPC_SINCE: &str = "2026-11-27";

/// Whether a request is for the file in which the site says that it honours Global Privacy Control, and the saying is ours.
pub(super) fn is_gpc_file(visit: &Visit, method: &Method) -> bool {
    let read = *method == Method::GET || *method == Method::HEAD;
    read && visit.site.gpc_file && visit.mode == Mode::Enforce && visit.judge.page().url.path() == GPC_FILE
}

/// That file. It is the same for everybody.
pub(super) fn gpc_file() -> Answer {
    let body = format!("{{\"gpc\": true, \"lastUpdate\": \"{GPC_SINCE}\"}}\n");
    Answer::with_body(200, "application/json", body).cached("public, max-age=86400")
}

/// Answers a request to one of our endpoints.
pub(super) async fn answer(
    session: &mut Session,
    visit: &Visit,
    snapshot: &Snapshot,
    metrics: &Metrics,
    endpoint: &str,
    now: u64,
) -> Result<u16> {
    let method = session.req_header().method.clone();
    let read = method == Method::GET || method == Method::HEAD;
    let answer = match endpoint {
        "state" if read => state(visit, snapshot),
        "" if read => preferences(visit, snapshot, &session.req_header().headers),
        "consent" if method == Method::POST => consent(session, visit, snapshot, metrics, now).await?,
        script if read && mirror::is_script(script) => {
            // Its address names its content.
            (200, Answer::script(mirror::SCRIPT).cached("public, max-age=31536000, immutable"))
        }
        sheet if read && style::is_sheet(sheet) => {
            let answer = Answer::with_body(200, "text/css; charset=utf-8", style::SHEET.to_owned());
            (200, answer.cached("public, max-age=31536000, immutable"))
        }
        "state" | "" => (
            405,
            Answer::problem(405, "Not allowed", "Only GET is served here.").header("Allow", "GET, HEAD".to_owned()),
        ),
        "consent" => {
            (405, Answer::problem(405, "Not allowed", "Only POST is served here.").header("Allow", "POST".to_owned()))
        }
        _ => (404, Answer::problem(404, "Not found", "There is nothing at this address.")),
    };
    let (status, answer) = answer;
    answer.send(session, method == Method::HEAD).await?;
    Ok(status)
}

fn state(visit: &Visit, snapshot: &Snapshot) -> (u16, Answer) {
    let offered = visit.site.policy.offered;
    let state = banner::state_json(&visit.state, offered, &snapshot.purposes, &snapshot.catalog, visit.gpc);
    (200, Answer::with_body(200, "application/json", format!("{state}\n")))
}

fn preferences(visit: &Visit, snapshot: &Snapshot, headers: &HeaderMap) -> (u16, Answer) {
    let back = referer_path(visit, headers).unwrap_or_else(|| "/".to_owned());
    let site = &visit.site;
    let heard = visit.gpc.map(|outcome| Heard { outcome, binds: visit.regime.objection_binds });
    let page = banner::preference_page(
        &site.asked,
        &site.own_path,
        &visit.state,
        site.preselected,
        &snapshot.purposes,
        &back,
        heard,
    );
    (200, Answer::with_body(200, "text/html; charset=utf-8", page))
}

async fn consent(
    session: &mut Session,
    visit: &Visit,
    snapshot: &Snapshot,
    metrics: &Metrics,
    now: u64,
) -> Result<(u16, Answer)> {
    let problem = |status, what: &str| {
        Ok((status, Answer::with_body(status, "text/plain; charset=utf-8", format!("{what}\n")).closing()))
    };
    if !same_origin(visit, &session.req_header().headers) {
        metrics.refusal("cross-origin consent call");
        return problem(403, "a choice is taken only from a page of this site");
    }
    let content_type =
        session.get_header(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let body = match read_body(session).await? {
        Ok(body) => body,
        Err((status, what)) => return problem(status, what),
    };
    if banner::is_observed(&content_type, &body) {
        let told = observed(visit, snapshot, &session.req_header().headers, metrics, &body, now);
        return told.or_else(|what| problem(400, &what));
    }
    let offered = visit.site.policy.offered;
    let call = banner::parse_call(&content_type, &body, offered, &snapshot.purposes, &snapshot.catalog);
    let mut call = match call {
        Ok(call) => call,
        Err(error) => return problem(400, &error.to_string()),
    };
    call.choice.issued = now;
    call.choice.knowing = visit.objected;
    let Some(cookies) =
        set_cookie::chosen(&call.choice, visit, &visit.view(snapshot, &session.req_header().headers, now))
    else {
        return problem(500, "the choice could not be signed");
    };
    metrics.choice(match (call.choice.granted.is_empty(), call.choice.denied.is_empty()) {
        (true, _) => "refuse",
        (false, true) => "accept",
        (false, false) => "some",
    });
    let withdrawn = visit
        .state
        .granted()
        .intersection(offered)
        .iter()
        .any(|purpose| !call.choice.granted.iter().any(|name| snapshot.purposes.get(name) == Some(purpose)));
    let (status, answer) = if call.form {
        let target = call
            .return_to
            .as_deref()
            .and_then(|target| own_path_only(visit, target))
            .or_else(|| referer_path(visit, &session.req_header().headers))
            .unwrap_or_else(|| "/".to_owned());
        (303, Answer::empty(303).header("Location", target))
    } else {
        (204, Answer::empty(204))
    };
    let answer = match visit.site.clear_site_data.as_deref().filter(|_| withdrawn) {
        Some(what) => answer.header("Clear-Site-Data", what.to_owned()),
        None => answer,
    };
    Ok((status, cookies.into_iter().fold(answer, |answer, cookie| answer.header("Set-Cookie", cookie))))
}

/// Takes what the mirror told. It never is a choice made with us.
fn observed(
    visit: &Visit,
    snapshot: &Snapshot,
    headers: &HeaderMap,
    metrics: &Metrics,
    body: &[u8],
    now: u64,
) -> std::result::Result<(u16, Answer), String> {
    let request = visit.view(snapshot, headers, now);
    let call = banner::parse_observed(body, &visit.site.sources, &request).map_err(|error| error.to_string())?;
    let word = if call.told.is_some() { "observed" } else { "observed-none" };
    let cookies =
        set_cookie::observed(call, visit, &request).map_err(|_| "it tells more than a cookie can hold".to_owned())?;
    if !cookies.is_empty() {
        metrics.choice(word);
    }
    let with_cookie = |answer: Answer, cookie| answer.header("Set-Cookie", cookie);
    Ok((204, cookies.into_iter().fold(Answer::empty(204), with_cookie)))
}

/// Whether a page of this very site sent the request. Browsers say so in `Sec-Fetch-Site`, older ones in `Origin`, the
/// oldest in `Referer`; a request that says nothing is nobody's choice.
fn same_origin(visit: &Visit, headers: &HeaderMap) -> bool {
    let authority = own_authority(visit);
    let same = |value: &str| Url::parse(value).is_ok_and(|url| authority_of(&url) == authority);
    if let Some(site) = headers.get("sec-fetch-site")
        && site != "same-origin"
    {
        return false;
    }
    match (headers.get(ORIGIN), headers.get(REFERER)) {
        // A page with `Referrer-Policy: no-referrer` posts its forms with an origin that says nothing (Fetch, "append a
        // request `Origin` header"). No script can write `Sec-Fetch-Site`, and a sandboxed page is `cross-site`.
        (Some(origin), _) if origin == "null" && headers.contains_key("sec-fetch-site") => true,
        (Some(origin), _) => origin.to_str().is_ok_and(same),
        (None, _) if headers.contains_key("sec-fetch-site") => true,
        (None, Some(referer)) => referer.to_str().is_ok_and(same),
        (None, None) => false,
    }
}

/// Host and port without the scheme: whoever ends TLS before us may speak cleartext to us.
fn authority_of(url: &Url) -> (String, Option<u16>) {
    (host_of(url.host_str().unwrap_or_default()).to_ascii_lowercase(), url.port())
}

fn own_authority(visit: &Visit) -> (String, Option<u16>) {
    authority_of(&visit.judge.page().url)
}

/// The path and query of the page that the visitor was on, if it was one of this site.
fn referer_path(visit: &Visit, headers: &HeaderMap) -> Option<String> {
    let referer = Url::parse(headers.get(REFERER)?.to_str().ok()?).ok()?;
    if authority_of(&referer) != own_authority(visit) {
        return None;
    }
    own_path_only(visit, &referer[url::Position::BeforePath..url::Position::AfterQuery])
}

/// `target` when it is a path of this site and nothing else; never another host, whatever a browser makes of it.
fn own_path_only(visit: &Visit, target: &str) -> Option<String> {
    let plain = target.starts_with('/')
        && !target.starts_with("//")
        && target.len() <= 2048
        && target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if !plain {
        return None;
    }
    let base = &visit.judge.page().url;
    let joined = base.join(target).ok()?;
    if authority_of(&joined) != own_authority(visit) {
        return None;
    }
    // Back to the API itself would answer a GET with 405.
    let path = joined.path();
    (endpoint(&visit.site.own_path, path) != Some("consent"))
        .then(|| joined[url::Position::BeforePath..].to_owned())
        .filter(|path| !path.starts_with("//"))
}

type Body = std::result::Result<Vec<u8>, (u16, &'static str)>;

/// Reads the whole body of a call, bounded in bytes and time.
async fn read_body(session: &mut Session) -> Result<Body> {
    const TOO_LARGE: (u16, &str) = (413, "a consent call has at most 16 KiB");
    let announced = session.get_header(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > banner::MAX_BODY) {
        return Ok(Err(TOO_LARGE));
    }
    if session.get_header(EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        session.write_continue_response().await?;
    }
    let reading = async {
        let mut body = Vec::new();
        while let Some(chunk) = session.read_request_body().await? {
            if body.len().saturating_add(chunk.len()) > banner::MAX_BODY {
                return Ok(Err(TOO_LARGE));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Ok(body))
    };
    match tokio::time::timeout(BODY_TIME, reading).await {
        Ok(read) => read,
        Err(_) => Ok(Err((408, "the call took too long"))),
    }
}
