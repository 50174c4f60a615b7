//! Trackers behind sub-domains of the shop's (T42 of the field study), with a real name server.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::PATIENCE;
use crate::support::client::get;
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

/// An `unbound` with its own configuration. Stopped when dropped.
struct NameServer {
    address: SocketAddr,
    child: Child,
    _directory: tempfile::TempDir,
}

impl Drop for NameServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl NameServer {
    /// Answers with `records`, one a line, and with nothing about everything else below `test` and `example`.
    fn start(records: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        // Free a moment ago.
        let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let file = directory.path().join("unbound.conf");
        let data: Vec<String> = records.lines().map(|record| format!("  local-data: \"{record}\"\n")).collect();
        let data = data.concat();
        let config = format!(
            "server:\n  interface: 127.0.0.1@{port}\n  do-daemonize: no\n  chroot: \"\"\n  username: \"\"\n  pidfile: \"\"\n  \
             directory: \"{directory}\"\n  use-syslog: no\n  logfile: \"{directory}/log\"\n  num-threads: 1\n  module-config: \"iterator\"\n  \
             do-not-query-localhost: yes\n  local-zone: \"test.\" static\n  local-zone: \"example.\" static\n{data}\
             remote-control:\n  control-enable: no\n",
            directory = directory.path().display()
        );
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new("/usr/sbin/unbound");
        command.arg("-d").arg("-c").arg(&file);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut server = Self { address: format!("127.0.0.1:{port}").parse().unwrap(), child, _directory: directory };
        let started = Instant::now();
        while std::net::TcpStream::connect(server.address).is_err() {
            let ended = server.child.try_wait().unwrap();
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "the name server did not start: {ended:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }
}

const PAGE: &str = "<!doctype html><script src=https://metrics.shop.test/a.js></script><img src=//static.shop.test/x.png>\
                    <img src=//loop.shop.test/x><img src=//deep.shop.test/x><img src=//gone.shop.test/x><img src=//x.tags.shop.test/x>";

fn proxy(origin: &Origin, servers: &str) -> Vestibule {
    Vestibule::with_config(&format!(
        "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n[dns]\n{servers}\n\
         [[site]]\nhosts = [\"shop.test\"]\nbanner = false\nupstream = \"{}\"\n[[service]]\nid = \"house-stats\"\n\
         purpose = \"analytics\"\ncname_targets = [\"custom.stats.example\"]\n",
        origin.url()
    ))
}

async fn page(proxy: &Vestibule) -> String {
    get(proxy.address, "/", "Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n").await.text()
}

#[tokio::test]
async fn t42_an_alias_of_a_tracker_is_the_tracker() {
    let mut lines = String::from(
        "metrics.shop.test. 60 CNAME hop.shop.test.\nhop.shop.test. 60 CNAME c7.custom.stats.example.\n\
         c7.custom.stats.example. 60 A 192.0.2.9\nstatic.shop.test. 60 A 192.0.2.1\n\
         loop.shop.test. 60 CNAME loop2.shop.test.\nloop2.shop.test. 60 CNAME loop.shop.test.\n\
         x.tags.shop.test. 60 A 192.0.2.3\ntags.shop.test. 60 NS ns1.custom.stats.example.\n\
         deep.shop.test. 60 CNAME d0.shop.test.\nd30.shop.test. 60 CNAME c7.custom.stats.example.\n",
    );
    for at in 0..30 {
        writeln!(lines, "d{at}.shop.test. 60 CNAME d{}.shop.test.", at + 1).unwrap();
    }
    let names = NameServer::start(&lines);
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = proxy(&origin, &format!("servers = [\"{}\"]", names.address));
    assert_eq!(page(&proxy).await, PAGE, "until it is known, it is a host of the shop's");
    // One is an alias, of the other a tracker's servers answer for the domain above.
    let started = Instant::now();
    while !get(proxy.admin(), "/metrics", "").await.text().contains("vestibule_cloaked_hosts 2") {
        assert!(started.elapsed() < PATIENCE, "{}", proxy.logged());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let known = page(&proxy).await;
    assert!(!known.contains(" src=//x.tags.shop.test/x"), "{known}");
    assert!(!known.contains(" src=https://metrics.shop.test/a.js"), "{known}");
    assert!(known.contains("house-stats"), "{known}");
    for left in ["static", "loop", "deep", "gone"] {
        assert!(known.contains(&format!("<img src=//{left}.shop.test/x")), "{left}: {known}");
    }
    let status = get(proxy.admin(), "/-/status", "").await.text();
    assert!(status.contains("\"target\": \"c7.custom.stats.example\""), "{status}");
    // What was learnt survives a reload.
    proxy.signal("HUP");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(page(&proxy).await, known);
}

/// A resolver that never answers holds nothing up: pages come as they did before.
#[tokio::test]
async fn t42_a_dead_resolver_delays_nothing() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = proxy(&origin, &format!("servers = [\"{}\"]", silent.local_addr().unwrap()));
    silent.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(page(&proxy).await, PAGE);
    assert!(silent.recv(&mut [0; 512]).is_ok(), "it was asked");
    // Asked and not answered: the request that comes meanwhile does not wait.
    assert_eq!(page(&proxy).await, PAGE);
}

#[tokio::test]
async fn t42_nobody_is_asked_where_the_operator_says_so() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = proxy(&origin, &format!("resolve = false\nservers = [\"{}\"]", silent.local_addr().unwrap()));
    assert_eq!(page(&proxy).await, PAGE);
    silent.set_read_timeout(Some(Duration::from_millis(1_500))).unwrap();
    assert!(silent.recv(&mut [0; 512]).is_err());
}
