//! The shop's addresses: names resolved off the request path where possible, and the options of a connection.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pingora::prelude::HttpPeer;
use pingora::protocols::ALPN;

use crate::config::{Limits, Upstream};

/// How long a resolved name is used before it is asked for again.
const FRESH: Duration = Duration::from_secs(30);

/// The addresses of a name, and when they were asked for.
type Resolved = (Vec<SocketAddr>, Instant);

/// Finds peers. Shared by all requests.
#[derive(Debug, Default)]
pub(super) struct Upstreams {
    resolved: Mutex<HashMap<(Box<str>, u16), Resolved>>,
    turn: AtomicUsize,
}

impl Upstreams {
    /// The peer for the `attempt`-th try. `None` when no address can be found.
    pub(super) async fn peer(&self, upstreams: &[Upstream], attempt: usize, limits: &Limits) -> Option<HttpPeer> {
        let start =
            if attempt == 0 { self.turn.fetch_add(1, Ordering::Relaxed) } else { self.turn.load(Ordering::Relaxed) };
        let upstream = upstreams.get(start.wrapping_add(attempt).checked_rem(upstreams.len())?)?;
        let addresses = self.addresses(upstream).await?;
        let address = addresses.get(start.wrapping_add(attempt).checked_rem(addresses.len())?)?;
        let mut peer = HttpPeer::new(*address, upstream.tls, upstream.host.to_string());
        let options = &mut peer.options;
        options.connection_timeout = Some(limits.upstream_connect_timeout);
        options.total_connection_timeout = Some(limits.upstream_connect_timeout.saturating_mul(2));
        options.read_timeout = Some(limits.upstream_read_timeout);
        options.write_timeout = Some(limits.upstream_read_timeout);
        options.idle_timeout = Some(Duration::from_mins(1));
        options.alpn = match (upstream.tls, upstream.http2) {
            (true, true) => ALPN::H2H1,
            (false, true) => ALPN::H2,
            (_, false) => ALPN::H1,
        };
        options.max_h2_streams = 64;
        Some(peer)
    }

    async fn addresses(&self, upstream: &Upstream) -> Option<Vec<SocketAddr>> {
        if let Ok(address) = upstream.host.parse::<IpAddr>() {
            return Some(vec![SocketAddr::new(address, upstream.port)]);
        }
        let key = (upstream.host.clone(), upstream.port);
        let known = self.known(&key);
        if let Some((addresses, at)) = &known
            && at.elapsed() < FRESH
        {
            return Some(addresses.clone());
        }
        match tokio::net::lookup_host((&*upstream.host, upstream.port)).await {
            Ok(found) => {
                let found: Vec<SocketAddr> = found.collect();
                let mut resolved = self.resolved.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                resolved.insert(key, (found.clone(), Instant::now()));
                Some(found)
            }
            // A name server that is down does not take the shop down with it.
            Err(_) => known.map(|(addresses, _)| addresses),
        }
    }

    fn known(&self, key: &(Box<str>, u16)) -> Option<Resolved> {
        self.resolved.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(key).cloned()
    }
}
