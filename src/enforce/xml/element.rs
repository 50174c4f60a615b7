//! Start and end tags: what an element is by its namespace, and what the judge says about it.

use std::borrow::Cow;

use super::entities::Decoded;
use super::names::{Space, split};
use super::{Kind, Rewriter, TokenTooLong, write};
use crate::enforce::Surface;
use crate::enforce::html::apart::{Element, Outcome, Places, Reading, attribute_acts, attribute_matters};
use crate::policy::Verdict;

/// Elements of feeds whose text is HTML to their readers, whatever their namespace: RSS 0.9 to 2.0 with its content and media
/// modules, Atom 0.3 and 1.0.
const FEED_TEXT: [&[u8]; 10] = [
    b"description",
    b"encoded",
    b"summary",
    b"content",
    b"subtitle",
    b"title",
    b"tagline",
    b"info",
    b"body",
    b"rights",
];

/// How many attributes of one tag, whose prefixes nobody declared, are judged; more go out of sight.
const MAX_UNKNOWN: usize = 16;

/// An attribute with what is known about it.
struct Named<'a> {
    space: Space,
    prefix: &'a [u8],
    local: &'a [u8],
    value: Decoded<'a>,
}

/// What is known about a start tag, or a part of one.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) outcome: Outcome,
    /// What its name means; nothing that matters when absent.
    pub(super) reading: Option<Reading>,
}

impl Rewriter {
    /// Judges and writes a start tag, or holds it back with the script that it begins.
    pub(super) fn start_tag(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        let places = std::mem::take(&mut self.places);
        let name = bytes.get(1..places.name_end()).unwrap_or_default();
        self.enter_document(name, bytes, &places);
        let space = self.declare(name, bytes, &places, false);
        let (_, local) = split(name);
        let read = self.judged(local, self.reading(space), bytes, &places, false);
        let is_script = read.reading.is_some() && local.eq_ignore_ascii_case(b"script");
        if is_script && self.holds_script() {
            // Part of its text stands behind this one, and part of what it does may be in it.
            self.release(true, output)?;
        }
        if self.sheet_depth == Some(self.scope.depth) {
            // Browsers read the text around an element in one piece.
            let decision = self.page.judge().judge_unreadable(Surface::Element, "<style>");
            self.sheet_ends |= decision.verdict == Verdict::Drop;
        }
        let empty = places.self_closing();
        if is_script && read.outcome.inline && !empty {
            self.scope.enter();
            self.hold_script(bytes, read.outcome);
        } else {
            let mut written = Vec::with_capacity(bytes.len());
            write::tag(bytes, &places, &read.outcome, write::Part::Beginning, self.quote, &mut written);
            if !empty {
                self.injection.after_element(name, space, &mut written);
            }
            self.put(&written, output)?;
            self.enter(local, empty);
            if read.outcome.sheet && !empty && self.sheet_depth.is_none() {
                self.sheet_depth = Some(self.scope.depth);
            }
        }
        self.places = places;
        Ok(())
    }

    /// The element of a start tag is open, unless it is empty.
    pub(super) fn enter(&mut self, local: &[u8], empty: bool) {
        if empty {
            self.scope.leave(true);
            return;
        }
        self.scope.enter();
        if self.kind == Kind::Feed && self.feed_depth.is_none() && FEED_TEXT.contains(&local) {
            self.feed_depth = Some(self.scope.depth);
        }
    }

    /// An end tag begins.
    pub(super) fn end_tag(&mut self, output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        self.release_ended(output)?;
        if self.feed_depth == Some(self.scope.depth) {
            self.feed_depth = None;
        }
        if self.sheet_depth == Some(self.scope.depth) {
            self.sheet_depth = None;
            self.sheet_ends = false;
        }
        self.scope.leave(false);
        Ok(())
    }

    /// The first element tells what the document is.
    pub(super) fn enter_document(&mut self, name: &[u8], tag: &[u8], places: &Places) {
        if self.kind != Kind::Unknown {
            return;
        }
        let (_, local) = split(name);
        let transforms = || {
            places.attributes().any(|place| {
                let value = tag.get(place.value.0..place.value.1).unwrap_or_default();
                self.entities.attribute(value).text == "http://www.w3.org/1999/XSL/Transform"
            })
        };
        self.kind = match local {
            b"rss" | b"feed" | b"RDF" => Kind::Feed,
            // A style sheet may be a single template whose root is what it makes.
            _ if transforms() => Kind::Transform,
            _ => Kind::Other,
        };
    }

    /// Takes note of the namespaces that a tag, or a part of one, declares, and gives its element's. The value of the last
    /// attribute may be unread.
    pub(super) fn declare(&mut self, name: &[u8], tag: &[u8], places: &Places, unread: bool) -> Space {
        for (element, attribute, value) in &self.entities.defaults {
            if **element == *name {
                self.scope.declare(attribute, value, true);
            }
        }
        let whole = places.attributes().count() - usize::from(unread && places.attributes().next().is_some());
        for (at, place) in places.attributes().enumerate() {
            let attribute = tag.get(place.name.0..place.name.1).unwrap_or_default();
            if attribute.starts_with(b"xmlns") {
                let value = self.entities.attribute(tag.get(place.value.0..place.value.1).unwrap_or_default());
                self.scope.declare(attribute, value.text.trim(), value.known && at < whole);
            }
        }
        self.scope.space(split(name).0)
    }

