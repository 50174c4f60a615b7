//! What runs beside the proxy: where configurations are loaded from, reload triggers, and the admin listener.

mod admin_listener;
mod keys;
mod reload;
mod source;

pub use admin_listener::{AdminAddress, AdminListener};
pub use keys::{KeyError, load_keys};
pub use reload::Reloader;
pub use source::{LoadError, Source};
