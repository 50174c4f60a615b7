//! What a request through Vestibule costs, against a bare pass-through proxy on the same framework, in the same run.
//!
//! `cargo bench --bench overhead` prints a table: CPU time of the proxy's own process per request, and latencies, medians
//! of interleaved rounds. Read ratios, not figures: machines differ, and this one may be busy.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a measurement that cannot go on stops"
)]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use pingora::prelude::HttpPeer;
use pingora::proxy::{ProxyHttp, Session, http_proxy_service};
use pingora::server::Server;
use pingora::server::configuration::ServerConf;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const ROUNDS: usize = 5;
const CONNECTIONS: usize = 16;
const IDLE: usize = 1000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--bare") {
        bare(&arguments[at + 1], &arguments[at + 2], arguments.get(at + 3).is_some());
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure());
}

/// The proxy to compare with: nothing but pass-through; or the least that any proxy of this kind does to a request, with
/// fixed fields, fixed cookies and nothing to decide.
struct Bare {
    origin: SocketAddr,
    least: bool,
}

#[async_trait]
impl ProxyHttp for Bare {
    type CTX = ();
    fn new_ctx(&self) {}
    async fn upstream_peer(&self, _: &mut Session, (): &mut ()) -> pingora::Result<Box<HttpPeer>> {
        let mut peer = HttpPeer::new(self.origin, false, String::new());
        if self.least {
            peer.options.connection_timeout = Some(Duration::from_secs(5));
            peer.options.read_timeout = Some(Duration::from_mins(1));
            peer.options.write_timeout = Some(Duration::from_mins(1));
        }
        Ok(Box::new(peer))
    }
    async fn early_request_filter(&self, session: &mut Session, (): &mut ()) -> pingora::Result<()> {
        if self.least {
            session.set_keepalive(Some(75));
            session.set_read_timeout(Some(Duration::from_secs(30)));
            session.set_write_timeout(Some(Duration::from_mins(1)));
        }
        Ok(())
    }
    async fn upstream_request_filter(
        &self,
        _: &mut Session,
        request: &mut pingora::http::RequestHeader,
        (): &mut (),
    ) -> pingora::Result<()> {
        if self.least {
            request.insert_header("Cookie", "sid=abcdef0123456789; csrftoken=0123456789; cart=1")?;
            request.insert_header("X-Forwarded-For", "127.0.0.1")?;
            request.insert_header("X-Forwarded-Proto", "http")?;
            request.insert_header("X-Forwarded-Host", "bench.test")?;
            let told = "necessary=granted, functional=undecided, personalization=undecided, analytics=undecided, \
                        marketing=undecided, social=undecided";
            request.insert_header("Vestibule-Consent", told)?;
        }
        Ok(())
    }
}

fn bare(origin: &str, listen: &str, least: bool) {
    let conf = ServerConf {
        threads: std::thread::available_parallelism().unwrap().get(),
        upstream_keepalive_pool_size: 512,
        ..ServerConf::default()
    };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.bootstrap();
    let mut service = http_proxy_service(&server.configuration, Bare { origin: origin.parse().unwrap(), least });
    service.add_tcp(listen);
    server.add_service(service);
    server.run_forever();
}

