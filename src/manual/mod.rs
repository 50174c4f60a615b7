//! The manual: how the house is built, how to operate it, what the shop is told, what it cannot do. No code lives here.

pub mod architecture;
pub mod config;
pub mod explained;
pub mod inline_scripts;
pub mod limits;
pub mod operations;
pub mod shop_code;
pub mod sources;
