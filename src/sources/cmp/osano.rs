//! Osano, the commercial product: its cookie `osano_consentmanager` is opaque, so the mirror tells what was chosen.
//!
//! Words are the tool's categories. The open source banner of the same house is another tool, `osano-cookieconsent`.

use super::{Cmp, Read, Unsaid, Verified};
use crate::consent::PurposeId;

pub(super) const OSANO: Cmp = Cmp {
    id: "osano",
    name: "Osano",
    cookies: &[],
    map: &[
        ("ESSENTIAL", &[PurposeId::NECESSARY]),
        ("PERSONALIZATION", &[PurposeId::PERSONALIZATION]),
        ("ANALYTICS", &[PurposeId::ANALYTICS]),
        ("MARKETING", &[PurposeId::MARKETING]),
    ],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "the mirror saw a choice",
    verified: Verified::Documented,
    read: Read::Jar(|_| Ok(None)),
};
