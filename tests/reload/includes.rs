//! Included files and the directories that `include` names.

use std::time::Duration;

use crate::watched::{NO_POLL, Watched, config};

fn site(host: &str) -> String {
    format!("[[site]]\nhosts = [\"{host}\"]\nupstream = \"http://127.0.0.1:9\"\n")
}

async fn until(watched: &Watched, hosts: &[&str]) {
    for _ in 0..500 {
        let found = watched.snapshot();
        if found.sites().len() == hosts.len() + 1 && hosts.iter().all(|host| found.site(host).is_some()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{hosts:?} never took effect");
}

#[tokio::test]
async fn files_come_go_and_change() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("vestibule.toml");
    let parts = place.path().join("sites.d");
    std::fs::create_dir(&parts).unwrap();
    let text = config(100, NO_POLL).replace("include = []", "include = [\"sites.d/*.toml\"]");
    std::fs::write(&file, &text).unwrap();
    let watched = Watched::start(&file, &place.path().join("state"), NO_POLL).await;
    std::fs::write(parts.join("a.toml"), site("a.test")).unwrap();
    until(&watched, &["a.test"]).await;
    std::fs::write(parts.join("notes.txt"), "nothing of ours").unwrap();
    std::fs::write(parts.join("a.toml"), site("b.test")).unwrap();
    until(&watched, &["b.test"]).await;
    std::fs::remove_file(parts.join("a.toml")).unwrap();
    until(&watched, &[]).await;

    // The whole directory is replaced, as a deployment does; what listens has to follow.
    for round in 0..3 {
        let host = format!("s{round}.test");
        let next = place.path().join("sites.next");
        std::fs::create_dir(&next).unwrap();
        std::fs::write(next.join("s.toml"), site(&host)).unwrap();
        std::fs::remove_dir_all(&parts).unwrap();
        std::fs::rename(&next, &parts).unwrap();
        until(&watched, &[&host]).await;
        std::fs::write(parts.join("late.toml"), site("late.test")).unwrap();
        until(&watched, &[&host, "late.test"]).await;
    }
    assert_eq!((watched.refusals(), watched.generation()), (0, 10));
}
