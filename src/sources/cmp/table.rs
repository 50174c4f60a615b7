//! The manual's table of consent tools, made of the same facts that reading uses.

use std::fmt::Write as _;

use super::{CMPS, Cmp, Verified};
use crate::consent::{PurposeId, PurposeTable};

/// Every tool as a row of Markdown.
pub fn manual() -> String {
    let mut page =
        "| source | tool | read from | somebody chose when | what its words stand for | checked |\n".to_owned();
    page.push_str("|---|---|---|---|---|---|\n");
    let names = PurposeTable::default();
    for cmp in CMPS {
        let checked = match cmp.verified {
            Verified::Run(version) => format!("the tool was run: {version}"),
            Verified::Captured => "values of real requests".to_owned(),
            Verified::Documented => "documentation only: no real value backs this row".to_owned(),
        };
        let (id, name, chosen) = (cmp.id, cmp.name, cmp.chosen);
        let _ =
            writeln!(page, "| `{id}` | {name} | {} | {chosen} | {} | {checked} |", read_from(cmp), words(cmp, &names));
    }
    page
}

fn read_from(cmp: &Cmp) -> String {
    if cmp.cookies.is_empty() {
        return "the mirror".to_owned();
    }
    let names: Vec<String> = cmp.cookies.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// The most words that are shown; tools that ask by service know hundreds.
const SHOWN: usize = 12;

fn words(cmp: &Cmp, names: &PurposeTable) -> String {
    let shown = cmp.map.iter().take(SHOWN).map(|(word, purposes)| {
        let purposes: Vec<&str> = purposes.iter().map(|purpose: &PurposeId| names.name(*purpose)).collect();
        format!("`{word}`: {}", purposes.join(" and "))
    });
    let mut words: Vec<String> = shown.collect();
    if cmp.map.is_empty() {
        words.push(
            if cmp.by_service { "services of the site's own: say so in `map`" } else { "say so in `map`" }.to_owned(),
        );
    }
    if cmp.map.len() > SHOWN {
        words.push(format!("and {} more", cmp.map.len() - SHOWN));
    }
    words.join("; ")
}
