//! The admin listener: a small HTTP server on loopback or a Unix socket, apart from all visitor traffic.

use std::convert::Infallible;
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
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
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::admin::{Admin, Answer, Peer, admit, authorise};
use crate::config::{self, AdminAddress};
use crate::telemetry::events;

/// The most admin connections at a time.
const MAX_CONNECTIONS: usize = 64;

/// How long a refused change is answered late.
const PENALTY: Duration = Duration::from_millis(250);

/// How long nobody is let in after the process had no file left for a connection.
const OUT_OF_FILES: Duration = Duration::from_millis(100);

/// A bound listener that does not yet answer.
#[derive(Debug)]
pub struct AdminListener {
    bound: Bound,
    gate: Gate,
}

#[derive(Debug)]
enum Bound {
    Tcp(std::net::TcpListener),
    Unix(UnixListener, PathBuf),
}

/// What every connection needs.
#[derive(Clone, Debug)]
struct Gate {
    admin: Arc<Admin>,
    token_file: Option<PathBuf>,
}

/// Reads the token in `file`. It is read for every use, so that a new one needs no restart.
///
/// # Errors
/// When it cannot be read or is too short, in words for a person.
pub fn token(file: &Path) -> Result<Vec<u8>, String> {
    config::read_token(file)
}

impl AdminListener {
    /// Binds. `token_file` holds the [token](token) that changes over TCP need. A socket file that nobody listens on any more is replaced; anything else in its place is left alone.
    ///
    /// # Errors
    /// When the address is in use or not ours to take.
    pub fn bind(address: &AdminAddress, token_file: Option<PathBuf>, admin: Arc<Admin>) -> std::io::Result<Self> {
        let bound = match address {
            AdminAddress::Tcp(address) => {
                let listener = std::net::TcpListener::bind(address)?;
                listener.set_nonblocking(true)?;
                Bound::Tcp(listener)
            }
            AdminAddress::Unix(path) => {
                let listener = unix_socket(path)?;
                listener.set_nonblocking(true)?;
                Bound::Unix(listener, path.clone())
            }
        };
        Ok(Self { bound, gate: Gate { admin, token_file } })
    }

    /// Answers until `shutdown` turns true.
    pub async fn serve(self, mut shutdown: watch::Receiver<bool>) {
        let Self { bound, gate } = self;
        let socket = if let Bound::Unix(_, path) = &bound { Some(path.clone()) } else { None };
        tokio::select! {
            () = accept(bound, gate) => {}
            _ = shutdown.changed() => {}
        }
        if let Some(path) = socket {
            // The next start would replace it; nobody should find it until then.
            drop(std::fs::remove_file(path));
        }
    }
}

/// Binds a socket that only its owner can connect to, at no moment anybody else: it is made in a directory that nobody
/// else can enter, and moved into place once its mode is right.
fn unix_socket(path: &Path) -> std::io::Result<UnixListener> {
    if let Ok(found) = std::fs::symlink_metadata(path) {
        if !found.file_type().is_socket() {
            let message = format!("`{}` exists and is no socket", path.display());
            return Err(std::io::Error::new(std::io::ErrorKind::AlreadyExists, message));
        }
        if UnixStream::connect(path).is_ok() {
            return Err(std::io::ErrorKind::AddrInUse.into());
        }
    }
    let beside = path.with_file_name(format!(".v{}", std::process::id()));
    let inner = beside.join("s");
    // A crash in the middle of this may have left them, under the same process number.
    drop(std::fs::remove_file(&inner));
    drop(std::fs::remove_dir(&beside));
    std::fs::DirBuilder::new().mode(0o700).create(&beside)?;
    let made = UnixListener::bind(&inner).and_then(|listener| {
        std::fs::set_permissions(&inner, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&inner, path)?;
        Ok(listener)
    });
    drop(std::fs::remove_file(&inner));
    drop(std::fs::remove_dir(&beside));
    made
}

async fn accept(bound: Bound, gate: Gate) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    match bound {
        Bound::Tcp(listener) => {
            let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
                return;
            };
            if let Ok(address) = listener.local_addr() {
                events::admin_ready(&format!("http://{address}"));
            }
            while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
                match listener.accept().await {
                    Ok((stream, _)) => drop(tokio::spawn(connection(stream, Peer::Tcp, gate.clone(), slot))),
                    Err(_) => tokio::time::sleep(OUT_OF_FILES).await,
                }
            }
        }
        Bound::Unix(listener, path) => {
            let Ok(listener) = tokio::net::UnixListener::from_std(listener) else {
                return;
            };
            events::admin_ready(&format!("unix:{}", path.display()));
            while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
                match listener.accept().await.and_then(|(stream, _)| Ok((stream.peer_cred()?.uid(), stream))) {
                    Ok((uid, stream)) => drop(tokio::spawn(connection(stream, Peer::Unix(uid), gate.clone(), slot))),
                    Err(_) => tokio::time::sleep(OUT_OF_FILES).await,
                }
            }
        }
    }
}

async fn connection<S>(stream: S, peer: Peer, gate: Gate, _slot: OwnedSemaphorePermit)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let gate = gate.clone();
        async move { Ok::<_, Infallible>(response(answer(peer, &gate, &request).await)) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(10))
        .serve_connection(TokioIo::new(stream), service)
        .await;
    // Whoever breaks off an admin request knows it already.
    drop(served);
}

async fn answer(peer: Peer, gate: &Gate, request: &Request<Incoming>) -> Answer {
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    if let Err(refusal) = admit(peer, request.headers()) {
        return refusal;
    }
    if request.method() == Method::GET || request.method() == Method::HEAD {
        return gate.admin.get(path);
    }
    if request.method() != Method::POST {
        return Answer::text(http::StatusCode::METHOD_NOT_ALLOWED, "only GET and POST are served here\n");
    }
    // The owner of the socket needs none, and a wrong file is nothing to tell strangers about.
    let needed = matches!(peer, Peer::Tcp) || request.headers().contains_key(http::header::AUTHORIZATION);
    let token = match gate.token_file.as_deref().filter(|_| needed).map(token).transpose() {
        Ok(token) => token,
        Err(error) => {
            events::token_unreadable(&error);
            return Answer::text(
                http::StatusCode::INTERNAL_SERVER_ERROR,
                "the token file cannot be used; see the log\n",
            );
        }
    };
    let by = match authorise(peer, request.headers(), token.as_deref()) {
        Ok(by) => by,
        Err(refusal) => {
            // Guessing takes time, and holds one of the few connections.
            tokio::time::sleep(PENALTY).await;
            return refusal;
        }
    };
    match Admin::wish(path, query) {
        Ok(wish) => gate.admin.post(wish, by).await,
        Err(refusal) => refusal,
    }
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() =
        http::StatusCode::from_u16(answer.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(answer.content_type));
    headers.insert(http::header::CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    headers.insert(http::header::X_CONTENT_TYPE_OPTIONS, http::HeaderValue::from_static("nosniff"));
    response
}
