//! The cookies that the shop sets, necessary and otherwise.

use std::time::{SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use http::header::COOKIE;

/// The login session: `HttpOnly`, gone with the browser.
pub(super) const SESSION: &str = "sessionid";
/// The cart: gone with the browser too.
pub(super) const CART: &str = "cart";

/// Seconds in two years, as long as an analytics cookie usually asks for.
const TWO_YEARS: u32 = 63_072_000;

/// The value of the first cookie called `name`.
pub(super) fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(known, value)| (known == name).then_some(value))
}

/// A session cookie that scripts cannot read.
pub(super) fn session(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax")
}

/// Takes a session cookie back.
pub(super) fn expired(name: &str) -> String {
    format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
}

/// What a server-side measurement set-up plants on every first visit, whatever the visitor wants: an analytics id that
/// no script can reach, a home-made visitor id that no list knows, and a currency that could just as well be guessed.
pub(super) fn trackers(headers: &HeaderMap) -> Result<Vec<String>, getrandom::Error> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut set = Vec::new();
    if read(headers, "FPID").is_none() {
        let id = token()?;
        set.push(format!("FPID=FPID2.1.{id}.{now}; Path=/; Max-Age={TWO_YEARS}; HttpOnly; SameSite=Lax"));
    }
    if read(headers, "visitor_id").is_none() {
        let id = token()?;
        set.push(format!("visitor_id={id}; Path=/; Max-Age={TWO_YEARS}; SameSite=Lax"));
    }
    if read(headers, "currency").is_none() {
        set.push("currency=EUR; Path=/; Max-Age=31536000; SameSite=Lax".to_owned());
    }
    Ok(set)
}

/// 128 random bits in hexadecimal.
pub(super) fn token() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::{read, trackers};
    use http::header::COOKIE;
    use http::{HeaderMap, HeaderValue};

    #[test]
    fn a_cookie_is_found_on_any_line_and_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("mycart=1; other=2"));
        headers.append(COOKIE, HeaderValue::from_static("cart=3"));
        assert_eq!(read(&headers, "cart"), Some("3"));
        assert_eq!(read(&headers, "car"), None);
    }

    #[test]
    fn a_known_visitor_is_not_given_new_ids() -> Result<(), getrandom::Error> {
        let mut headers = HeaderMap::new();
        assert_eq!(trackers(&headers)?.len(), 3);
        headers.insert(COOKIE, HeaderValue::from_static("FPID=1; visitor_id=2; currency=EUR"));
        assert!(trackers(&headers)?.is_empty());
        Ok(())
    }
}
