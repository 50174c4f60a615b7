//! What is known: services, and how to recognise them by cookie name, address or inline script.
//!
//! The catalog only recognises. Whether something recognised may pass is decided by [`crate::policy`]. Facts come from
//! the `[[service]]` tables in `config/catalog/` and from the site's own configuration; both are one [`Service`] here.

mod aliases;
mod endpoint;
mod endpoints;
mod fetch;
mod hints;
mod index;
mod inline;
mod lists;
mod names;
mod pattern;
mod service;
mod variant;

pub use aliases::Aliases;
pub use endpoint::{Endpoint, plain_path};
pub use fetch::FetchKind;
pub use index::{Catalog, Matches};
pub use inline::{InlineLoad, InlineReading};
pub use lists::FilterLists;
pub use pattern::Pattern;
pub use service::{AddressPattern, Service};
pub use variant::Variant;
