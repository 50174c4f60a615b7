//! The mirror in the shop's pages: a script of ours that tells the edge what visitors choose in a tool whose choice never
//! reaches a cookie.
//!
//! The script is a file of its own, the same for every shop; what a site reads stands in the tag. Its address names its
//! content, so that browsers keep it for good and never an old one. What it tells is read in [`super::observed`]. It does not
//! judge anything: what a word means on a site, and whether the source is read at all, is known at the edge alone.

use std::fmt::Write as _;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use super::render::escape;
use crate::sources::SourceUse;

/// The script.
pub const SCRIPT: &str = include_str!("mirror.js");

/// The sources that the script can read in a browser.
pub const READERS: [&str; 9] =
    ["tcf", "gpp", "sourcepoint", "usercentrics", "osano", "termly", "klaro", "vanilla-cookieconsent", "didomi"];

static HASH: LazyLock<String> = LazyLock::new(|| named_by_content(SCRIPT));

/// Eight hexadecimal digits that are others for another content.
pub(super) fn named_by_content(content: &str) -> String {
    let digest = Sha256::digest(content.as_bytes());
    digest.iter().take(4).fold(String::new(), |name, byte| format!("{name}{byte:02x}"))
}

/// Names the content of the script: eight hexadecimal digits.
pub fn hash() -> &'static str {
    &HASH
}

/// Where the script lies, for a site whose own endpoints are under `own_path`.
pub fn path(own_path: &str) -> String {
    format!("{own_path}/mirror-{}.js", hash())
}

/// Whether `endpoint`, under our reserved path, is where the script lies.
pub fn is_script(endpoint: &str) -> bool {
    let name = endpoint.strip_prefix("mirror-").and_then(|name| name.strip_suffix(".js"));
    name.is_some_and(|name| name == hash())
}

/// The tag, which is XML as well as HTML, for a site that reads `sources`; `None` when none of them is mirrored. `seen` tells the script that the edge
/// knows a choice already, so that it need not tell the same again.
pub fn tag(own_path: &str, sources: &[SourceUse], seen: bool) -> Option<String> {
    let mut names = String::new();
    for one in sources.iter().filter(|one| one.settings.mirror) {
        if !names.is_empty() {
            names.push(' ');
        }
        names.push_str(one.source.id().0);
        // A tool that can write a cookie calls what it keeps in the browser the same.
        if let Some(known) = one.source.cookies().first() {
            let key = one.settings.name_of(known);
            let _ = write!(names, "={}", escape(key));
        }
    }
    let seen = if seen { " data-seen=\"\"" } else { "" };
    (!names.is_empty()).then(|| {
        let path = escape(&path(own_path));
        format!("<script async=\"\" src=\"{path}\" data-sources=\"{names}\"{seen}></script>")
    })
}

#[cfg(test)]
mod tests {
    use super::{READERS, SCRIPT, hash, is_script, tag};
    use crate::sources::SourceUse;

    #[test]
    fn every_reader_is_in_the_script() {
        for name in READERS {
            let plain = format!("\n    {name}: (source");
            let alias = format!("\n    {name}: tcf,");
            let quoted = format!("\n    '{name}': (source");
            let short = format!("\n    {name},");
            assert!([plain, alias, quoted, short].iter().any(|form| SCRIPT.contains(form)), "{name}");
        }
    }

    #[test]
    fn the_tag_says_where_and_what() {
        let mut klaro = SourceUse::named("klaro").unwrap();
        assert_eq!(tag("/.vestibule", std::slice::from_ref(&klaro), false), None);
        klaro.settings.mirror = true;
        klaro.settings.cookies.insert("klaro".into(), "a\"&b".into());
        let tag = tag("/x", &[klaro], true).unwrap();
        let expected = format!(
            "<script async=\"\" src=\"/x/mirror-{}.js\" data-sources=\"klaro=a&#34;&#38;b\" data-seen=\"\"></script>",
            hash()
        );
        assert_eq!(tag, expected);
    }

    #[test]
    fn other_versions_of_the_script_are_not_there() {
        assert!(is_script(&format!("mirror-{}.js", hash())));
        for other in ["mirror-.js", "mirror-00000000.js", "mirror.js", "mirror-"] {
            assert!(!is_script(other), "{other}");
        }
    }
}
