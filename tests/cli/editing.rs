//! What the command says about configuration text: `check` in its formats, `explain-key`, `schema`.

use serde_json::Value;
use vestibule::config::CODES;
use vestibule::config::reference::TABLES;

use super::support::vestibule::command;
use super::{GOOD, config};

fn out(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = command(arguments, b"");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

const DOUBTFUL: &str = "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\ntrusted_proxies = \"0.0.0.0/0\"\n[[site]]\nhosts = [\"shop.test\"]\nupstream = \"http://127.0.0.1:1\"\n";

#[test]
fn a_right_configuration_is_said_to_be_right() {
    let (_directory, file) = config(GOOD);
    let (code, said, beside) = out(&["check", &file]);
    assert_eq!((code, beside.as_str()), (Some(0), ""));
    let services = vestibule::config::load(file.as_ref()).unwrap().services.len();
    let start = format!("{file}: fine, 1 site, {services} services, revision ");
    let revision = said.strip_prefix(&start).unwrap_or_else(|| panic!("{said}")).trim_end();
    assert!(revision.len() == 8 && revision.bytes().all(|byte| byte.is_ascii_hexdigit()), "{said}");
}

#[test]
fn warnings_pass_unless_strict() {
    let (_directory, file) = config(DOUBTFUL);
    let (code, said, beside) = out(&["check", &file]);
    assert_eq!(code, Some(0), "{beside}");
    assert!(said.contains(": fine, 1 site"), "{said}");
    assert!(beside.contains(":4:19: warning[V0214]") && beside.ends_with("\n1 warning in 1 file\n"), "{beside}");
    assert!(!beside.contains('\u{1b}'), "no colours outside a terminal");
    let (code, said, beside) = out(&["check", "--strict", &file]);
    assert_eq!((code, said.as_str()), (Some(1), ""), "{beside}");
}

#[test]
fn the_closing_line_counts() {
    let (_directory, file) = config(&DOUBTFUL.replace("hosts", "hots").replace("upstream", "mode = 3\nupstream"));
    let (code, said, beside) = out(&["check", &file]);
    assert_eq!((code, said.as_str()), (Some(1), ""));
    assert!(beside.ends_with("\n2 errors, 1 warning in 1 file\n"), "{beside}");
}

#[test]
fn a_start_and_a_reload_log_warnings() {
    use std::io::{BufRead as _, BufReader};
    let (directory, file) = config(DOUBTFUL);
    // A pipe beside the file is nobody's configuration, and nobody waits for it.
    assert!(std::process::Command::new("mkfifo").arg(directory.path().join("pipe.toml")).status().unwrap().success());
    let state = tempfile::tempdir().unwrap();
    let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(["run", "--config", &file, "--state-dir", &state.path().display().to_string()])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut logged = BufReader::new(process.stderr.take().unwrap()).lines();
    // Every line is an event; a process that says nothing more was stopped for it.
    let mut warning = |place: &str| -> Value {
        let mut seen = String::new();
        for line in logged.by_ref().map(Result::unwrap) {
            if line.contains("V0214") && line.contains(&format!("{file}:{place}")) {
                return serde_json::from_str(&line).unwrap();
            }
            seen = format!("{seen}{line}\n");
        }
        panic!("no warning at {place}:\n{seen}");
    };
    let id = process.id().to_string();
    let (done, waiting) = std::sync::mpsc::channel::<()>();
    let stop = std::thread::spawn(move || {
        if waiting.recv_timeout(std::time::Duration::from_secs(30)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            drop(std::process::Command::new("kill").arg(id).status());
        }
    });
    assert_eq!(warning("4:19")["level"], "WARN");
    let mut ready = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    assert!(ready.starts_with("ready "));
    std::fs::write(&file, DOUBTFUL.replace("trusted", "\ntrusted")).unwrap();
    assert_eq!(warning("5:19")["level"], "WARN");
    drop(done);
    stop.join().unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
}

#[test]
fn json_says_all_that_text_says() {
    let (_directory, file) = config(&DOUBTFUL.replace("hosts", "hots"));
    let (code, said, beside) = out(&["check", "--format", "json", &file]);
    assert_eq!((code, beside.as_str()), (Some(1), ""));
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&told["right"], &told["errors"], &told["warnings"]), (&false.into(), &1.into(), &1.into()));
    assert_eq!(told["revision"], Value::Null);
    let (first, second) = (&told["diagnostics"][0], &told["diagnostics"][1]);
    assert_eq!((&first["code"], &first["severity"]), (&"V0214".into(), &"warning".into()));
    assert_eq!((&second["code"], &second["severity"]), (&"V0102".into(), &"error".into()));
    assert_eq!(second["file"], *file);
    assert_eq!((&second["line"], &second["column"], &second["end_column"]), (&6.into(), &1.into(), &5.into()));
    assert_eq!(second["source"], "hots = [\"shop.test\"]");
    assert_eq!(second["help"], "did you mean `hosts`");

    let (_directory, file) = config(GOOD);
    let (code, said, _) = out(&["check", "--format", "json", &file]);
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &told["right"], &told["sites"]), (Some(0), &true.into(), &1.into()));
    assert_eq!(told["revision"].as_str().unwrap().len(), 8);
}

