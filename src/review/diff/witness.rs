//! Words that stand for all words, as far as patterns can tell them apart.
//!
//! # The argument
//!
//! A decision depends on a name only through the set S of patterns that match it, and its verdict is settled by at most
//! one pattern of the old policy and one of the new one: a necessary entry that keeps, a service that drops, a service
//! that makes the name known at all, or none of them. Adding matches to S can bring in such evidence and never take it
//! away. So a difference that shows for some name shows already for a name that matches one decisive pattern of each
//! policy and *no more than that name did*. It is enough to have, for every pattern and for every pair, words whose sets
//! of matching patterns are as small as any.
//!
//! Two patterns have in common what finitely many patterns describe: one for each way of laying them over each other.
//! In each of these every `*` is filled with a byte that stands in no pattern. Whatever pattern matches the filled word
//! must cover that byte with a `*` of its own, and so matches every other filling as well: the filled word matches no
//! more than any of them. One word that is nothing but that byte stands for names that nobody knows.
//!
//! Where `*` does not cross a `/` and `**` does (routes), `**` is filled with every number of segments up to one more
//! than any pattern has, because a pattern may count them.

use std::collections::BTreeSet;

/// A piece of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Token {
    Byte(u8),
    /// Any run of bytes.
    Any,
    /// Any run of bytes without `/`.
    Within,
}

/// How many steps one pair of patterns is followed before the rest of its overlaps is given up.
const STEPS: usize = 50_000;

/// The words, and whether all overlaps were followed to the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witnesses {
    /// The words, sorted.
    pub words: BTreeSet<Vec<u8>>,
    /// The byte that stands for whatever a `*` may stand for.
    pub fresh: u8,
    /// Whether two patterns overlap in more ways than were followed.
    pub incomplete: bool,
}

/// Words for patterns in which `*` stands for any run of bytes. A word of nothing but fresh bytes is among them, behind
/// `lead`, which every name begins with.
pub fn words<'a>(patterns: impl IntoIterator<Item = &'a str>, lead: &str) -> Witnesses {
    let tokens: BTreeSet<Vec<Token>> = patterns
        .into_iter()
        .map(|pattern| pattern.bytes().map(|byte| if byte == b'*' { Token::Any } else { Token::Byte(byte) }).collect())
        .collect();
    let fresh = fresh_byte(&tokens);
    let mut found = Witnesses { fresh, ..Witnesses::default() };
    overlaps(&tokens, &mut found.incomplete, |pattern| {
        found.words.insert(fill(pattern, fresh, 1));
    });
    found.words.insert([lead.as_bytes(), &[fresh]].concat());
    found
}

/// Paths for patterns of routes: `**` stands for any run of bytes, `*` for a run without `/`.
pub fn paths<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Witnesses {
    let mut tokens = BTreeSet::new();
    let mut deepest = 1;
    for pattern in patterns {
        deepest = deepest.max(pattern.matches('/').count() + 1);
        // A `**` between slashes may stand for nothing at all, slash included.
        let shorter = pattern.replacen("/**", "", 1);
        for one in [pattern, &shorter] {
            tokens.insert(route_tokens(one));
        }
    }
    let fresh = fresh_byte(&tokens);
    let mut found = Witnesses { fresh, ..Witnesses::default() };
    overlaps(&tokens, &mut found.incomplete, |pattern| {
        for depth in 0..=deepest + 1 {
            let path = fill(pattern, fresh, depth);
            if path.first() == Some(&b'/') {
                found.words.insert(path);
            }
        }
    });
    found.words.insert(b"/".to_vec());
    for depth in 1..=deepest + 1 {
        found.words.insert(format!("/{}", vec![char::from(fresh).to_string(); depth].join("/")).into_bytes());
    }
    found
}

fn route_tokens(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = pattern.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        tokens.push(match (byte, after) {
            (b'*', [b'*', beyond @ ..]) => {
                rest = beyond;
                Token::Any
            }
            (b'*', _) => Token::Within,
            (byte, _) => Token::Byte(*byte),
        });
    }
    tokens
}

