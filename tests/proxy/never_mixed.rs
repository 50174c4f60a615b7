//! Reloads under load: every response comes from one policy, from its first byte to its last, and none fails.
//!
//! Two policies disagree about every surface. `VESTIBULE_RELOADS=10000` makes it a long run, which also shows whether
//! memory grows.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};

use crate::support::PATIENCE;
use crate::support::client::{Response, read_response};
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

/// Clients that ask without a pause. Two cores are kept busy by fewer.
const CLIENTS: usize = 6;

/// What is `one` is necessary, and what is the other needs consent. Nobody consents.
fn policy(origin: &Origin, one: char) -> String {
    let other = if one == 'a' { 'b' } else { 'a' };
    format!(
        "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\n[admin]\nlisten = \"unix:admin.sock\"\n[[site]]\n\
         hosts = [\"shop.test\"]\nupstream = \"{}\"\nbanner = false\n\
         [[service]]\nid = \"kept-{one}\"\npurpose = \"necessary\"\nreason = \"test\"\ncookies = [\"mark_{one}\"]\n\
         hosts = [\"{one}.example\"]\n\
         [[service]]\nid = \"held-{other}\"\npurpose = \"marketing\"\ncookies = [\"mark_{other}\"]\n\
         hosts = [\"{other}.example\"]\n",
        origin.url()
    )
}

/// A page with both marks on every surface, sent in pieces, so that reloads come in the middle of it.
async fn origin() -> Origin {
    // The shop's connections outlive the run; one that is closed in the middle of a request would be its failure, not ours.
    Origin::start_for(Duration::from_hours(2), |seen| {
        let saw = seen.field("cookie").join("; ");
        let page = |mark: char| {
            format!("<script src=\"https://{mark}.example/x.js\"></script><img src=\"https://{mark}.example/p.gif\">")
        };
        let (first, second) = (format!("<html><head>{}", page('a')), format!("{}</head></html>", page('b')));
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Saw: {saw}\r\n\
             Set-Cookie: mark_a=1; Path=/\r\nSet-Cookie: mark_b=1; Path=/\r\n\
             Link: <https://a.example/x.js>; rel=preload; as=script\r\n\
             Link: <https://b.example/x.js>; rel=preload; as=script\r\nContent-Length: {}\r\n\r\n",
            first.len() + second.len()
        );
        let pieces = if seen.path().contains("slow") {
            vec![head.into_bytes(), first.into_bytes(), second.into_bytes()]
        } else {
            vec![[head, first, second].concat().into_bytes()]
        };
        Reply::pieces(pieces)
    })
    .await
}

/// Which policy each part of a response comes from: what the shop was sent, what is set, what is preloaded, what the page
/// loads, and what the policy line allows.
fn marks(response: &Response) -> Vec<(&'static str, String)> {
    let body = response.text();
    let has = |text: &str, mark: char, around: (&str, &str)| text.contains(&format!("{}{mark}{}", around.0, around.1));
    let found = |text: &str, before: &str, after: &str| -> String {
        ['a', 'b'].into_iter().filter(|mark| has(text, *mark, (before, after))).collect()
    };
    // What one policy ends in the browser is what the other keeps.
    let set = response.field("set-cookie").into_iter().filter(|field| !field.ends_with("; Max-Age=0"));
    let set: Vec<String> = set.collect();
    vec![
        ("cookie", found(&response.one("x-saw"), "mark_", "=")),
        ("set-cookie", found(&set.join("\n"), "mark_", "=")),
        ("link", found(&response.one("link"), "https://", ".example")),
        ("script", found(&body, " src=\"https://", ".example/x.js")),
        ("image", found(&body, " src=\"https://", ".example/p.gif")),
        ("policy line", found(&response.one("content-security-policy"), " ", ".example")),
    ]
}

#[derive(Default)]
struct Counts {
    responses: AtomicU64,
    mixed: AtomicU64,
    failed: AtomicU64,
    by_a: AtomicU64,
}