#[test]
fn sarif_has_a_rule_for_every_result() {
    let twice = "version = 1\n[[site]]\nhosts = \"a\"\nupstream = \"http://b\"\n[[site]]\nhosts = [\"é\", \"a\"]\nupstream = \"http://b\"\n";
    let (_directory, file) = config(twice);
    let (code, said, _) = out(&["check", "--format", "sarif", &file]);
    assert_eq!(code, Some(1));
    let log: Value = serde_json::from_str(&said).unwrap();
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), CODES.len());
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "V0208");
    assert_eq!(rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()]["id"], "V0208");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], format!("file://{file}"));
    assert_eq!(place["region"]["startLine"], 6);
    assert_eq!((&place["region"]["startColumn"], &place["region"]["endColumn"]), (&15.into(), &18.into()));
    assert_eq!(result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"], 3);
    assert_eq!(result["relatedLocations"][0]["message"]["text"], "first here");
}

#[test]
fn every_key_and_every_code_is_explained() {
    for table in TABLES {
        for key in table.keys {
            let path = table.path_of(key);
            let (code, said, beside) = out(&["explain-key", &path]);
            assert_eq!(code, Some(0), "{beside}");
            assert!(said.contains(key.name) && said.contains(key.example), "{path}: {said}");
        }
    }
    for code in CODES {
        let (status, said, _) = out(&["explain-key", code.code]);
        assert_eq!(status, Some(0));
        assert!(said.starts_with(&format!("{}[{}]: {}\n", code.severity.as_str(), code.code, code.title)), "{said}");
        let example = format!("[{}]: ", code.code);
        assert!(said.matches(&example).count() == 2 && !said.contains("tests/data"), "no example: {said}");
    }
    let (code, all, _) = out(&["explain-key"]);
    assert_eq!(code, Some(0));
    assert!(TABLES.iter().all(|table| all.contains(table.header)));
    let (code, _, beside) = out(&["explain-key", "site.rout.deny"]);
    assert_eq!((code, beside.contains("did you mean `site.route.deny`")), (Some(1), true), "{beside}");
    assert_eq!(out(&["explain-key", "V9999"]).0, Some(1));
}

/// The schema says of each key what the reference says.
#[test]
fn the_schema_holds_every_key() {
    let (code, said, _) = out(&["schema"]);
    assert_eq!(code, Some(0));
    let schema: Value = serde_json::from_str(&said).unwrap();
    let mut keys = 0;
    for table in TABLES {
        let mut here = &schema;
        for part in table.path.split('.').filter(|part| !part.is_empty()) {
            here = &here["properties"][part];
            here = here.get("items").unwrap_or(here);
            // A value, or the table that says more.
            here = here.get("anyOf").map_or(here, |either| &either[1]);
        }
        assert_eq!(here["additionalProperties"], false, "{}", table.header);
        let properties = here["properties"].as_object().unwrap();
        assert_eq!(properties.len(), table.keys.len());
        for key in table.keys {
            let known = &properties[key.name];
            assert!(known["description"].as_str().unwrap().starts_with(key.meaning));
            assert_eq!(known.get("examples").is_some(), !key.example.is_empty(), "{}", key.name);
            let default = matches!(key.absent, vestibule::config::reference::Absent::Value(_));
            assert_eq!(known.get("default").is_some(), default, "{}", key.name);
            let required = here["required"].as_array().is_some_and(|all| all.contains(&key.name.into()));
            assert_eq!(required, key.required, "{}", key.name);
            keys += 1;
        }
    }
    assert!(keys > 60, "{keys}");
    let (_, said, _) = out(&["schema", "--included"]);
    let included: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(included["properties"].as_object().unwrap().len(), 4);
}

