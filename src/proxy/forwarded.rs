//! What the shop is told about the visitor's end of the connection.
//!
//! Many shops, frameworks and plug-ins believe fields such as `X-Forwarded-For` or `X-Original-URL` from anybody. So whatever a
//! peer claims that is none of `listen.trusted_proxies` is taken out, and what is known is written anew. What a trusted proxy
//! says stays, with our own view added at its end. To CGI, WSGI and PHP a `_` in a name is a `-`, so names that are written
//! with `_` go in any case: no proxy writes them, and they would stand beside the believed ones.

use http::HeaderName;
use pingora::Result;
use pingora::http::RequestHeader;

use super::client::Client;
use crate::enforce::request_headers::address;

/// Fields besides those with addresses by which proxies tell the shop what was asked for and how.
const BELIEVED: [&str; 26] = [
    "x-forwarded",
    "forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-protocol",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-server",
    "x-forwarded-scheme",
    "x-forwarded-ssl",
    "x-forwarded-by",
    "x-forwarded-path",
    "x-forwarded-uri",
    "x-original-url",
    "x-original-uri",
    "x-original-host",
    "x-original-proto",
    "x-rewrite-url",
    "x-host",
    "x-http-host-override",
    "x-url-scheme",
    "x-scheme",
    "front-end-https",
    "cf-visitor",
    "cloudfront-forwarded-proto",
    "x-proxyuser-ip",
];

/// Writes the fields. `secure` tells whether the visitor's own connection is encrypted, `authority` what was asked for.
pub(super) fn write(request: &mut RequestHeader, client: Client, secure: bool, authority: &str) -> Result<()> {
    let goes = |name: &&HeaderName| {
        let plain = name.as_str().replace('_', "-");
        let believed = address::is_field(&plain) || BELIEVED.contains(&plain.as_str());
        // A CGI program takes `Proxy` for its own setting (CVE-2016-5385).
        plain == "proxy" || (believed && (!client.trusted_peer || plain != name.as_str()))
    };
    let gone: Vec<HeaderName> = request.headers.keys().filter(goes).cloned().collect();
    for name in gone {
        request.remove_header(&name);
    }
    let peer = client.peer.map(|peer| peer.to_string()).unwrap_or_default();
    let lines: Vec<&[u8]> =
        request.headers.get_all("x-forwarded-for").iter().map(http::HeaderValue::as_bytes).collect();
    let chain: Vec<&[u8]> = lines.into_iter().chain([peer.as_bytes()]).filter(|line| !line.is_empty()).collect();
    let chain = chain.join(&b", "[..]);
    request.insert_header("X-Forwarded-For", chain)?;
    if request.headers.contains_key("forwarded") {
        let node = if peer.contains(':') { format!("\"[{peer}]\"") } else { peer };
        request.append_header("Forwarded", format!("for={node}"))?;
    }
    request.insert_header("X-Forwarded-Proto", if secure { "https" } else { "http" })?;
    if !request.headers.contains_key("x-forwarded-host") {
        request.insert_header("X-Forwarded-Host", authority)?;
    }
    Ok(())
}
