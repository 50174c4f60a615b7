//! Vestibule: a reverse proxy that enforces consent at the edge.

pub mod catalog;
pub mod config;
pub mod consent;
pub mod demo;
pub mod enforce;
pub mod policy;