/// Runs the command in a directory.
fn inside(place: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(arguments)
        .current_dir(place)
        .env_remove("CLICOLOR_FORCE")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (run.status.code(), text(&run.stdout), text(&run.stderr))
}

#[test]
fn a_new_configuration_is_right_at_once() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let (code, said, beside) = inside(place, &["init"]);
    assert_eq!((code, beside.as_str()), (Some(0), ""));
    let commands: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("  vestibule ")).collect();
    assert_eq!(commands, ["check vestibule.toml", "run --config vestibule.toml"]);
    let check: Vec<&str> = commands[0].split(' ').collect();
    let (code, said, beside) = inside(place, &check);
    assert_eq!((code, beside.as_str()), (Some(0), ""), "{said}");
    assert_eq!(inside(place, &["fmt", "--check", "vestibule.toml"]).0, Some(0));
    let text = std::fs::read_to_string(place.join("vestibule.toml")).unwrap();
    assert!(text.starts_with("#:schema ./vestibule.schema.json\n"));
    let schema = std::fs::read_to_string(place.join("vestibule.schema.json")).unwrap();
    assert_eq!(schema, inside(place, &["schema"]).1);

    // What it offers in comments is right, too.
    let offered: String = text
        .lines()
        .map(|line| {
            line.trim_start()
                .strip_prefix("# ")
                .filter(|rest| rest.contains(" = ") || rest.starts_with("[["))
                .unwrap_or(line)
        })
        .fold(String::new(), |text, line| format!("{text}{line}\n"));
    std::fs::write(place.join("offered.toml"), offered).unwrap();
    let (code, _, beside) = inside(place, &["check", "offered.toml"]);
    assert_eq!(code, Some(0), "{beside}");
    let config = vestibule::config::load(&place.join("offered.toml")).unwrap();
    assert!(!config.sites[0].policy.routes.is_empty() && !config.sites[0].policy.necessary_cookies.is_empty());
}

#[test]
fn a_new_configuration_overwrites_nothing() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    std::fs::write(place.join("mine.toml"), "mine").unwrap();
    std::fs::write(place.join("vestibule.schema.json"), "mine").unwrap();
    let (code, said, beside) = inside(place, &["init", "mine.toml"]);
    assert_eq!((code, said.as_str()), (Some(1), ""));
    assert!(beside.contains("`mine.toml` exists and is never overwritten"), "{beside}");
    assert_eq!(std::fs::read_to_string(place.join("mine.toml")).unwrap(), "mine");

    let arguments =
        ["init", "new.toml", "--upstream", "https://origin.test:8443", "--host", "a.test", "--host", "b.test"];
    let (code, _, beside) = inside(place, &arguments);
    assert_eq!(code, Some(0), "{beside}");
    assert!(beside.contains("`vestibule.schema.json` exists and was left as it is"), "{beside}");
    assert_eq!(std::fs::read_to_string(place.join("vestibule.schema.json")).unwrap(), "mine");
    let config = vestibule::config::load(&place.join("new.toml")).unwrap();
    assert_eq!(config.sites[0].hosts.iter().map(|host| &**host).collect::<Vec<_>>(), ["a.test", "b.test"]);
    assert_eq!((config.sites[0].upstreams[0].port, config.sites[0].upstreams[0].tls), (8443, true));

    for wrong in [["--upstream", "shop\"\n"], ["--host", "https://shop"], ["--host", ""]] {
        let (code, _, beside) = inside(place, &["init", "wrong.toml", wrong[0], wrong[1]]);
        assert_eq!(code, Some(1), "{wrong:?}");
        assert!(beside.contains("error[V"), "{beside}");
        assert!(!place.join("wrong.toml").exists(), "nothing is written for {wrong:?}");
    }
}

