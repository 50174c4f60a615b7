//! `[[site.test]]` tables: tests that a policy carries. They are checked like every other table, and run elsewhere.

use http::HeaderName;
use http::header::{COOKIE, SET_COOKIE};

use super::diagnostic::{Place, SourceFile};
use super::log::{Located, Log, Problem, listed, place, quote};
use super::model::SiteConfig;
use super::read::Table;
use super::{expect, given, service};
use crate::catalog::Service;
use crate::consent::{PurposeId, PurposeSet, PurposeTable};
use crate::policy::Test;

/// A test of a site, and where it stands.
#[derive(Clone, Debug)]
pub struct SiteTest {
    /// The site, by its position in [`super::Config::sites`].
    pub site: usize,
    /// Where the test begins.
    pub place: Place,
    /// What it says.
    pub test: Test,
    /// Where each of the test's expectations stands, in their order.
    pub places: Vec<Place>,
}

/// What a site's tests may name.
pub(super) struct Known<'a> {
    pub(super) files: &'a [SourceFile],
    pub(super) site: &'a SiteConfig,
    pub(super) at: usize,
    pub(super) purposes: &'a PurposeTable,
    pub(super) services: &'a [Service],
}

/// Reads the tests of one site.
pub(super) fn read(log: &mut Log, tables: Vec<Table<'_>>, known: &Known<'_>) -> Vec<SiteTest> {
    tables.into_iter().filter_map(|table| one(log, table, known)).collect()
}

fn one(log: &mut Log, mut table: Table<'_>, known: &Known<'_>) -> Option<SiteTest> {
    table.require(&["expect"]);
    let span = table.span;
    let name = table.string(log, "name").map_or("", |text| text.value);
    let written = table.table(log, "given", "[site.test.given]");
    let found = Found::of(&table, written.as_ref());
    let given = given::read(log, written, known);
    let expected = table.table(log, "expect", "[site.test.expect]");
    table.finish(log);
    let expected = expected.map(|table| expect::read(log, table, known, &found)).unwrap_or_default();
    let (expect, places) = expected.into_iter().map(|one| (one.value, place(known.files, one.span))).unzip();
    let test = Test { name: name.into(), given: given?, expect };
    Some(SiteTest { site: known.at, place: place(known.files, span), test, places })
}

/// The keys that a test gives, as far as its expectations need to know.
pub(super) struct Found<'a> {
    given: Vec<&'a str>,
    /// A key that nobody knows is the one that is missing: one mistake, one message.
    mistyped: bool,
}

impl<'a> Found<'a> {
    fn of(test: &Table<'_>, given: Option<&Table<'a>>) -> Self {
        let given = given.map(Table::keys).unwrap_or_default();
        let in_test = test.keys().iter().any(|key| !["name", "given", "expect"].contains(key));
        Self { mistyped: in_test || given.iter().any(|key| !given::KEYS.contains(key)), given }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.mistyped || self.given.contains(&key)
    }
}

/// A purpose that the site asks for.
pub(super) fn asked_for(log: &mut Log, name: Located<&str>, known: &Known<'_>) -> Option<PurposeId> {
    let purpose = service::purpose(log, known.purposes, name, Some(nameable(known)))?;
    if !known.site.policy.offered.contains(purpose) {
        let message = format!("the site does not ask for {}", quote(name.value));
        let asked: Vec<&str> = known.site.policy.offered.iter().map(|one| known.purposes.name(one)).collect();
        log.push(Problem::new("V0703", name.span, message).help(format!("it asks for {}", listed(&asked, "and"))));
        return None;
    }
    Some(purpose)
}

/// The built-in purposes and the site's own.
fn nameable(known: &Known<'_>) -> PurposeSet {
    super::purpose::everybody().union(known.site.policy.offered)
}

/// The name of a field that has no key of its own.
pub(super) fn field_name(log: &mut Log, name: Located<&str>) -> Option<HeaderName> {
    let parsed = HeaderName::from_bytes(name.value.as_bytes()).ok();
    if parsed.is_none() {
        let message = format!("{} cannot be the name of a field", quote(name.value));
        log.push(Problem::new("V0705", name.span, message).help("write a name such as `Sec-GPC`"));
    }
    let own_key = match &parsed {
        Some(name) if *name == COOKIE => "cookie",
        Some(name) if *name == SET_COOKIE => "set_cookie",
        _ => return parsed,
    };
    let message = format!("{} has a key of its own", quote(name.value));
    log.push(Problem::new("V0705", name.span, message).help(format!("write `{own_key}`")));
    None
}
