//! How inline scripts are told, and what follows from it.
//!
//! # What is asked of a script
//!
//! The whole text of a script is read as JavaScript: comments are gone, strings say what browsers read (`\x66`,
//! `\u0066`, `'goo' + 'gle'`, `['a', 'b'].join('')`, `atob('…')`), and `window['fbq']` is `fbq`. Then:
//!
//! 1. **Has it a piece of an install snippet?** The catalog's `inline` entries are such pieces. Code (`fbq('init'`) is found
//!    whatever its spaces and quotes. A name (`_paq`) is found where it is made, not where it is only used. A part of an
//!    address (`static.hotjar.com/c/hotjar-`) is found where a string is an address and nothing else.
//! 2. **What does it load?** An address that a script hands to `src`, `fetch`, `import`, `sendBeacon`, `document.write` and
//!    their like is looked up as the address of an element is; through variables, through arguments as in
//!    `(function(w,d,s,l,i){…})(window,document,…)`, and through functions that are called by name.
//!
//! A script that belongs to a service is judged as that service; to several, as all of them. Handlers (`onclick`),
//! `javascript:` and `data:` addresses, and scripts that Partytown, WP Rocket, ``LiteSpeed``, Perfmatters or Rocket Loader run
//! later are read in the same way.
//!
//! # What stays
//!
//! - **Consent defaults** (`gtag('consent', 'default', …)`), queues (`dataLayer = dataLayer || []`) and consent tools with their
//!   settings: nothing in them loads a tag.
//! - **Calls** (`fbq('track', …)`, `_paq.push(…)`, `Tawk_API.toggle()`): without the tag they load nothing, and they mostly stand in
//!   the shop's own code.
//! - **Data**: JSON, templates, import maps; and scripts that a consent tool has gated already (`type="text/plain"`), with their
//!   `src`, which browsers do not fetch and the tool needs.
//! - **Speculation rules** that stay with the shop. A list with an address that may not be fetched is stopped, and so is a rule
//!   that could be any link of the page; `{"where": {"href_matches": "/*"}}` is about the shop's own.
//!
//! # A script with two parts
//!
//! A script is judged as a whole. Code of the shop that stands in one element with a tag goes with it until there is
//! consent: to cut a script in two would take a reading of what each half defines for the other, and a wrong cut is a
//! broken page at some visitors only. A consent default beside a tag's configuration goes with the tag, which is then not
//! there to be told. The remedy is in the shop: two elements.
//!
//! # Hosts that nobody knows
//!
//! A script that does nothing but load one thing (an element is made, described and inserted; calls are queued until it
//! has come) is an element written in another way, and `unclassified.third_party` holds for it as for one. A script that
//! does anything else besides is the shop's: it stays, and what it loads from such a host is stopped by the policy line
//! and by the guard. Mentioning a host, or loading from it on a click, costs no shop its menu.
//!
//! # The cap
//!
//! A script is held back until its end, up to `limits.max_token_bytes`. Of a longer one that much is judged, and the rest
//! streams: it is under the policy line, as everything that no reading sees.
