//! Listeners and background tasks on the framework's server.

use std::collections::BTreeSet;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pingora::apps::HttpServerOptions;
use pingora::listeners::tls::TlsSettings;
use pingora::listeners::{L4BufferSettings, ListenerConfig, TcpSocketOptions};
use pingora::proxy::http_proxy;
use pingora::server::configuration::ServerConf;
use pingora::server::{RunArgs, Server, ShutdownWatch};
use pingora::services::background::{BackgroundService, background_service};
use pingora::services::listening::Service;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;

use super::certificates::Certificates;
use super::front::Front;
use super::service::Vestibule;
use crate::config::Listen;
use crate::inventory::Inventory;
use crate::snapshot::SnapshotCell;
use crate::telemetry::Metrics;

/// A future that runs beside the proxy until it ends by itself or the receiver turns true.
pub type TaskFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Makes the future of a background task.
pub type Task = Box<dyn Fn(watch::Receiver<bool>) -> TaskFuture + Send + Sync>;

/// Is told every address that accepts connections, and whether over TLS.
pub type OnReady = Box<dyn Fn(&[(SocketAddr, bool)]) + Send + Sync>;

/// What the proxy is made of.
pub struct Parts {
    /// Where visitors connect. Port 0 takes any free port.
    pub listen: Listen,
    /// The configuration in use.
    pub cell: Arc<SnapshotCell>,
    /// Where counts go.
    pub metrics: Arc<Metrics>,
    /// Where unknown names go.
    pub inventory: Arc<Inventory>,
    /// What runs beside, with names.
    pub tasks: Vec<(&'static str, Task)>,
    /// Called once with the cleartext addresses, and then those over TLS, when all of them accept connections.
    pub on_ready: OnReady,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Parts").field("listen", &self.listen).finish_non_exhaustive()
    }
}

/// Why the proxy cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error("cannot listen on `{0}`: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// An address cannot be served over TLS.
    #[error("cannot serve TLS on `{0}`: {1}")]
    Tls(SocketAddr, String),
}

/// Runs until the process is told to stop: at once by SIGINT; by SIGTERM after requests in flight had time to end.
///
/// # Errors
/// When an address cannot be used. Nothing was started then.
pub fn run(parts: Parts) -> Result<(), StartError> {
    let conf = ServerConf {
        threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        grace_period_seconds: Some(2),
        graceful_shutdown_timeout_seconds: Some(10),
        upstream_keepalive_pool_size: 512,
        max_retries: 4,
        ..ServerConf::default()
    };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.bootstrap();

    let cell = Arc::clone(&parts.cell);
    let proxy = Vestibule::new(parts.cell, parts.metrics, parts.inventory);
    let mut options = HttpServerOptions::default();
    options.h2c = true;
    options.h2_idle_timeout = Some(Duration::from_secs(90));
    options.keepalive_request_limit = Some(10_000);
    let mut proxy = http_proxy(&server.configuration, proxy);
    proxy.server_options = Some(options);
    let mut service = Service::new("vestibule".to_owned(), Front::new(proxy));

    // An IPv6 wildcard also takes IPv4 on most systems, and would be in the way of an IPv4 listener on the same port.
    let both_families = |wanted: SocketAddr| {
        let all = parts.listen.http.iter().chain(parts.listen.https.iter().map(|(address, ..)| address));
        wanted.is_ipv6() && all.into_iter().any(|known| known.is_ipv4() && known.port() == wanted.port())
    };
    let mut reserved = Vec::new();
    let mut accepting = Vec::new();
    for wanted in &parts.listen.http {
        let (address, listener) = listener(*wanted, both_families(*wanted), &mut reserved)?;
        // Pages come in whole; a read buffer would stay with every idle connection for nothing.
        service.add_listener(listener.l4_buffer(L4BufferSettings::default().read(0)));
        accepting.push((address, false));
    }
    let secure: BTreeSet<SocketAddr> = parts.listen.https.iter().map(|(address, ..)| *address).collect();
    for wanted in secure {
        let failed = |error: String| StartError::Tls(wanted, error);
        let mut tls = TlsSettings::intermediate("", "").map_err(|error| failed(error.to_string()))?;
        tls.set_cert_resolver(Arc::new(Certificates { cell: Arc::clone(&cell), address: wanted }));
        tls.enable_h2();
        let (address, listener) = listener(wanted, both_families(wanted), &mut reserved)?;
        service.add_listener(listener.tls(tls));
        accepting.push((address, true));
    }
    server.add_service(service);
    for (name, task) in parts.tasks {
        server.add_service(background_service(name, Background(task)));
    }
    let announce = Announce { accepting, on_ready: parts.on_ready };
    server.add_service(background_service("announce", announce));
    server.run(RunArgs::default());
    drop(reserved);
    Ok(())
}

/// Settles the port. The framework cannot tell which free port it was given, so a socket that never listens holds one
/// until the framework's own socket stands beside it. `ipv6_only` keeps a listener on IPv6 from taking IPv4 as well.
fn listener(
    wanted: SocketAddr,
    ipv6_only: bool,
    reserved: &mut Vec<TcpSocket>,
) -> Result<(SocketAddr, ListenerConfig), StartError> {
    let failed = |error| StartError::Listen(wanted, error);
    let mut options = TcpSocketOptions::default();
    options.ipv6_only = ipv6_only.then_some(true);
    if wanted.port() != 0 {
        // The framework waits half a minute for a port in use and then panics; a person wants to know at once.
        drop(std::net::TcpListener::bind(wanted).map_err(failed)?);
        return Ok((wanted, ListenerConfig::tcp(wanted.to_string()).tcp_socket_options(options)));
    }
    let socket = if wanted.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.map_err(failed)?;
    socket.set_reuseport(true).map_err(failed)?;
    socket.bind(wanted).map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    reserved.push(socket);
    options.so_reuseport = Some(true);
    Ok((address, ListenerConfig::tcp(address.to_string()).tcp_socket_options(options)))
}

struct Background(Task);

#[async_trait]
impl BackgroundService for Background {
    async fn start(&self, shutdown: ShutdownWatch) {
        (self.0)(shutdown).await;
    }
}

/// Waits until every listener accepts, and says so.
struct Announce {
    accepting: Vec<(SocketAddr, bool)>,
    on_ready: OnReady,
}

#[async_trait]
impl BackgroundService for Announce {
    async fn start(&self, shutdown: ShutdownWatch) {
        for (address, _) in &self.accepting {
            while TcpStream::connect(reachable(*address)).await.is_err() {
                if *shutdown.borrow() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        (self.on_ready)(&self.accepting);
    }
}

/// An address under which a listener on `address` is reached from this machine.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
