//! What ops can ask the running proxy to do, and what comes of it. Whoever reloads receives the orders; this room only
//! passes them on.

use std::fmt;

use tokio::sync::oneshot;

use crate::config::Diagnostics;

/// What made the configuration change, or try to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The process started.
    Start,
    /// The file system told that something changed.
    Watch,
    /// The files were compared, without any notice.
    Poll,
    /// SIGHUP.
    Sighup,
    /// The admin listener.
    Admin,
}

impl Trigger {
    /// The word in logs, metrics and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Watch => "watch",
            Self::Poll => "poll",
            Self::Sighup => "sighup",
            Self::Admin => "admin",
        }
    }
}

/// Who asked, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requester {
    /// The user behind the other end of the Unix socket.
    Uid(u32),
    /// Whoever holds the token.
    Token,
}

impl fmt::Display for Requester {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uid(uid) => write!(out, "uid {uid}"),
            Self::Token => out.write_str("token"),
        }
    }
}

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Load the files, whether they changed or not.
    Reload,
    /// Put an earlier generation in effect again; without a number, the one before.
    Rollback(Option<u64>),
}

/// A wish on its way to whoever fulfils it.
#[derive(Debug)]
pub struct Order {
    /// What is wished for.
    pub wish: Wish,
    /// Who wishes it.
    pub by: Requester,
    /// Where the outcome goes.
    pub reply: oneshot::Sender<Outcome>,
}

/// What came of an order.
pub type Outcome = Result<InEffect, Refusal>;

/// A configuration took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InEffect {
    /// Its number.
    pub generation: u64,
    /// Names the content of its files.
    pub hash: String,
    /// Names what it compiled to.
    pub revision: String,
    /// What is worth knowing besides.
    pub note: Option<String>,
}

/// Nothing changed.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// The configuration is wrong: what `check` prints, and the same taken apart where it can be.
    Wrong(String, Option<Diagnostics>),
    /// There is no such generation, or it cannot be used.
    NoGeneration(String),
    /// There is nothing that could be reloaded.
    NoFile,
}
