//! The vocabulary of consent: purposes, signals, grants and the state they resolve to.
//!
//! This is the lowest room of the house. It knows no HTTP, no configuration and no clock; whoever needs time or a
//! region passes it in. It deliberately does not decide anything about a message: that is [`crate::policy`]'s work.

mod purpose;
mod regime;
mod resolve;
mod signal;
mod state;

pub use purpose::{PurposeId, PurposeSet, PurposeTable, TooManyPurposes};
pub use regime::{Country, Regime, Regimes};
pub use resolve::resolve;
pub use signal::{Signal, SignalKind, SourceId};
pub use state::{Because, Conflict, Conflicts, ConsentState, Grant, ServiceId};
