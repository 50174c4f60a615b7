//! Vestibule: a reverse proxy that enforces consent at the edge.
//!
//! It stands in front of a shop that nobody wants to touch and lets only those cookies, headers and third-party tags
//! cross the wire, in either direction, that the visitor agreed to.
//!
//! # The map
//!
//! A pure core in the order of the work (signal → state → decision → edit), and a shell around it:
//!
//! | room | what it does |
//! |---|---|
//! | [`consent`] | the vocabulary: purposes, signals, grants, the resolved state |
//! | [`sources`] | a request's fields to signals |
//! | [`catalog`] | known services, and how to recognise them |
//! | [`policy`] | compiled rules, and the one function that decides |
//! | [`enforce`] | surfaces: find items, ask the judge, edit |
//! | [`banner`] | asking: banner, preference page, consent API |
//! | [`config`] | TOML to validated configuration, with diagnostics |
//! | [`snapshot`] | everything reloadable, compiled and immutable |
//! | [`review`] | policies tested, explained and compared, without sockets |
//! | [`telemetry`], [`inventory`], [`admin`] | what ops see |
//! | [`proxy`] | the shell: the only room that names the proxy framework |
//! | [`runtime`] | reload triggers, keys, the admin listener |
//! | [`cli`], [`demo`] | the command, and the demonstration shop |
//!
//! [`manual`] holds the architecture with its invariants, the configuration reference and the limits.

pub mod admin;
pub mod banner;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod consent;
pub mod demo;
pub mod enforce;
pub mod inventory;
pub mod manual;
pub mod policy;
pub mod proxy;
pub mod review;
pub mod runtime;
pub mod snapshot;
pub mod sources;
pub mod telemetry;
