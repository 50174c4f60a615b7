//! A configuration that requires its own tests and fails one is refused like a wrong one.

use crate::watched::{NO_POLL, Watched};

/// A configuration whose test expects that the visitor who refused keeps this cookie, or not.
fn config(marker: u64, upstream_cookie: &str) -> String {
    crate::watched::config(marker, NO_POLL).replace("[reload]\n", "[reload]\nrequire_tests = true\n")
        + "[[site.test]]\nname = \"no means no\"\ngiven = { consent = \"refuse-all\", cookie = \"_ga=1; sid=2\" }\n"
        + &format!("expect = {{ upstream_cookie = \"{upstream_cookie}\" }}\n")
}

#[tokio::test]
async fn failures_refuse_and_say_why() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("vestibule.toml");
    std::fs::write(&file, config(390, "sid=2")).unwrap();
    let watched = Watched::start(&file, &place.path().join("state"), NO_POLL).await;
    std::fs::write(&file, config(300, "_ga=1; sid=2")).unwrap();
    let answer = watched.reload().await;
    assert!(
        answer.status == 422 && answer.body.contains("V0708") && answer.body.contains("no means no"),
        "{}",
        answer.body
    );
    assert_eq!(watched.in_effect(), 390);
    std::fs::write(&file, config(380, "sid=2")).unwrap();
    assert_eq!(watched.reload().await.status, 200);
    assert_eq!(watched.in_effect(), 380);
}