/// A byte that stands in no pattern, one that reads well if there is one.
fn fresh_byte(patterns: &BTreeSet<Vec<Token>>) -> u8 {
    let used: BTreeSet<u8> = patterns
        .iter()
        .flatten()
        .filter_map(|token| match token {
            Token::Byte(byte) => Some(*byte),
            _ => None,
        })
        .collect();
    let readable = b"~!^'|+".iter().copied().chain(b'0'..=b'z').chain(0x80..=0xff);
    readable.into_iter().find(|byte| !used.contains(byte) && *byte != b'/').unwrap_or(0xff)
}

/// Calls `each` with every pattern, and with every way in which two patterns with `*` overlap.
fn overlaps(patterns: &BTreeSet<Vec<Token>>, incomplete: &mut bool, mut each: impl FnMut(&[Token])) {
    let globs: Vec<&Vec<Token>> =
        patterns.iter().filter(|tokens| tokens.iter().any(|token| !matches!(token, Token::Byte(_)))).collect();
    for pattern in patterns {
        each(pattern);
    }
    for (at, one) in globs.iter().enumerate() {
        for other in globs.get(at + 1..).unwrap_or_default() {
            if ends_apart(one.iter(), other.iter()) || ends_apart(one.iter().rev(), other.iter().rev()) {
                continue;
            }
            let mut found = BTreeSet::new();
            let mut steps = STEPS;
            merge(one, other, &mut Vec::new(), &mut found, &mut steps);
            *incomplete |= steps == 0;
            for pattern in &found {
                each(pattern);
            }
        }
    }
}

/// Whether the patterns differ before the first `*` of either, so that nothing matches both.
fn ends_apart<'a>(one: impl Iterator<Item = &'a Token>, other: impl Iterator<Item = &'a Token>) -> bool {
    for pair in one.zip(other) {
        match pair {
            (Token::Byte(one), Token::Byte(other)) if one != other => return true,
            (Token::Byte(_), Token::Byte(_)) => {}
            _ => return false,
        }
    }
    false
}

/// Every way in which one word can be read as both patterns, as a pattern each.
fn merge(one: &[Token], other: &[Token], prefix: &mut Vec<Token>, found: &mut BTreeSet<Vec<Token>>, steps: &mut usize) {
    let Some(left) = steps.checked_sub(1).filter(|left| *left > 0) else {
        *steps = 0;
        return;
    };
    *steps = left;
    let depth = prefix.len();
    match (one.split_first(), other.split_first()) {
        (None, None) => {
            found.insert(prefix.clone());
        }
        (None, Some((Token::Byte(_), _))) | (Some((Token::Byte(_), _)), None) => {}
        (None, Some((_, rest))) => merge(one, rest, prefix, found, steps),
        (Some((_, rest)), None) => merge(rest, other, prefix, found, steps),
        (Some((Token::Byte(left), after)), Some((Token::Byte(right), beyond))) => {
            if left == right {
                prefix.push(Token::Byte(*left));
                merge(after, beyond, prefix, found, steps);
            }
        }
        (Some((Token::Byte(byte), after)), Some((run, beyond))) => {
            merge(one, beyond, prefix, found, steps);
            if takes(*run, *byte) {
                prefix.push(Token::Byte(*byte));
                merge(after, other, prefix, found, steps);
            }
        }
        (Some((run, after)), Some((Token::Byte(byte), beyond))) => {
            merge(after, other, prefix, found, steps);
            if takes(*run, *byte) {
                prefix.push(Token::Byte(*byte));
                merge(one, beyond, prefix, found, steps);
            }
        }
        (Some((left, after)), Some((right, beyond))) => {
            let both = if *left == Token::Any { *right } else { *left };
            if prefix.last() != Some(&both) {
                prefix.push(both);
            }
            let shared = prefix.len();
            merge(after, other, prefix, found, steps);
            prefix.truncate(shared);
            merge(one, beyond, prefix, found, steps);
        }
    }
    prefix.truncate(depth);
}

