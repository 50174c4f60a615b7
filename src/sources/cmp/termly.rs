//! Termly: choices stay in `localStorage`, so the mirror tells them. Words are the tool's categories.

use super::{Cmp, Read, Unsaid, Verified};
use crate::consent::PurposeId;

pub(super) const TERMLY: Cmp = Cmp {
    id: "termly",
    name: "Termly",
    cookies: &[],
    map: &[
        ("essential", &[PurposeId::NECESSARY]),
        ("performance", &[PurposeId::FUNCTIONAL]),
        ("analytics", &[PurposeId::ANALYTICS]),
        ("advertising", &[PurposeId::MARKETING]),
        ("social_networking", &[PurposeId::SOCIAL]),
        ("unclassified", &[PurposeId::MARKETING]),
    ],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "the mirror saw a choice",
    verified: Verified::Documented,
    read: Read::Jar(|_| Ok(None)),
};
