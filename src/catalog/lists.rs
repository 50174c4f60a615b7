//! Filter lists in Adblock syntax, which the operator brings along. A list knows addresses and no purposes.
//!
//! Only rules about requests are read; those about elements of a page are left out. No list is part of Vestibule, because
//! the common ones have licences of their own (`EasyPrivacy`: GPL-3.0 or CC BY-SA 3.0).

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{PoisonError, RwLock};

use adblock::lists::{FilterSet, ParseOptions, ParsedLine, RuleTypes, parse_filter};
use adblock::request::Request;
use adblock::{Engine, lists::FilterFormat};

use super::FetchKind;

/// Compiled lists. All of them are one: an exception in one holds against a rule in another.
pub struct FilterLists {
    engine: RwLock<Restorable>,
    /// How many rules about requests each list has.
    rules: Vec<usize>,
    /// Names the content.
    digest: [u8; 32],
}

/// An engine that can be made anew from its own rules.
struct Restorable {
    engine: Engine,
    /// How often it was.
    restored: u64,
}

/// How often one question is put before the answer is the protective one.
const ATTEMPTS: usize = 2;

impl fmt::Debug for FilterLists {
    /// Equal lists print alike.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "FilterLists({:?} {:?})", self.rules, self.digest)
    }
}

impl PartialEq for FilterLists {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl FilterLists {
    /// Compiles the texts of lists. Lines that are no rules, or none that can be read, are passed over.
    pub fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        use sha2::{Digest as _, Sha256};
        let mut set = FilterSet::new(false);
        let mut hash = Sha256::new();
        let mut rules = Vec::new();
        for text in texts {
            hash.update(text.len().to_le_bytes());
            hash.update(text);
            rules.push(text.lines().filter(|line| is_rule(line)).count());
            set.add_filter_list(text.to_owned(), options());
        }
        let engine = Restorable { engine: Engine::new_with_filter_set(set), restored: 0 };
        Self { engine: RwLock::new(engine), rules, digest: hash.finalize().into() }
    }

    /// How many rules about requests each list has, in the order in which they were given.
    pub fn rules(&self) -> &[usize] {
        &self.rules
    }

    /// Whether the lists block an address that a page on the host `source` fetches as `kind`. `host` and `source` are as in
    /// [`Catalog::by_address`](super::Catalog::by_address), `path` has the query. A document is never blocked.
    pub fn block(&self, host: &str, path: &str, kind: FetchKind, source: &str, third_party: bool) -> bool {
        let kind = match kind {
            FetchKind::Document => return false,
            FetchKind::Script => "script",
            FetchKind::Image => "image",
            FetchKind::Stylesheet => "stylesheet",
            FetchKind::Frame => "subdocument",
            FetchKind::Call => "xmlhttprequest",
            FetchKind::Ping => "ping",
            FetchKind::Font => "font",
            FetchKind::Media => "media",
            FetchKind::Socket => "websocket",
            FetchKind::Other => "other",
        };
        let scheme = if kind == "websocket" { "wss" } else { "https" };
        let url = format!("{scheme}://{host}{path}");
        self.ask(|engine| {
            let request = Request::preparsed(&url, host, source, kind, third_party, "get");
            engine.check_network_request(&request).should_block()
        })
    }

    /// What stops a foreign engine must not stop the shop; an address that it cannot judge is none that it lets through. A
    /// panic leaves the engine's lock poisoned, and from then on it would stop at every address: so it is made anew, and
    /// whoever only met the poisoned lock is answered by the new one.
    fn ask(&self, question: impl Fn(&Engine) -> bool) -> bool {
        for _ in 0..ATTEMPTS {
            let held = self.engine.read().unwrap_or_else(PoisonError::into_inner);
            let restored = held.restored;
            let answer = catch_unwind(AssertUnwindSafe(|| question(&held.engine)));
            drop(held);
            match answer {
                Ok(blocked) => return blocked,
                Err(_) => self.restore(restored),
            }
        }
        true
    }

