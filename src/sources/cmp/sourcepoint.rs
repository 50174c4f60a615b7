//! Sourcepoint: the choice itself stays in `localStorage` and with the vendor. `consentUUID` only says that a record
//! exists; with a TC string in `euconsent-v2`, which some set-ups write too, the two together are a choice.
//!
//! Without that string the mirror tells what was chosen; some publishers write clear cookies of their own, which the
//! source `site-made` reads. `usnatUUID`, `ccpaUUID` and `_sp_*` say nothing.

use super::{Cmp, Jar, Read, Told, Unsaid, Verified, tc};

pub(super) const SOURCEPOINT: Cmp = Cmp {
    id: "sourcepoint",
    name: "Sourcepoint",
    cookies: &["euconsent-v2", "consentUUID"],
    map: &[],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: true,
    chosen: "`consentUUID` is there with a TC string",
    verified: Verified::Captured,
    read: Read::Jar(read),
};

fn read(jar: &Jar<'_>) -> Told {
    let recorded = jar.values(1).any(|value| !value.is_empty());
    if recorded { tc::of(jar, 0) } else { Ok(None) }
}