    /// How an element of this namespace is read.
    pub(super) fn reading(&self, space: Space) -> Option<Reading> {
        match space {
            Space::Html => Some(Reading::Html),
            Space::Svg => Some(Reading::Svg),
            Space::MathMl => Some(Reading::MathMl),
            Space::Unknown => Some(Reading::Any),
            Space::Nothing if self.kind == Kind::Transform => Some(Reading::Any),
            Space::Nothing | Space::XLink | Space::Xml | Space::Xslt | Space::Other => None,
        }
    }

    /// Judges a tag, or a part of one. `bytes` and `places` hold whole attributes only; `partial` tells that there may be
    /// others.
    pub(super) fn judged(
        &mut self,
        local: &[u8],
        reading: Option<Reading>,
        bytes: &[u8],
        places: &Places,
        partial: bool,
    ) -> Read {
        let element = local.to_ascii_lowercase();
        let named: Vec<Named<'_>> = places
            .attributes()
            .map(|place| {
                let (prefix, local) = split(bytes.get(place.name.0..place.name.1).unwrap_or_default());
                let value = self.entities.attribute(bytes.get(place.value.0..place.value.1).unwrap_or_default());
                let space = if prefix.is_empty() { Space::Nothing } else { self.scope.space(prefix) };
                Named { space, prefix, local, value }
            })
            .collect();
        Read { outcome: self.judge_named(&element, reading, &named, partial), reading }
    }

    fn judge_named(&mut self, element: &[u8], reading: Option<Reading>, named: &[Named<'_>], partial: bool) -> Outcome {
        for base in named.iter().filter(|one| one.space == Space::Xml && one.local == b"base") {
            self.page.also_base(&base.value.text);
        }
        let Some(reading) = reading else { return Outcome::default() };
        let attributes: Vec<_> = named.iter().map(|one| seen(one, one.space != Space::Unknown)).collect();
        let mut outcome = self.page.element(&Element { name: element, reading, attributes: &attributes, partial });
        // Some browsers take an attribute whose prefix nobody declared for one without; each for itself, since others come first.
        let helps = |one: &Named<'_>| attribute_matters(one.local) && !attribute_acts(element, one.local);
        let unknown = |one: &Named<'_>| one.space == Space::Unknown && attribute_acts(element, one.local);
        for (count, (at, _)) in named.iter().enumerate().filter(|(_, one)| unknown(one)).enumerate() {
            if count >= MAX_UNKNOWN {
                let subject = format!("<{}>", String::from_utf8_lossy(element));
                self.hide_unreadable(&mut outcome, at, &subject);
                continue;
            }
            let wanted = |(other, named): (usize, &Named<'_>)| other == at || helps(named);
            let attributes: Vec<_> =
                named.iter().enumerate().map(|(other, named)| seen(named, wanted((other, named)))).collect();
            let other = self.page.element(&Element { name: element, reading, attributes: &attributes, partial });
            outcome.hidden.extend(other.hidden);
            outcome.values.extend(other.values);
            outcome.stop_script |= other.stop_script;
            for id in other.services {
                if !outcome.services.contains(&id) {
                    outcome.services.push(id);
                }
            }
        }
        for (at, one) in named.iter().enumerate() {
            let acts = || attribute_acts(element, one.local);
            if !one.value.known && acts() && !outcome.hidden.contains(&at) {
                let subject = format!("<{} {}>", String::from_utf8_lossy(element), String::from_utf8_lossy(one.local));
                self.hide_unreadable(&mut outcome, at, &subject);
            }
        }
        outcome
    }

    /// Hides an attribute of which nobody can tell what it says, unless the policy keeps even that.
    pub(super) fn hide_unreadable(&mut self, outcome: &mut Outcome, at: usize, subject: &str) {
        let judge = self.page.judge();
        let decision = judge.judge_unreadable(Surface::Element, subject);
        if decision.verdict == Verdict::Drop {
            outcome.hidden.push(at);
            if outcome.services.is_empty() {
                outcome.services.push("unknown".to_owned());
            }
        }
    }
}

/// How HTML would write an attribute: without a name when it means nothing there, or is not `wanted`.
fn seen<'n>(one: &'n Named<'_>, wanted: bool) -> (Cow<'n, [u8]>, Cow<'n, str>) {
    let href = one.local == b"href";
    let name = match one.space {
        _ if !wanted || !one.value.known => &b""[..],
        Space::XLink if href => b"xlink:href",
        Space::Unknown if href && one.prefix == b"xlink" => b"xlink:href",
        // The one of SVG's that is in mixed case and tells what is fetched.
        Space::Nothing | Space::Unknown if one.local == b"attributeName" => b"attributename",
        Space::Nothing | Space::Unknown => one.local,
        _ => b"",
    };
    let value = if name.is_empty() { "" } else { &*one.value.text };
    (Cow::Borrowed(name), Cow::Borrowed(value))
}
