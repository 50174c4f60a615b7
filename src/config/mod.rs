//! Configuration that ops edit: TOML text to a validated [`Config`], with every error of every file at once.
//!
//! One function serves `check`, start and reload. This room reads text that it is handed; it opens no sockets, and the
//! only files it touches are the ones that configuration names. It does not decide anything about messages: it lowers
//! what was written into [`crate::policy::SitePolicy`] and [`crate::catalog::Service`].

mod builtin;
pub mod codes;
mod diagnostic;
mod load;
mod model;
mod parse;
mod read;
mod service;
mod site;

pub use builtin::builtin_services;
pub use diagnostic::{Diagnostic, Diagnostics, SourceFile};
pub use load::{for_upstream, load, parse};
pub use model::{Admin, Config, Keys, Limits, Listen, PurposeText, SiteConfig, Upstream};
