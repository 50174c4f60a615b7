//! Tests that a policy carries: what is given, and what is expected of it.
//!
//! These are only words. They are read and checked where configuration is read, and run over the live engine by
//! [`crate::review`]; nothing here decides anything. A test asserts what it names and nothing else.

use http::HeaderMap;
use url::Url;

use crate::consent::{Country, Grant, PurposeId, PurposeSet};

/// One test of a site's policy.
#[derive(Clone, Debug)]
pub struct Test {
    /// What a person calls it; empty when nobody gave it a name.
    pub name: Box<str>,
    /// The exchange that is played through.
    pub given: Given,
    /// What must come of it.
    pub expect: Vec<Expectation>,
}

/// One exchange between a visitor and the shop.
#[derive(Clone, Debug)]
pub struct Given {
    /// What the visitor chose on the site's banner.
    pub consent: Consent,
    /// Where the visitor is; without a word, what the request's country field says.
    pub country: Option<Country>,
    /// The request's method, upper case.
    pub method: Box<str>,
    /// The address that is asked for, with a host of the site.
    pub url: Url,
    /// The visitor's request fields, `Cookie` included.
    pub request: HeaderMap,
    /// The shop's response fields, `Set-Cookie` included.
    pub response: HeaderMap,
    /// The shop's page.
    pub html: Option<Box<str>>,
}

/// A visitor's choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// None was made; what the request's fields say is all there is.
    #[default]
    Undecided,
    /// Everything that the site asks for.
    AcceptAll,
    /// Nothing of it.
    RefuseAll,
    /// These purposes, and no others.
    Only(PurposeSet),
}

impl Consent {
    /// The purposes agreed to, of those that are `offered`; `None` without a choice.
    pub fn granted(self, offered: PurposeSet) -> Option<PurposeSet> {
        match self {
            Self::Undecided => None,
            Self::AcceptAll => Some(offered),
            Self::RefuseAll => Some(PurposeSet::EMPTY),
            Self::Only(purposes) => Some(purposes),
        }
    }
}

/// What items an expectation is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Everything that is recognised as this service.
    Service(Box<str>),
    /// Every address on this host or below it.
    Host(Box<str>),
}

impl Subject {
    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Service(name) | Self::Host(name) => name,
        }
    }
}

/// One thing that a test expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// The grant for the purpose, as the visitor's choice and the request's fields resolve to it.
    Grant(PurposeId, Grant),
    /// The `Cookie` field that reaches the shop; empty when none does.
    UpstreamCookie(Box<str>),
    /// Path and query that the shop is asked for.
    UpstreamUrl(Box<str>),
    /// The `Set-Cookie` fields that reach the browser, in order.
    SetCookie(Vec<Box<str>>),
    /// At least one item of the subject was found, and none of them passed.
    Blocked(Subject),
    /// At least one item of the subject was found, and all of them passed.
    Kept(Subject),
    /// At least one item of the subject was found, and each would have been blocked if the mode were to enforce.
    WouldBlock(Subject),
    /// The page that reaches the browser contains this text.
    HtmlContains(Box<str>),
    /// It does not contain this text.
    HtmlLacks(Box<str>),
    /// The policy line that Vestibule adds contains this text.
    CspContains(Box<str>),
    /// It does not contain this text.
    CspLacks(Box<str>),
    /// The response field of this name has this value when it reaches the browser; empty when it is not sent.
    ResponseHeader(Box<str>, Box<str>),
}

impl Expectation {
    /// The key that it is written under.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Grant(_, grant) => grant.as_str(),
            Self::UpstreamCookie(_) => "upstream_cookie",
            Self::UpstreamUrl(_) => "upstream_url",
            Self::SetCookie(_) => "set_cookie",
            Self::Blocked(_) => "blocked",
            Self::Kept(_) => "kept",
            Self::WouldBlock(_) => "would_block",
            Self::HtmlContains(_) => "html_contains",
            Self::HtmlLacks(_) => "html_lacks",
            Self::CspContains(_) => "csp_contains",
            Self::CspLacks(_) => "csp_lacks",
            Self::ResponseHeader(..) => "response_headers",
        }
    }
}
