//! Osano, the commercial product: its cookie `osano_consentmanager` is opaque, so the mirror tells what was chosen.
//!
//! Words are the tool's categories. The open source banner of the same house is another tool, `osano-cookieconsent`.

use super::{Cmp, MIRRORED};
use crate::consent::PurposeId;

pub(super) const OSANO: Cmp = Cmp {
    id: "osano",
    name: "Osano",
    map: &[
        ("ESSENTIAL", &[PurposeId::NECESSARY]),
        ("PERSONALIZATION", &[PurposeId::PERSONALIZATION]),
        ("ANALYTICS", &[PurposeId::ANALYTICS]),
        ("MARKETING", &[PurposeId::MARKETING]),
    ],
    ..MIRRORED
};
