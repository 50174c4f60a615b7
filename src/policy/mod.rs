//! What is allowed: compiled rules, and the one function that decides.
//!
//! [`decide`] is total and pure. It takes an item, the visitor's consent state and the site's policy, and gives a
//! verdict with its reason. Nothing else in the crate decides; surfaces reach it only through
//! [`crate::enforce::Judge`].

mod decide;
mod decision;
mod expect;
mod item;
mod lifetime;
mod route;
mod site;
mod trace;

pub use decide::{ADDRESS_FIELDS, decide, decide_in, decide_traced};
pub use decision::{Decision, Mode, Reason, Rule, Until, Verdict};
pub use expect::{Consent, Expectation, Given, Subject, Test};
pub use item::{Fetch, Item, OwnedFetch, OwnedItem, Party};
pub use route::{PathPattern, Route, RouteId};
pub use site::{Collectors, NecessaryItem, ObservedRules, SitePolicy, UnknownCookies, UnknownThirdParty};
pub use trace::{Question, Statement, Step, deciding};
