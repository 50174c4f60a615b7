//! The demonstration shop: a small legacy origin in one process, so that `vestibule run --demo` has something to protect.
//!
//! It behaves as the shops that this project is for: pages are rendered on the server, cart and login live in session
//! cookies, and half a dozen tags measure everybody from the first page on. It knows nothing about consent. Nothing is
//! sold, nothing is stored beyond the process, nothing about a visitor is logged, and no account id belongs to anyone.

mod catalogue;
mod cookies;
mod pages;
mod reply;
mod routes;
mod state;
mod tags;

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use state::Shop;

/// Connections served at once; the next one waits in the listener's backlog.
const CONNECTIONS: usize = 1024;
/// How long a connection may take to send a request head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Failures of `accept` in a row after which the listener counts as lost.
const ACCEPT_FAILURES: u32 = 100;

/// Serves the shop on `listener` until the task is dropped.
///
/// # Errors
/// When the listener goes on failing to accept connections.
pub async fn serve(listener: TcpListener) -> io::Result<()> {
    let shop = Arc::new(Shop::default());
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let mut failures = 0;
    loop {
        let slot = Arc::clone(&slots).acquire_owned().await.map_err(io::Error::other)?;
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) if failures >= ACCEPT_FAILURES => return Err(error),
            Err(_) => {
                // Out of file descriptors, most often: others have to close first.
                failures += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        failures = 0;
        let shop = Arc::clone(&shop);
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let shop = Arc::clone(&shop);
                async move { Ok::<_, Infallible>(routes::answer(&shop, request).await) }
            });
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            if let Err(error) = served {
                tracing::debug!(%error, "a connection to the demonstration shop ended early");
            }
            drop(slot);
        });
    }
}
