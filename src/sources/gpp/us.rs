//! The US sections: what the visitor said about sale, sharing and targeted advertising, nationally and in each state.
//!
//! Of each section only those fields and the Global Privacy Control subsection are read; notices, sensitive data and the
//! contracts between companies are no business of a proxy. Where the fields stand was read off the reference encoder,
//! npm `@iabgpp/cmpapi` 3.2.0, section by section. An unknown version may have moved them: its refusals are believed, its
//! permissions are not.

use crate::sources::bits::{Bits, is_base64url};
use crate::sources::us_privacy::UsChoice;

/// What a section says about one use of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptOut {
    /// 0: the use does not happen, or no notice was given.
    NotApplicable,
    /// 1.
    OptedOut,
    /// 2.
    NotOptedOut,
    /// 3, which means nothing, or bits that are missing.
    Unreadable,
}

/// Where a section keeps its fields, in bits.
#[derive(Clone, Copy, Debug)]
struct Layout {
    sale: usize,
    sharing: Option<usize>,
    targeted_advertising: Option<usize>,
    /// The highest version that is known.
    version: u8,
    /// Whether subsections begin with a type. Indiana, Kentucky and Rhode Island have one for sensitive data that does not,
    /// and none for Global Privacy Control.
    typed_subsections: bool,
    /// Whether the specification, unlike the reference encoder, puts a header with the section's own id first.
    may_have_header: bool,
}

impl Layout {
    const STATE: Self = Self {
        sale: 12,
        sharing: None,
        targeted_advertising: Some(14),
        version: 1,
        typed_subsections: true,
        may_have_header: false,
    };

    const fn of(section: u16) -> Option<Self> {
        Some(match section {
            // National.
            7 => Self { sale: 18, sharing: Some(20), targeted_advertising: Some(22), version: 2, ..Self::STATE },
            // California.
            8 => Self { sharing: Some(14), targeted_advertising: None, ..Self::STATE },
            // Virginia, Colorado; Connecticut to Delaware; Nebraska to Minnesota.
            9 | 10 | 12..=17 | 19..=23 => Self::STATE,
            // Utah, Iowa.
            11 | 18 => Self { sale: 14, targeted_advertising: Some(16), ..Self::STATE },
            // Maryland.
            24 => Self { sale: 16, targeted_advertising: Some(18), may_have_header: true, ..Self::STATE },
            // Indiana, Kentucky, Rhode Island.
            25..=27 => Self {
                sale: 16,
                targeted_advertising: Some(18),
                typed_subsections: false,
                may_have_header: true,
                ..Self::STATE
            },
            _ => return None,
        })
    }
}

/// One US section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsSection {
    /// Sale of personal data.
    pub sale: OptOut,
    /// Sharing for advertising across contexts; `None` where the section has no such field.
    pub sharing: Option<OptOut>,
    /// Targeted advertising; `None` where the section has no such field.
    pub targeted_advertising: Option<OptOut>,
    /// Whether the browser sent Global Privacy Control; `None` when the section does not say.
    pub gpc: Option<bool>,
    /// Whether the version is known and every part of the section was understood.
    pub sound: bool,
}

impl UsSection {
    /// Reads the section with this id; `None` when it is not a known US section.
    pub fn read(id: u16, text: &[u8]) -> Option<Self> {
        let layout = Layout::of(id)?;
        let mut pieces = text.split(|byte| *byte == b'.');
        let mut core = pieces.next().unwrap_or_default();
        let mut sound = true;
        if layout.may_have_header && Bits::new(core).number(6) == Some(id) {
            // The specification's header is its id and version; its list of subsections repeats what their types say.
            let mut header = Bits::new(core);
            sound = header.skip(6).and_then(|()| header.small(6)) == Some(1);
            core = pieces.next().unwrap_or_default();
        }
        let version = Bits::new(core).small(6);
        sound &= is_base64url(core) && version.is_some_and(|version| (1..=layout.version).contains(&version));
        let mut gpc = None;
        for piece in pieces {
            sound &= is_base64url(piece) && !piece.is_empty();
            let mut bits = Bits::new(piece);
            if layout.typed_subsections && bits.small(2) == Some(1) {
                match bits.flag() {
                    // Several that disagree count as sent.
                    Some(sent) => gpc = Some(sent || gpc == Some(true)),
                    None => sound = false,
                }
            }
        }
        let field = |at| OptOut::read(core, at);
        Some(Self {
            sale: field(layout.sale),
            sharing: layout.sharing.map(field),
            targeted_advertising: layout.targeted_advertising.map(field),
            gpc,
            sound,
        })
    }

    /// What the section says as a whole.
    pub fn choice(&self) -> UsChoice {
        let all = [Some(self.sale), self.sharing, self.targeted_advertising];
        if self.gpc == Some(true) || all.contains(&Some(OptOut::OptedOut)) {
            UsChoice::OptedOut
        } else if !self.sound || all.contains(&Some(OptOut::Unreadable)) {
            UsChoice::Unclear
        } else if all.contains(&Some(OptOut::NotApplicable)) {
            UsChoice::Silent
        } else {
            UsChoice::NotOptedOut
        }
    }
}

impl OptOut {
    fn read(core: &[u8], at: usize) -> Self {
        let mut bits = Bits::new(core);
        match bits.skip(at).and_then(|()| bits.small(2)) {
            Some(0) => Self::NotApplicable,
            Some(1) => Self::OptedOut,
            Some(2) => Self::NotOptedOut,
            _ => Self::Unreadable,
        }
    }
}
