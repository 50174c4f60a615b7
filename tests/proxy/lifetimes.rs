//! How long cookies live that pass, and on how many hosts.

use crate::consent_api::choose;
use crate::support::client::get;
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

const DAY: u64 = 86_400;

fn max_age(field: &str) -> u64 {
    let life = field.split(';').find_map(|part| part.trim().strip_prefix("Max-Age=")).unwrap_or("0");
    life.parse().unwrap()
}

fn today() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() / DAY
}

/// The law limits audience measurement, the site what it likes; a new visit adds nothing.
#[tokio::test]
async fn a_revisit_does_not_prolong_a_life() {
    let shop = "Set-Cookie: _ga=1; Path=/; Expires=Wed, 21 Oct 2099 07:28:00 GMT; Max-Age=63072000; HttpOnly\r\n\
                Set-Cookie: _fbp=1; Max-Age=63072000\r\n\
                Set-Cookie: sid=1; Max-Age=63072000; Path=/\r\n\
                Set-Cookie: csrftoken=1; Max-Age=63072000\r\n";
    let origin = Origin::always(Reply::ok(shop, "")).await;
    let more = "[[site.purpose]]\nid = \"marketing\"\ncookie_days = 30\n";
    let proxy = Vestibule::before(&origin.url(), more);
    let yes = choose(&proxy, r#"{"choice":"accept"}"#).await;
    let first = get(proxy.address, "/", &format!("Cookie: {yes}\r\n")).await.field("set-cookie");
    assert_eq!(first.len(), 6, "{first:?}");
    assert_eq!(first[0], format!("_ga=1; Path=/; HttpOnly; Max-Age={}", 393 * DAY));
    assert_eq!(first[2], format!("_fbp=1; Max-Age={}", 30 * DAY));
    assert_eq!(first[4..], ["sid=1; Max-Age=63072000; Path=/", "csrftoken=1; Max-Age=63072000"]);
    for (field, days) in [(&first[1], 393), (&first[3], 30)] {
        assert!(field.starts_with("vestibule-since-"), "{field}");
        let day = format!("={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax; Priority=High", today(), days * DAY);
        assert!(field.ends_with(&day), "{field}");
    }
    let name = |field: &str| field.split('=').next().unwrap().to_owned();
    let memory = |ago: u64| format!("{}={}; {}={}", name(&first[1]), today() - ago, name(&first[3]), today() - ago);

    let later = get(proxy.address, "/", &format!("Cookie: _ga=1; _fbp=1; {}; {yes}\r\n", memory(20))).await;
    let later = later.field("set-cookie");
    assert_eq!(later.len(), 4, "nothing is remembered anew: {later:?}");
    for (field, days) in [(&later[0], 373), (&later[1], 10)] {
        assert!(max_age(field) <= days * DAY && max_age(field) > (days - 1) * DAY - 60, "{field}");
    }
    assert_eq!(origin.last().field("cookie"), ["_ga=1; _fbp=1"], "the shop sees nothing of it");

    // The cookie is there, and nobody knows since when; or what was remembered makes no sense.
    let broken = name(&first[1]);
    for jar in [
        "_ga=1".to_owned(),
        format!("{broken}=99999"),
        format!("{broken}=0{}", today()),
        format!("{broken}=x"),
        format!("{broken}={}; {broken}=", today()),
        format!("_ga=1; {broken}={}", today() - 400),
    ] {
        let set = get(proxy.address, "/", &format!("Cookie: {jar}; {yes}\r\n")).await.field("set-cookie");
        assert_eq!(set[0], "_ga=1; Path=/; HttpOnly", "{jar}");
        assert!(!set[1].starts_with("vestibule-since"), "{jar}: {set:?}");
    }
    // What was remembered has ended and so has the cookie: this one is new.
    let old = format!("Cookie: {broken}={}; {yes}\r\n", today() - 400);
    assert_eq!(max_age(&get(proxy.address, "/", &old).await.field("set-cookie")[0]), 393 * DAY);
}

/// A life within the limit stays as it is, and its beginning is remembered all the same.
#[tokio::test]
async fn what_lives_less_long_is_not_touched() {
    let shop = "Set-Cookie: _ga=1; expires=Wed, 21 Oct 2099 07:28:00 GMT; MAX-AGE=3600\r\nSet-Cookie: _gid=; Max-Age=0\r\nSet-Cookie: _gat=1\r\n";
    let origin = Origin::always(Reply::ok(shop, "")).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let yes = choose(&proxy, r#"{"choice":"accept"}"#).await;
    let set = get(proxy.address, "/", &format!("Cookie: {yes}\r\n")).await.field("set-cookie");
    assert_eq!(set[0], "_ga=1; expires=Wed, 21 Oct 2099 07:28:00 GMT; MAX-AGE=3600");
    assert!(set[1].starts_with("vestibule-since-"));
    assert_eq!(set[2..], ["_gid=; Max-Age=0", "_gat=1"]);
    let no_limit = Vestibule::before(&origin.url(), "regime = \"gdpr-it\"");
    let yes = choose(&no_limit, r#"{"choice":"accept"}"#).await;
    let set = get(no_limit.address, "/", &format!("Cookie: {yes}\r\n")).await.field("set-cookie");
    assert_eq!(set.len(), 3, "nothing is remembered without need");
    let observed = Vestibule::before(&origin.url(), "mode = \"observe\"");
    assert_eq!(get(observed.address, "/", "").await.field("set-cookie").len(), 3);
}

/// A sub-domain that somebody else runs gets nothing of the shop's.
#[tokio::test]
async fn cookies_of_the_shop_stay_on_one_host() {
    let shop = "Set-Cookie: PHPSESSID=1; Domain=.shop.test; Path=/; HttpOnly\r\n\
                Set-Cookie: odd=1; domain=shop.test\r\n\
                Set-Cookie: own=1; Path=/\r\n\
                Set-Cookie: csrftoken=; Domain=shop.test; Path=/; Max-Age=0\r\n";
    let origin = Origin::always(Reply::ok(shop, "")).await;
    let proxy = Vestibule::before(&origin.url(), "host_only_cookies = true");
    assert_eq!(
        get(proxy.address, "/", "").await.field("set-cookie"),
        [
            "PHPSESSID=1; Path=/; HttpOnly",
            "PHPSESSID=1; Domain=.shop.test; Path=/; HttpOnly; Max-Age=0",
            "odd=1",
            "odd=1; domain=shop.test; Max-Age=0",
            "own=1; Path=/",
            "csrftoken=; Domain=shop.test; Path=/; Max-Age=0",
            "csrftoken=; Path=/; Max-Age=0",
        ]
    );
    let plain = Vestibule::before(&origin.url(), "");
    assert_eq!(get(plain.address, "/", "").await.field("set-cookie").len(), 4);
}
