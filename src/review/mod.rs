//! What can be said about a configuration without running it: its own tests, why it decides as it does, and how it
//! differs from another.
//!
//! Everything here asks the live engine: surfaces find items, the judge decides, and this room reads what was recorded.
//! It opens no files and no sockets, and prints nothing; the command line and a reload do that with what comes out.

mod coverage;
mod outcome;
mod stage;
mod tests;
mod words;

pub use coverage::{Coverage, Rule};
pub use outcome::Outcome;
pub use stage::{Stage, TESTS_PLAY_AT};
pub use tests::{Failure, Report, TestResult, run, run_tests};
pub use words::{grant_word, quote, statement};
