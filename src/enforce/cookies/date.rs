//! Dates as browsers read them in `Expires`.
//!
//! RFC 6265bis §5.6.1 with Chromium's deviations (`net/cookies/cookie_util.cc`, `ParseCookieExpirationTime`): words in any
//! order, whatever is not time, day, month or year is ignored, and the zone is always UTC. `tests/data/cookies` holds what
//! Chromium made of several thousand dates.

/// Days before the first of each month in a year that is no leap year.
const BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// A date in seconds since the Unix epoch; `None` when a browser reads none.
pub(super) fn date(text: &[u8]) -> Option<i64> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    let delimiter = |byte: &u8| matches!(byte, b'\t' | b' '..=b'/' | b';'..=b'@' | b'['..=b'`' | b'{'..=b'~');
    for word in text.split(delimiter).filter(|word| !word.is_empty()) {
        if !word.first().is_some_and(u8::is_ascii_digit) {
            month = month.or_else(|| month_number(word));
        } else if word.contains(&b':') {
            time = time.or_else(|| time_of_day(word));
        } else if day.is_none() && word.len() <= 2 {
            day = number(word);
        } else if year.is_none() && word.len() <= 5 {
            year = number(word);
        }
    }
    let year = match year? {
        late @ 70..=99 => late + 1900,
        early @ 0..=69 => early + 2000,
        year => year,
    };
    let (day, month, (hour, minute, second)) = (day?, month?, time?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = i64::from(month == 2 && leap);
    let before = BEFORE_MONTH.get(usize::try_from(month - 1).ok()?)?;
    let length = BEFORE_MONTH.get(usize::try_from(month).ok()?).unwrap_or(&365) - before + february;
    if !(1..=length).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Leap days before this year, and the one of this year.
    let past = year - 1;
    let leap_days = past / 4 - past / 100 + past / 400 - 477 + i64::from(leap && month > 2);
    let days = (year - 1970) * 365 + leap_days + before + day - 1;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

/// `hour:minute:second`, of digits alone.
fn time_of_day(word: &[u8]) -> Option<(i64, i64, i64)> {
    let mut parts = word.split(|byte| *byte == b':').map(number);
    let time = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(time)
}

/// A word of digits alone.
fn number(word: &[u8]) -> Option<i64> {
    let digits = !word.is_empty() && word.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(word).ok().filter(|_| digits)?.parse::<i32>().ok().map(i64::from)
}

/// Which month a word begins like, from 1.
fn month_number(word: &[u8]) -> Option<i64> {
    const MONTHS: &[u8; 36] = b"janfebmaraprmayjunjulaugsepoctnovdec";
    let start = word.get(..3)?;
    let at = MONTHS.chunks_exact(3).position(|month| month.eq_ignore_ascii_case(start))?;
    i64::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_read_as_browsers_read_them() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("thu, 01-jan-1970 00:00:01 gmt", Some(1)),
            ("Thursday, 1-JANUARY-70 0:0:2", Some(2)),
            ("\"1970 Jan 1\" 00:00:03 -0500", Some(3)),
            ("Jan 1 1970 00:00:03 -0500", Some(3)),
            ("Sat, 29 Feb 2020 12:34:56 GMT", Some(1_582_979_696)),
            ("Sat, 29 Feb 2100 12:34:56 GMT", None),
            ("Wed, 21-Oct-69 07:28:00 GMT", Some(3_149_566_080)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799)),
            ("Mon, 01 Jan 1601 00:00:00 GMT", Some(-11_644_473_600)),
            ("Thu, 1 Jan 1970 0:000:04", Some(4)),
            ("Thu, 01 Jan 1970 00:00:00Z", None),
            ("Thu, 1st Jan 1970 00:00:00", None),
            ("Mon, 01 Jan 1601 00:00:01 GMT", Some(-11_644_473_599)),
            ("Thu, 31 Feb 1970 00:00:00 GMT", None),
            ("Thu, 01 Jan 1970 24:00:00 GMT", None),
            ("Thu, 01 Jan 1970 100:00:00 GMT", None),
            ("Thu, 01 Jan 1970 00:00 GMT", None),
            ("01 1970 00:00:00", None),
            ("", None),
        ] {
            assert_eq!(date(text.as_bytes()), seconds, "`{text}`");
        }
    }

    #[test]
    fn days_are_counted_as_calendars_count_them() {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        for year in 1602..2500 {
            for (at, month) in months.iter().enumerate() {
                for day in 1..=31_u8 {
                    let number = cookie::time::Month::try_from(u8::try_from(at + 1).unwrap()).unwrap();
                    let calendar = cookie::time::Date::from_calendar_date(year, number, day).ok();
                    let expected = calendar.map(|date| date.midnight().assume_utc().unix_timestamp());
                    assert_eq!(
                        date(format!("{day} {month} {year} 0:0:0").as_bytes()),
                        expected,
                        "{day} {month} {year}"
                    );
                }
            }
        }
    }
}
