//! Inline scripts: what belongs to a service in any spelling, what only looks so, and what one loads.

use vestibule::catalog::{Catalog, Service};
use vestibule::config;
use vestibule::consent::PurposeSet;

use crate::explain::Dice;

fn catalog() -> Catalog {
    Catalog::new(config::builtin_services())
}

/// Ids of the services that a script belongs to, without those on the necessary list.
fn told(catalog: &Catalog, script: &str) -> Vec<String> {
    let found = catalog.by_inline(script.as_bytes());
    let known = found.iter().map(|id| catalog.service(*id).unwrap());
    let mut ids: Vec<String> =
        known.filter(|service| !service.necessary()).map(|service| service.id.to_string()).collect();
    ids.sort_unstable();
    ids
}

/// Cases of a file: `=== name`, or `=== name: services`, and the script.
fn cases(file: &str) -> Vec<(String, String)> {
    let path = format!("{}/tests/data/inline/{file}.case", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let parts = text.split("=== ").skip(1).map(|case| case.split_once('\n').unwrap());
    parts.map(|(name, script)| (name.to_owned(), script.to_owned())).collect()
}

#[test]
fn t14_no_disguise_hides_a_snippet() {
    let catalog = catalog();
    let cases = cases("disguises");
    assert!(cases.len() >= 60, "{}", cases.len());
    for (name, script) in cases {
        let (name, services) = name.rsplit_once(": ").unwrap();
        let mut services: Vec<&str> = services.split_whitespace().collect();
        services.sort_unstable();
        assert_eq!(told(&catalog, &script), services, "{name}\n{script}");
    }
}

#[test]
fn t13_nothing_that_only_looks_like_a_snippet_is_taken_for_one() {
    let catalog = catalog();
    let cases = cases("lookalikes");
    assert!(cases.len() >= 60, "{}", cases.len());
    for (name, script) in cases {
        assert_eq!(told(&catalog, &script), [""; 0], "{name}\n{script}");
    }
}

/// Every inline script of the vendors' snippets, and of how they were gated.
#[test]
fn scripts_of_snippets_are_told_one_by_one() {
    let catalog = catalog();
    let expected = std::fs::read_to_string("tests/data/inline/snippets.txt").unwrap();
    let mut files: Vec<_> =
        std::fs::read_dir("tests/data/catalog/snippets").unwrap().map(|at| at.unwrap().path()).collect();
    files.sort();
    let mut lines = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "html")) {
        let page = std::fs::read_to_string(file).unwrap();
        let scripts = page.split("<script").skip(1).map(|rest| {
            let body = rest.split_once('>').unwrap().1;
            body.split("</script>").next().unwrap()
        });
        for script in scripts.filter(|script| !script.trim().is_empty()) {
            let begin: String = script.trim().chars().take(40).collect();
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            lines.push(format!("{name} | {} | {}", told(&catalog, script).join(" "), begin.replace('\n', " ")));
        }
    }
    assert_eq!(lines.join("\n"), expected.trim_end());
}

/// A script with a piece of a marker in a comment is always read, so that what the search for pieces leaves out can be held
/// against it.
#[test]
fn no_script_that_is_not_read_would_be_known() {
    let catalog = catalog();
    let mut dice = Dice::new(7);
    let scripts: Vec<String> =
        ["disguises", "lookalikes"].into_iter().flat_map(cases).map(|(_, script)| script).collect();
    for round in 0..4000 {
        let mut script = scripts[round % scripts.len()].clone();
        for _ in 0..dice.roll(4) {
            let letters: Vec<char> = script.chars().collect();
            let at = dice.roll(letters.len() + 1);
            let end = (at + dice.roll(12)).min(letters.len());
            let put = dice
                .one(&["", "'", "\"", "`", "+", "'+'", "\\", "/*", "*/", "//", "\n", "(", ")", "${", "}", "/", ";"]);
            script = letters[..at].iter().collect::<String>() + put + &letters[end..].iter().collect::<String>();
        }
        let read = catalog.read_inline(format!("/*fbq init*/{script}").as_bytes());
        let found = catalog.read_inline(script.as_bytes());
        // These count as comments at the beginning only.
        if !script.starts_with("<!--") && !script.starts_with("-->") && !script.starts_with("#!") {
            assert_eq!(found.services, read.services, "{script}");
        }
    }
}

