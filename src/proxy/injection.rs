//! What goes into a page of the shop's: the banner, its styles and the mirror, as far as the shop's own
//! `Content-Security-Policy` lets them.
//!
//! Styles and the mirror stand in the head, before whatever the page says in a `meta` element about what may run. Where the
//! policies want a nonce that the response itself names, our tags carry it. Where they stop the mirror, or its calls, it is
//! left out; where they stop styles in a page, a file of ours has them, and where they stop that, too, the banner stands there without; where they stop its form, there is no banner, because
//! buttons that do nothing ask nobody. Either is told once, and counted.

use std::sync::Arc;

use http::HeaderMap;

use super::ctx::Visit;
use crate::banner::{mirror, style, with_nonce};
use crate::enforce::shop_csp::{Admission, ShopPolicies};

/// What goes into one page.
#[derive(Clone, Debug, Default)]
pub(super) struct Injected {
    /// At the beginning of the head.
    pub(super) head: Option<Arc<str>>,
    /// At the beginning of the body.
    pub(super) body: Option<Arc<str>>,
    /// What the shop's policies keep out, and by which directive.
    pub(super) stopped: Vec<(Part, &'static str)>,
}

/// A part of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Mirror,
    BannerStyle,
    Banner,
}

impl Part {
    /// The word used in logs and metric labels.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Mirror => "mirror",
            Self::BannerStyle => "banner-style",
            Self::Banner => "banner",
        }
    }
}

impl Injected {
    /// What goes into a page of `visit` that comes with these fields.
    pub(super) fn of(visit: &Visit, headers: &HeaderMap) -> Self {
        let mut injected = Self::default();
        if visit.banner.is_none() && visit.mirror.is_none() {
            return injected;
        }
        let policies = ShopPolicies::of(headers);
        let (page, own) = (&visit.judge.page().url, &*visit.site.own_path);
        let consent = format!("{own}/consent");
        let mut head = String::new();
        if let Some((tag, _)) = &visit.mirror {
            let calls = policies.connects(page, &consent);
            match policies.script(page, &mirror::path(own)) {
                _ if !calls => injected.stopped.push((Part::Mirror, "connect-src")),
                Admission::Free => head.push_str(tag),
                Admission::ByNonce(nonce) => head.push_str(&with_nonce(tag, &nonce)),
                Admission::Refused => injected.stopped.push((Part::Mirror, "script-src")),
            }
        }
        if let Some(banner) = &visit.banner {
            if policies.submits(page, &consent) {
                injected.body = Some(Arc::clone(&banner.markup));
                match policies.style() {
                    Admission::Free => head.push_str(style::ELEMENT),
                    Admission::ByNonce(nonce) => head.push_str(&with_nonce(style::ELEMENT, &nonce)),
                    Admission::Refused => match policies.style_sheet(page, &style::path(own)) {
                        Admission::Free => head.push_str(&style::link(own)),
                        Admission::ByNonce(nonce) => head.push_str(&with_nonce(&style::link(own), &nonce)),
                        Admission::Refused => injected.stopped.push((Part::BannerStyle, "style-src")),
                    },
                }
            } else {
                injected.stopped.push((Part::Banner, "form-action"));
            }
        }
        injected.head = (!head.is_empty()).then(|| head.into());
        injected
    }
}
