//! `vestibule run`: the proxy before a configured shop, any shop, or the demonstration shop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use clap::Args;

use super::{Failure, output};
use crate::admin::Admin;
use crate::config::{self, AdminAddress, Config};
use crate::demo;
use crate::inventory::Inventory;
use crate::proxy::server::{self, Parts, Task};
use crate::runtime::{AdminListener, Reloader, Source, Start, load_keys, token, watch_names};
use crate::snapshot::{Snapshot, SnapshotCell};
use crate::telemetry::{self, LogFormat, Metrics, events};

/// Where `--demo` and `--upstream` listen unless told otherwise.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("shop").required(true)))]
pub(super) struct Arguments {
    /// Stand before a small built-in shop full of trackers.
    #[arg(long, group = "shop")]
    demo: bool,
    /// Stand before this shop, with no file at all: `http://host:port`.
    #[arg(long, group = "shop", value_name = "URL")]
    upstream: Option<String>,
    /// Stand before the shops of this configuration.
    #[arg(long, group = "shop", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where visitors connect; port 0 takes any free port.
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Where ops connect: a loopback address or `unix:PATH`.
    #[arg(long, value_name = "ADDR:PORT|unix:PATH")]
    admin: Option<AdminAddress>,
    /// Where keys and other state are kept.
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// How log lines look; text at a terminal and JSON elsewhere unless told otherwise.
    #[arg(long, value_enum)]
    log_format: Option<LogFormat>,
    /// What is logged: `info`, or directives such as `vestibule=debug`.
    #[arg(long, default_value = "info", value_name = "FILTER")]
    log: String,
}

/// A configuration to start with.
enum First {
    /// Of files that can change.
    Files(Source, Box<Start>),
    /// Of the command line.
    Arguments(Box<Config>, Box<Snapshot>),
}

/// A shop to stand before, ready to start.
struct Prepared {
    first: First,
    tasks: Vec<(&'static str, Task)>,
    /// Said once the proxy accepts connections.
    remarks: Vec<String>,
}

pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let at_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let format = arguments.log_format.unwrap_or(if at_terminal { LogFormat::Text } else { LogFormat::Json });
    telemetry::init_log(format, &arguments.log);

    let prepared = prepare(&arguments)?;
    let cannot = |what: &str, error: &dyn std::fmt::Display| Failure::CannotRun(format!("{what}: {error}"));
    let metrics = Arc::new(Metrics::new().map_err(|error| cannot("metrics", &error))?);
    let inventory = Arc::new(Inventory::default());
    let mut tasks = prepared.tasks;
    let ask = |cell: Arc<SnapshotCell>| Arc::new(Admin::new(cell, Arc::clone(&metrics), Arc::clone(&inventory)));
    let (cell, admin, config) = match prepared.first {
        First::Files(source, start) => {
            let (reloader, admin, config) = Reloader::new(source, *start, Arc::clone(&metrics), ask);
            let cell = reloader.cell();
            tasks.push(("reload", once(reloader, Reloader::watch)));
            (cell, admin, config)
        }
        First::Arguments(config, snapshot) => {
            let cell = Arc::new(SnapshotCell::new(*snapshot));
            metrics.generation(&cell.load(), "", now());
            (Arc::clone(&cell), ask(cell), *config)
        }
    };
    count_panics(&metrics);
    let watched = (Arc::clone(&cell), Arc::clone(&inventory), Arc::clone(&metrics));
    tasks.push(("names", once(watched, watch_names)));
    let (address, token_file) = config.admin.map_or((None, None), |admin| (Some(admin.listen), admin.token_file));
    if let Some(file) = &token_file {
        token(file).map_err(Failure::CannotRun)?;
    }
    if let Some(address) = arguments.admin.or(address) {
        let listener = AdminListener::bind(&address, token_file, admin)
            .map_err(|error| cannot(&format!("cannot bind the admin listener to `{address}`"), &error))?;
        tasks.push(("admin", once(listener, AdminListener::serve)));
    }
    let remarks = prepared.remarks;
    let announced = Arc::clone(&cell);
    let parts = Parts {
        listen: config.listen,
        cell,
        metrics,
        inventory,
        tasks,
        on_ready: Box::new(move |addresses| {
            for (address, tls) in addresses {
                let reachable = server::reachable(*address);
                let url = format!("{}://{reachable}", if *tls { "https" } else { "http" });
                events::ready(&url, &announced.load());
                for remark in &remarks {
                    output::remark(&remark.replace("{address}", &url));
                }
                output::result(&format!("ready {url}"));
            }
        }),
    };
    server::run(parts).map_err(|error| Failure::CannotRun(error.to_string()))
}

