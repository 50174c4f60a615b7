//! The validated configuration: what the rest of the house sees.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::Reload;
use super::countries::NamedFile;
use super::diagnostic::Diagnostics;
use super::origins::Origins;
use super::test::SiteTest;
use super::trial::{Canary, Trials};
use crate::catalog::Service;
use crate::consent::{PurposeId, PurposeSet, PurposeTable};
use crate::policy::SitePolicy;
use crate::sources::SourceUse;

/// A complete, valid configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where visitors connect. Changing an address needs a restart, changing a certificate does not.
    pub listen: Listen,
    /// Where ops connect. Changing it needs a restart.
    pub admin: Option<Admin>,
    /// What consent cookies are signed with.
    pub keys: Keys,
    /// Caps and timeouts.
    pub limits: Limits,
    /// How the name system is asked.
    pub names: NameSystem,
    /// How changes of the files are found, and what a cold start may fall back on.
    pub reload: Reload,
    /// All purposes: the built-in ones and the sites' own.
    pub purposes: PurposeTable,
    /// All services: the operator's own first, then the built-in catalog without those that the operator redefined.
    pub services: Vec<Service>,
    /// The sites, in the order in which they were written.
    pub sites: Vec<SiteConfig>,
    /// The sites' own tests, in the order in which they were written.
    pub tests: Vec<SiteTest>,
    /// Every file that was read, for watching.
    pub files: Vec<PathBuf>,
    /// What is written about trials.
    pub(super) trials: Trials,
    /// A configuration that is evaluated beside this one and only counted.
    pub shadow: Option<Box<Self>>,
    /// A configuration that is used for a share of the visitors.
    pub canary: Option<Canary>,
    /// What deserves a second look.
    pub warnings: Diagnostics,
    /// Where everything was written.
    pub origins: Origins,
}

impl Config {
    /// The position of the site that answers for `host` (no port), as requests find it: one that names it, or else the one
    /// for every host.
    pub fn site_for(&self, host: &str) -> Option<usize> {
        let named = |site: &SiteConfig| site.hosts.iter().any(|known| known.eq_ignore_ascii_case(host));
        self.sites.iter().position(named).or_else(|| self.sites.iter().position(|site| site.hosts.is_empty()))
    }
}

/// Where visitors connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// Cleartext listeners (HTTP/1.1 and HTTP/2 with prior knowledge).
    pub http: Vec<SocketAddr>,
    /// TLS listeners (HTTP/1.1 and HTTP/2 by ALPN): address, certificate chain file and key file, both PEM.
    pub https: Vec<(SocketAddr, PathBuf, PathBuf)>,
    /// Networks whose `X-Forwarded-*` fields are believed, as address and prefix length.
    pub trusted_proxies: Vec<(std::net::IpAddr, u8)>,
}

/// Where ops connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// The address.
    pub listen: AdminAddress,
    /// The file that holds the token which changes over TCP need; without it, they need the Unix socket.
    pub token_file: Option<PathBuf>,
}

/// The address of an admin listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminAddress {
    /// TCP on loopback; port 0 takes any free one.
    Tcp(SocketAddr),
    /// A Unix socket, which only its owner can connect to.
    Unix(PathBuf),
}

impl std::str::FromStr for AdminAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:").filter(|path| !path.is_empty()) {
            return Ok(Self::Unix(path.into()));
        }
        let address: SocketAddr = text.parse().map_err(|_| format!("`{text}` is neither ADDR:PORT nor unix:PATH"))?;
        if address.ip().is_loopback() {
            Ok(Self::Tcp(address))
        } else {
            Err(format!("`{address}` is not a loopback address; the admin listener is not for other machines"))
        }
    }
}

impl std::fmt::Display for AdminAddress {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(out),
            Self::Unix(path) => write!(out, "unix:{}", path.display()),
        }
    }
}

/// What consent cookies are signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The directory that holds generated keys and other state.
    pub state_dir: PathBuf,
    /// The current key; default: the file `consent.key` in the state directory, generated on first run.
    pub current: Option<KeySource>,
    /// The previous key, still accepted.
    pub previous: Option<KeySource>,
}

