//! Commanders Act, also called TrustCommander: `TC_PRIVACY=0@023|33|251@1,2,3@1@updated,created,expires@…`, encoded or
//! not.
//!
//! The first field is 0 for a visitor who opted in to the categories listed, and 1 for one who opted out. The character
//! after it separates the fields and is a setting (`@` and `!` were seen). Category numbers are the site's own, and
//! what was refused is left out. The first number of the second field counts the versions of the question.
//! `TC_PRIVACY_CENTER` repeats the categories; the vendor string at the end is not read.

use super::{Cmp, Jar, Read, Reading, Said, Unsaid, Verified, text};
use crate::consent::Grant;

pub(super) const COMMANDERSACT: Cmp = Cmp {
    id: "commandersact",
    name: "Commanders Act TrustCommander",
    cookies: &["TC_PRIVACY", "TC_PRIVACY_CENTER"],
    map: &[],
    services: &[],
    unsaid: Unsaid::Denied,
    by_service: false,
    tcf: false,
    chosen: "the cookie is there, and of no older version",
    verified: Verified::Captured,
    read: Read::Value(read),
};

/// The most categories that are looked at.
const MAX_CATEGORIES: usize = 512;

fn read(value: &[u8], jar: &Jar<'_>) -> Reading {
    let text = text::text(value).ok_or("not text")?;
    let mut letters = text.chars();
    let opted_in = match letters.next() {
        Some('0') => true,
        Some('1') => false,
        _ => return Err("neither opted in nor out"),
    };
    let separator = letters.next().filter(|letter| letter.is_ascii_punctuation() && !"%|,".contains(*letter));
    let mut fields = text.split(separator.ok_or("no separator")?).skip(1);
    let mut field = || fields.next().ok_or("too few fields");
    // What follows the categories shows that they were not cut short. Old versions end there.
    let (version, categories, _blocked) = (field()?, field()?, field()?);
    let dates = field().ok();
    let numbers =
        |text: &str, between: char| text.split(between).all(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    if !numbers(version, '|') {
        return Err("a version that is no number");
    }
    let updated = match dates {
        Some(dates) => Some(dates.split(',').next().and_then(text::digits).ok_or("a date that is no number")?),
        None => None,
    };
    let answered = version.split('|').next().and_then(|number| number.parse::<u64>().ok());
    if !jar.answers(answered) {
        return Ok(None);
    }
    let every = |grant| jar.own_words().map(move |word| (word.to_owned(), grant));
    let said = match categories {
        _ if !opted_in => Said::chosen(every(Grant::Denied)),
        "ALL" => Said::chosen(every(Grant::Granted)),
        listed if numbers(listed, ',') => {
            let listed = listed.split(',').filter(|number| !number.is_empty()).take(MAX_CATEGORIES);
            Said::chosen(listed.map(|number| (number.to_owned(), Grant::Granted)))
        }
        _ => return Err("categories that are no numbers"),
    };
    Ok(Some(said.at(updated)))
}
