//! What `vestibule explain` says about cookies, parameters, fields and calls that shops really meet, without any
//! configuration: how a decision comes about, where its rule stands, and what would change it.
//!
//! The page is printed by the command itself; a test compares.
#![doc = include_str!("explained.md")]
