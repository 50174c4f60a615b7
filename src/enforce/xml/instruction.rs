//! `<?xml-stylesheet href="…"?>`: the one processing instruction that fetches (Associating Style Sheets with XML documents
//! 1.0). What may not be fetched keeps its place and content under a name that means nothing.

use std::borrow::Cow;

use memchr::memmem;

use super::tokens::Mode;
use super::{Rewriter, TokenTooLong};
use crate::enforce::Surface;
use crate::enforce::html::apart::{Element, Places, Reading};
use crate::policy::Verdict;

const NAME: &[u8] = b"<?xml-stylesheet";
const HIDDEN: &[u8] = b"<?data-vestibule-xml-stylesheet";

impl Rewriter {
    /// In the instruction, from its beginning.
    pub(super) fn stylesheet(
        &mut self,
        rest: &[u8],
        last: bool,
        output: &mut Vec<u8>,
    ) -> Result<(usize, bool), TokenTooLong> {
        let within = rest.get(..self.max_token_bytes.max(NAME.len())).unwrap_or(rest);
        let content = within.get(NAME.len()..).unwrap_or_default();
        let end = memmem::find(content, b"?>");
        if end.is_none() && rest.len() == within.len() && !last {
            return Ok((0, false));
        }
        let stays = match end.and_then(|end| content.get(..end)) {
            Some(content) => self.judge_stylesheet(content),
            None => false,
        };
        let stays = stays || {
            // Already judged where it could be read.
            end.is_none()
                && self.page.judge().judge_unreadable(Surface::Element, "<?xml-stylesheet>").verdict != Verdict::Drop
        };
        self.put(if stays { NAME } else { HIDDEN }, output)?;
        self.mode = Mode::Until(b"?>");
        Ok((NAME.len(), true))
    }

    /// Whether the style sheet may be fetched.
    fn judge_stylesheet(&mut self, content: &[u8]) -> bool {
        // Its pseudo-attributes are written as those of a tag.
        let tag = [&b"<x"[..], content, b">"].concat();
        let mut places = Places::default();
        places.reset(1);
        if places.scan(&tag) != Some(tag.len()) {
            let decision = self.page.judge().judge_unreadable(Surface::Element, "<?xml-stylesheet>");
            return decision.verdict != Verdict::Drop;
        }
        let entities = super::Entities::default();
        let mut attributes = vec![(Cow::Borrowed(&b"rel"[..]), Cow::Borrowed("stylesheet"))];
        for place in places.attributes() {
            if tag.get(place.name.0..place.name.1) == Some(b"href") {
                let value = entities.attribute(tag.get(place.value.0..place.value.1).unwrap_or_default());
                attributes.push((Cow::Borrowed(&b"href"[..]), value.text));
            }
        }
        let element = Element { name: b"link", reading: Reading::Html, attributes: &attributes, partial: false };
        self.page.element(&element).hidden.is_empty()
    }
}
