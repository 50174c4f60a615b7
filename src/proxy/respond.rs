//! Answers of our own: they never reach the shop, never pass the page pipeline, and are never stored by a cache, but for
//! those that say that they are the same for everybody.

use std::borrow::Cow;

use bytes::Bytes;
use pingora::Result;
use pingora::http::ResponseHeader;
use pingora::proxy::Session;

/// A local answer.
#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Cow<'static, str>,
    cache: &'static str,
    close: bool,
}

impl Answer {
    /// An answer without a body.
    pub(super) const fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Cow::Borrowed(""), cache: "no-store", close: false }
    }

    /// An answer with a body of this media type.
    pub(super) fn with_body(status: u16, content_type: &'static str, body: String) -> Self {
        Self::with_text(status, content_type, Cow::Owned(body))
    }

    /// A script of ours.
    pub(super) fn script(script: &'static str) -> Self {
        Self::with_text(200, "text/javascript; charset=utf-8", Cow::Borrowed(script))
    }

    fn with_text(status: u16, content_type: &'static str, body: Cow<'static, str>) -> Self {
        Self { status, headers: vec![("Content-Type", content_type.to_owned())], body, cache: "no-store", close: false }
    }

    /// A page of ours that says what went wrong. `what` is plain text of ours.
    pub(super) fn problem(status: u16, title: &str, what: &str) -> Self {
        let page = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width\"><title>{title}</title></head><body style=\"font:17px/1.5 \
             system-ui,sans-serif;max-width:36em;margin:12vh auto;padding:0 1em\"><h1>{title}</h1><p>{what}</p>\
             </body></html>\n"
        );
        Self::with_body(status, "text/html; charset=utf-8", page)
    }

    /// Adds a field.
    #[must_use]
    pub(super) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Lets caches keep it, as `policy` says.
    #[must_use]
    pub(super) const fn cached(mut self, policy: &'static str) -> Self {
        self.cache = policy;
        self
    }

    /// Closes the connection afterwards.
    #[must_use]
    pub(super) const fn closing(mut self) -> Self {
        self.close = true;
        self
    }

    /// Sends it. `head` leaves the body out.
    pub(super) async fn send(self, session: &mut Session, head: bool) -> Result<()> {
        let bodyless = matches!(self.status, 204 | 304);
        let mut header = ResponseHeader::build(self.status, Some(self.headers.len() + 6))?;
        for (name, value) in self.headers {
            header.append_header(name, value)?;
        }
        header.insert_header("Cache-Control", self.cache)?;
        header.insert_header("X-Content-Type-Options", "nosniff")?;
        header.insert_header("Referrer-Policy", "same-origin")?;
        header.insert_header(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        )?;
        if !bodyless {
            header.insert_header("Content-Length", self.body.len().to_string())?;
        }
        if self.close {
            session.set_keepalive(None);
        }
        let end = head || bodyless || self.body.is_empty();
        session.write_response_header(Box::new(header), end).await?;
        if !end {
            session.write_response_body(Some(bytes_of(self.body)), true).await?;
        }
        Ok(())
    }
}

fn bytes_of(body: Cow<'static, str>) -> Bytes {
    match body {
        Cow::Borrowed(text) => Bytes::from_static(text.as_bytes()),
        Cow::Owned(text) => Bytes::from(text),
    }
}
