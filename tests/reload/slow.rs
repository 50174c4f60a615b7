//! Slow writers: what is half written is never loaded and never reported; what is wrong for good is.

use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::watched::{NO_POLL, Watched, config};
use crate::{report, rounds};

async fn start() -> (tempfile::TempDir, Watched) {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("vestibule.toml");
    std::fs::write(&file, config(100, NO_POLL)).unwrap();
    let watched = Watched::start(&file, &place.path().join("state"), NO_POLL).await;
    (place, watched)
}

/// Every line end of this text is a configuration of its own, with fewer sites.
fn many_sites(marker: u64) -> String {
    let site = |at: u32| format!("[[site]]\nhosts = [\"more{at}.test\"]\nupstream = \"http://127.0.0.1:9\"\n");
    let more = (0..6).map(site).collect::<Vec<_>>().concat();
    format!("{}{more}", config(marker, NO_POLL))
}

#[tokio::test]
async fn a_file_that_is_held_open_is_waited_for() {
    let (_place, mut watched) = start().await;
    for pause in [120, 350] {
        let before = watched.generation();
        let (marker, _) = watched.next();
        let text = many_sites(marker);
        let mut out = std::fs::File::create(&watched.file).unwrap();
        for site in text.split_inclusive("127.0.0.1:9\"\n") {
            out.write_all(site.as_bytes()).unwrap();
            tokio::time::sleep(Duration::from_millis(pause)).await;
            assert_eq!(watched.generation(), before, "half a file was loaded");
        }
        drop(out);
        watched.expect(marker, before).await;
        assert_eq!(watched.snapshot().sites().len(), 7);
    }
    assert_eq!(watched.refusals(), 0, "false errors");
}

/// Opened anew for every piece, as a shell script with `>>` does: only that content keeps changing tells.
#[tokio::test]
async fn a_file_that_grows_piece_by_piece_is_waited_for() {
    let (_place, mut watched) = start().await;
    for _ in 0..rounds("VESTIBULE_ROUNDS", 2) {
        let before = watched.generation();
        let (marker, _) = watched.next();
        let text = many_sites(marker);
        std::fs::write(&watched.file, "").unwrap();
        for line in text.split_inclusive('\n') {
            std::fs::OpenOptions::new().append(true).open(&watched.file).unwrap().write_all(line.as_bytes()).unwrap();
            tokio::time::sleep(Duration::from_millis(70)).await;
            assert_eq!(watched.generation(), before, "half a file was loaded");
        }
        watched.expect(marker, before).await;
    }
    assert_eq!(watched.refusals(), 0, "false errors");
    report(&format!("growing piece by piece: {}", watched.summary()));
}

#[tokio::test]
async fn what_stays_wrong_is_reported_once_and_its_repair_counts() {
    let (_place, mut watched) = start().await;
    let (marker, text) = watched.next();
    std::fs::write(&watched.file, "version = 1\nnot TOML").unwrap();
    let began = Instant::now();
    while watched.refusals() == 0 {
        assert!(began.elapsed() < Duration::from_secs(5), "never reported");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let took = began.elapsed();
    assert!(took > Duration::from_millis(700) && took < Duration::from_millis(2500), "{took:?}");
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!((watched.refusals(), watched.generation()), (1, 1));
    std::fs::write(&watched.file, text).unwrap();
    watched.expect(marker, 1).await;
}

/// Mended within the time that a wrong file is given: nobody hears of it.
#[tokio::test]
async fn a_mistake_that_is_mended_at_once_is_not_reported() {
    let (_place, mut watched) = start().await;
    let (marker, text) = watched.next();
    std::fs::write(&watched.file, "version = 1\nnot TOML").unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    std::fs::write(&watched.file, text).unwrap();
    watched.expect(marker, 1).await;
    assert_eq!(watched.refusals(), 0);
}

/// Writing beside the configuration, however much, keeps nothing from taking effect and changes nothing itself.
#[tokio::test]
async fn noise_in_the_directory_does_not_matter() {
    let (place, mut watched) = start().await;
    let log = place.path().join("access.log");
    let noise = tokio::spawn(async move {
        for line in 0..400 {
            std::fs::write(&log, line.to_string()).unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    for _ in 0..2 {
        let before = watched.generation();
        let (marker, text) = watched.next();
        std::fs::write(&watched.file, text).unwrap();
        watched.expect(marker, before).await;
    }
    assert!(watched.latencies.iter().all(|took| *took < Duration::from_secs(1)), "{}", watched.summary());
    noise.await.unwrap();
    watched.expect_nothing(3).await;
}

/// A reload that someone asks for does not wait, and takes little time even with a thousand services.
#[tokio::test]
async fn an_order_is_carried_out_at_once() {
    let (_place, mut watched) = start().await;
    let service =
        |at: u32| format!("[[service]]\nid = \"own-{at}\"\npurpose = \"analytics\"\nhosts = [\"own{at}.example\"]\n");
    let services = (0..1000).map(service).collect::<Vec<_>>().concat();
    let mut took = Vec::new();
    for _ in 0..rounds("VESTIBULE_ROUNDS", 3) {
        let (marker, text) = watched.next();
        std::fs::write(&watched.file, text + &services).unwrap();
        let began = Instant::now();
        assert_eq!(watched.reload().await.status, 200);
        took.push(began.elapsed());
        assert_eq!(watched.in_effect(), marker);
    }
    took.sort_unstable();
    report(&format!("ordered, 1000 services: median {:?}, max {:?}", took[took.len() / 2], took.last()));
    assert!(took[0] < Duration::from_secs(1), "{took:?}");
}