/// Where a key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A file that holds it.
    File(PathBuf),
    /// The configuration itself, by reference to a file or a credential.
    Given(Secret),
}

/// A text that never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes a text out of sight.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The text, for whoever needs it to do their work.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Secret(..)")
    }
}

/// How it is found out which of the shop's sub-domains are somebody else's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameSystem {
    /// Whether it is asked at all.
    pub resolve: bool,
    /// The servers to ask; none: those of the system.
    pub servers: Vec<SocketAddr>,
}

impl Default for NameSystem {
    fn default() -> Self {
        Self { resolve: true, servers: Vec::new() }
    }
}

/// Caps and timeouts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest request target, in bytes; longer ones are answered 414.
    pub max_uri_bytes: usize,
    /// The most bytes of request header fields, names and values together; more is answered 431.
    pub max_header_bytes: usize,
    /// The most bytes of a page that may be held back while one tag or inline script is incomplete.
    pub max_token_bytes: usize,
    /// How long an idle visitor connection is kept.
    pub keepalive: Duration,
    /// How long one read from a visitor may take.
    pub read_timeout: Duration,
    /// How long one write to a visitor may take.
    pub write_timeout: Duration,
    /// How long connecting to the shop may take.
    pub upstream_connect_timeout: Duration,
    /// How long one read from the shop may take.
    pub upstream_read_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_uri_bytes: 16 * 1024,
            max_header_bytes: 64 * 1024,
            max_token_bytes: 1024 * 1024,
            keepalive: Duration::from_secs(75),
            read_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_mins(1),
            upstream_connect_timeout: Duration::from_secs(5),
            upstream_read_timeout: Duration::from_mins(1),
        }
    }
}

/// One site as it was configured.
#[derive(Clone, Debug)]
pub struct SiteConfig {
    /// The hosts it answers for, ASCII lower case, without port. Empty: every host (only with `run --upstream`).
    pub hosts: Vec<Box<str>>,
    /// The shop, one or more equal addresses; at least one.
    pub upstreams: Vec<Upstream>,
    /// What is allowed.
    pub policy: SitePolicy,
    /// Whether and how Vestibule asks where nobody else does.
    pub asking: Asking,
    /// The field of a trusted proxy's request that names the visitor's country, lower case.
    pub country_header: Option<Box<str>>,
    /// The database that says which country an address is in, where no field says so.
    pub country_database: Option<NamedFile>,
    /// Where Vestibule's own endpoints live, starting and not ending with `/`: `/.vestibule`.
    pub own_path: Box<str>,
    /// Whether Vestibule says at the well-known place that Global Privacy Control is honoured, where it is.
    pub gpc_file: bool,
    /// What the visitor's browser is asked to clear when something is withdrawn: the value of `Clear-Site-Data`.
    pub clear_site_data: Option<Box<str>>,
    /// The sources to read, in the order in which they were written.
    pub sources: Vec<SourceUse>,
    /// What visitors read about each purpose: the necessary one first, then those that are asked for.
    pub purposes: Vec<PurposeText>,
}

/// How Vestibule asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Whether it asks at all.
    pub shown: bool,
    /// Whether refusing stands beside accepting, or one page further.
    pub refuse_on_first_layer: bool,
    /// Purposes whose boxes are ticked for visitors who did not choose yet.
    pub preselected: PurposeSet,
}

/// What visitors read about a purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurposeText {
    /// The purpose.
    pub purpose: PurposeId,
    /// Its name in configuration and in the consent API: `analytics`.
    pub id: Box<str>,
    /// A few words, by language tag. Always has `en`.
    pub title: BTreeMap<Box<str>, Box<str>>,
    /// What the visitor gets for a yes, in a sentence, by language tag. Always has `en`.
    pub benefit: BTreeMap<Box<str>, Box<str>>,
}

/// One address of the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Whether to speak TLS.
    pub tls: bool,
    /// Host name or address, without brackets.
    pub host: Box<str>,
    /// Port.
    pub port: u16,
    /// Whether to speak HTTP/2: with ALPN over TLS (`h2` preferred), with prior knowledge in cleartext (`h2c://`).
    pub http2: bool,
}
