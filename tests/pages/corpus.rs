//! The inputs of html5lib's tree-construction tests, with trackers put in wherever a tag begins or ends.

use std::path::Path;

/// One input: where it stands (`tests19.dat:12`), and the markup.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) markup: Vec<u8>,
}

/// All inputs, in the order of their files.
pub(crate) fn inputs() -> Vec<Input> {
    let mut all = Vec::new();
    for folder in ["", "scripted"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/html5lib/tree-construction").join(folder);
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "dat")) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read(file).unwrap();
            for (number, markup) in tests(&text).into_iter().enumerate() {
                all.push(Input { name: format!("{name}:{number}"), markup });
            }
        }
    }
    all
}

/// What stands between each `#data` line and the `#errors` line that follows it.
fn tests(text: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut current: Option<Vec<&[u8]>> = None;
    for line in text.split(|byte| *byte == b'\n') {
        match (line, &mut current) {
            (b"#data", None) => current = Some(Vec::new()),
            (b"#errors", Some(lines)) => {
                found.push(lines.join(&b'\n'));
                current = None;
            }
            (line, Some(lines)) => lines.push(line),
            _ => {}
        }
    }
    found
}

/// Where something can be put in: at both ends, before every `<` and behind every `>`.
pub(crate) fn boundaries(markup: &[u8]) -> Vec<usize> {
    let mut all = vec![0, markup.len()];
    for (at, byte) in markup.iter().enumerate() {
        match byte {
            b'<' => all.push(at),
            b'>' => all.push(at + 1),
            _ => {}
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}
