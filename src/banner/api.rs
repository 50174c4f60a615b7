//! The consent API: what a `POST consent` asks for, and the JSON in which a state is told.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::catalog::Catalog;
use crate::consent::{ConsentState, PurposeId, PurposeSet, PurposeTable};
use crate::sources::{Choice, GpcOutcome};

/// The most bytes a call may have.
pub const MAX_BODY: usize = 16 * 1024;

/// A valid call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What was chosen; its time is still to be set.
    pub choice: Choice,
    /// Where a form came from: a path of this site, as the page told it. Not yet checked.
    pub return_to: Option<String>,
    /// Whether the call was a form, which is answered with a redirect rather than 204.
    pub form: bool,
}

/// Why a call is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Neither JSON nor a form.
    #[error("send `application/json` or `application/x-www-form-urlencoded`")]
    ContentType,
    /// The body is not what its type says.
    #[error("the body is not a consent call: {0}")]
    Malformed(String),
    /// A name that this site does not know.
    #[error("`{0}` is not a purpose or service of this site")]
    Unknown(String),
    /// A source that this site does not read, or not by the mirror.
    #[error("`{0}` is not a source that is mirrored on this site")]
    NotMirrored(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    choice: Verb,
    #[serde(default)]
    purposes: Vec<String>,
    #[serde(default)]
    services: Vec<String>,
    #[serde(default, rename = "return")]
    return_to: Option<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Verb {
    Accept,
    Refuse,
    Save,
}

/// Reads a call. `accept` grants every offered purpose, `refuse` none, `save` those that are listed; whatever is offered
/// and not granted is refused. Services listed with `save` are granted by name, over and above their purpose.
///
/// # Errors
/// When the body cannot be read or names something unknown. Nothing is chosen then.
pub fn parse_call(
    content_type: &str,
    body: &[u8],
    offered: PurposeSet,
    purposes: &PurposeTable,
    catalog: &Catalog,
) -> Result<Call, CallError> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let (wire, form) = if essence.eq_ignore_ascii_case("application/json") {
        (serde_json::from_slice(body).map_err(|error| CallError::Malformed(error.to_string()))?, false)
    } else if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        (parse_form(body)?, true)
    } else {
        return Err(CallError::ContentType);
    };
    let choice = lower(&wire, offered, purposes, catalog)?;
    Ok(Call { choice, return_to: wire.return_to, form })
}

fn parse_form(body: &[u8]) -> Result<Wire, CallError> {
    let (mut choice, mut purposes, mut services, mut return_to) = (None, Vec::new(), Vec::new(), None);
    for (name, value) in url::form_urlencoded::parse(body) {
        match &*name {
            "choice" => {
                choice = Some(match &*value {
                    "accept" => Verb::Accept,
                    "refuse" => Verb::Refuse,
                    "save" => Verb::Save,
                    _ => {
                        return Err(CallError::Malformed("`choice` is accept, refuse or save".to_owned()));
                    }
                });
            }
            "purposes" | "purposes[]" => purposes.extend(names(&value)),
            "services" | "services[]" => services.extend(names(&value)),
            "return" => return_to = Some(value.into_owned()),
            _ => {}
        }
    }
    let choice = choice.ok_or_else(|| CallError::Malformed("`choice` is missing".to_owned()))?;
    Ok(Wire { choice, purposes, services, return_to })
}

fn names(value: &str) -> impl Iterator<Item = String> + '_ {
    value.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned)
}

