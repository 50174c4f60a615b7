//! The binary under test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::PATIENCE;

/// The path of the binary.
pub const BINARY: &str = env!("CARGO_BIN_EXE_vestibule");

/// A running proxy. Stopped when dropped.
pub struct Vestibule {
    pub address: SocketAddr,
    pub child: Child,
    pub log: Arc<Mutex<String>>,
    directory: tempfile::TempDir,
}

impl Vestibule {
    /// Starts with a configuration of one site before `upstream`. `more` is added to the site's table.
    pub fn before(upstream: &str, more: &str) -> Self {
        Self::with_config(&format!(
            "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n[[site]]\n\
             hosts = [\"shop.test\", \"127.0.0.1\"]\nupstream = \"{upstream}\"\n{more}\n"
        ))
    }

    /// The state directory.
    pub fn state(&self) -> PathBuf {
        self.directory.path().join("state")
    }

    /// As [`before`](Self::before), with the consent key of another one.
    pub fn before_with_state(upstream: &str, more: &str, state: &Path) -> Self {
        let key = format!("[keys]\ncurrent = \"{}\"\n", state.join("consent.key").display());
        Self::with_config(&format!(
            "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n{key}[[site]]\n\
             hosts = [\"shop.test\", \"127.0.0.1\"]\nupstream = \"{upstream}\"\n{more}\n"
        ))
    }

    /// Starts with this configuration.
    pub fn with_config(config: &str) -> Self {
        Self::with_config_and(config, &[])
    }

    /// Starts with this configuration and more arguments.
    pub fn with_config_and(config: &str, more: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("vestibule.toml");
        std::fs::write(&file, config).unwrap();
        let mut arguments = vec!["run".to_owned(), "--config".to_owned(), file.display().to_string()];
        arguments.extend(more.iter().map(|argument| (*argument).to_owned()));
        Self::start(directory, &arguments)
    }

    /// Starts on a file that stays when the proxy is gone, as does the state beside it.
    pub fn on(file: &Path) -> Self {
        let arguments = ["run".to_owned(), "--config".to_owned(), file.display().to_string()];
        Self::spawn(tempfile::tempdir().unwrap(), Command::new(BINARY).args(arguments))
    }

    /// Starts with `run` and these arguments.
    pub fn run(arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let all: Vec<String> = ["run"].iter().chain(arguments).map(|argument| (*argument).to_owned()).collect();
        Self::start(directory, &all)
    }

    fn start(directory: tempfile::TempDir, arguments: &[String]) -> Self {
        let mut command = Command::new(BINARY);
        command.args(arguments).arg("--state-dir").arg(directory.path().join("state"));
        if !arguments.iter().any(|argument| argument == "--log") {
            command.args(["--log", "vestibule=debug,info"]);
        }
        Self::spawn(directory, &mut command)
    }

    fn spawn(directory: tempfile::TempDir, command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let mut errors = child.stderr.take().unwrap();
        let sink = Arc::clone(&log);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = errors.read(&mut buffer) {
                sink.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..read]));
            }
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.next().and_then(Result::ok);
        let address = ready.as_deref().and_then(|line| line.strip_prefix("ready http://")?.parse().ok());
        let Some(address) = address else {
            std::thread::sleep(std::time::Duration::from_millis(200));
            panic!("not ready: {ready:?}\n{}", log.lock().unwrap());
        };
        Self { address, child, log, directory }
    }

    /// The configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.directory.path().join("vestibule.toml")
    }

    /// Everything logged so far.
    pub fn logged(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until the log contains `text`.
    pub fn wait_for_log(&self, text: &str) {
        let started = Instant::now();
        while !self.logged().contains(text) {
            assert!(started.elapsed() < PATIENCE, "`{text}` never logged:\n{}", self.logged());
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// The address of the admin listener, from the log.
    pub fn admin(&self) -> SocketAddr {
        self.wait_for_log("Admin listener");
        let log = self.logged();
        let line = log.lines().find(|line| line.contains("Admin listener")).unwrap();
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let address = event["listen"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
        super::ADMINS.lock().unwrap().insert(address);
        address
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Vestibule {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking() {
            drop(writeln!(std::io::stderr(), "log of the proxy:\n{}", self.logged()));
        }
    }
}

/// Runs a command of the binary to its end.
pub fn command(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(BINARY)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// What `vestibule rewrite` makes of a page.
pub fn rewritten(page: &[u8], consent: &str, config: Option<&Path>) -> Vec<u8> {
    let mut arguments = vec!["rewrite", "--url", "http://shop.test/", "--consent", consent];
    let file = config.map(|file| file.display().to_string());
    if let Some(file) = &file {
        arguments.extend(["--config", file]);
    }
    let output = command(&arguments, page);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
