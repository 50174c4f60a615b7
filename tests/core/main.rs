//! The core, without sockets: properties, independent models, golden cases.

mod architecture;
mod catalog;
mod config;
mod decisions;
mod html;
mod resolution;
