//! The core, without sockets: properties, independent models, golden cases.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on fails"
)]

mod absurd;
mod allocations;
mod architecture;
mod catalog;
mod catalog_index;
mod catalog_lookalikes;
mod catalog_rules;
mod cmp;
mod config;
mod countries;
mod css;
mod decisions;
mod diff;
mod embeds;
mod explain;
mod fallback;
mod header_corpus;
mod headers;
mod html;
mod inline;
mod jar;
mod json;
mod layout;
mod links;
mod policy_tests;
mod resolution;
mod shop_code;
mod standards;
mod xml;
