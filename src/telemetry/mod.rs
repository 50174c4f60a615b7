//! What the house tells ops: metrics and log events. Never a visitor's address, cookie value, query, user agent or
//! consent string.

pub mod events;
mod log;
mod metrics;

pub use log::{LogFormat, init as init_log};
pub use metrics::Metrics;
