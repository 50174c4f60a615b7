//! Origins that answer exactly what a case asks for: HTTP/1 byte by byte, HTTP/2 frame by frame.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What one connection of an HTTP/1 origin does with one request.
#[derive(Clone, Default)]
pub struct Reply {
    /// Written in this order, with a pause of some milliseconds before each but the first.
    pub pieces: Vec<Vec<u8>>,
    /// Whether the connection is closed afterwards.
    pub close: bool,
    /// Whether everything that follows is sent back as it comes.
    pub echo: bool,
}

impl Reply {
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self { pieces: vec![bytes.into()], ..Self::default() }
    }

    pub fn pieces(pieces: Vec<Vec<u8>>) -> Self {
        Self { pieces, ..Self::default() }
    }

    pub const fn closing(mut self) -> Self {
        self.close = true;
        self
    }

    pub const fn echoing(mut self) -> Self {
        self.echo = true;
        self
    }

    /// A `200` with a `Content-Length`. `fields` are whole lines, each ending in CRLF.
    pub fn ok(fields: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let head = format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: {}\r\n\r\n", body.len());
        Self::new([head.as_bytes(), body].concat())
    }

    pub fn html(body: impl AsRef<[u8]>) -> Self {
        Self::ok("Content-Type: text/html; charset=utf-8\r\n", body)
    }
}

/// Frames `body` as chunks of `size` bytes.
pub fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    let mut framed = Vec::new();
    for chunk in body.chunks(size) {
        framed.extend(format!("{:x}\r\n", chunk.len()).bytes());
        framed.extend(chunk);
        framed.extend(b"\r\n");
    }
    framed.extend(b"0\r\n\r\n");
    framed
}

/// A request as an HTTP/1 origin saw it.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub head: Vec<u8>,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.head).into_owned()
    }

    /// The values of a field, in order.
    pub fn field(&self, name: &str) -> Vec<String> {
        self.text()
            .split("\r\n")
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
            .collect()
    }

    pub fn path(&self) -> String {
        self.text().split(' ').nth(1).unwrap_or_default().to_owned()
    }
}

/// A running HTTP/1 origin.
pub struct Origin {
    pub address: SocketAddr,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Origin {
    /// Answers every request with what `reply` makes of it.
    pub async fn start(reply: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_for(super::PATIENCE, reply).await
    }

    /// The same, for connections that live longer than tests usually take.
    pub async fn start_for(patience: Duration, reply: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, reply) = (Arc::clone(&seen), Arc::new(reply));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, reply) = (Arc::clone(&log), Arc::clone(&reply));
                tokio::spawn(async move {
                    drop(tokio::time::timeout(patience, connection(stream, log, reply)).await);
                });
            }
        });
        Self { address, seen, task }
    }

    /// Answers every request alike.
    pub async fn always(reply: Reply) -> Self {
        Self::start(move |_| reply.clone()).await
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The last request.
    pub fn last(&self) -> Seen {
        self.seen.lock().unwrap().last().cloned().unwrap_or_default()
    }
}

async fn connection<F>(mut stream: TcpStream, log: Arc<Mutex<Vec<Seen>>>, reply: Arc<F>) -> std::io::Result<()>
where
    F: Fn(&Seen) -> Reply,
{
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    loop {
        let Some(seen) = read_request(&mut stream, &mut buffer).await? else {
            return Ok(());
        };
        log.lock().unwrap().push(seen.clone());
        let reply = reply(&seen);
        for (at, piece) in reply.pieces.iter().enumerate() {
            if at > 0 {
                tokio::time::sleep(Duration::from_millis(15)).await;
            }
            stream.write_all(piece).await?;
        }
        if reply.echo {
            let (mut read, mut write) = stream.split();
            write.write_all(&buffer).await?;
            tokio::io::copy(&mut read, &mut write).await?;
            return Ok(());
        }
        if reply.close {
            return stream.shutdown().await;
        }
    }
}