/// A proxy under measurement. Stopped when dropped.
struct Proxy {
    child: Child,
    address: SocketAddr,
    started_in: Duration,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Proxy {
    fn bare(origin: SocketAddr, least: bool) -> Self {
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let started = Instant::now();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--bare", &origin.to_string(), &address.to_string()])
            .args(least.then_some("least"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while std::net::TcpStream::connect(address).is_err() {
            assert!(started.elapsed() < Duration::from_secs(10));
            std::thread::sleep(Duration::from_millis(1));
        }
        Self { child, address, started_in: started.elapsed() }
    }

    fn vestibule(origin: SocketAddr, state: &std::path::Path) -> Self {
        let started = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_vestibule"))
            .args(["run", "--upstream", &format!("http://{origin}"), "--listen", "127.0.0.1:0", "--state-dir"])
            .arg(state)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let line = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        let address = line.strip_prefix("ready http://").unwrap().parse().unwrap();
        Self { child, address, started_in: started.elapsed() }
    }

    /// CPU time used so far, in seconds. The kernel counts in hundredths.
    fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
    }

    /// Resident memory, in KiB.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

/// A shop page of about `size` bytes with the usual trackers.
fn page(size: usize) -> Vec<u8> {
    let mut page = String::from(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Shop</title>\
         <script>(function(w,d,s,l,i){w[l]=w[l]||[];w[l].push({'gtm.start':new Date().getTime(),event:'gtm.js'});var \
         f=d.getElementsByTagName(s)[0],j=d.createElement(s);j.async=true;j.src=\
         'https://www.googletagmanager.com/gtm.js?id='+i;f.parentNode.insertBefore(j,f);})(window,document,'script',\
         'dataLayer','GTM-ABCD');</script><script async src=\"https://www.googletagmanager.com/gtag/js?id=G-ABCDEF1\">\
         </script><link rel=stylesheet href=/shop.css></head><body>",
    );
    let mut number = 0;
    while page.len() < size {
        number += 1;
        let _ = writeln!(
            page,
            "<li class=\"product col-xs-6\" data-id=\"{number}\"><a href=\"/product/{number}\"><img src=\"/img/{number}.jpg\" \
             alt=\"Product {number}\" loading=lazy width=300 height=300></a><h3>Product number {number}</h3><p class=price>\
             {number}.90 &euro;</p><form method=post action=/cart><input type=hidden name=id value={number}><button>Add\
             </button></form></li>"
        );
        if number % 40 == 0 {
            page.push_str("<img src=\"https://www.facebook.com/tr?id=1&amp;ev=PageView\" width=1 height=1>");
        }
    }
    page.push_str("</body></html>");
    page.into_bytes()
}

/// An origin that costs little: three fixed answers by path.
async fn origin() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = |fields: &str, body: &[u8]| {
        [format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
    };
    let html = page(60 * 1024);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    gzip.write_all(&html).unwrap();
    let answers: &'static [Vec<u8>; 3] = Box::leak(Box::new([
        answer("Content-Type: application/json\r\n", &[b'1'; 1024]),
        answer("Content-Type: text/html; charset=utf-8\r\n", &html),
        answer("Content-Type: text/html; charset=utf-8\r\nContent-Encoding: gzip\r\n", &gzip.finish().unwrap()),
    ]));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            drop(stream.set_nodelay(true));
            tokio::spawn(async move {
                let mut buffer = Vec::with_capacity(4096);
                loop {
                    buffer.clear();
                    while !buffer.ends_with(b"\r\n\r\n") {
                        match stream.read_buf(&mut buffer).await {
                            Ok(1..) => {}
                            _ => return,
                        }
                    }
                    let at = usize::from(buffer.get(5).copied().unwrap_or(b'0') - b'0');
                    if stream.write_all(&answers[at.min(2)]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// One request on an open connection.
async fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut Vec<u8>) {
    stream.write_all(request).await.unwrap();
    buffer.clear();
    let (mut head, mut length, mut chunked) = (None, 0, false);
    loop {
        assert!(stream.read_buf(buffer).await.unwrap() > 0, "closed");
        if head.is_none() {
            head = buffer.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
            if let Some(head) = head {
                let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
                assert!(text.starts_with("http/1.1 200"), "{text}");
                chunked = text.contains("transfer-encoding: chunked");
                length = text
                    .split("content-length: ")
                    .nth(1)
                    .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse().unwrap());
            }
        }
        if let Some(head) = head {
            let complete = if chunked { buffer.ends_with(b"\r\n0\r\n\r\n") } else { buffer.len() >= head + length };
            if complete {
                return;
            }
        }
    }
}

struct Round {
    cpu: f64,
    p50: f64,
    p99: f64,
    rate: f64,
}

async fn load(proxy: &Proxy, request: &str, requests: usize) -> Round {
    let before = proxy.cpu();
    let started = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..CONNECTIONS {
        let (address, request) = (proxy.address, request.to_owned());
        tasks.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut buffer = Vec::with_capacity(128 * 1024);
            let mut times = Vec::new();
            for _ in 0..requests / CONNECTIONS {
                let sent = Instant::now();
                exchange(&mut stream, request.as_bytes(), &mut buffer).await;
                times.push(sent.elapsed().as_secs_f64() * 1e6);
            }
            times
        }));
    }
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let elapsed = started.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    Round {
        cpu: (proxy.cpu() - before) * 1e6 / times.len() as f64,
        p50: at(0.5),
        p99: at(0.99),
        rate: times.len() as f64 / elapsed,
    }
}

