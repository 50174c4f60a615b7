//! A choice that a script wrote, set again by HTTP.

use crate::support::PAGE;
use crate::support::client::get;
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

const SITE: &str = "sources = [\"own\", \"klaro\"]\n[[site.source]]\nid = \"klaro\"\nmap = { matomo = \"analytics\" }\nrescue = \"host\"\n";
const VALUE: &str = "%7B%22matomo%22%3Afalse%7D";

#[tokio::test]
async fn t32_a_choice_is_set_again_once_and_byte_for_byte() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::before(&origin.url(), SITE);
    let page = get(proxy.address, "/", &format!("Accept: text/html\r\nCookie: klaro={VALUE}; sid=1\r\n")).await;
    let set = page.field("set-cookie");
    let again = format!("klaro={VALUE}; Path=/; Max-Age=15552000; SameSite=Lax");
    assert!(set.contains(&again), "{set:?}");
    assert!(page.one("cache-control").contains("private"), "{}", page.one("cache-control"));
    let kept = set.iter().find(|cookie| cookie.starts_with("vestibule-kept=")).unwrap();
    assert!(kept.contains("HttpOnly"), "{kept}");
    let kept = kept.split(';').next().unwrap();
    let next = get(proxy.address, "/", &format!("Accept: text/html\r\nCookie: klaro={VALUE}; {kept}\r\n")).await;
    assert!(next.field("set-cookie").is_empty(), "{:?}", next.field("set-cookie"));
    assert!(!origin.last().field("cookie").iter().any(|cookie| cookie.contains("vestibule")), "ours are ours");
}

#[tokio::test]
async fn nothing_is_set_again_where_nobody_asked_for_it_or_nobody_chose() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::before(&origin.url(), SITE);
    for cookie in ["sid=1".to_owned(), "klaro=nonsense".to_owned(), format!("klaro={VALUE}; klaro={{}}")] {
        let page = get(proxy.address, "/", &format!("Accept: text/html\r\nCookie: {cookie}\r\n")).await;
        assert!(page.field("set-cookie").is_empty(), "{cookie}");
    }
    let plain = Vestibule::before(&origin.url(), &SITE.replace("rescue = \"host\"\n", ""));
    let page = get(plain.address, "/", &format!("Accept: text/html\r\nCookie: klaro={VALUE}\r\n")).await;
    assert!(page.field("set-cookie").is_empty());
}
