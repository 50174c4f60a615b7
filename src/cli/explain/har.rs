//! Recorded visits: HTTP Archive 1.2, as every browser's developer tools save them.
//!
//! The first entry of each page is its document. Everything else that was recorded for the page is an address that the
//! page fetched; what came from the page's own host also brings its cookies.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use url::Url;

use crate::cli::Failure;
use crate::policy::{Consent, Given};

/// No recording anyone makes by hand is longer.
const MAX_BYTES: u64 = 512 * 1024 * 1024;

#[derive(Deserialize)]
struct Archive {
    log: Recording,
}

#[derive(Deserialize)]
struct Recording {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    pageref: Option<String>,
    request: Request,
    #[serde(default)]
    response: Response,
}

#[derive(Deserialize)]
struct Request {
    url: String,
    #[serde(default)]
    headers: Vec<Field>,
}

#[derive(Default, Deserialize)]
struct Response {
    #[serde(default)]
    headers: Vec<Field>,
    #[serde(default)]
    content: Content,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    #[serde(default)]
    mime_type: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    encoding: String,
}

#[derive(Deserialize)]
struct Field {
    name: String,
    value: String,
}

/// One page of a recording.
pub(super) struct Page {
    /// The document's address.
    pub(super) url: Url,
    entries: Vec<(Url, Entry)>,
}

/// Reads a recording, page by page.
pub(super) fn read(file: &Path) -> Result<Vec<Page>, Failure> {
    let shown = file.display();
    let cannot = |error: std::io::Error| Failure::Wrong(format!("cannot read `{shown}`: {error}"));
    if std::fs::metadata(file).map_err(cannot)?.len() > MAX_BYTES {
        return Err(Failure::Wrong(format!("`{shown}` is longer than {MAX_BYTES} bytes")));
    }
    let bytes = std::fs::read(file).map_err(cannot)?;
    // Some tools put a byte order mark first.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let archive: Archive = serde_json::from_slice(text).map_err(|error| {
        Failure::Wrong(format!("{shown}:{}:{}: not an HTTP archive: {error}", error.line(), error.column()))
    })?;
    let mut pages: Vec<Page> = Vec::new();
    let mut known: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for entry in archive.log.entries {
        let Ok(url) = Url::parse(&entry.request.url) else {
            continue;
        };
        if let Some(page) = known.get(&entry.pageref).and_then(|at| pages.get_mut(*at)) {
            page.entries.push((url, entry));
        } else {
            known.insert(entry.pageref.clone(), pages.len());
            pages.push(Page { url: url.clone(), entries: vec![(url, entry)] });
        }
    }
    if pages.is_empty() {
        return Err(Failure::Wrong(format!("`{shown}` records no page")));
    }
    Ok(pages)
}

impl Page {
    /// The page as an exchange, with everything else that it fetched. `extra` joins the request's fields.
    pub(super) fn given(&self, consent: Consent, extra: &HeaderMap) -> (Given, Vec<Url>) {
        let (mut request, mut response) = (extra.clone(), HeaderMap::new());
        let mut html = None;
        let mut addresses = Vec::new();
        for (at, (url, entry)) in self.entries.iter().enumerate() {
            let document = at == 0;
            if url.host_str() == self.url.host_str() {
                copy(&entry.request.headers, &mut request, |name| *name == COOKIE);
                copy(&entry.response.headers, &mut response, |name| document && *name != SET_COOKIE);
                set_cookies(&entry.response.headers, &mut response);
            }
            if document {
                html = page_text(&entry.response.content);
            } else {
                addresses.push(url.clone());
            }
        }
        (
            Given { consent, country: None, method: "GET".into(), url: self.url.clone(), request, response, html },
            addresses,
        )
    }
}

fn copy(fields: &[Field], into: &mut HeaderMap, wanted: impl Fn(&HeaderName) -> bool) {
    for field in fields {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok().filter(|name| wanted(name));
        if let (Some(name), Ok(value)) = (name, HeaderValue::from_bytes(field.value.as_bytes())) {
            into.append(name, value);
        }
    }
}

/// Some browsers record several `Set-Cookie` fields as one, a line each.
fn set_cookies(fields: &[Field], into: &mut HeaderMap) {
    let lines = fields.iter().filter(|field| field.name.eq_ignore_ascii_case("set-cookie"));
    for line in lines.flat_map(|field| field.value.lines()) {
        if let Ok(value) = HeaderValue::from_bytes(line.as_bytes()) {
            into.append(SET_COOKIE, value);
        }
    }
}

/// The text of an HTML page.
fn page_text(content: &Content) -> Option<Box<str>> {
    if !content.mime_type.to_ascii_lowercase().starts_with("text/html") || content.text.is_empty() {
        return None;
    }
    if content.encoding == "base64" {
        let bytes = STANDARD.decode(content.text.as_bytes()).ok()?;
        return Some(String::from_utf8_lossy(&bytes).into());
    }
    Some(content.text.as_str().into())
}
