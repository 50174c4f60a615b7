//! The first bytes of a connection: HTTP/1 or HTTP/2 with prior knowledge, told apart without waiting.
//!
//! The framework tells them apart by waiting for 24 bytes, for ever: a short HTTP/1 request would hang, and so would a
//! client that says nothing. Three bytes are enough (no method starts with `PRI`), and they have to come in time.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pingora::apps::{HttpServerApp, ServerApp};
use pingora::protocols::Stream;
use pingora::protocols::http::ServerSession;
use pingora::proxy::HttpProxy;
use pingora::server::ShutdownWatch;

use super::service::Vestibule;

/// How long a client may take to say its first word.
const FIRST_WORD: Duration = Duration::from_secs(30);

/// Hands connections to the proxy.
pub(super) struct Front {
    proxy: Arc<HttpProxy<Vestibule>>,
}

impl Front {
    pub(super) fn new(proxy: HttpProxy<Vestibule>) -> Self {
        Self { proxy: Arc::new(proxy) }
    }
}

#[async_trait]
impl ServerApp for Front {
    async fn process_new(self: &Arc<Self>, mut stream: Stream, shutdown: &ShutdownWatch) -> Option<Stream> {
        // Over TLS the protocol was settled by ALPN.
        if stream.get_ssl_digest().is_some() {
            return self.proxy.process_new(stream, shutdown).await;
        }
        let mut word = [0_u8; 3];
        let peeked = tokio::time::timeout(FIRST_WORD, stream.try_peek(&mut word)).await.ok()?.ok()?;
        if !peeked || word == *b"PRI" {
            // The framework waits for the whole preface without a limit; by now it has to be there.
            let mut preface = [0_u8; 24];
            tokio::time::timeout(FIRST_WORD, stream.try_peek(&mut preface)).await.ok()?.ok()?;
            return self.proxy.process_new(stream, shutdown).await;
        }
        let mut session = ServerSession::new_http1(stream);
        session.set_keepalive(if *shutdown.borrow() { None } else { Some(60) });
        let requests = self.proxy.server_options().and_then(|options| options.keepalive_request_limit);
        session.set_keepalive_reuses_remaining(requests);
        let mut next = self.proxy.process_new_http(session, shutdown).await;
        while let Some((stream, settings)) = next.map(pingora::apps::ReusedHttpStream::consume) {
            let mut session = ServerSession::new_http1(stream);
            if let Some(settings) = settings {
                settings.apply_to_session(&mut session);
            }
            next = self.proxy.process_new_http(session, shutdown).await;
        }
        None
    }

    async fn cleanup(&self) {
        self.proxy.http_cleanup().await;
    }
}
