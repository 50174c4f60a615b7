//! Clients that show exactly what came back.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::PATIENCE;

/// A response, with its body as it stands after transfer coding.
#[derive(Clone, Debug, Default)]
pub struct Response {
    pub status: u16,
    pub fields: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
    /// Whether the body ended as its framing promised.
    pub complete: bool,
}

impl Response {
    pub fn field(&self, name: &str) -> Vec<String> {
        let found = self.fields.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
    }

    pub fn one(&self, name: &str) -> String {
        self.field(name).join(", ")
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body without its content coding.
    pub fn decoded(&self) -> Vec<u8> {
        decode(&self.one("content-encoding"), &self.body)
    }

    /// The cookies set, as `name=value` pairs for a next request.
    pub fn cookie(&self) -> String {
        let set = self.field("set-cookie");
        set.iter().map(|cookie| cookie.split(';').next().unwrap().to_owned()).collect::<Vec<_>>().join("; ")
    }
}

/// Takes a content coding off.
pub fn decode(coding: &str, body: &[u8]) -> Vec<u8> {
    use std::io::Read as _;
    let mut plain = Vec::new();
    match coding {
        "" | "identity" => plain.extend(body),
        "gzip" => drop(flate2::read::MultiGzDecoder::new(body).read_to_end(&mut plain).unwrap()),
        "deflate" => drop(flate2::read::ZlibDecoder::new(body).read_to_end(&mut plain).unwrap()),
        "br" => drop(brotli::Decompressor::new(body, 4096).read_to_end(&mut plain).unwrap()),
        "zstd" => plain = zstd::decode_all(body).unwrap(),
        other => panic!("coding {other}"),
    }
    plain
}

/// Puts a content coding on.
pub fn encode(coding: &str, body: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    match coding {
        "identity" => body.to_vec(),
        "gzip" => {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            out.write_all(body).unwrap();
            out.finish().unwrap()
        }
        "deflate" => {
            let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            out.write_all(body).unwrap();
            out.finish().unwrap()
        }
        "br" => {
            let mut out = Vec::new();
            brotli::CompressorWriter::new(&mut out, 4096, 5, 20).write_all(body).unwrap();
            out
        }
        "zstd" => zstd::encode_all(body, 3).unwrap(),
        other => panic!("coding {other}"),
    }
}

/// Sends raw bytes and reads one response. `head` tells that it has no body.
pub async fn raw(address: SocketAddr, request: &[u8], head: bool) -> Response {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    tokio::time::timeout(PATIENCE, read_response(&mut stream, &mut Vec::new(), head)).await.expect("no answer in time")
}

/// A `GET` over HTTP/1.1 for host `shop.test`, or `localhost` at an admin listener. `fields` are whole lines, each ending in CRLF.
pub async fn get(address: SocketAddr, path: &str, fields: &str) -> Response {
    raw(address, format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{fields}\r\n", super::host_of(address)).as_bytes(), false)
        .await
}

/// Reads one response from an open connection. `buffer` keeps what was read beyond it.
pub async fn read_response(stream: &mut TcpStream, buffer: &mut Vec<u8>, head: bool) -> Response {
    let at = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        match stream.read_buf(buffer).await {
            Ok(1..) => {}
            _ => return Response::default(),
        }
    };
    let text: Vec<u8> = buffer.drain(..at + 4).collect();
    let mut lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let status = String::from_utf8_lossy(lines.next().unwrap()).split(' ').nth(1).unwrap().parse().unwrap();
    let mut response = Response { status, ..Response::default() };
    for line in lines.filter(|line| !line.is_empty()) {
        let colon = line.iter().position(|byte| *byte == b':').unwrap();
        let name = String::from_utf8_lossy(&line[..colon]).into_owned();
        response.fields.push((name, line[colon + 1..].trim_ascii().to_vec()));
    }
    if (100..200).contains(&status) && status != 101 {
        return Box::pin(read_response(stream, buffer, head)).await;
    }
    if head || status == 204 || status == 304 || status == 101 {
        response.complete = true;
        return response;
    }
    if response.one("transfer-encoding") == "chunked" {
        loop {
            let Some(line) = line(stream, buffer).await else {
                return response;
            };
            let size = usize::from_str_radix(line.trim(), 16).unwrap();
            while buffer.len() < size + 2 {
                match stream.read_buf(buffer).await {
                    Ok(1..) => {}
                    _ => return response,
                }
            }
            response.body.extend(buffer.drain(..size));
            buffer.drain(..2);
            if size == 0 {
                response.complete = true;
                return response;
            }
        }
    }
    let length = response.field("content-length").first().map(|value| value.parse::<usize>().unwrap());
    loop {
        if let Some(length) = length
            && buffer.len() >= length
        {
            response.body = buffer.drain(..length).collect();
            response.complete = true;
            return response;
        }
        match stream.read_buf(buffer).await {
            Ok(1..) => {}
            Ok(0) if length.is_none() => {
                response.body = std::mem::take(buffer);
                response.complete = true;
                return response;
            }
            _ => {
                response.body = std::mem::take(buffer);
                return response;
            }
        }
    }
}

async fn line(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(at) = buffer.windows(2).position(|window| window == b"\r\n") {
            let line: Vec<u8> = buffer.drain(..at + 2).collect();
            return Some(String::from_utf8_lossy(&line).into_owned());
        }
        if !matches!(stream.read_buf(buffer).await, Ok(1..)) {
            return None;
        }
    }
}

/// A request over HTTP/2 with prior knowledge, for host `shop.test`.
pub async fn http2(address: SocketAddr, request: http::request::Builder, body: &[u8]) -> Response {
    http2_exchange(address, request.body(Full::new(Bytes::copy_from_slice(body)).boxed()).unwrap()).await
}

/// The same, with a body of one byte and a trailer.
pub async fn http2_with_trailers(
    address: SocketAddr,
    request: http::request::Builder,
    (name, value): (&'static str, &'static str),
) -> Response {
    let mut trailers = http::HeaderMap::new();
    trailers.insert(name, http::HeaderValue::from_static(value));
    let body = Full::new(Bytes::from_static(b"x")).with_trailers(std::future::ready(Some(Ok(trailers))));
    http2_exchange(address, request.body(body.boxed()).unwrap()).await
}

type Body = http_body_util::combinators::BoxBody<Bytes, std::convert::Infallible>;

async fn http2_exchange(address: SocketAddr, request: http::Request<Body>) -> Response {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let driver = tokio::spawn(connection);
    let exchange = async {
        let answer = sender.send_request(request).await.unwrap();
        let fields = answer.headers().iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
        let mut response =
            Response { status: answer.status().as_u16(), fields: fields.collect(), ..Response::default() };
        let mut body = answer.into_body();
        loop {
            match body.frame().await {
                Some(Ok(frame)) => response.body.extend(frame.into_data().unwrap_or_default()),
                Some(Err(_)) => return response,
                None => {
                    response.complete = true;
                    return response;
                }
            }
        }
    };
    let response = tokio::time::timeout(PATIENCE, exchange).await.expect("no answer in time");
    driver.abort();
    response
}
