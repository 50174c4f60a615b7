//! The product as it runs: the real binary between real clients and origins that do exactly what a case asks for.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test that cannot go on fails, and nothing uses a test"
)]

#[path = "../support/mod.rs"]
mod support;

mod admin;
mod bodies;
mod cloaked;
mod collectors;
mod consent_api;
mod cookies;
mod crash;
mod encodings;
mod failures;
mod fidelity;
mod flows;
mod gpc;
mod headers;
mod lifetimes;
mod lists;
mod mirror;
mod never_mixed;
mod ops;
mod region;
mod reload;
mod rescue;
mod rollback;
mod rollout;
mod shop_policy;
mod stylesheets;
mod tls;
mod told;
mod undecided;
mod variants;
mod withdrawal;
mod xml;
