//! Vestibule: a reverse proxy that enforces consent at the edge.

pub mod catalog;
pub mod config;
pub mod consent;
pub mod enforce;
pub mod policy;
pub mod proxy;
