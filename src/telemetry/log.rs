//! Where log lines go: standard error, as JSON or as text for a person at a terminal.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// One JSON object per line.
    #[default]
    Json,
    /// Text for a person.
    Text,
}

/// Starts logging to standard error. `filter` is a directive such as `info` or `vestibule=debug`; one that cannot be
/// read falls back to `info`. A second call changes nothing.
pub fn init(format: LogFormat, filter: &str) {
    // What the proxy framework logs repeats our own events, and names the addresses of visitors.
    let framework = "pingora_proxy=off,pingora_core=off,pingora=off,h2=off";
    let filter = EnvFilter::try_new(format!("{filter},{framework}"))
        .unwrap_or_else(|_| EnvFilter::new(format!("info,{framework}")));
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Json => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_target(false)
                    .with_writer(std::io::stderr),
            )
            .try_init(),
        LogFormat::Text => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .with_target(false)
                    .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
                    .with_writer(std::io::stderr),
            )
            .try_init(),
    };
    // A second subscriber is refused; the first one goes on.
    drop(started);
}