async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<Option<Seen>> {
    let head = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break buffer.drain(..at + 4).collect::<Vec<u8>>();
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let mut seen = Seen { head, body: Vec::new() };
    if seen.field("expect").iter().any(|value| value == "100-continue") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    if let Some(length) = seen.field("content-length").first().and_then(|value| value.parse::<usize>().ok()) {
        while buffer.len() < length {
            if stream.read_buf(buffer).await? == 0 {
                return Ok(None);
            }
        }
        seen.body = buffer.drain(..length).collect();
    } else if seen.field("transfer-encoding").iter().any(|value| value == "chunked") {
        loop {
            let line = loop {
                if let Some(at) = buffer.windows(2).position(|window| window == b"\r\n") {
                    break buffer.drain(..at + 2).collect::<Vec<u8>>();
                }
                if stream.read_buf(buffer).await? == 0 {
                    return Ok(None);
                }
            };
            let size = usize::from_str_radix(String::from_utf8_lossy(&line).trim(), 16).unwrap();
            while buffer.len() < size + 2 {
                if stream.read_buf(buffer).await? == 0 {
                    return Ok(None);
                }
            }
            seen.body.extend(buffer.drain(..size));
            buffer.drain(..2);
            if size == 0 {
                break;
            }
        }
    }
    Ok(Some(seen))
}

/// How an HTTP/2 origin ends its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With the last data frame.
    WithData,
    /// With an empty data frame, later.
    Late,
    /// With trailers.
    Trailers,
}

/// A request as an HTTP/2 origin saw it.
#[derive(Clone, Debug, Default)]
pub struct Seen2 {
    pub headers: http::HeaderMap,
    pub trailers: http::HeaderMap,
}

/// An HTTP/2 origin over cleartext with prior knowledge.
pub struct Origin2 {
    pub address: SocketAddr,
    pub seen: Arc<Mutex<Vec<Seen2>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Origin2 {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Origin2 {
    /// Answers every request with these fields and this body, cut into pieces.
    pub async fn start(fields: Vec<(&'static str, String)>, body: Vec<u8>, end: End) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (fields, body, log) = (fields.clone(), body.clone(), Arc::clone(&log));
                let service = service_fn(move |request: hyper::Request<Incoming>| {
                    let (fields, body, log) = (fields.clone(), body.clone(), Arc::clone(&log));
                    async move {
                        let headers = request.headers().clone();
                        let whole = request.into_body().collect().await.ok();
                        let trailers = whole.and_then(|whole| whole.trailers().cloned()).unwrap_or_default();
                        log.lock().unwrap().push(Seen2 { headers, trailers });
                        let mut response = hyper::Response::builder();
                        for (name, value) in fields {
                            response = response.header(name, value);
                        }
                        Ok::<_, Infallible>(response.body(frames(&body, end)).unwrap())
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { address, seen, task }
    }

    pub fn url(&self) -> String {
        format!("h2c://{}", self.address)
    }
}

type Frames = http_body_util::combinators::BoxBody<Bytes, Infallible>;

fn frames(body: &[u8], end: End) -> Frames {
    let cut = body.len() / 3;
    let mut frames =
        vec![Frame::data(Bytes::copy_from_slice(&body[..cut])), Frame::data(Bytes::copy_from_slice(&body[cut..]))];
    match end {
        End::WithData => {}
        End::Late => frames.push(Frame::data(Bytes::new())),
        End::Trailers => {
            let mut trailers = http::HeaderMap::new();
            trailers.insert("x-checksum", http::HeaderValue::from_static("1"));
            frames.push(Frame::trailers(trailers));
        }
    }
    let last = frames.len() - 1;
    let stream = futures_util::stream::unfold((frames.into_iter(), 0), move |(mut frames, at)| async move {
        if at == last && end != End::WithData {
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
        Some((Ok::<_, Infallible>(frames.next()?), (frames, at + 1)))
    });
    StreamBody::new(SyncStream(Mutex::new(Box::pin(stream)))).boxed()
}

/// A stream that may be shared, because nobody shares it.
struct SyncStream<S>(Mutex<std::pin::Pin<Box<S>>>);

impl<S: futures_util::Stream> futures_util::Stream for SyncStream<S> {
    type Item = S::Item;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<S::Item>> {
        self.0.lock().unwrap().as_mut().poll_next(context)
    }
}