const fn takes(run: Token, byte: u8) -> bool {
    matches!(run, Token::Any) || byte != b'/'
}

/// The pattern with every run filled: with one fresh byte, or with `depth` segments where a run crosses them.
fn fill(pattern: &[Token], fresh: u8, depth: usize) -> Vec<u8> {
    let mut word = Vec::with_capacity(pattern.len());
    for token in pattern {
        match token {
            Token::Byte(byte) => word.push(*byte),
            Token::Within => word.push(fresh),
            Token::Any => {
                for at in 0..depth {
                    if at > 0 {
                        word.push(b'/');
                    }
                    word.push(fresh);
                }
            }
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{paths, words};
    use crate::catalog::Pattern;
    use crate::policy::PathPattern;

    /// Every word over these letters up to this length.
    fn all_words(letters: &[u8], longest: usize) -> Vec<Vec<u8>> {
        let mut all = vec![Vec::new()];
        let mut last = all.clone();
        for _ in 0..longest {
            last = last.iter().flat_map(|word| letters.iter().map(|letter| [&word[..], &[*letter]].concat())).collect();
            all.extend(last.clone());
        }
        all
    }

    /// For every word and every two patterns that match it, a witness that matches both and nothing that the word does
    /// not match.
    #[test]
    fn no_word_is_without_a_witness() {
        let patterns: Vec<String> = all_words(b"ab*", 4)
            .into_iter()
            .map(|word| String::from_utf8(word).unwrap())
            .filter(|word| word.contains('*') && !word.contains("**"))
            .collect();
        let every = all_words(b"ab~", 6);
        let mut state = 1_u64;
        for _ in 0..150 {
            let chosen: BTreeSet<&str> = (0..4)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    patterns[usize::try_from(state >> 33).unwrap() % patterns.len()].as_str()
                })
                .collect();
            let compiled: Vec<Pattern> = chosen.iter().map(|one| Pattern::new(one)).collect();
            let matched = |word: &[u8]| -> BTreeSet<usize> {
                (0..compiled.len()).filter(|at| compiled[*at].matches(word)).collect()
            };
            let found = words(chosen.iter().copied(), "");
            assert!(!found.incomplete);
            let sets: BTreeSet<BTreeSet<usize>> = found.words.iter().map(|word| matched(word)).collect();
            for word in &every {
                let all = matched(word);
                for one in &all {
                    for other in &all {
                        let stands_for =
                            sets.iter().any(|set| set.contains(one) && set.contains(other) && set.is_subset(&all));
                        assert!(stands_for, "{chosen:?}: {:?}", String::from_utf8_lossy(word));
                    }
                }
                if all.is_empty() {
                    assert!(sets.contains(&all), "{chosen:?}");
                }
            }
        }
    }

    /// The first pattern of two lists that covers a path is the same for some witness.
    #[test]
    fn no_path_is_without_a_witness() {
        let patterns =
            ["/**", "/*", "/a/**", "/a/*", "/*/b", "/**/b", "/a", "/a/b", "/*/b/**", "/**/a/*", "/a*", "/a**"];
        let every: Vec<String> = all_words(b"ab~/", 5)
            .into_iter()
            .map(|word| format!("/{}", String::from_utf8(word).unwrap()))
            .filter(|path| !path.contains("//"))
            .collect();
        let mut state = 1_u64;
        let mut pick = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            patterns[usize::try_from(state >> 33).unwrap() % patterns.len()]
        };
        for _ in 0..200 {
            let lists: [[&str; 3]; 2] = std::array::from_fn(|_| std::array::from_fn(|_| pick()));
            let compiled = lists.map(|list| list.map(PathPattern::new));
            let first = |path: &str| compiled.each_ref().map(|list| list.iter().position(|one| one.matches(path)));
            let found = paths(lists.into_iter().flatten());
            let regions: BTreeSet<_> =
                found.words.iter().map(|path| first(std::str::from_utf8(path).unwrap())).collect();
            for path in &every {
                assert!(regions.contains(&first(path)), "{lists:?}: {path}");
            }
        }
    }
}