/// A task that is handed what it needs once; tasks are started only once.
fn once<T, F, R>(value: T, serve: F) -> Task
where
    T: Send + 'static,
    F: Fn(T, tokio::sync::watch::Receiver<bool>) -> R + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let value = Mutex::new(Some(value));
    Box::new(move |shutdown| {
        let taken = value.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        match taken {
            Some(value) => Box::pin(serve(value, shutdown)),
            None => Box::pin(std::future::ready(())),
        }
    })
}

fn prepare(arguments: &Arguments) -> Result<Prepared, Failure> {
    if let Some(file) = &arguments.config {
        let source = Source { file: file.clone(), listen: arguments.listen, state_dir: arguments.state_dir.clone() };
        let start = source.start().map_err(|error| Failure::Wrong(error.to_string()))?;
        let first = First::Files(source, Box::new(start));
        return Ok(Prepared { first, tasks: Vec::new(), remarks: Vec::new() });
    }
    let listen = arguments.listen.unwrap_or(DEFAULT_LISTEN);
    let mut tasks = Vec::new();
    let mut remarks = Vec::new();
    let upstream = if let Some(upstream) = &arguments.upstream {
        upstream.clone()
    } else {
        let cannot =
            |error: std::io::Error| Failure::CannotRun(format!("cannot start the demonstration shop: {error}"));
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(cannot)?;
        listener.set_nonblocking(true).map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        events::demo_ready(&address.to_string());
        tasks.push(("demo", once(listener, serve_demo)));
        remarks.push(demo_remark(&address.to_string()));
        format!("http://{address}")
    };
    let (mut config, toml) =
        config::for_upstream(&upstream, listen).map_err(|diagnostics| Failure::Wrong(diagnostics.to_string()))?;
    output::remark(&format!("# No configuration file was given. This is the one that it stands for:\n{toml}"));
    config.keys.state_dir = arguments.state_dir.clone().unwrap_or_else(default_state_dir);
    let keys = load_keys(&config.keys).map_err(|error| Failure::CannotRun(error.to_string()))?;
    let snapshot = Snapshot::build(&config, keys);
    Ok(Prepared { first: First::Arguments(Box::new(config), Box::new(snapshot)), tasks, remarks })
}

async fn serve_demo(listener: std::net::TcpListener, mut shutdown: tokio::sync::watch::Receiver<bool>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    tokio::select! {
        _ = demo::serve(listener) => {}
        _ = shutdown.changed() => {}
    }
}

fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// Where systemd, the desktop, or at last the working directory keeps state.
fn default_state_dir() -> PathBuf {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from("STATE_DIRECTORY")
        .or_else(|| from("XDG_STATE_HOME").map(|home| home.join("vestibule")))
        .or_else(|| from("HOME").map(|home| home.join(".local/state/vestibule")))
        .unwrap_or_else(|| PathBuf::from(".vestibule-state"))
}

fn demo_remark(shop: &str) -> String {
    format!(
        "\nOpen {{address}} in a browser. It is a small shop full of trackers, with Vestibule before it.\n  \
         - Look at the network panel: before you choose, nothing leaves for Google, Meta or YouTube.\n  \
         - Look at the cookies: basket and login are there, `_ga`, `_fbp` and `FPID` are not.\n  \
         - Accept, and the same pages come alive; change your mind at {{address}}/.vestibule/\n  \
         - Compare with the unprotected shop at http://{shop}\n"
    )
}

/// Counts panics and logs where they happened, without what they say.
fn count_panics(metrics: &Arc<Metrics>) {
    let metrics = Arc::clone(metrics);
    std::panic::set_hook(Box::new(move |panic| {
        metrics.panic();
        let place = panic.location().map_or_else(String::new, |at| format!("{}:{}", at.file(), at.line()));
        events::panicked(&place);
    }));
}
