//! Filter lists of the operator's own: in pages, on the shop's own paths, and reloaded.

use crate::consent_api::choose;
use crate::support::client::get;
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

const DOCUMENT: &str = "Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n";

const PAGE: &str = "<!doctype html><script src=//cdn.example/track.js></script><script src=//cdn.example/app.js></script>\
                    <img src=//cdn.example/track.js><img src=/own/pixel.gif><a href=/own/pixel.gif>x</a>\
                    <link rel=preload as=script href=//cdn.example/track.js>";

#[tokio::test]
async fn what_a_list_blocks_waits_for_everything() {
    let lists = tempfile::tempdir().unwrap();
    let file = lists.path().join("own.txt");
    std::fs::write(&file, "! list\n||cdn.example/track.js$script\n/own/pixel.$image\n").unwrap();
    let origin = Origin::always(Reply::html(PAGE)).await;
    let site = format!(
        "banner = false\nunclassified = {{ third_party = \"allow\" }}\nfilter_lists = [\"{}\"]\n",
        file.display()
    );
    let proxy = Vestibule::before(&origin.url(), &site);
    let page = get(proxy.address, "/", DOCUMENT).await.text();
    assert!(page.contains("<script src=//cdn.example/app.js>"), "{page}");
    assert!(page.contains("<img src=//cdn.example/track.js>"), "a rule for scripts: {page}");
    assert!(page.contains("<a href=/own/pixel.gif>"), "a navigation: {page}");
    for gone in ["<script src=//cdn.example/track.js", "<img src=/own/pixel.gif", " href=//cdn.example/track.js"] {
        assert!(!page.contains(gone), "{gone}: {page}");
    }
    // What a script asks for is stopped here; what a visitor goes to is not.
    assert_eq!(get(proxy.address, "/own/pixel.gif", "Sec-Fetch-Dest: image\r\n").await.status, 204);
    assert_eq!(get(proxy.address, "/own/pixel.gif", "Sec-Fetch-Dest: empty\r\n").await.status, 200);
    assert_eq!(get(proxy.address, "/own/pixel.gif", DOCUMENT).await.status, 200);
    let yes = choose(&proxy, r#"{"choice":"accept"}"#).await;
    let with_yes = format!("Cookie: {yes}\r\n");
    assert_eq!(get(proxy.address, "/", &format!("{DOCUMENT}{with_yes}")).await.text(), PAGE);
    assert_eq!(get(proxy.address, "/own/pixel.gif", &format!("Sec-Fetch-Dest: image\r\n{with_yes}")).await.status, 200);
    let status = get(proxy.admin(), "/-/status", "").await.text();
    assert!(status.contains("\"filter_rules\": [\n        2\n"), "{status}");
    // A newer list takes effect by itself.
    std::fs::write(&file, "||cdn.example/app.js$script\n").unwrap();
    let started = std::time::Instant::now();
    loop {
        let page = get(proxy.address, "/", DOCUMENT).await.text();
        if page.contains("<script src=//cdn.example/track.js>") {
            assert!(!page.contains("<script src=//cdn.example/app.js>"), "{page}");
            break;
        }
        assert!(started.elapsed() < crate::support::PATIENCE, "{page}\n{}", proxy.logged());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // One that went bad leaves the last good one in force.
    std::fs::write(&file, "").unwrap();
    proxy.wait_for_log("holds no rule about requests");
    let page = get(proxy.address, "/", DOCUMENT).await.text();
    assert!(!page.contains("<script src=//cdn.example/app.js>"), "{page}");
}
