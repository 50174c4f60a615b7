//! Trackers behind sub-domains of the shop's (T42 of the field study), with a real name server.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::PATIENCE;
use crate::support::client::get;
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

/// A `dnsmasq` with its own configuration. Stopped when dropped.
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
    fn start(lines: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        // Free a moment ago; nobody else in this machine's tests asks for UDP ports.
        let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let file = directory.path().join("dnsmasq.conf");
        let config = format!(
            "port={port}\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\nno-daemon\nlocal=/test/\n\
             local=/example/\nlocal-ttl=60\n{lines}\n"
        );
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new("/usr/sbin/dnsmasq");
        command.arg("--keep-in-foreground").arg("--pid-file=").arg(format!("--conf-file={}", file.display()));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let address = format!("127.0.0.1:{port}").parse().unwrap();
        let started = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            assert!(started.elapsed() < PATIENCE, "the name server did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { address, child, _directory: directory }
    }
}

const PAGE: &str = "<!doctype html><script src=https://metrics.shop.test/a.js></script><img src=//static.shop.test/x.png>\
                    <img src=//loop.shop.test/x><img src=//deep.shop.test/x><img src=//gone.shop.test/x>";

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
        "cname=metrics.shop.test,hop.shop.test\ncname=hop.shop.test,c7.custom.stats.example\n\
         host-record=c7.custom.stats.example,192.0.2.9\nhost-record=static.shop.test,192.0.2.1\n\
         cname=loop.shop.test,loop2.shop.test\ncname=loop2.shop.test,loop.shop.test\n",
    );
    for at in 0..30 {
        lines.push_str(&format!("cname=d{at}.shop.test,d{}.shop.test\n", at + 1));
    }
    lines.push_str("cname=deep.shop.test,d0.shop.test\nhost-record=d30.shop.test,192.0.2.2\n");
    let names = NameServer::start(&lines);
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = proxy(&origin, &format!("servers = [\"{}\"]", names.address));
    assert_eq!(page(&proxy).await, PAGE, "until it is known, it is a host of the shop's");
    proxy.wait_for_log("is an alias of a service's");
    let known = page(&proxy).await;
    assert!(!known.contains(" src=https://metrics.shop.test/a.js"), "{known}");
    assert!(known.contains("house-stats"), "{known}");
    for left in ["static", "loop", "deep", "gone"] {
        assert!(known.contains(&format!("<img src=//{left}.shop.test/x")), "{left}: {known}");
    }
    let status = get(proxy.admin(), "/-/status", "").await.text();
    assert!(status.contains("\"target\": \"c7.custom.stats.example\""), "{status}");
    let started = Instant::now();
    while !get(proxy.admin(), "/metrics", "").await.text().contains("vestibule_cloaked_hosts 1") {
        assert!(started.elapsed() < PATIENCE, "the metric");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
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
