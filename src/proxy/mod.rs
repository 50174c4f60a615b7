//! The shell around the core: the only room that names the proxy framework.
//!
//! Hooks of [`service`] stay short; each concern has a file. Nothing here decides what may pass: hooks build a
//! [`crate::enforce::Judge`], hand it to the surfaces, and carry out the edits they return.

mod body;
mod certificates;
mod client;
mod collect;
mod ctx;
mod first_bytes;
mod forwarded;
mod framing;
mod front;
mod harden;
mod injection;
mod kind;
mod own;
pub mod pipeline;
mod region;
mod request;
mod respond;
mod response;
mod rewriters;
pub mod server;
mod service;
mod set_cookie;
mod sheets;
mod upstream;
mod validators;
