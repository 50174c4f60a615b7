//! The manual: how the house is built, how to operate it, what it cannot do. No code lives here.

pub mod architecture;
pub mod config;
pub mod limits;
pub mod operations;
pub mod sources;
