//! Surfaces: the places of a message where items occur. Each finds items, asks the [`Judge`], and edits.
//!
//! A surface never sees signals, consent cookies or configuration; it gets a judge and bytes. Malformed input is a value
//! that falls to the protective side, never an error.

pub mod cookies;
pub mod csp;
pub mod css;
pub mod endpoints;
pub mod html;
pub mod json;
pub mod query;
pub mod request_headers;
pub mod response_headers;
pub mod server_components;
pub mod shop_csp;
pub mod xml;

mod field;
mod finding;
mod judge;

pub use field::{FieldEdit, field_edits_applied};
pub use finding::{Finding, Journal, Judged, Surface};
pub use judge::{Judge, Page};
