//! `[[service]]` tables, the operator's and the built-in ones alike.

use super::codes;
use super::parse::{host, purposes};
use super::read::{Located, Table};
use crate::catalog::{AddressPattern, Pattern, Service};
use crate::consent::{PurposeId, PurposeSet, PurposeTable};

/// Reads one table. What can be read is read, so that one mistake does not make a service unknown elsewhere.
pub(super) fn read(table: Table<'_>, known: &mut PurposeTable) -> Option<Located<Service>> {
    let id = table.string("id");
    let name = table.string("name").map(|name| name.value);
    let vendor = table.string("vendor").map(|vendor| vendor.value).unwrap_or_default();
    let carrier = table.boolean("carrier").unwrap_or(false);
    let reason = table.string("reason").map(|reason| reason.value);
    let purposes = wanted_purposes(&table, carrier, known);
    let cookies: Vec<Pattern> =
        table.strings("cookies").into_iter().flatten().filter_map(|name| cookie(&table, &name)).collect();
    let hosts = table.strings("hosts").into_iter().flatten().filter_map(|name| host(&name, table.errors())).collect();
    let addresses = table.strings("addresses").into_iter().flatten().filter_map(|at| address(&table, &at)).collect();
    let inline = table.strings("inline").into_iter().flatten().map(|marker| marker.value.into()).collect();
    // A note for people: where the facts come from.
    table.string("source");
    let place = table.place().clone();
    let errors = table.errors();
    if purposes.contains(PurposeId::NECESSARY) && reason.is_none() {
        let help = "say why the shop cannot work without it: `reason = \"payment\"`";
        errors.add(codes::NO_REASON, &place, "a necessary service has no reason".to_owned(), help.to_owned());
    }
    if id.is_none() && !table.has("id") {
        table.missing("id", "give it a short lower-case name: `id = \"newsletter-tool\"`");
    }
    table.finish();
    let id = id?;
    let service = Service {
        name: name.unwrap_or_else(|| id.value.clone()).into(),
        id: id.value.into(),
        vendor: vendor.into(),
        purposes,
        carrier,
        reason: reason.map(Into::into),
        cookies,
        hosts,
        addresses,
        inline,
    };
    Some(Located { value: service, place: id.place })
}

fn wanted_purposes(table: &Table<'_>, carrier: bool, known: &PurposeTable) -> PurposeSet {
    let named = match (table.strings("purpose"), table.strings("purposes")) {
        (Some(one), Some(_)) => {
            if let Some(one) = one.first() {
                let message = "`purpose` and `purposes` are both there".to_owned();
                table.errors().add(codes::AMBIGUOUS, &one.place, message, "keep one of them".to_owned());
            }
            one
        }
        (Some(named), None) | (None, Some(named)) => named,
        (None, None) => {
            if !carrier {
                table.missing("purpose", "say what it is for: `purpose = \"analytics\"`");
            }
            return PurposeSet::EMPTY;
        }
    };
    purposes(&named, known, table.errors())
}

fn cookie(table: &Table<'_>, name: &Located<String>) -> Option<Pattern> {
    let pattern = Pattern::new(&name.value);
    if name.value.bytes().all(|byte| byte == b'*') {
        let message = format!("`{}` catches every cookie, the shop's own session included", name.value);
        table.errors().add(
            codes::TOO_BROAD,
            &name.place,
            message,
            "write the part of the name that is fixed".to_owned(),
        );
        return None;
    }
    Some(pattern)
}

/// `www.google.com/maps/embed*`: a host, and a pattern for the path behind it.
fn address(table: &Table<'_>, at: &Located<String>) -> Option<AddressPattern> {
    let (name, path) = at.value.split_at_checked(at.value.find('/').unwrap_or(at.value.len()))?;
    let name = Located { value: name.to_owned(), place: at.place.clone() };
    let host = host(&name, table.errors())?;
    if path.is_empty() {
        let message = format!("`{}` has no path", at.value);
        table.errors().add(codes::BAD_PATH, &at.place, message, "a whole host goes into `hosts`".to_owned());
        return None;
    }
    Some(AddressPattern { host, path: Pattern::new(path) })
}
