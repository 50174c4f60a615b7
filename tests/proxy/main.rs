//! The product as it runs: the real binary between real clients and origins that do exactly what a case asks for.

#[path = "../support/mod.rs"]
mod support;

mod consent_api;
mod cookies;
mod failures;
mod fidelity;
mod flows;
mod ops;
mod reload;
mod variants;
