//! Printing. Results go to standard output, everything else to standard error; a reader that went away is no error.

use std::io::Write as _;

use crate::config::{Coloured, Diagnostics};

/// A result.
pub(super) fn result(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()));
}

/// A remark for a person, beside results and logs.
pub(super) fn remark(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}

/// Why a command failed. Diagnostics carry their own `error` prefix.
pub(super) fn error(text: &str) {
    if text.contains("error[") {
        remark(text.trim_end());
    } else {
        remark(&format!("error: {text}"));
    }
}

/// Diagnostics, in colour at a terminal that wants it.
pub(super) fn diagnostics(found: &Diagnostics) {
    drop(write!(anstream::stderr().lock(), "{}", Coloured(found)));
}

/// Usage or help, where it belongs.
pub(super) fn clap_message(error: &clap::Error) {
    drop(error.print());
}
