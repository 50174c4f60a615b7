//! Entity tags that name the variant of a page, so that no cache revives one visitor's variant for another.
//!
//! `"abc"` from the shop goes out as `"abc.s-VARIANT"`, `W/"abc"` as `W/"abc.w-VARIANT"`; what comes back is restored
//! when the variant still holds and forgotten otherwise (RFC 9110 §8.8.3, §13.1.2).

/// The tag that a page goes out with. Rewritten pages are weakly equal at best, so the tag is always weak.
pub(super) fn mark(etag: &str, variant: &str) -> Option<String> {
    let (kind, opaque) = opaque(etag)?;
    Some(format!("W/\"{opaque}.{kind}-{variant}\""))
}

/// What `If-None-Match` should say to the shop; `None` when nothing of it holds any more. Tags that are not ours pass:
/// they belong to something that is not a page.
pub(super) fn restore(field: &str, variant: &str) -> Option<String> {
    if field.trim() == "*" {
        return Some(field.to_owned());
    }
    let restored: Vec<String> = split(field)
        .filter_map(|tag| {
            let (_, inner) = opaque(tag)?;
            let Some((head, found)) = inner.rsplit_once('-') else {
                return Some(tag.to_owned());
            };
            let (original, prefix) = match head.strip_suffix(".s") {
                Some(original) => (original, ""),
                None => match head.strip_suffix(".w") {
                    Some(original) => (original, "W/"),
                    None => return Some(tag.to_owned()),
                },
            };
            // A variant is `REVISION.CLASS`, with or without a banner.
            (found == variant).then(|| format!("{prefix}\"{original}\""))
        })
        .collect();
    (!restored.is_empty()).then(|| restored.join(", "))
}

/// Whether one of the tags in `field` names a variant.
pub(super) fn names_variant(field: &str) -> bool {
    split(field).filter_map(opaque).any(|(_, inner)| {
        inner.rsplit_once('-').is_some_and(|(head, _)| matches!(head.as_bytes(), [.., b'.', b's' | b'w']))
    })
}

/// The kind (`s`trong or `w`eak) and the text between the quotes.
fn opaque(etag: &str) -> Option<(char, &str)> {
    let etag = etag.trim();
    let (kind, quoted) = match etag.strip_prefix("W/") {
        Some(quoted) => ('w', quoted),
        None => ('s', etag),
    };
    Some((kind, quoted.strip_prefix('"')?.strip_suffix('"')?))
}

/// Tags of a list; commas inside quotes do not separate.
fn split(field: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    field
        .split(move |letter| {
            if letter == '"' {
                quoted = !quoted;
            }
            letter == ',' && !quoted
        })
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{mark, restore};

    #[test]
    fn tags_come_back_only_for_the_variant_they_were_made_for() {
        let strong = mark("\"a,b-1\"", "12ab.ff").unwrap();
        assert_eq!(strong, "W/\"a,b-1.s-12ab.ff\"");
        assert_eq!(restore(&strong, "12ab.ff").as_deref(), Some("\"a,b-1\""));
        assert_eq!(restore(&strong, "12ab.00"), None);
        let weak = mark("W/\"x\"", "v").unwrap();
        assert_eq!(restore(&weak, "v").as_deref(), Some("W/\"x\""));
        assert_eq!(restore(&format!("\"img\", {weak}, {strong}"), "v").as_deref(), Some("\"img\", W/\"x\""));
        assert_eq!(restore("*", "v").as_deref(), Some("*"));
        assert_eq!(mark("unquoted", "v"), None);
    }
}