#[test]
fn what_a_script_loads_is_told() {
    let catalog = Catalog::new(vec![]);
    for (script, loads, only) in [
        (
            "(function(d){var s=d.createElement('script');s.src='//x.example/a.js?'+1*new Date();d.head.appendChild(s)})(document)",
            "https://x.example/a.js?1",
            true,
        ),
        ("new Image().src='https://x.example/p.gif'", "https://x.example/p.gif", true),
        ("new Image().src='https://x.example/p.gif';cart.add(1)", "https://x.example/p.gif", false),
        (
            "window.xq=window.xq||[];xq.push(['a',1]);(function(){var s=document.createElement('script');s.src='https://x.example/a.js';document.head.appendChild(s)})()",
            "https://x.example/a.js",
            true,
        ),
        (
            "window.shop=window.shop||{};(function(){var s=document.createElement('script');s.src='https://x.example/a.js';document.head.appendChild(s)})()",
            "https://x.example/a.js",
            false,
        ),
        (
            "function later(){var s=document.createElement('script');s.src='https://x.example/a.js';document.head.appendChild(s)}",
            "https://x.example/a.js",
            false,
        ),
        (
            "var s=document.createElement('script');s.onload=function(){initMenu()};s.src='https://x.example/a.js';document.head.appendChild(s)",
            "https://x.example/a.js",
            false,
        ),
        ("fetch('https://x.example/api').then(show)", "https://x.example/api", false),
        ("var s=document.createElement('script');s.src='/own.js';document.head.appendChild(s)", "/own.js", true),
        ("var s=document.createElement('script');s.src=u;document.head.appendChild(s)", "", false),
        ("var a='https://x.example/a.js'", "", false),
        ("document.write('<img src=\"https://x.example/p\">')", "https://x.example/p", false),
    ] {
        let reading = catalog.read_inline(script.as_bytes());
        let found: Vec<&str> = reading.loads.iter().map(|load| &*load.address).collect();
        assert_eq!(found.join(" "), loads, "{script}");
        assert_eq!(reading.only_loads, only, "{script}");
    }
}

#[test]
fn markers_mean_code_names_or_addresses() {
    let service = |marker: &str| Service { inline: vec![marker.into()], ..Service::named("x", PurposeSet::EMPTY) };
    for (marker, yes, no) in [
        (
            "pix('init'",
            &["pix('init')", "pix ( \"init\" , 1)", "a.pix(`init`)", "pix/**/('in'+'it')"][..],
            &["pix('initial')", "apix('init')", "'pix(\"init\"'", "pix(init)"][..],
        ),
        ("pix('init", &["pix('initial')", "pix('init'+x)"], &["pix('in')"]),
        (
            "pixQueue",
            &[
                "pixQueue=[]",
                "var pixQueue = 1",
                "w['pixQueue']=1",
                "f(w,'pixQueue')",
                "x={pixQueue:1}",
                "new pixQueue()",
                "pixQueue ||= []",
            ],
            &["pixQueue.push(1)", "if(pixQueue==1){}", "a=['pixQueue']", "// pixQueue=1", "pixQueued=1"],
        ),
        ("window.pixQueue", &["self.pixQueue=1"], &["window.pixQueue&&1"]),
        (
            "cdn.pix.example/tag",
            &["load('https://cdn.pix.example/tag.js')", "a='//cdn.pix.'+'example/tag'"],
            &["say('see https://cdn.pix.example/tag.js here')", "xcdn.pix.example/tag", "a='//mycdn.pix.example/tag'"],
        ),
        (
            "pix.start",
            &["x={'pix.start':1}", "pix.start()", "w['pix']['start']"],
            &["say('pix.start it')", "pix.started()"],
        ),
    ] {
        let catalog = Catalog::new(vec![service(marker)]);
        for script in yes {
            assert!(!catalog.by_inline(script.as_bytes()).is_empty(), "`{marker}` in {script}");
        }
        for script in no {
            assert!(catalog.by_inline(script.as_bytes()).is_empty(), "`{marker}` not in {script}");
        }
    }
}

/// Twice the script takes about twice the time; by the clock only to catch what is far off.
#[test]
fn scripts_made_to_cost_do_not() {
    let catalog = catalog();
    for shape in [
        "(",
        "[",
        "{",
        "a=",
        "'a'+",
        "('a'+",
        "/",
        "/[",
        "`${",
        "\\",
        "'",
        "\"",
        "<!--",
        "/*",
        "a=>",
        "x=x+",
        "f(",
        "write(",
        "f(function(){",
        "function f(a){return f(a)}",
        "s.src=a+b;a=b+a;b=a+b;",
        "s.src='//x.example/'+",
        "a?b:",
        "['a',",
        "'a'.concat('b')",
        "unescape(",
        "atob('",
        "eval('",
        "document.write('<script ",
        "fbq('init',",
        "\\u{",
        "${",
        "0x",
        "1e+",
        "s.src=f(g(h(",
        "setTimeout(\"",
        "x.y.",
        "a,",
        ".join('')",
        "['a'].join('')",
        "(0,",
    ] {
        let script = format!("{};fbq('init')", shape.repeat(400_000 / shape.len()));
        let started = std::time::Instant::now();
        catalog.read_inline(script.as_bytes());
        assert!(started.elapsed().as_secs() < 60, "{shape}");
    }
}
