//! The reference as a JSON Schema (draft-07), for editors that complete and check TOML while it is typed.
//!
//! It says what can be said about one file without knowing the others: names, types, ranges, words. What `check` knows
//! over and above that (unknown services, unreachable routes, …) stays with `check`. Tables are written out where they
//! stand instead of being referred to, because not every editor describes what is behind a reference.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::reference::{Absent, Key, KeyTable, TABLES, Takes};

/// What has no visible character is as good as nothing.
const VISIBLE: &str = "\\S";

/// Keys that an included file may have.
const INCLUDED: [&str; 4] = ["version", "site", "service", "regime"];

/// The schema of the main file, or of a file that it includes.
pub fn schema(included: bool) -> Value {
    let mut root = TABLES.first().map_or(Value::Null, table);
    if let Some(object) = root.as_object_mut() {
        object.insert("$schema".to_owned(), "http://json-schema.org/draft-07/schema#".into());
        let title = if included { "Included file of a Vestibule configuration" } else { "Vestibule configuration" };
        object.insert("title".to_owned(), title.into());
        if included {
            object.remove("required");
            if let Some(keys) = object.get_mut("properties").and_then(Value::as_object_mut) {
                keys.retain(|name, _| INCLUDED.contains(&name.as_str()));
            }
        }
    }
    root
}

fn table(table: &KeyTable) -> Value {
    let keys: Map<String, Value> = table.keys.iter().map(|key| (key.name.to_owned(), value(key))).collect();
    let required: Vec<&str> = table.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json!({
        "type": "object",
        "description": table.meaning,
        "additionalProperties": false,
        "properties": keys,
    });
    if let Some(object) = schema.as_object_mut().filter(|_| !required.is_empty()) {
        object.insert("required".to_owned(), json!(required));
        // What an editor writes when it starts such a table.
        object.insert("x-taplo".to_owned(), json!({ "initKeys": required }));
    }
    schema
}

fn value(key: &Key) -> Value {
    let text = json!({ "type": "string", "pattern": VISIBLE });
    let mut schema = match key.takes {
        Takes::Text | Takes::File => text,
        Takes::Texts | Takes::Files => json!({ "type": ["string", "array"], "pattern": VISIBLE, "items": text }),
        Takes::SomeTexts => json!({ "type": ["string", "array"], "pattern": VISIBLE, "items": text, "minItems": 1 }),
        Takes::Word(words) => word(words),
        Takes::Words(words) => json!({ "anyOf": [word(words), { "type": "array", "items": word(words) }] }),
        Takes::Whole(least, most) if least == most => json!({ "type": "integer", "enum": [least] }),
        Takes::Whole(least, most) => referred(&json!({ "type": "integer", "minimum": least, "maximum": most })),
        Takes::Boolean => referred(&json!({ "type": "boolean" })),
        Takes::ByLanguage => json!({
            "type": "object",
            "propertyNames": { "pattern": "^[A-Za-z0-9-]{2,16}$" },
            "additionalProperties": text,
        }),
        Takes::Fields => json!({
            "type": "object",
            "additionalProperties": { "type": ["string", "array"], "items": { "type": "string" } },
        }),
        Takes::AnyText => json!({ "type": "string" }),
        Takes::ByName => json!({ "type": "object", "additionalProperties": text }),
        Takes::TextOrTable(path) => json!({ "anyOf": [text, inner(path)] }),
        Takes::BooleanOrTable(path) => {
            json!({ "anyOf": [{ "type": ["boolean", "string"], "pattern": "\\$\\{(env|file|credential):" }, inner(path)] })
        }
        Takes::Table(path) => inner(path),
        Takes::Tables(path) => json!({ "type": "array", "items": inner(path) }),
    };
    if let Some(object) = schema.as_object_mut() {
        object.insert("description".to_owned(), description(key).into());
        if let Absent::Value(default) = key.absent
            && let Some(default) = parsed(default)
        {
            object.insert("default".to_owned(), default);
        }
        if let Some(example) = parsed(key.example) {
            object.insert("examples".to_owned(), json!([example]));
        }
    }
    schema
}

/// A value that is no text, or a text that refers to it.
fn referred(value: &Value) -> Value {
    json!({ "anyOf": [value, { "type": "string", "pattern": "\\$\\{(env|file|credential):" }] })
}

fn inner(path: &str) -> Value {
    TABLES.iter().find(|table| table.path == path).map_or(Value::Null, table)
}

fn word(words: &[(&str, &str)]) -> Value {
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let meanings: Vec<&str> = words.iter().map(|(_, meaning)| *meaning).collect();
    json!({ "type": "string", "enum": names, "x-taplo": { "docs": { "enumValues": meanings } } })
}

/// What an editor shows: the meaning, the words with theirs, and a default that cannot be written as a value.
fn description(key: &Key) -> String {
    let mut text = key.meaning.to_owned();
    if let Takes::Word(words) | Takes::Words(words) = key.takes {
        for (word, meaning) in words {
            let _ = write!(text, "\n- `{word}`: {meaning}");
        }
    }
    if let Absent::Said(otherwise) = key.absent {
        let _ = write!(text, "\n\nDefault: {otherwise}.");
    }
    text
}

/// A TOML value as JSON; `None` for an empty text. A test parses all of them.
fn parsed(toml: &str) -> Option<Value> {
    let document: toml::Table = toml::from_str(&format!("value = {toml}")).ok()?;
    serde_json::to_value(document.get("value")?).ok()
}
