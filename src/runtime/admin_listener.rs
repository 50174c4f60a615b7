//! The admin listener: a small HTTP server on loopback or a Unix socket, apart from all visitor traffic.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, watch};

use crate::admin::Admin;
use crate::telemetry::events;

/// The most admin connections at a time.
const MAX_CONNECTIONS: usize = 64;

/// Where ops connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminAddress {
    /// TCP on loopback.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}

impl std::str::FromStr for AdminAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Self::Unix(path.into()));
        }
        let address: SocketAddr = text.parse().map_err(|_| format!("`{text}` is neither ADDR:PORT nor unix:PATH"))?;
        if address.ip().is_loopback() {
            Ok(Self::Tcp(address))
        } else {
            Err(format!("`{address}` is not a loopback address; the admin listener has no password"))
        }
    }
}

/// A bound listener that does not yet answer.
#[derive(Debug)]
pub struct AdminListener {
    bound: Bound,
    admin: Arc<Admin>,
}

#[derive(Debug)]
enum Bound {
    Tcp(std::net::TcpListener),
    Unix(std::os::unix::net::UnixListener),
}

impl AdminListener {
    /// Binds. A socket file that nobody listens on any more is replaced.
    ///
    /// # Errors
    /// When the address is in use or not ours to take.
    pub fn bind(address: &AdminAddress, admin: Arc<Admin>) -> std::io::Result<Self> {
        let bound = match address {
            AdminAddress::Tcp(address) => {
                let listener = std::net::TcpListener::bind(address)?;
                listener.set_nonblocking(true)?;
                Bound::Tcp(listener)
            }
            AdminAddress::Unix(path) => {
                if std::os::unix::net::UnixStream::connect(path).is_err() && path.exists() {
                    std::fs::remove_file(path)?;
                }
                let listener = std::os::unix::net::UnixListener::bind(path)?;
                listener.set_nonblocking(true)?;
                Bound::Unix(listener)
            }
        };
        Ok(Self { bound, admin })
    }

    /// Answers until `shutdown` turns true.
    pub async fn serve(self, mut shutdown: watch::Receiver<bool>) {
        let serving = async {
            let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
            match self.bound {
                Bound::Tcp(listener) => {
                    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
                        return;
                    };
                    if let Ok(address) = listener.local_addr() {
                        events::admin_ready(&format!("http://{address}"));
                    }
                    loop {
                        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
                            return;
                        };
                        if let Ok((stream, _)) = listener.accept().await {
                            tokio::spawn(connection(stream, Arc::clone(&self.admin), slot));
                        }
                    }
                }
                Bound::Unix(listener) => {
                    let Ok(listener) = tokio::net::UnixListener::from_std(listener) else {
                        return;
                    };
                    events::admin_ready("unix socket");
                    loop {
                        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
                            return;
                        };
                        if let Ok((stream, _)) = listener.accept().await {
                            tokio::spawn(connection(stream, Arc::clone(&self.admin), slot));
                        }
                    }
                }
            }
        };
        tokio::select! {
            () = serving => {}
            _ = shutdown.changed() => {}
        }
    }
}

async fn connection<S>(stream: S, admin: Arc<Admin>, _slot: tokio::sync::OwnedSemaphorePermit)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let response = answer(&admin, &request);
        async move { Ok::<_, Infallible>(response) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(10))
        .serve_connection(TokioIo::new(stream), service)
        .await;
    // Whoever breaks off an admin request knows it already.
    drop(served);
}

fn answer(admin: &Admin, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    let (status, content_type, body) = if reads {
        let answer = admin.get(request.uri().path());
        (answer.status, answer.content_type, answer.body)
    } else {
        (405, "text/plain; charset=utf-8", "only GET is served here\n".to_owned())
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    headers.insert(http::header::CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    response
}