fn lower(wire: &Wire, offered: PurposeSet, table: &PurposeTable, catalog: &Catalog) -> Result<Choice, CallError> {
    let mut granted = PurposeSet::EMPTY;
    match wire.choice {
        Verb::Accept => granted = offered,
        Verb::Refuse => {}
        Verb::Save => {
            for name in &wire.purposes {
                match table.get(name) {
                    Some(PurposeId::NECESSARY) => {}
                    Some(purpose) if offered.contains(purpose) => granted.insert(purpose),
                    _ => return Err(CallError::Unknown(printable(name))),
                }
            }
        }
    }
    let services = if wire.choice == Verb::Save { wire.services.as_slice() } else { &[] };
    if let Some(unknown) = services.iter().find(|id| catalog.get(id).is_none()) {
        return Err(CallError::Unknown(printable(unknown)));
    }
    let named = |set: PurposeSet| set.iter().map(|purpose| table.name(purpose).to_owned()).collect();
    Ok(Choice {
        issued: 0,
        granted: named(granted),
        denied: named(offered.difference(granted)),
        granted_services: services.to_vec(),
        denied_services: Vec::new(),
        knowing: false,
    })
}

pub(super) fn printable(name: &str) -> String {
    name.chars().take(64).map(|letter| if letter.is_ascii_graphic() { letter } else { '?' }).collect()
}

/// A state as JSON: `{"purposes":{"analytics":"granted"},"because":{"analytics":"own"},"services":{},"services_because":{},"chosen":true,"gpc":null}`.
/// `gpc` is what became of the visitor's `Sec-GPC: 1`.
pub fn state_json(
    state: &ConsentState,
    offered: PurposeSet,
    table: &PurposeTable,
    catalog: &Catalog,
    gpc: Option<GpcOutcome>,
) -> Value {
    let (mut purposes, mut because) = (Map::new(), Map::new());
    let (mut services, mut services_because) = (Map::new(), Map::<String, Value>::new());
    for purpose in offered.with(PurposeId::NECESSARY).iter() {
        purposes.insert(table.name(purpose).to_owned(), state.grant(purpose).as_str().into());
        because.insert(table.name(purpose).to_owned(), state.because(purpose).as_str().into());
    }
    for (service, grant) in state.service_grants() {
        if let Some(service) = catalog.service(*service) {
            services.insert(service.id.to_string(), grant.as_str().into());
        }
        let why = catalog.service(*service).zip(state.because_of_service(*service));
        services_because.extend(why.map(|(service, why)| (service.id.to_string(), why.as_str().into())));
    }
    json!({
        "purposes": purposes,
        "because": because,
        "services": services,
        "services_because": services_because,
        "chosen": state.chosen(),
        "gpc": gpc.map(GpcOutcome::as_str),
    })
}

#[cfg(test)]
mod tests {
    use super::{Call, CallError, parse_call};
    use crate::catalog::Catalog;
    use crate::consent::{PurposeId, PurposeSet, PurposeTable};

    fn parse(content_type: &str, body: &str) -> Result<Call, CallError> {
        let offered: PurposeSet = [PurposeId::ANALYTICS, PurposeId::MARKETING].into_iter().collect();
        parse_call(content_type, body.as_bytes(), offered, &PurposeTable::default(), &Catalog::default())
    }

    #[test]
    fn json_and_form_say_the_same() {
        let json = parse("application/json; charset=utf-8", r#"{"choice":"save","purposes":["analytics"]}"#).unwrap();
        let form = parse("application/x-www-form-urlencoded", "choice=save&purposes=analytics").unwrap();
        assert_eq!(json.choice, form.choice);
        assert_eq!(json.choice.granted, ["analytics"]);
        assert_eq!(json.choice.denied, ["marketing"]);
        assert!(form.form && !json.form);
    }

    #[test]
    fn nothing_is_chosen_by_a_call_that_cannot_be_read() {
        for (content_type, body) in [
            ("text/plain", r#"{"choice":"accept"}"#),
            ("application/json", r#"{"choice":"accept""#),
            ("application/json", r#"{"choice":"yes"}"#),
            ("application/json", r#"{"choice":"accept","extra":1}"#),
            ("application/json", r#"{"choice":"save","purposes":["social"]}"#),
            ("application/x-www-form-urlencoded", "purposes=analytics"),
            ("application/x-www-form-urlencoded", "choice=save&services=nobody"),
        ] {
            assert!(parse(content_type, body).is_err(), "{content_type}: {body}");
        }
    }
}