/// Asks on one connection until told to stop.
async fn client(address: std::net::SocketAddr, path: &str, stop: Arc<AtomicBool>, counts: Arc<Counts>) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: shop.test\r\nCookie: mark_a=1; mark_b=1; sid=1\r\n\r\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut buffer = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        stream.write_all(request.as_bytes()).await.unwrap();
        let read = read_response(&mut stream, &mut buffer, false);
        let response = tokio::time::timeout(PATIENCE, read).await.unwrap_or_default();
        counts.responses.fetch_add(1, Ordering::Relaxed);
        if response.status != 200 || !response.complete {
            counts.failed.fetch_add(1, Ordering::Relaxed);
            drop(writeln!(std::io::stderr(), "failed: status {}, complete: {}", response.status, response.complete));
            stream = TcpStream::connect(address).await.unwrap();
            buffer.clear();
            continue;
        }
        let marks = marks(&response);
        let first = marks[0].1.clone();
        if first.len() != 1 || marks.iter().any(|(_, mark)| *mark != first) {
            counts.mixed.fetch_add(1, Ordering::Relaxed);
            drop(writeln!(std::io::stderr(), "mixed: {marks:?}"));
        }
        counts.by_a.fetch_add(u64::from(first == "a"), Ordering::Relaxed);
        // The server closes a connection after ten thousand requests.
        if response.one("connection") == "close" {
            stream = TcpStream::connect(address).await.unwrap();
        }
    }
}

/// Resident memory of a process, in KiB.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn reload(socket: &std::path::Path) -> String {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    let request = b"POST /-/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reloads_under_load_never_mix_or_fail() {
    let reloads: u64 = std::env::var("VESTIBULE_RELOADS").ok().and_then(|value| value.parse().ok()).unwrap_or(300);
    let origin = origin().await;
    let policies = [policy(&origin, 'a'), policy(&origin, 'b')];
    let proxy = Vestibule::with_config_and(&policies[0], &["--log", "warn"]);
    let socket = proxy.config_file().with_file_name("admin.sock");
    let (stop, counts) = (Arc::new(AtomicBool::new(false)), Arc::new(Counts::default()));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|at| {
            let path = if at % 3 == 0 { "/slow" } else { "/" };
            tokio::spawn(client(proxy.address, path, Arc::clone(&stop), Arc::clone(&counts)))
        })
        .collect();
    let began = Instant::now();
    let warm = reloads / 10;
    let mut memory = Vec::new();
    for round in 0..reloads {
        let text = &policies[usize::try_from((round + 1) % 2).unwrap()];
        std::fs::write(proxy.config_file(), text).unwrap();
        let answer = reload(&socket).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        if round + 1 == warm || (round + 1) % (reloads / 10).max(1) == 0 {
            memory.push(resident(proxy.child.id()));
        }
        // Two writes between two looks at the clock would be one reload less.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let took = began.elapsed();
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let (first, last) = (memory[0], memory[memory.len() - 1]);
    let highest = memory.iter().max().unwrap();
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let growth = (last as f64 / first as f64 - 1.0) * 100.0;
    drop(writeln!(
        std::io::stderr(),
        "{reloads} reloads in {took:.1?} by {CLIENTS} clients: {} responses ({} by the first policy), {} mixed, {} failed; \
         memory after a tenth {first} KiB, at the end {last} KiB ({growth:+.1} %), highest {highest} KiB; all: {memory:?}",
        count(&counts.responses),
        count(&counts.by_a),
        count(&counts.mixed),
        count(&counts.failed),
    ));
    assert_eq!((count(&counts.mixed), count(&counts.failed)), (0, 0));
    assert!(count(&counts.by_a) > 0 && count(&counts.by_a) < count(&counts.responses), "both policies were seen");
    // A few hundred reloads say nothing about memory.
    assert!(reloads < 5000 || growth <= 5.0, "memory grows: {memory:?}");
}
