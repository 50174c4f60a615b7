//! Tests of the pure core: no sockets, no clock.

mod catalog;
mod config;
