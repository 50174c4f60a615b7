//! Diagnostics as JSON. The names of the fields are a contract: fields may be added, none changes.

use serde_json::{Value, json};

use crate::config::codes::Code;
use crate::config::diagnostic::{Diagnostic, Diagnostics, Place};

/// All diagnostics, as a list of objects.
pub fn json(diagnostics: &Diagnostics) -> Value {
    diagnostics.iter().map(one).collect()
}

fn one(diagnostic: &Diagnostic) -> Value {
    let mut object = located(&diagnostic.place);
    let related: Vec<Value> = diagnostic
        .related
        .iter()
        .map(|(note, place)| {
            let mut object = located(place);
            put(&mut object, "note", note.as_str().into());
            object
        })
        .collect();
    let code = Code::find(diagnostic.code);
    for (name, value) in [
        ("code", diagnostic.code.into()),
        ("severity", diagnostic.severity.as_str().into()),
        ("message", diagnostic.message.as_str().into()),
        ("title", code.map(|code| code.title).into()),
        ("explanation", code.map(|code| code.explanation).into()),
        ("help", diagnostic.help.as_deref().into()),
        ("related", related.into()),
    ] {
        put(&mut object, name, value);
    }
    object
}

/// Line and columns count from 1, columns in characters; they are absent when the file as a whole is meant.
fn located(place: &Place) -> Value {
    let mut object = json!({ "file": place.path.to_string_lossy() });
    if place.line > 0 {
        put(&mut object, "line", place.line.into());
        put(&mut object, "column", place.column.into());
        put(&mut object, "end_column", place.column.saturating_add(place.caret).into());
        put(&mut object, "source", place.source.as_str().into());
    }
    object
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}
