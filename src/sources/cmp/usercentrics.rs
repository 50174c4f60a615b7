//! Usercentrics, versions 2 and 3: nothing reaches the server. Its SDK writes no cookie at all (npm
//! `@usercentrics/cmp-browser-sdk` 4.64.0); settings and choices stay in `localStorage`, so the mirror tells them.
//!
//! Words are the tool's categories. Sites may have others, and map them.

use super::{Cmp, MIRRORED};
use crate::consent::PurposeId;

pub(super) const USERCENTRICS: Cmp = Cmp {
    id: "usercentrics",
    name: "Usercentrics",
    map: &[
        ("essential", &[PurposeId::NECESSARY]),
        ("functional", &[PurposeId::FUNCTIONAL]),
        ("analytics", &[PurposeId::ANALYTICS]),
        ("statistics", &[PurposeId::ANALYTICS]),
        ("marketing", &[PurposeId::MARKETING]),
    ],
    ..MIRRORED
};
