//! What tests of the running product share: the binary under test, origins that do exactly what a case asks for, and
//! clients that show exactly what came back.
//!
//! Everything binds loopback, is bounded in count and time, and is stopped by its own id.

pub mod client;
pub mod origin;
pub mod vestibule;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

/// Addresses of admin listeners, which answer to loopback names only.
static ADMINS: Mutex<BTreeSet<SocketAddr>> = Mutex::new(BTreeSet::new());

/// The host that is asked for at an address: the shop's, or loopback's at an admin listener.
pub fn host_of(address: SocketAddr) -> &'static str {
    if ADMINS.lock().unwrap().contains(&address) { "localhost" } else { "shop.test" }
}

/// Nothing in a test may take longer.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A page with one of everything that must not pass without consent, and a marker at its end.
pub const PAGE: &str = concat!(
    "<!doctype html><html><head><title>Caf\u{e9}</title>",
    "<script src=\"https://www.googletagmanager.com/gtm.js?id=GTM-ABCD\"></script>",
    "<link rel=\"stylesheet\" href=\"/shop.css\"></head><body>",
    "<img src=\"/logo.png\"><noscript><img src=\"https://www.facebook.com/tr?id=1&ev=PageView\"></noscript>",
    "<p>The text of the shop.</p><iframe src=\"https://www.youtube.com/embed/x\"></iframe>",
    "</body></html><!-- the end -->"
);

/// Trackers of [`PAGE`], as they must not stand in any fetching attribute.
pub const TRACKERS: [&str; 3] =
    [" src=\"https://www.googletagmanager.com", " src=\"https://www.facebook.com", " src=\"https://www.youtube.com"];
