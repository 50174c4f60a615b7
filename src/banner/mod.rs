//! Asking: the banner, the preference page, and the consent API behind both; listening to tools that ask instead of us; and
//! telling the shop what came of it.
//!
//! Pure: a parsed call becomes an outcome, a state becomes markup. Nobody here knows sockets, clocks or keys.

mod api;
mod field;
pub mod mirror;
mod nonce;
mod observed;
mod render;
pub mod style;

pub use api::{Call, CallError, MAX_BODY, parse_call, state_json};
pub use field::{RESERVED, can_be_member, consent_field};
pub use nonce::with_nonce;
pub use observed::{ObservedCall, is_observed, parse_observed};
pub use render::{Asked, Form, Heard, banner, preference_page};
