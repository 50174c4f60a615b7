//! Termly: choices stay in `localStorage`, so the mirror tells them. Words are the tool's categories.

use super::{Cmp, MIRRORED};
use crate::consent::PurposeId;

pub(super) const TERMLY: Cmp = Cmp {
    id: "termly",
    name: "Termly",
    map: &[
        ("essential", &[PurposeId::NECESSARY]),
        ("performance", &[PurposeId::FUNCTIONAL]),
        ("analytics", &[PurposeId::ANALYTICS]),
        ("advertising", &[PurposeId::MARKETING]),
        ("social_networking", &[PurposeId::SOCIAL]),
        ("unclassified", &[PurposeId::MARKETING]),
    ],
    ..MIRRORED
};
