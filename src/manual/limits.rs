//! What Vestibule does not do, or does only in part.
//!
//! - **Scripts of the shop itself** run as they always did. What they load from elsewhere is stopped by the
//!   `Content-Security-Policy` line, not by rewriting; what they write into `document.cookie` is stopped on its way to
//!   the shop, not in the browser's jar.
//! - **Cookies that are already there** are not sent to the shop without consent; they are not deleted from the browser.
//! - **Style sheets** are not rewritten; what they import from elsewhere is stopped by the policy line.
//! - **XHTML, SVG and XML documents** are not rewritten; they get the policy line.
//! - **A page in a coding or a part that cannot be read** is refused (502) rather than passed.
//! - **Consent cookies of other tools** are not read yet; the sources are our own cookie and `Sec-GPC`.
//! - **Trailers** of a rewritten page are dropped; those of everything else pass over HTTP/2.
//! - **WebSocket** tunnels are carried over HTTP/1.1 only. The framework may tear a tunnel down right after the
//!   handshake when the shop answers faster than it reads the end of the request (seen in under 1 % of upgrades under
//!   load by others); browsers reconnect.
//! - **HTTP/1.1 trailers** are dropped in both directions by the framework.
