//! Which certificate a visitor is shown.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;

use super::Snapshot;

impl Snapshot {
    /// This snapshot with the certificates of its listeners, in the order in which they are configured.
    #[must_use]
    pub fn with_certificates(self, certificates: Vec<(SocketAddr, CertifiedKey)>) -> Self {
        let certificates = certificates.into_iter().map(|(address, key)| (address, Arc::new(key))).collect();
        Self { certificates, ..self }
    }

    /// The certificate for a listener, as its address is configured, and the name that the visitor asks for: the first that is
    /// made out to it, or else the listener's first.
    pub fn certificate(&self, listener: SocketAddr, name: Option<&str>) -> Option<&Arc<CertifiedKey>> {
        let own = || self.certificates.iter().filter(|(address, _)| *address == listener).map(|(_, key)| key);
        let name = name.and_then(|name| ServerName::try_from(name).ok());
        let fitting = name.and_then(|name| own().find(|key| is_for(key, &name)));
        fitting.or_else(|| own().next())
    }
}

/// Whether the certificate is made out to `name` (RFC 6125, wildcards included).
fn is_for(key: &CertifiedKey, name: &ServerName<'_>) -> bool {
    let parsed = key.end_entity_cert().ok().and_then(|certificate| ParsedCertificate::try_from(certificate).ok());
    parsed.is_some_and(|parsed| rustls::client::verify_server_name(&parsed, name).is_ok())
}
