//! The banner's styles: in the page, or as a file of ours for shops whose policy allows files only.
//!
//! The file's address names its content, so that browsers keep it for good and never an old one.

use std::sync::LazyLock;

use super::mirror::named_by_content;
use super::render::escape;

/// In the flow of the page, before everything else: it covers nothing, so that no button of the shop is out of reach. The
/// shop's own rules for lists, links and buttons end at its edge.
macro_rules! sheet {
    () => {
        "#vestibule,#vestibule *{all:revert}\
        #vestibule{position:relative;z-index:2147483647;box-sizing:border-box;padding:14px 20px;background:#fff;\
        color:#1c1c1c;color-scheme:light;border-bottom:2px solid #1c1c1c;font:15px/1.45 system-ui,sans-serif;\
        text-align:left}#vestibule p{margin:0 0 6px}#vestibule ul{display:grid;grid-template-columns:\
        repeat(auto-fit,minmax(min(100%,320px),1fr));gap:2px 40px;margin:0 0 10px;padding-left:20px}\
        #vestibule form{display:flex;flex-wrap:wrap;gap:10px;align-items:center;margin:0}\
        #vestibule button{min-width:150px;padding:9px 16px;border:2px solid #1c1c1c;border-radius:4px;background:#1c1c1c;\
        color:#fff;font:inherit;font-weight:600;cursor:pointer}#vestibule a{color:#1c1c1c}\
        #vestibule :focus-visible{outline:3px solid #0a58ca;outline-offset:2px}"
    };
}

/// The styles.
pub const SHEET: &str = sheet!();

/// The element that holds them, for the head of a page.
pub const ELEMENT: &str = concat!("<style>", sheet!(), "</style>");

static HASH: LazyLock<String> = LazyLock::new(|| named_by_content(SHEET));

/// Names the content: eight hexadecimal digits.
pub fn hash() -> &'static str {
    &HASH
}

/// Where the file lies, for a site whose own endpoints are under `own_path`.
pub fn path(own_path: &str) -> String {
    format!("{own_path}/banner-{}.css", hash())
}

/// Whether `endpoint`, under our reserved path, is where the file lies.
pub fn is_sheet(endpoint: &str) -> bool {
    let name = endpoint.strip_prefix("banner-").and_then(|name| name.strip_suffix(".css"));
    name.is_some_and(|name| name == hash())
}

/// The element that loads the file, for the head of a page.
pub fn link(own_path: &str) -> String {
    format!("<link rel=stylesheet href=\"{}\">", escape(&path(own_path)))
}

#[cfg(test)]
mod tests {
    use super::{ELEMENT, SHEET, hash, is_sheet, link};

    #[test]
    fn the_file_and_the_element_say_the_same() {
        assert_eq!(ELEMENT, format!("<style>{SHEET}</style>"));
        assert!(SHEET.is_ascii() && !SHEET.contains(['<', '&']));
        assert_eq!(link("/x"), format!("<link rel=stylesheet href=\"/x/banner-{}.css\">", hash()));
        assert!(
            is_sheet(&format!("banner-{}.css", hash())) && !is_sheet("banner-00000000.css") && !is_sheet("banner-.css")
        );
    }
}