fn median(rounds: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    let mut values: Vec<f64> = rounds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A visitor who agreed to everything.
async fn accept_all(proxy: &Proxy) -> String {
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    let call = "POST /.vestibule/consent HTTP/1.1\r\nHost: bench.test\r\nOrigin: http://bench.test\r\nConnection: close\r\n\
                Content-Type: application/json\r\nContent-Length: 19\r\n\r\n{\"choice\":\"accept\"}";
    stream.write_all(call.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let cookies = answer.lines().filter_map(|line| line.strip_prefix("Set-Cookie: "));
    cookies.map(|cookie| cookie.split(';').next().unwrap()).collect::<Vec<_>>().join("; ")
}

async fn idle_memory(proxy: &Proxy) -> f64 {
    let before = proxy.memory();
    let mut open = Vec::new();
    let mut buffer = Vec::new();
    for _ in 0..IDLE {
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        exchange(&mut stream, b"GET /0 HTTP/1.1\r\nHost: bench.test\r\n\r\n", &mut buffer).await;
        open.push(stream);
    }
    (proxy.memory() - before) / IDLE as f64
}

#[expect(clippy::print_stdout, reason = "the table is the result")]
async fn measure() {
    let origin = origin().await;
    let state = std::env::temp_dir().join(format!("vestibule-bench-{}", std::process::id()));
    let (bare, ours) = (Proxy::bare(origin, false), Proxy::vestibule(origin, &state));
    let least = Proxy::bare(origin, true);
    let accepted = accept_all(&ours).await;
    let jar = "sid=abcdef0123456789; csrftoken=0123456789; _ga=GA1.2.345.678; _fbp=fb.1.2.3; cart=1";
    let request = |path: usize, coding: &str, cookie: &str| {
        format!(
            "GET /{path} HTTP/1.1\r\nHost: bench.test\r\nAccept: text/html,*/*\r\nAccept-Encoding: {coding}\r\n\
             User-Agent: bench\r\nCookie: {cookie}\r\n\r\n"
        )
    };
    let all = format!("{jar}; {accepted}");
    let cases = [
        ("1 KB JSON, no choice", 20_000, request(0, "identity", jar)),
        ("1 KB JSON, all granted", 20_000, request(0, "identity", &all)),
        ("60 KB page, all granted: passes", 8_000, request(1, "identity", &all)),
        ("60 KB page, no choice: rewritten", 8_000, request(1, "identity", jar)),
        ("60 KB page, no choice, gzip both ways", 4_000, request(2, "gzip", jar)),
    ];
    println!(
        "\n| case | bare CPU us | least CPU us | ours CPU us | ours/bare | ours/least | bare p50/p99 us | ours p50/p99 us | bare r/s | ours r/s |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for (name, requests, request) in cases {
        let (mut one, mut middle, mut other) = (Vec::new(), Vec::new(), Vec::new());
        load(&bare, &request, requests / 10).await;
        load(&least, &request, requests / 10).await;
        load(&ours, &request, requests / 10).await;
        for _ in 0..ROUNDS {
            one.push(load(&bare, &request, requests).await);
            middle.push(load(&least, &request, requests).await);
            other.push(load(&ours, &request, requests).await);
        }
        let cpu = |rounds: &[Round]| median(rounds, |round| round.cpu);
        let (bare_cpu, least_cpu, our_cpu) = (cpu(&one), cpu(&middle), cpu(&other));
        println!(
            "| {name} | {bare_cpu:.1} | {least_cpu:.1} | {our_cpu:.1} | {:.2} | {:.2} | {:.0}/{:.0} | {:.0}/{:.0} | {:.0} | {:.0} |",
            our_cpu / bare_cpu,
            our_cpu / least_cpu,
            median(&one, |round| round.p50),
            median(&one, |round| round.p99),
            median(&other, |round| round.p50),
            median(&other, |round| round.p99),
            median(&one, |round| round.rate),
            median(&other, |round| round.rate),
        );
    }
    drop((bare, least, ours));
    let (bare, ours) = (Proxy::bare(origin, false), Proxy::vestibule(origin, &state));
    println!(
        "\nMemory per idle connection, of {IDLE}: bare {:.1} KiB, ours {:.1} KiB. Fresh process: bare {:.1} MiB, ours {:.1} MiB.",
        idle_memory(&bare).await,
        idle_memory(&ours).await,
        Proxy::bare(origin, false).memory() / 1024.0,
        Proxy::vestibule(origin, &state).memory() / 1024.0,
    );
    let mut starts: Vec<f64> =
        (0..9).map(|_| Proxy::vestibule(origin, &state).started_in.as_secs_f64() * 1e3).collect();
    starts.sort_by(f64::total_cmp);
    println!("Start to ready: median {:.0} ms of 9 (slowest {:.0} ms).", starts[4], starts[8]);
    drop(std::fs::remove_dir_all(state));
}
