//! Where the rules of a configuration stand: [`Statement`]s of the compiled policy to files and lines.
//!
//! The policy itself knows no files. Whoever wants to show a rule asks here; the files' texts are read a second time for
//! it, so that loading a configuration costs nothing extra. Works on valid configurations only, in which every table
//! has become exactly one rule.

use std::collections::BTreeMap;

use super::builtin;
use super::diagnostic::{Place, SourceFile};
use super::log::{Log, Span, place};
use super::model::Config;
use super::read::Table;
use super::{start_of, syntax, values};
use crate::consent::ServiceId;
use crate::policy::{RouteId, Statement};

/// The places of all rules of one configuration.
#[derive(Clone, Debug, Default)]
pub struct RulePlaces {
    /// By site and statement; services stand for all sites.
    of_sites: BTreeMap<(usize, Statement), Place>,
    own_services: BTreeMap<ServiceId, Place>,
    built_in: BTreeMap<ServiceId, Place>,
}

impl RulePlaces {
    /// Finds the rules of `config`, which was read from the files that it carries.
    pub fn of(config: &Config) -> Self {
        let mut origins = Self::default();
        let ids: BTreeMap<&str, ServiceId> =
            (0_u16..).map(ServiceId).zip(&config.services).map(|(id, service)| (&*service.id, id)).collect();
        let mut sites = 0;
        read_all(config.origins.sources(), |log, root| {
            for (id, at) in services(log, root) {
                if let Some(id) = ids.get(id) {
                    origins.own_services.insert(*id, place(config.origins.sources(), at));
                }
            }
            for table in root.tables(log, "site", "") {
                origins.site(log, table, config, sites, &ids);
                sites += 1;
            }
        });
        let catalog = builtin::files();
        read_all(&catalog, |log, root| {
            for (id, at) in services(log, root) {
                if let Some(id) = ids.get(id).filter(|id| !origins.own_services.contains_key(id)) {
                    origins.built_in.insert(*id, place(&catalog, at));
                }
            }
        });
        origins
    }

    /// Where `statement` of the site at this position stands. `None` for what nobody wrote: defaults.
    pub fn place(&self, site: usize, statement: Statement) -> Option<&Place> {
        match statement {
            Statement::Service(service) => self.own_services.get(&service).or_else(|| self.built_in.get(&service)),
            other => self.of_sites.get(&(site, other)),
        }
    }

    /// Whether the service stands in one of the operator's own files.
    pub fn is_own(&self, service: ServiceId) -> bool {
        self.own_services.contains_key(&service)
    }

    /// Everything that the operator wrote, by site; services of the operator's own stand with no site.
    pub fn written(&self) -> impl Iterator<Item = (Option<usize>, Statement, &Place)> {
        let of_sites = self.of_sites.iter().map(|((site, statement), place)| (Some(*site), *statement, place));
        let services = self.own_services.iter().map(|(id, place)| (None, Statement::Service(*id), place));
        of_sites.chain(services)
    }

    fn site(
        &mut self,
        log: &mut Log,
        mut table: Table<'_>,
        config: &Config,
        site: usize,
        ids: &BTreeMap<&str, ServiceId>,
    ) {
        let mut found: Vec<(Statement, Span)> = Vec::new();
        if table.has("mode") {
            found.push((Statement::Mode, table.key_span("mode")));
        }
        let own = table.strings(log, "first_party").unwrap_or_default();
        found.extend((0_u16..).map(Statement::FirstParty).zip(own.iter().map(|host| host.span)));
        if table.has("filter_lists") {
            found.push((Statement::FilterLists, table.key_span("filter_lists")));
        }
        if let Some(unclassified) = table.table(log, "unclassified", "") {
            for (key, statement) in
                [("third_party", Statement::UnknownThirdParty), ("cookies", Statement::UnknownCookies)]
            {
                if unclassified.has(key) {
                    found.push((statement, unclassified.key_span(key)));
                }
            }
        }
        for (route, mut table) in (0_u16..).map(RouteId).zip(table.tables(log, "route", "")) {
            if table.has("mode") {
                found.push((Statement::RouteMode(route), table.key_span("mode")));
            }
            for name in table.strings(log, "deny").unwrap_or_default() {
                let purpose = config.purposes.get(name.value);
                found.extend(purpose.map(|purpose| (Statement::RouteDeny(route, purpose), name.span)));
            }
        }
        let (mut cookies, mut parameters) = (0_u16.., 0_u16..);
        let policy = config.sites.get(site).map(|site| &site.policy);
        for mut table in table.tables(log, "necessary", "") {
            if let Some(text) = table.string(log, "cookie") {
                found.extend(cookies.next().map(|at| (Statement::NecessaryCookie(at), text.span)));
            }
            if let Some(text) = table.string(log, "parameter") {
                found.extend(parameters.next().map(|at| (Statement::NecessaryParameter(at), text.span)));
            }
            if let Some(text) = table.string(log, "host") {
                let host = values::host(log, text);
                let at = policy
                    .zip(host)
                    .and_then(|(policy, host)| policy.necessary_hosts.keys().position(|one| *one == host));
                let at = at.and_then(|at| u16::try_from(at).ok());
                found.extend(at.map(|at| (Statement::NecessaryHost(at), text.span)));
            }
        }
        for mut table in table.tables(log, "purpose", "") {
            let purpose = table.string(log, "id").and_then(|id| config.purposes.get(id.value));
            if table.has("cookie_days") {
                let days = table.key_span("cookie_days");
                found.extend(purpose.map(|purpose| (Statement::CookieDays(purpose), days)));
            }
            for name in table.strings(log, "services").unwrap_or_default() {
                if let (Some(purpose), Some(service)) = (purpose, ids.get(name.value)) {
                    found.push((Statement::Gives(purpose, *service), name.span));
                }
            }
        }
        for (statement, span) in found {
            self.of_sites.entry((site, statement)).or_insert_with(|| place(config.origins.sources(), span));
        }
    }
}

/// The ids of the services of one file, with their places.
fn services<'a>(log: &mut Log, root: &mut Table<'a>) -> Vec<(&'a str, Span)> {
    let tables = root.tables(log, "service", "");
    tables.into_iter().filter_map(|mut table| table.string(log, "id")).map(|id| (id.value, id.span)).collect()
}

fn read_all(files: &[SourceFile], mut each: impl FnMut(&mut Log, &mut Table<'_>)) {
    // What is wrong was reported when the configuration was loaded; here nothing is.
    let mut log = Log::default();
    for (at, file) in files.iter().enumerate() {
        let document = syntax::document(&mut log, at, &file.text);
        each(&mut log, &mut Table::new(document.get_ref(), start_of(at), ""));
    }
}
