//! What Vestibule reads of visitors' choices: standards, consent tools, and what it makes of them.
//!
//! A site names its sources: `sources = ["own", "gpc", "onetrust", "tcf"]`. Each one reads what a tool or standard wrote
//! and says what it means; [`resolve`](crate::consent::resolve()) weighs them.
//!
//! # What is never done
//! * A default is never taken for a choice. Many tools write their cookie before anybody clicks; each adapter has a test of
//!   its own for "somebody chose", and the table shows it. What a tool does by default can only take away from what the
//!   regime allows.
//! * What cannot be read is no statement: malformed, truncated, encoded twice, too long (8 KiB), dated in the future. It is
//!   counted in `vestibule_consent_malformed_total{source, reason}` and the visitor falls back to the regime.
//!   Of what can be read in part, refusals stand and nothing else.
//! * Of several copies of a cookie the newest counts where all are dated choices; otherwise whatever protects.
//!
//! # Who wins
//! | statement | grants | outweighed by |
//! |---|---|---|
//! | the regime's default | what the regime allows | everything below, and a tool's own narrower default |
//! | a choice in a tool of the shop's | yes | an objection, a refusal anywhere, an earlier refusal with us that it does not certainly follow |
//! | an objection: `Sec-GPC: 1`, a GPP or US Privacy opt-out | no, it only denies | a yes given with us while the objection was there, where the regime says `gpc = "denies"`; nothing, where it says `"binds"` |
//! | a choice with us | yes | a refusal anywhere; an objection that binds |
//! | a refusal, in whichever choice | | nothing |
//!
//! Disagreement is counted in `vestibule_consent_conflicts_total{reason}`: `choices-disagree`, `services-disagree`,
//! `objection`, `withdrawn`.
//!
//! # What a tool's words mean
//! Every tool has a table of what its categories usually stand for. Sites with other categories, or tools that ask by
//! service, say so:
//!
//! ```toml
//! [[site.source]]
//! id = "klaro"
//! map = { google-analytics = "analytics", facebook-pixel = "marketing" }   # purposes
//! services = { google-analytics = "google-analytics-4" }                  # a yes or no to one service of the catalog
//! with_all = ["social"]                                                   # what Klaro never asks about here
//! ```
//!
//! A purpose is granted only when every word that stands for it was agreed to. What nobody asks about stays undecided;
//! `with_all` names purposes that go along when *everything* was agreed to. `vestibule check` warns of purposes that no
//! source of the site can grant.
//!
//! # Our own cookies
//! See [`sources`](crate::sources): the choice is signed and bound to a second random cookie, two keys are believed at a time
//! (`[keys]`), and the mark of a refusal survives alone, so that a full cookie jar and a yes left over in a tool of the
//! shop's do not bring consent back.
//!
//! # Browsers that forget
//! Safari keeps what a script wrote for seven days. `rescue` sets a tool's cookie again by HTTP, byte for byte, for the rest
//! of the life that the regime gives a choice. It is off unless written, because only you know which domain the tool sets
//! its cookie for.
//!
//! # Choices that never reach a cookie
//! Usercentrics, Osano, Termly and Sourcepoint keep the choice in the browser, and Klaro, vanilla-cookieconsent and Didomi
//! may be told to. With `mirror = true` (the default for tools that write no cookie) every document gets one more tag, first in
//! its head: an asynchronous script of ours under `own_path`, the same for everybody and kept for good. It listens to the
//! tool, to `__tcfapi` for `tcf` and to `__gpp` for `gpp`, and posts what was chosen to `own_path/consent`:
//! `{"observed": "klaro", "words": {"youtube": true}}`, with `tc` or `gpp` for a standard's string, or `"chosen": false` once
//! the tool itself says that nothing is chosen any more. A tool that is still loading, or blocked, tells nothing, and what it
//! told before stays.
//!
//! What comes back is the seen cookie: signed, bound and `HttpOnly` like our own. It is weighed as the tool's own cookie
//! would be and never counts as a choice made with us. It keeps the date on which a choice was first told; one that is told
//! after a refusal with us counts as a change of mind only when the visitor clicked on the very page that tells it.
//!
//! # Consent tools
#![doc = include_str!("sources.md")]
