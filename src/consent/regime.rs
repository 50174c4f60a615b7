//! The legal default: what holds before a visitor chooses, and how much a standing objection binds. Which law applies
//! where is configuration; nothing here knows a country's law.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::PurposeSet;

/// The legal default before a choice, as far as resolution needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regime {
    /// Purposes that may be used until the visitor objects. Empty under an opt-in regime.
    pub allowed_by_default: PurposeSet,
    /// Whether a standing objection such as GPC holds even against the visitor's own explicit choice.
    pub objection_binds: bool,
    /// How long a choice holds, in seconds.
    pub choice_lifetime: u64,
    /// How many days cookies for audience measurement may live from the day when they were first set, where the law or its
    /// authority says so.
    pub audience_cookie_days: Option<u16>,
}

impl Regime {
    /// Nothing before a yes; an explicit choice is newer than the browser's standing objection, wins over it, and holds for
    /// 180 days.
    pub const OPT_IN: Self = Self {
        allowed_by_default: PurposeSet::EMPTY,
        objection_binds: false,
        choice_lifetime: 180 * 24 * 60 * 60,
        audience_cookie_days: None,
    };

    /// What both allow, for as long as both do.
    fn stricter(self, other: Self) -> Self {
        Self {
            allowed_by_default: self.allowed_by_default.intersection(other.allowed_by_default),
            objection_binds: self.objection_binds || other.objection_binds,
            choice_lifetime: self.choice_lifetime.min(other.choice_lifetime),
            audience_cookie_days: match (self.audience_cookie_days, other.audience_cookie_days) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
        }
    }

    /// Whether nothing is allowed before a yes.
    pub const fn asks_first(self) -> bool {
        self.allowed_by_default.is_empty()
    }
}

/// A country, as two upper case letters (ISO 3166-1 alpha-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// The country with this code, in either case; `None` for anything but two letters, and for `XX`, which says that
    /// nobody knows.
    pub fn new(code: &str) -> Option<Self> {
        let code: [u8; 2] = code.as_bytes().try_into().ok()?;
        let code = code.map(|letter| letter.to_ascii_uppercase());
        (code.iter().all(u8::is_ascii_alphabetic) && code != *b"XX").then_some(Self(code))
    }
}

impl Country {
    /// The country that all of a request's fields name. Fields that disagree, or cannot be read, name none.
    pub fn of_fields<'f>(fields: impl Iterator<Item = Option<&'f str>>) -> Option<Self> {
        let mut named = fields.map(|field| field.and_then(Self::new));
        let first = named.next()??;
        named.all(|other| other == Some(first)).then_some(first)
    }
}

impl std::fmt::Display for Country {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|letter| write!(out, "{}", char::from(*letter)))
    }
}

/// The regimes of one site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regimes {
    /// Holds wherever no other does.
    pub default: Regime,
    /// Countries with a regime of their own.
    pub by_country: BTreeMap<Country, Regime>,
    /// What they are called.
    names: Names,
}

/// The ids of a site's regimes, for whoever has to say which one holds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Names {
    default: Arc<str>,
    by_country: BTreeMap<Country, Arc<str>>,
    /// For visitors of whom nobody knows where they are: all that have a part in it, joined with `+`.
    unknown: Arc<str>,
}

impl Regimes {
    /// These regimes, each with its id. Where a country is named twice, the last one counts.
    pub fn new(default: (&str, Regime), by_country: impl IntoIterator<Item = (Country, (String, Regime))>) -> Self {
        let (mut regimes, mut names) = (BTreeMap::new(), BTreeMap::new());
        for (country, (name, regime)) in by_country {
            regimes.insert(country, regime);
            names.insert(country, Arc::from(name));
        }
        let all = || {
            std::iter::once((default.0, default.1))
                .chain(names.values().map(|name| &**name).zip(regimes.values().copied()))
        };
        let strictest = all().map(|(_, regime)| regime).fold(default.1, Regime::stricter);
        // Where one of them is as strict as all together, it is the one that holds.
        let unknown = all().find(|(_, regime)| *regime == strictest).map_or_else(
            || {
                let mut parts: Vec<&str> = Vec::new();
                all().map(|(name, _)| name).for_each(|name| {
                    if !parts.contains(&name) {
                        parts.push(name);
                    }
                });
                parts.join("+")
            },
            |(name, _)| name.to_owned(),
        );
        let names = Names { default: default.0.into(), unknown: unknown.into(), by_country: names };
        Self { default: default.1, by_country: regimes, names }
    }

    /// One regime for everybody.
    pub fn everywhere(name: &str, regime: Regime) -> Self {
        Self::new((name, regime), [])
    }

    /// The regime for visitors from `country`. Of whom nobody knows where they are, the strictest of all holds.
    pub fn of(&self, country: Option<Country>) -> Regime {
        match country {
            Some(country) => self.by_country.get(&country).copied().unwrap_or(self.default),
            None => self.by_country.values().fold(self.default, |one, other| one.stricter(*other)),
        }
    }

    /// The id of the regime that [`of`](Self::of) gives. Where several hold together, all of them, joined with `+`.
    pub fn id_of(&self, country: Option<Country>) -> &Arc<str> {
        match country {
            Some(country) => self.names.by_country.get(&country).unwrap_or(&self.names.default),
            None => &self.names.unknown,
        }
    }

    /// Whether it depends on the visitor's country at all.
    pub fn depend_on_country(&self) -> bool {
        !self.by_country.is_empty()
    }
}
