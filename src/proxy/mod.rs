//! Where messages meet the wire. This is the only room that names pingora.
//!
//! What can be said without pingora lives in rooms of its own below, so that it can be tested without sockets:
//! [`pipeline`] is the way of a response body from the origin's bytes to the visitor's bytes.

pub mod pipeline;
