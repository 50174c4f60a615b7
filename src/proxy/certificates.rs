//! Certificates by server name, from the snapshot in use: a renewed one takes effect with a reload, and no connection is
//! touched.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::snapshot::SnapshotCell;

/// The certificates of one listener.
#[derive(Debug)]
pub(super) struct Certificates {
    pub(super) cell: Arc<SnapshotCell>,
    /// As it is configured.
    pub(super) address: SocketAddr,
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.cell.load().certificate(self.address, hello.server_name()).map(Arc::clone)
    }
}
