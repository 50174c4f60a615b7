//! Every key of the configuration. Written from [`crate::config::reference`], which `vestibule explain-key` prints, too.
#![doc = include_str!("config.md")]
