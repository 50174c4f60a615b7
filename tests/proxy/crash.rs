//! Killed at any moment: what was acknowledged is there, and nothing is torn. `VESTIBULE_KILLS=1000` makes it a long run.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::vestibule::{Vestibule, command};

fn config(days: u64) -> String {
    format!(
        "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\n[admin]\nlisten = \"unix:admin.sock\"\n[reload]\npoll = \"1h\"\n\
         start_from_last_good = true\n[[regime]]\nid = \"house\"\ndefault = \"opt-in\"\nask_again_days = 0\n[[site]]\nhosts = [\"shop.test\"]\nupstream = \"http://127.0.0.1:9\"\n\
         regime = \"house\"\nchoice_days = {days}\n"
    )
}

fn ask(socket: &Path, method: &str, path: &str) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn a_kill_tears_nothing_and_loses_nothing_acknowledged() {
    let kills: u64 = std::env::var("VESTIBULE_KILLS").ok().and_then(|value| value.parse().ok()).unwrap_or(8);
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("vestibule.toml");
    let socket = place.path().join("admin.sock");
    let state = place.path().join(".vestibule-state");
    std::fs::write(&file, config(1)).unwrap();
    let (mut acknowledged, mut torn, mut seed) = (0, 0, 0x1234_5678_u64);
    let mut newest = 1;
    for kill in 0..kills {
        let mut proxy = Vestibule::on(&file);
        proxy.wait_for_log("Admin listener");
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let lives = Duration::from_micros(seed >> 33 & 0x3_ffff);
        let began = Instant::now();
        let child = proxy.child.id().to_string();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(lives);
            std::process::Command::new("kill").args(["-KILL", &child]).status().unwrap();
        });
        let (mut days, mut certain) = (newest, newest);
        while began.elapsed() < Duration::from_secs(5) {
            days = days % 400 + 1;
            std::fs::write(&file, config(days)).unwrap();
            match ask(&socket, "POST", "/-/reload") {
                Ok(answer) if answer.contains("\"in_effect\": true") => {
                    (certain, acknowledged) = (days, acknowledged + 1);
                }
                _ => break,
            }
        }
        killer.join().unwrap();
        proxy.child.wait().unwrap();
        drop(proxy);
        torn += u64::from(!std::fs::read(state.join("audit.jsonl")).unwrap().ends_with(b"\n"));

        // The file is no help now: what starts is what was kept.
        std::fs::write(&file, "torn = [").unwrap();
        let proxy = Vestibule::on(&file);
        proxy.wait_for_log("Started from the last good configuration");
        proxy.wait_for_log("Admin listener");
        let kept = std::fs::read_dir(state.join("generations")).unwrap().map(|entry| entry.unwrap().path());
        let kept = kept.filter(|path| path.extension().is_some_and(|end| end == "json")).max().unwrap();
        let kept = std::fs::read_to_string(kept).unwrap();
        newest = kept.split("choice_days = ").nth(1).unwrap().split('\\').next().unwrap().parse().unwrap();
        assert!(newest == certain || newest == days, "kill {kill}: {newest} is kept, {certain} was acknowledged");
        let verified = command(&["audit", "verify", "--state-dir", &state.display().to_string()], b"");
        let told = String::from_utf8_lossy(&verified.stderr).into_owned();
        assert_eq!(verified.status.code(), Some(0), "kill {kill}: {told}");
        drop(proxy);
        std::fs::write(&file, config(newest)).unwrap();
    }
    let records = std::fs::read_to_string(state.join("audit.jsonl")).unwrap().matches("\"event\":\"reload\"").count();
    assert!(records >= acknowledged, "{records} records of {acknowledged} acknowledged reloads");
    drop(writeln!(
        std::io::stderr(),
        "{kills} kills: {acknowledged} acknowledged reloads, none lost; {torn} torn last lines, all recorded"
    ));
}
