//! Usercentrics, versions 2 and 3: nothing reaches the server. Its SDK writes no cookie at all (npm
//! `@usercentrics/cmp-browser-sdk` 4.64.0); settings and choices stay in `localStorage`, so the mirror tells them.
//!
//! Words are the tool's categories. Sites may have others, and map them.

use super::{Cmp, Read, Unsaid, Verified};
use crate::consent::PurposeId;

pub(super) const USERCENTRICS: Cmp = Cmp {
    id: "usercentrics",
    name: "Usercentrics",
    cookies: &[],
    map: &[
        ("essential", &[PurposeId::NECESSARY]),
        ("functional", &[PurposeId::FUNCTIONAL]),
        ("analytics", &[PurposeId::ANALYTICS]),
        ("statistics", &[PurposeId::ANALYTICS]),
        ("marketing", &[PurposeId::MARKETING]),
    ],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "the mirror saw a choice",
    verified: Verified::Documented,
    read: Read::Jar(|_| Ok(None)),
};
