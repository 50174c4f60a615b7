//! A tag of ours with the nonce that the shop's policy asks for.

use super::render::escape;

/// `tag`, which begins with `<` and a name, with a `nonce` right behind the name.
pub fn with_nonce(tag: &str, nonce: &str) -> String {
    let (name, rest) = tag.split_at_checked(tag.find([' ', '>']).unwrap_or(tag.len())).unwrap_or((tag, ""));
    format!("{name} nonce=\"{}\"{rest}", escape(nonce))
}

#[cfg(test)]
mod tests {
    use super::with_nonce;

    #[test]
    fn the_nonce_stands_in_the_tag_and_cannot_leave_it() {
        assert_eq!(with_nonce("<style>a{}</style>", "R4+/=="), "<style nonce=\"R4+/==\">a{}</style>");
        assert_eq!(
            with_nonce("<script async src=\"/x\"></script>", "a"),
            "<script nonce=\"a\" async src=\"/x\"></script>"
        );
        assert_eq!(with_nonce("<style></style>", "\"><b>"), "<style nonce=\"&#34;&#62;&#60;b&#62;\"></style>");
    }
}
