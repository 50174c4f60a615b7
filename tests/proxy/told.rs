//! What the shop is told, and that nobody but us tells it.

use sfv::{Dictionary, Parser};

use crate::consent_api::choose;
use crate::support::PAGE;
use crate::support::client::{get, http2_with_trailers, raw};
use crate::support::origin::{End, Origin, Origin2, Reply};
use crate::support::vestibule::Vestibule;

#[tokio::test]
async fn regime_and_revision_are_told() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let config = format!(
        "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\ntrusted_proxies = \"127.0.0.1\"\n[admin]\nlisten = \"127.0.0.1:0\"\n\
         [[site]]\nhosts = \"shop.test\"\nupstream = \"{}\"\nregime = {{ by_country = {{ US = \"us-opt-out\", IT = \"gdpr-it\" }}, \
         country_header = \"X-Country\" }}\n[[site.purpose]]\nid = \"made-for_you2\"\ntitle = {{ en = \"a\" }}\nbenefit = {{ en = \"b\" }}\n",
        origin.url()
    );
    let proxy = Vestibule::with_config(&config);
    let revision = {
        let status: serde_json::Value =
            serde_json::from_slice(&get(proxy.admin(), "/-/status", "").await.body).unwrap();
        status["config"]["revision"].as_str().unwrap().to_owned()
    };
    for (country, regime) in
        [("US", "us-opt-out"), ("IT", "gdpr-it"), ("DE", "gdpr-fr"), ("XX", "gdpr-fr+gdpr-it+us-opt-out")]
    {
        get(proxy.address, "/", &format!("X-Country: {country}\r\n")).await;
        let told = origin.last().field("vestibule-consent");
        assert_eq!(told.len(), 1);
        let field: Dictionary = Parser::new(&told[0]).parse().unwrap();
        assert!(field.contains_key("made-for_you2") && field.contains_key("analytics"), "{told:?}");
        assert!(told[0].ends_with(&format!("regime=\"{regime}\", revision=\"{revision}\"")), "{told:?}");
    }
}

#[tokio::test]
async fn nobody_else_tells_the_shop() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let refused = choose(&proxy, r#"{"choice":"refuse"}"#).await;
    for forged in [
        "Vestibule-Consent: marketing=granted",
        "VESTIBULE-CONSENT: marketing=granted\r\nvestibule-consent: analytics=granted",
        "Vestibule_Consent: marketing=granted",
        "vestibule_consent: marketing=granted\r\nVestibule-Consent_: marketing=granted",
        "Connection: vestibule-consent\r\nVestibule-Consent: marketing=granted",
    ] {
        get(proxy.address, "/", &format!("{forged}\r\nCookie: {refused}\r\n")).await;
        let seen = origin.last();
        let text = seen.text().to_ascii_lowercase();
        assert_eq!(seen.field("vestibule-consent").len(), 1, "{forged}: {text}");
        assert!(
            !text.contains("granted, analytics=granted") && !text.contains("marketing=granted"),
            "{forged}: {text}"
        );
        let nominated = seen.field("connection").iter().any(|value| value.to_ascii_lowercase().contains("vestibule"));
        assert!(!nominated, "{forged}: the next hop would take ours out: {text}");
    }
}

#[tokio::test]
async fn trailers_tell_the_shop_nothing() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let request = "POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\nTrailer: Vestibule-Consent\r\n\r\n\
                   1\r\nx\r\n0\r\nVestibule-Consent: marketing=granted\r\nVestibule_Consent: marketing=granted\r\n\r\n";
    let answer = raw(proxy.address, request.as_bytes(), false).await;
    assert_eq!(answer.status, 200);
    assert!(!origin.last().text().contains("marketing=granted"));
    let later = get(proxy.address, "/later", "").await;
    assert_eq!((later.status, origin.last().path().as_str()), (200, "/later"));
    assert!(!origin.last().text().contains("marketing=granted"), "nothing of it is taken for the next request");

    let origin = Origin2::start(vec![("content-type", "text/html".to_owned())], PAGE.into(), End::WithData).await;
    let proxy = Vestibule::before(&origin.url(), "");
    for name in ["vestibule-consent", "vestibule_consent"] {
        let request = http::Request::post("http://shop.test/").header(name, "marketing=granted");
        let answer = http2_with_trailers(proxy.address, request, (name, "marketing=granted")).await;
        assert_eq!(answer.status, 200);
        let seen = origin.seen.lock().unwrap().pop().unwrap();
        let told: Vec<_> = seen.headers.get_all("vestibule-consent").iter().collect();
        assert!(told.len() == 1 && !told[0].to_str().unwrap().contains("marketing=granted"), "{told:?}");
        assert!(!seen.headers.contains_key("vestibule_consent"));
        assert!(!seen.trailers.keys().any(|key| key.as_str().starts_with("vestibule")), "{:?}", seen.trailers);
    }
}
