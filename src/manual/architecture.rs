//! How the house is built, and what must stay true.
//!
//! # Layers
//!
//! `consent` ← `sources`, `catalog` ← `policy` ← `enforce`, `banner` ← `config` ← `snapshot` ← `review`, `telemetry`,
//! `inventory`, `admin` ← `proxy`, `runtime` ← `demo`, `cli`. A room uses only rooms to its left. The first four and
//! `enforce` and `banner` are pure: no proxy framework, no async runtime, no files, no environment, no clock; time,
//! randomness and region are parameters. A test reads the `use` lines and fails on an arrow that points upwards.
//!
//! # Invariants
//!
//! 1. Only [`decide`](crate::policy::decide) decides, and only the [`Judge`](crate::enforce::Judge) calls it. A surface
//!    gets a judge; never signals, consent cookies or configuration.
//! 2. Every edit has a [`Finding`](crate::enforce::Finding) with a reason. Logs, metrics and the `rewrite` command read
//!    findings; none derives them a second time.
//!    `explain`, tests and coverage read the steps that [`decide`](crate::policy::decide) itself records when a judge is
//!    asked to [explain itself](crate::enforce::Judge::explaining); on a request's path nothing is recorded.
//! 3. Observe mode makes the same findings and drops the edits in one place:
//!    [`Judge::judge`](crate::enforce::Judge::judge).
//! 4. Bytes from a visitor or a shop never cause an error or a panic in the core. What is malformed falls to the
//!    protective side. No failure turns a "no" or an "undecided" into a "yes".
//! 5. A request pins its [`Snapshot`](crate::snapshot::Snapshot) once and keeps it to its last byte.
//! 6. Undecided and unknown are not "yes". What is strictly necessary is an explicit list with a reason per entry, and it
//!    wins over every other match: a catalog update can never log a visitor out. (Not in an inline script that carries a
//!    tracker as well, nor for a collector on a host that is necessary: there the tracker is judged.)
//! 7. When everything is granted, every body comes out byte for byte as it went in, apart from what the site asked to
//!    inject into pages. Until then, too, a body that holds nothing to be withheld keeps its bytes, and kinds of body that
//!    nobody reads (images, scripts, downloads, event streams) are not looked at.
//! 8. No personal data in logs, metrics or errors: no address, cookie value, query, user agent or consent string.
//! 9. Only the [`Reloader`](crate::runtime::Reloader) changes what is in effect, whole or not at all, with the bytes that
//!    it compared and puts on record; nothing is read twice in between.
//! 10. One visitor's page never reaches another: pages are `private`, and validators name policy revision and consent
//!     class.
//!
//! What a host stands for in the name system is learnt beside the requests (`runtime::names`, kept by `inventory::Names`); a
//! request takes the picture of that moment once, and the judge hands the name behind a host to the decision as a part of the
//! item. On a call to a service the judge knows whose call it is, and the decision refuses what is none of that service's own.
//!
//! # One request
//!
//! The framework's hooks in `proxy/service.rs`, in order: pin the snapshot; refuse what is malformed; find the site;
//! answer our own endpoints; read sources and resolve the consent state; take the plan of its class; edit the request
//! for the shop; settle from the response head what becomes of the body; edit the response head; run the body through
//! decode → transcode → rewrite → encode; count what was found.
//!
//! Whether a style sheet differs between visitors is known once it was read, when its head is gone; `proxy/sheets.rs` remembers
//! it by address, validator and policy revision, so that sheets that name nobody pass unread and stay in shared caches.
//!
//! # Kinds of body
//!
//! What a body is, is a value (`proxy/kind.rs`): from its media type as browsers believe it, and from who asked. Pages and
//! parts of pages are read by [`enforce::html`](crate::enforce::html); JSON and React's rows, where a page's script asked, by
//! [`enforce::json`](crate::enforce::json) and [`enforce::server_components`](crate::enforce::server_components), which hand
//! the markup in them to the same rewriter. `proxy/rewriters.rs` names who reads what, one line for each; HTML by its head
//! that is none is told by its first bytes (`proxy/first_bytes.rs`). A body is read for all visitors or for none: only then do
//! caches keep the variants apart.
//!
//! # When a body cannot go on
//!
//! Nothing passes that was not judged, and nothing is cut that need not be:
//!
//! | what happens | what the visitor gets | what stops trackers |
//! |---|---|---|
//! | a tag, a value or a script longer than the cap | the whole page | parts are judged apart; a value that cannot be seen whole goes out of sight |
//! | HTML's rewriter gives up (no case is known) | the rest as text and plain structure | no tag with an attribute comes out of the mask |
//! | a broken or cut content coding | what could be decoded, as a page that ends | what was decoded was judged |
//! | a bomb | the same, and the connection ends | the same |
//! | nothing at all could be decoded | a transfer that is broken off | nothing was sent |
//! | a coding nobody knows, a part of a page | 502 | nothing was sent |
//!
//! Each is counted with its cause (`vestibule_pages_aborted_total`) and logged.
