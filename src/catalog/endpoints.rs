//! An index over endpoints: which of them a request on the shop's own domain can be one to, without asking each.
//!
//! Every endpoint is kept under one word that a request to it must carry. Most end in a segment without `*`
//! (`*/g/collect`): the last segment of a path finds them. The others are found by a parameter that they demand, or by
//! a segment in the middle. What has none of these is asked one by one; there are a handful.

use std::collections::HashMap;

use memchr::memchr_iter;
use smallvec::SmallVec;

use super::Endpoint;
use super::endpoint::{Pairs, plain_path};
use super::index::Matches;
use crate::consent::ServiceId;

type Bucket = Vec<(Endpoint, ServiceId)>;

/// The index.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    by_tail: Words,
    by_parameter: Words,
    by_segment: Words,
    others: Bucket,
}

impl Endpoints {
    pub(super) fn insert(&mut self, endpoint: &Endpoint, id: ServiceId) {
        let path = endpoint.path.as_str().as_bytes();
        let last = tail(path).filter(|last| !last.contains(&b'*'));
        let parameter = || endpoint.parameters.iter().map(|(name, _)| name.as_bytes()).max_by_key(|name| name.len());
        let (words, word) = if let Some(last) = last {
            (&mut self.by_tail, last)
        } else if let Some(name) = parameter() {
            (&mut self.by_parameter, name)
        } else if let Some(segment) = whole_segments(path).max_by_key(|segment| segment.len()) {
            (&mut self.by_segment, segment)
        } else {
            self.others.push((endpoint.clone(), id));
            return;
        };
        words.insert(word, endpoint, id);
    }

    /// Services that a request for `path` with `query` (without `?`) is one to, in the order of their ids.
    pub(super) fn find(&self, path: &[u8], query: &[u8]) -> Matches {
        let mut found = Matches::new();
        let pairs = Pairs::of(query);
        self.look(path, &pairs, &mut found);
        if let Some(plain) = plain_path(path) {
            self.look(&plain, &pairs, &mut found);
        }
        found.sort_unstable();
        found
    }

    fn look<'i>(&'i self, path: &[u8], query: &Pairs<'_>, found: &mut Matches) {
        let mut asked: SmallVec<[&'i [(Endpoint, ServiceId)]; 8]> = SmallVec::new();
        let mut ask = |bucket: &'i [(Endpoint, ServiceId)]| {
            // Words come more than once in a request, and a bucket answers the same each time.
            if asked.iter().any(|known| std::ptr::eq(*known, bucket)) {
                return;
            }
            for (endpoint, id) in bucket {
                if !found.contains(id) && endpoint.matches(path, query) {
                    found.push(*id);
                }
            }
            if !bucket.is_empty() {
                asked.push(bucket);
            }
        };
        ask(tail(path).map_or(&[], |last| self.by_tail.get(last)));
        for pair in &query.0 {
            ask(self.by_parameter.get(pair.name));
        }
        for segment in path.split(|byte| *byte == b'/') {
            ask(self.by_segment.get(segment));
        }
        ask(&self.others);
    }
}

/// The last segment with what follows it: `collect` of `/g/collect`, `tr/` of `/tr/`. `None` without a `/` before it.
fn tail(path: &[u8]) -> Option<&[u8]> {
    let inner = path.strip_suffix(b"/").unwrap_or(path);
    path.get(memchr::memrchr(b'/', inner)? + 1..)
}

/// Segments of a pattern that stand between two `/` and have no `*`, so that a path must have them whole.
fn whole_segments(pattern: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = memchr_iter(b'/', pattern);
    let next = memchr_iter(b'/', pattern).skip(1);
    slashes
        .zip(next)
        .filter_map(|(from, to)| pattern.get(from + 1..to))
        .filter(|segment| !segment.is_empty() && !segment.contains(&b'*'))
}

/// Buckets by a word. Most words of a request are none of them, which its first letter and its length mostly tell.
#[derive(Debug, Default)]
struct Words {
    buckets: HashMap<Box<[u8]>, Bucket>,
    /// Per length up to 31, longer ones as 31, a bit per five last bits of the first letter.
    known: [u32; 32],
}

impl Words {
    fn insert(&mut self, word: &[u8], endpoint: &Endpoint, id: ServiceId) {
        let (length, letter) = shape(word);
        if let Some(letters) = self.known.get_mut(length) {
            *letters |= letter;
        }
        self.buckets.entry(word.into()).or_default().push((endpoint.clone(), id));
    }

    fn get(&self, word: &[u8]) -> &[(Endpoint, ServiceId)] {
        let (length, letter) = shape(word);
        if self.known.get(length).is_none_or(|letters| letters & letter == 0) {
            return &[];
        }
        self.buckets.get(word).map_or(&[], Vec::as_slice)
    }
}

fn shape(word: &[u8]) -> (usize, u32) {
    let first = word.first().copied().unwrap_or_default();
    (word.len().min(31), 1 << (first & 31))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(endpoints: &[&str]) -> Endpoints {
        let mut index = Endpoints::default();
        for (at, endpoint) in (0..).zip(endpoints) {
            index.insert(&Endpoint::parse(endpoint).unwrap(), ServiceId(at));
        }
        index
    }

    /// One endpoint of each kind, and one path that finds it: an index that looks in the wrong place loses one.
    #[test]
    fn every_kind_of_endpoint_is_found() {
        let cases = [
            ("*/g/collect?tid=G-*", "/a/g/collect", "v=2&tid=G-1"),
            ("*/tr/?id=*", "/tr/", "id=1"),
            ("/exact", "/exact", ""),
            ("*?idsite=*&rec=1", "/any/where", "rec=1&idsite=4"),
            ("*.js?id=GTM-*", "/x.js", "id=GTM-A"),
            ("*/libtrc/*", "/libtrc/a/b.js", ""),
            ("/.well-known/x/monorail/*", "/.well-known/x/monorail/v1", ""),
            ("*/agent_*", "/js/agent_17.js", ""),
            ("*", "/", ""),
        ];
        let index = index(&cases.map(|(endpoint, ..)| endpoint));
        for (at, (endpoint, path, query)) in (0..).zip(cases) {
            assert!(index.find(path.as_bytes(), query.as_bytes()).contains(&ServiceId(at)), "{endpoint} for {path}");
        }
    }

    #[test]
    fn what_is_demanded_is_demanded() {
        let index = index(&["*/g/collect?tid=G-*", "*/libtrc/*", "*?idsite=*&rec=1"]);
        for (path, query) in [
            ("/g/collect", ""),
            ("/g/collect", "tid=UA-1"),
            ("/gg/collect", "tid=G-1"),
            ("/libtrc", ""),
            ("/mylibtrc/x", ""),
            ("/", "idsite=4"),
            ("", ""),
            ("collect", "tid=G-1"),
        ] {
            assert!(index.find(path.as_bytes(), query.as_bytes()).is_empty(), "{path}?{query}");
        }
    }

    #[test]
    fn a_service_is_named_once_and_in_order() {
        let mut index = Endpoints::default();
        for (endpoint, id) in [("*/b?x=1", 7), ("*?x=1", 3), ("*?x=*", 7)] {
            index.insert(&Endpoint::parse(endpoint).unwrap(), ServiceId(id));
        }
        assert_eq!(index.find(b"/b", b"x=1").as_slice(), [ServiceId(3), ServiceId(7)]);
    }
}
