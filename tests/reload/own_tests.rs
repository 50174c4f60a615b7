//! A configuration that fails its own tests is refused like a wrong one.

use vestibule::config::Config;

use crate::watched::{NO_POLL, Watched};

fn at_least_a_year(config: &Config) -> Vec<String> {
    let short = config.sites.iter().filter(|site| site.choice_lifetime < 365 * 86_390);
    short.map(|site| format!("`{}` keeps choices for less than a year", site.policy.name)).collect()
}

#[tokio::test]
async fn failures_refuse_and_say_why() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("vestibule.toml");
    std::fs::write(&file, crate::watched::config(390, NO_POLL)).unwrap();
    let watched = Watched::start_with(&file, &place.path().join("state"), NO_POLL, Some(at_least_a_year)).await;
    std::fs::write(&file, crate::watched::config(300, NO_POLL)).unwrap();
    let answer = watched.reload().await;
    assert!(
        answer.status == 422 && answer.body.contains("`shop.test` keeps choices for less than a year"),
        "{}",
        answer.body
    );
    assert_eq!(watched.in_effect(), 390);
    std::fs::write(&file, crate::watched::config(380, NO_POLL)).unwrap();
    assert_eq!(watched.reload().await.status, 200);
    assert_eq!(watched.in_effect(), 380);
}
