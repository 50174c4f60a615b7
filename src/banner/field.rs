//! `Vestibule-Consent`, the request field in which the shop's own code is told what is allowed: a dictionary in the sense
//! of RFC 9651.
//!
//! `necessary=granted, analytics=granted, marketing=denied, regime="gdpr-fr", revision="1f3a90c2"`: a token for each purpose
//! that the site asks about, and two strings. Whatever it is given, it gives a field that parses; a name that cannot be a
//! member is left out, and the configuration refuses such names before it comes to that.

use crate::consent::{ConsentState, PurposeId, PurposeSet, PurposeTable};

/// Members that are no purposes.
pub const RESERVED: [&str; 2] = ["regime", "revision"];

/// Whether a purpose can be a member of the field under this name (RFC 9651 §3.1.2, keys).
pub fn can_be_member(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'*';
    name.bytes().next().is_some_and(letter)
        && name.bytes().all(|byte| letter(byte) || byte.is_ascii_digit() || b"_-.".contains(&byte))
        && !RESERVED.contains(&name)
}

/// The field's value for a visitor in `state`, of whom a site asks about `offered`, under the regime and the policy with
/// these names.
pub fn consent_field(
    state: &ConsentState,
    offered: PurposeSet,
    table: &PurposeTable,
    regime: &str,
    revision: &str,
) -> String {
    let mut field = String::with_capacity(160);
    for purpose in offered.with(PurposeId::NECESSARY).iter() {
        let name = table.name(purpose);
        if can_be_member(name) {
            field.push_str(name);
            field.push('=');
            field.push_str(state.grant(purpose).as_str());
            field.push_str(", ");
        }
    }
    let [first, second] = RESERVED;
    string(&mut field, first, regime);
    field.push_str(", ");
    string(&mut field, second, revision);
    field
}

/// A member that is a string (§3.3.3): printable ASCII, and nothing else of `value`.
fn string(field: &mut String, key: &str, value: &str) {
    field.push_str(key);
    field.push_str("=\"");
    for letter in value.chars().filter(|letter| (' '..='~').contains(letter)) {
        if matches!(letter, '"' | '\\') {
            field.push('\\');
        }
        field.push(letter);
    }
    field.push('"');
}