/// The page in `tests/data/mistakes.txt` is what a user really sees. `BLESS=1` writes it anew.
#[test]
fn the_five_most_likely_mistakes() {
    let mistakes = [
        (
            "a mistyped key",
            "version = 1\n\n[[site]]\nhosts = [\"www.shop.example\"]\nupstraem = \"http://127.0.0.1:9000\"\n",
        ),
        (
            "a host that was copied from the address bar",
            "version = 1\n\n[[site]]\nhosts = [\"https://www.shop.example/\"]\nupstream = \"127.0.0.1:9000\"\n",
        ),
        (
            "a forgotten quote",
            "version = 1\n\n[[site]]\nhosts = [\"www.shop.example]\nupstream = \"http://127.0.0.1:9000\"\n",
        ),
        (
            "a key in the wrong table, and a word that does not exist",
            "version = 1\ntrusted_proxies = [\"10.0.0.0/8\"]\n\n[[site]]\nhosts = [\"www.shop.example\"]\nupstream = \"http://127.0.0.1:9000\"\nmode = \"observed\"\n",
        ),
        (
            "a purpose that nobody declared, in a route that is never reached",
            "version = 1\n\n[[site]]\nhosts = [\"www.shop.example\"]\nupstream = \"http://127.0.0.1:9000\"\n\n  [[site.route]]\n  path = \"/checkout/**\"\n  deny = [\"marketing\"]\n\n  [[site.route]]\n  path = \"/checkout/payment\"\n  deny = [\"analitycs\"]\n",
        ),
    ];
    let place = tempfile::tempdir().unwrap();
    let mut page = String::new();
    for (about, text) in mistakes {
        std::fs::write(place.path().join("vestibule.toml"), text).unwrap();
        let (code, out, told) = inside(place.path(), &["check", "vestibule.toml"]);
        let code = code.unwrap();
        page = format!("{page}# {about}\n\n$ vestibule check vestibule.toml\n{out}{told}$ echo $?\n{code}\n\n\n");
    }
    let golden = "tests/data/mistakes.txt";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(golden, &page).unwrap();
    }
    assert_eq!(page, std::fs::read_to_string(golden).unwrap_or_default());
}

/// A certificate and the key of another one: said where the key is named, before a listener would find out.
#[test]
fn certificates_and_keys_have_to_belong_together() {
    let (directory, file) = config(&GOOD.replace(
        "[[site]]",
        "[[listen.https]]\naddress = \"127.0.0.1:0\"\ncertificate = \"a.pem\"\nkey = \"a.key\"\n[[site]]",
    ));
    let place = directory.path();
    for name in ["a", "b"] {
        let made = std::process::Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
            .args(["-subj", "/CN=shop.test", "-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")])
            .current_dir(place)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    let (code, _, told) = out(&["check", "--strict", &file]);
    assert_eq!((code, told.as_str()), (Some(0), ""));

    std::fs::copy(place.join("b.key"), place.join("a.key")).unwrap();
    let (code, _, told) = out(&["check", &file]);
    assert_eq!(code, Some(1));
    assert!(told.contains(":7:7: error[V0215]") && told.contains("does not belong to the certificate"), "{told}");

    std::fs::copy(place.join("b.pem"), place.join("a.key")).unwrap();
    let (_, _, told) = out(&["check", &file]);
    assert!(told.contains(":7:7: error[V0215]") && told.contains("it holds no private key in PEM"), "{told}");

    let both = [std::fs::read(place.join("b.key")).unwrap(), std::fs::read(place.join("b.key")).unwrap()].concat();
    std::fs::write(place.join("a.key"), both).unwrap();
    let (_, _, told) = out(&["check", &file]);
    assert!(told.contains("it holds several keys"), "{told}");
}