    /// Makes the engine anew, unless somebody did since it was restored `seen` times.
    fn restore(&self, seen: u64) {
        let mut held = self.engine.write().unwrap_or_else(PoisonError::into_inner);
        if held.restored == seen {
            // Its rules are in memory that nothing writes to; an engine that cannot read them back stays as it is.
            let rules = held.engine.serialize();
            drop(held.engine.deserialize(&rules));
            held.restored = held.restored.wrapping_add(1);
        }
    }
}

fn options() -> ParseOptions {
    ParseOptions { rule_types: RuleTypes::NetworkOnly, format: FilterFormat::Standard, ..ParseOptions::default() }
}

fn is_rule(line: &str) -> bool {
    matches!(parse_filter(line, false, options()), Ok(ParsedLine::Network(_)))
}

#[cfg(test)]
mod tests {
    use super::FilterLists;
    use crate::catalog::FetchKind;

    #[test]
    fn rules_hold_by_kind_party_and_source() {
        let lists = FilterLists::new([
            "[Adblock Plus 2.0]\n! a comment\n||t.example^$third-party\n/pixel/*$image\nshop.example##.banner\n\
             ||cdn.example/lib.js$script,domain=other.example\n@@||t.example/needed.js\n",
            "/beacon.php|$xmlhttprequest,ping\n",
        ]);
        assert_eq!(lists.rules(), [4, 1]);
        let shop = "www.shop.example";
        for (host, path, kind, source, third, blocked) in [
            ("t.example", "/a.js", FetchKind::Script, shop, true, true),
            ("a.t.example", "/", FetchKind::Other, shop, true, true),
            ("t.example", "/a.js", FetchKind::Script, "t.example", false, false),
            ("t.example", "/needed.js", FetchKind::Script, shop, true, false),
            ("t.example", "/", FetchKind::Document, shop, true, false),
            (shop, "/pixel/1.gif", FetchKind::Image, shop, false, true),
            (shop, "/pixel/1.gif", FetchKind::Script, shop, false, false),
            (shop, "/beacon.php", FetchKind::Ping, shop, false, true),
            (shop, "/beacon.php", FetchKind::Call, shop, false, true),
            (shop, "/beacon.php", FetchKind::Image, shop, false, false),
            ("cdn.example", "/lib.js", FetchKind::Script, shop, true, false),
            ("cdn.example", "/lib.js", FetchKind::Script, "a.other.example", true, true),
            ("", "", FetchKind::Other, "", true, false),
            ("[::1]", "/?\u{fffd}", FetchKind::Socket, "x", true, false),
        ] {
            assert_eq!(lists.block(host, path, kind, source, third), blocked, "{host}{path} {kind:?} {source}");
        }
        let same = FilterLists::new(["/x/a.gif$image\n"]);
        assert_ne!(lists, same);
        assert_ne!(format!("{lists:?}"), format!("{same:?}"));
    }

    #[test]
    fn a_panic_at_one_address_changes_nothing_for_others() {
        use std::cell::Cell;
        let lists = FilterLists::new(["||t.example^\n/pixel[0-9]+/$image\n"]);
        let block = |host, path| lists.block(host, path, FetchKind::Image, "shop.example", true);
        let answers = || (block("t.example", "/"), block("u.example", "/pixel12"), block("u.example", "/"));
        assert_eq!(answers(), (true, true, false));
        assert!(lists.ask(|_| panic!("as on an address that it cannot judge")), "which does not pass");
        assert_eq!(answers(), (true, true, false));
        // Who met what another one left behind is answered.
        let met = Cell::new(false);
        assert!(!lists.ask(|_| if met.replace(true) { false } else { panic!("poisoned") }));
        assert_eq!(lists.engine.read().unwrap().restored, 3);
        assert_eq!(answers(), (true, true, false));
        lists.restore(2);
        assert_eq!(lists.engine.read().unwrap().restored, 3, "once is enough for all who met it");
    }
}
