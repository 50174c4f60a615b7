//! Addresses of a sheet: what the judge says about one, and what takes the place of one that may not be fetched.

use url::Url;

use super::scan;
use super::{MAX_DEPTH, Reader, context::Strings};
use crate::catalog::FetchKind;
use crate::enforce::html::{data_document, names_another_host, resolve, stays_on_host};
use crate::enforce::{Judge, Surface};
use crate::policy::{Decision, Verdict};

/// What addresses of a sheet may be relative to, and what is known about them beforehand.
#[derive(Clone, Copy, Debug)]
pub(in crate::enforce) struct Bases<'a> {
    /// The sheet's own address; for one that stands in a page the page's bases. None where no relative address means
    /// anything: inside of a `data:` address.
    pub(in crate::enforce) urls: &'a [Url],
    /// Addresses on the host of the bases need no judge: nothing is known about it.
    pub(in crate::enforce) plain: bool,
}

/// Somebody to ask about the addresses of one sheet.
#[derive(Debug)]
pub(super) struct Asking<'a> {
    pub(super) judge: &'a mut Judge,
    pub(super) bases: Bases<'a>,
    /// How deep in sheets that stand in addresses.
    pub(super) depth: u8,
    pub(super) max_token_bytes: usize,
    /// Whose addresses were made inert.
    pub(super) services: Vec<String>,
}

/// Whose an address is that may not be fetched, and what it was.
#[derive(Debug)]
pub(super) struct Refused {
    service: String,
    address: Vec<u8>,
}

impl Asking<'_> {
    /// Judges an address as it is written, without quotes.
    pub(super) fn address(&mut self, written: &[u8], strings: Strings, font: bool) -> Option<Refused> {
        let meant = scan::text(written);
        let text = String::from_utf8_lossy(&meant);
        if self.bases.plain && stays_on_host(text.as_bytes()) && !self.judge.may_be_endpoint(text.as_bytes()) {
            return None;
        }
        let (kind, what) = match strings {
            Strings::Import => (FetchKind::Stylesheet, "@import"),
            _ if font => (FetchKind::Font, "@font-face"),
            _ => (FetchKind::Image, "url()"),
        };
        let decision = self.decide(&text, strings, kind, what)?;
        Some(self.refuse(&decision, meant))
    }

    /// The decision against an address.
    fn decide(&mut self, text: &str, strings: Strings, kind: FetchKind, what: &str) -> Option<Decision> {
        let bases = self.bases.urls;
        // Without a base there is still one reading, if the address is absolute.
        let alone =
            if bases.is_empty() { Url::parse(text.trim_matches(|letter: char| letter <= ' ')).ok() } else { None };
        let mut read = alone.is_some();
        for (url, base) in
            bases.iter().filter_map(|base| Some((resolve(text, base)?, Some(base)))).chain(alone.map(|url| (url, None)))
        {
            read = true;
            if strings == Strings::Perhaps && base.is_some_and(|base| base.host() == url.host()) {
                continue;
            }
            if url.scheme() == "data" && strings == Strings::Import {
                if let Some(decision) = self.sheet_in_address(text) {
                    return Some(decision);
                }
                continue;
            }
            let decision = self.judge.judge_fetch(Surface::Style, &url, kind, what);
            if let Some(decision) = decision.filter(|decision| decision.verdict == Verdict::Drop) {
                return Some(decision);
            }
        }
        // An encoding that nobody told may make another address of it than the one that cannot be read.
        let unclear = !read && names_another_host(text);
        if unclear { self.unreadable(what) } else { None }
    }

    /// The decision against something that cannot be told.
    pub(super) fn unreadable(&mut self, what: &str) -> Option<Decision> {
        let decision = self.judge.judge_unreadable(Surface::Style, what);
        (decision.verdict == Verdict::Drop).then_some(decision)
    }

    /// Judges a sheet that is imported from a `data:` address. Nothing in there is relative to anything.
    pub(super) fn sheet_in_address(&mut self, address: &str) -> Option<Decision> {
        if self.depth >= MAX_DEPTH {
            return self.unreadable("@import");
        }
        let sheet = data_document(address);
        let bases = Bases { urls: &[], plain: false };
        let mut inside = Asking {
            judge: self.judge,
            bases,
            depth: self.depth + 1,
            max_token_bytes: self.max_token_bytes,
            services: Vec::new(),
        };
        let mut written = Vec::with_capacity(sheet.len());
        Reader::new().run(&mut inside, &sheet, true, &mut written);
        // What was found inside was recorded there; that it goes as a whole is one decision more.
        if written == sheet { None } else { self.unreadable("@import") }
    }

    pub(super) fn refuse(&mut self, decision: &Decision, address: Vec<u8>) -> Refused {
        let service = match decision.reason.service {
            Some(id) => self.judge.service_id(id).to_owned(),
            None => "unknown".to_owned(),
        };
        if !self.services.contains(&service) {
            self.services.push(service.clone());
        }
        Refused { service, address }
    }
}

impl Refused {
    /// Writes what takes the address's place: an address that leads nowhere, `tail`, and the old one in a comment.
    pub(super) fn write(&self, strings: Strings, tail: &str, output: &mut Vec<u8>) {
        let nowhere: &[u8] = if strings == Strings::Import { b"\"data:text/css,\"" } else { b"\"about:invalid\"" };
        output.extend_from_slice(nowhere);
        output.extend_from_slice(tail.as_bytes());
        output.extend_from_slice(b"/*vestibule ");
        output.extend(self.service.bytes().filter(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte)));
        output.push(b' ');
        for byte in &self.address {
            if byte.is_ascii_alphanumeric() || b"-._~/:?=+,".contains(byte) {
                output.push(*byte);
            } else {
                output.extend(percent_encoding::percent_encode_byte(*byte).bytes());
            }
        }
        output.extend_from_slice(b"*/");
    }
}
