//! The core, without sockets: properties, independent models, golden cases.

mod architecture;
mod decisions;
mod html;
mod resolution;
