//! What runs beside the proxy: where configurations are loaded from, reload triggers, what is kept of every change, and the
//! admin listener.

mod admin_listener;
pub mod audit;
mod content;
mod durable;
mod history;
mod keys;
mod names;
mod reload;
mod source;
mod start;

pub use admin_listener::{AdminListener, token};
pub use content::{ContentHash, KeptFile};
pub use history::{Generation, History, HistoryError, KEPT};
pub use keys::{KeyError, load_keys};
pub use names::watch_names;
pub use reload::Reloader;
pub use source::{LoadError, Loaded, Source};
pub use start::{Origin, Start};
