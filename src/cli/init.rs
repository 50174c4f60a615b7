//! `vestibule init`: a commented start, and the schema that editors read, beside it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Failure, output};
use crate::config::{self, SourceFile};

/// The name that the first line of the new file refers to.
const SCHEMA: &str = "vestibule.schema.json";

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The file to write.
    #[arg(default_value = "vestibule.toml")]
    file: PathBuf,
    /// Where the shop is.
    #[arg(long, default_value = "http://127.0.0.1:9000", value_name = "URL")]
    upstream: String,
    /// The host that visitors ask for; without it, every host.
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let file = &arguments.file;
    let text = start(arguments);
    let source = SourceFile { path: "vestibule init".into(), text: text.clone() };
    if let Err(found) = config::parse(vec![source]) {
        output::diagnostics(&found);
        return Err(Failure::Told);
    }
    create(file, &text)?;
    let schema = file.with_file_name(SCHEMA);
    let mut written = file.display().to_string();
    if schema.exists() {
        output::remark(&format!("`{}` exists and was left as it is", schema.display()));
    } else {
        create(&schema, &format!("{:#}\n", config::schema(false)))?;
        written = format!("{written} and {}", schema.display());
    }
    let file = file.display();
    output::result(&format!("wrote {written}\n\nnext:\n  vestibule check {file}\n  vestibule run --config {file}"));
    Ok(())
}

/// Writes a file that must not exist.
fn create(file: &Path, text: &str) -> Result<(), Failure> {
    let name = file.display();
    let mut new = std::fs::OpenOptions::new().write(true).create_new(true).open(file).map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            Failure::Wrong(format!("`{name}` exists and is never overwritten; name another file"))
        } else {
            Failure::CannotRun(format!("cannot write `{name}`: {error}"))
        }
    })?;
    new.write_all(text.as_bytes()).map_err(|error| Failure::CannotRun(format!("cannot write `{name}`: {error}")))
}

fn start(arguments: &Arguments) -> String {
    let string = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let hosts: Vec<String> = arguments.host.iter().map(|host| string(host)).collect();
    let (hosts, about) = if hosts.is_empty() {
        ("\"*\"".to_owned(), "every host; better: the names of your shop, such as \"www.shop.example\"")
    } else {
        (hosts.join(", "), "the names that visitors ask for")
    };
    let upstream = string(&arguments.upstream);
    format!(
        r#"#:schema ./{SCHEMA}
# Vestibule in front of one shop. `vestibule explain-key` lists all keys, `vestibule explain-key site.mode` explains one.

version = 1

[listen]
http = "127.0.0.1:8080" # where visitors connect; "0.0.0.0:8080" is reached from other machines, too

[admin]
listen = "127.0.0.1:9180" # /metrics and /-/status, for this machine only

[[site]]
hosts = [{hosts}] # {about}
upstream = {upstream} # where the shop is

# "observe" changes nothing: log, metrics and /-/status say what would be held back. When that looks right: "enforce".
mode = "observe"

# Hosts of yours besides the page's own, such as a static or media host.
# first_party = ["shop-static.example"]

  # What the shop cannot work without, and why: the log names cookies and hosts that nobody knows.
  # [[site.necessary]]
  # cookie = "basket*"
  # reason = "holds the cart between two pages"

  # Parts of the shop where less is allowed, whatever visitors agreed to.
  # [[site.route]]
  # path = "/checkout/**"
  # deny = ["marketing", "analytics"]

# A service of yours that the built-in catalog does not know.
# [[service]]
# id = "house-recommender"
# purpose = "personalization"
# hosts = ["recommender.example"]
# cookies = ["_hr_*"]
"#
    )
}
