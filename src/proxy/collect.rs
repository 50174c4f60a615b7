//! Calls to services that the shop's own domain serves: those that may not be made are answered here.
//!
//! What counts as a call, and what is answered, is said in [`crate::enforce::endpoints`]; here the bodies are read. A body
//! that is only looked at goes to the shop as it came: the framework keeps what was read and sends it first.

use std::time::Duration;

use http::Method;
use pingora::Result;
use pingora::proxy::Session;

use super::ctx::Visit;
use super::respond::Answer;
use crate::catalog::FetchKind;
use crate::enforce::endpoints::{self, StandIn};
use crate::policy::{Mode, Verdict};

/// How long the small body of a call may take to arrive before it is judged without.
const PAYLOAD_TIME: Duration = Duration::from_secs(1);

/// The most bytes of a body that are read and thrown away, so that the connection can be used again. Browsers send beacons
/// of at most 64 KiB (Fetch Standard, keepalive quota).
const DRAINED: usize = 128 * 1024;

/// How long that may take.
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// Judges whether the request is a call to a service, and answers it where it may not be made. Gives whether it did.
pub(super) async fn answered(session: &mut Session, visit: &mut Visit) -> Result<bool> {
    if visit.mode == Mode::Off {
        return Ok(false);
    }
    let request = session.req_header();
    let kind = endpoints::fetched_as(&request.method, &request.headers);
    if kind == FetchKind::Document {
        return Ok(false);
    }
    let mut decision = visit.judge.judge_call(kind, &[]);
    if decision.is_none() && visit.judge.reads_payloads() {
        let expected = endpoints::payload_length(&request.method, &request.headers);
        if let Some(expected) = expected {
            let body = look_at_body(session, expected).await?;
            let payload = endpoints::payload(&session.req_header().headers, &body);
            if !payload.is_empty() {
                decision = visit.judge.judge_call(kind, &payload);
            }
        }
    }
    visit.call_journal = visit.judge.take_journal();
    if decision.is_none_or(|decision| decision.verdict != Verdict::Drop) {
        return Ok(false);
    }
    let drained = drain(session).await;
    let request = session.req_header();
    let method = request.method.clone();
    let sharing = endpoints::sharing(&visit.judge, &method, &request.headers);
    let answer = if method == Method::OPTIONS {
        Answer::empty(204)
    } else {
        match endpoints::stand_in(kind, &method, visit.judge.page().url.path()) {
            StandIn::Nothing => Answer::empty(204),
            StandIn::Script => Answer::script(""),
            StandIn::Stylesheet => Answer::with_body(200, "text/css; charset=utf-8", String::new()),
        }
    };
    let answer = sharing.into_iter().fold(answer, |answer, (name, value)| answer.header(name, value));
    let answer = if drained { answer } else { answer.closing() };
    answer.send(session, method == Method::HEAD).await?;
    Ok(true)
}

/// The body as far as it came in time, at most `expected` bytes. What was read is not lost to the shop.
async fn look_at_body(session: &mut Session, expected: usize) -> Result<Vec<u8>> {
    // Nothing longer than what the buffer holds is ever looked at, or the shop would get a body without its beginning.
    session.as_mut().enable_retry_buffering();
    let mut body = Vec::with_capacity(expected);
    let reading = async {
        while body.len() < expected {
            match session.read_request_body().await? {
                Some(chunk) => body.extend_from_slice(&chunk),
                None => break,
            }
        }
        Ok::<_, Box<pingora::Error>>(())
    };
    // What did not come in time goes to the shop unseen; what did is judged.
    if let Ok(read) = tokio::time::timeout(PAYLOAD_TIME, reading).await {
        read?;
    }
    Ok(body)
}

/// Reads the rest of the body and forgets it. Gives whether that was all of it.
async fn drain(session: &mut Session) -> bool {
    let length = session.get_header("content-length").and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    // Who waits to be told to go on needs not send anything, but may do so all the same.
    if length.is_some_and(|length| length > DRAINED) || session.get_header("expect").is_some() {
        return false;
    }
    let reading = async {
        let mut read = 0_usize;
        while let Ok(Some(chunk)) = session.read_request_body().await {
            read = read.saturating_add(chunk.len());
            if read > DRAINED {
                return false;
            }
        }
        session.as_mut().is_body_done()
    };
    tokio::time::timeout(DRAIN_TIME, reading).await.unwrap_or(false)
}
