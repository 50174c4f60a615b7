//! What can be said about a configuration without running it: its own tests, why it decides as it does, and how it
//! differs from another.
//!
//! Everything here asks the live engine: surfaces find items, the judge decides, and this room reads what was recorded.
//! It opens no files and no sockets, and prints nothing; the command line and a reload do that with what comes out.

mod alter;
mod coverage;
pub mod diff;
mod explain;
mod outcome;
mod stage;
mod tell;
mod tests;
mod words;

pub use alter::{Alteration, Situation};
pub use coverage::{Coverage, Rule};
pub use explain::{Change, changes};
pub use outcome::Outcome;
pub use stage::{Stage, TESTS_PLAY_AT};
pub use tell::{Telling, Told};
pub use tests::{Failure, Report, TestResult, required, run, run_tests};
pub use words::{mode, quote, statement};
