//! Asking: the banner, the preference page, and the consent API behind both.
//!
//! Pure: a parsed call becomes an outcome, a state becomes markup. Nobody here knows sockets, clocks or keys.

mod api;
mod render;

pub use api::{Call, CallError, MAX_BODY, parse_call, state_json};
pub use render::{Asked, Form, banner, preference_page};
