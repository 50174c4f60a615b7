//! Asking a running proxy through its admin listener.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};

use super::Failure;
use crate::config::AdminAddress;
use crate::runtime;

/// Where `[admin]` listens when nothing else is written.
const DEFAULT: AdminAddress = AdminAddress::Tcp(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9180));

#[derive(Debug, Args)]
pub(super) struct Target {
    /// The admin listener of the running proxy.
    #[arg(long, value_name = "ADDR:PORT|unix:PATH", default_value_t = DEFAULT)]
    admin: AdminAddress,
    /// The file with the token that changes over TCP need: `token_file` in `[admin]`.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Wait for the result for at most this many seconds.
    #[arg(long, value_name = "SECS", num_args = 0..=1, require_equals = true, default_value_t = 60)]
    #[arg(default_missing_value = "60")]
    wait: u64,
}

impl Target {
    /// Posts to `path` and gives the answer's object.
    pub(super) fn post(&self, path: &str) -> Result<Value, Failure> {
        let token = self.token_file.as_deref().map(runtime::token).transpose().map_err(Failure::CannotRun)?;
        let unreachable = |cause: String| Failure::CannotRun(format!("no answer from `{}`: {cause}", self.admin));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| unreachable(error.to_string()))?;
        let exchange = async {
            let patience = Duration::from_secs(self.wait);
            match tokio::time::timeout(patience, self.exchange(path, token.as_deref())).await {
                Ok(answer) => answer.map_err(|error| error.to_string()),
                Err(_) => Err(format!("nothing came within {} s; it may still take effect", self.wait)),
            }
        };
        let (status, body) = runtime.block_on(exchange).map_err(unreachable)?;
        outcome(status, &body)
    }

    async fn exchange(&self, path: &str, token: Option<&[u8]>) -> Result<(StatusCode, Bytes), BoxError> {
        match &self.admin {
            AdminAddress::Tcp(address) => {
                send(tokio::net::TcpStream::connect(address).await?, path, &address.to_string(), token).await
            }
            AdminAddress::Unix(file) => {
                send(tokio::net::UnixStream::connect(file).await?, path, "localhost", token).await
            }
        }
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

async fn send<S>(stream: S, path: &str, host: &str, token: Option<&[u8]>) -> Result<(StatusCode, Bytes), BoxError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let mut request = Request::post(path).header(http::header::HOST, host);
    if let Some(token) = token {
        request = request.header(http::header::AUTHORIZATION, [b"Bearer ", token].concat());
    }
    let response = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    driver.abort();
    Ok((status, body))
}

/// What an answer means for whoever asked.
fn outcome(status: StatusCode, body: &[u8]) -> Result<Value, Failure> {
    let object: Option<Value> = serde_json::from_slice(body).ok();
    let text = || {
        let told = object.as_ref().and_then(|object| object.get("error")).and_then(Value::as_str);
        told.map_or_else(|| String::from_utf8_lossy(body).trim_end().to_owned(), str::to_owned)
    };
    match status {
        StatusCode::OK => {
            object.clone().ok_or_else(|| Failure::CannotRun("this is not the admin listener of Vestibule".to_owned()))
        }
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::NOT_FOUND => Err(Failure::Wrong(text())),
        _ => Err(Failure::CannotRun(format!("the proxy refuses: {}", text()))),
    }
}
