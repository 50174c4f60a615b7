//! What makes a browser contact somebody: elements and attributes, written down from the HTML Standard, SVG 2 and what
//! browsers did before either, and not from the product's table.

/// Relations of a `link` that fetch, or open a connection.
const RELATIONS: &str = "stylesheet icon apple-touch-icon apple-touch-icon-precomposed apple-touch-startup-image mask-icon \
    fluid-icon preload modulepreload prefetch preconnect dns-prefetch prerender manifest compression-dictionary";

/// Every address in the attributes of an element: (attribute, address). `value` gives an attribute by its name in lower
/// case, foreign ones with their prefix.
pub(crate) fn addresses(
    element: &str,
    html: bool,
    value: impl Fn(&str) -> Option<String>,
) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut one = |name: &'static str| found.extend(value(name).map(|address| (name, address)));
    if !html {
        if matches!(
            element,
            "image"
                | "use"
                | "feimage"
                | "script"
                | "mpath"
                | "textpath"
                | "pattern"
                | "lineargradient"
                | "radialgradient"
        ) {
            one("href");
            one("xlink:href");
        }
        // An animation puts addresses into the attribute that it names (SVG 2 §12, SMIL).
        let animates = value("attributename").is_some_and(|name| matches!(name.trim(), "href" | "xlink:href"));
        if animates && matches!(element, "set" | "animate") {
            found.extend(["to", "from"].into_iter().filter_map(|name| Some((name, value(name)?))));
            let values = value("values").unwrap_or_default();
            found.extend(values.split(';').map(|address| ("values", address.trim().to_owned())));
        }
        return found;
    }
    match element {
        // Gated by a consent tool: browsers do not fetch it.
        "script" if value("type").is_some_and(|kind| kind.trim() == "text/plain") => {}
        "script" | "iframe" | "frame" | "embed" | "audio" | "track" | "bgsound" | "portal" | "fencedframe"
        | "input" => {
            one("src");
        }
        "img" => ["src", "lowsrc", "dynsrc"].into_iter().for_each(one),
        "source" => one("src"),
        "video" => ["src", "poster"].into_iter().for_each(one),
        "object" => ["data", "codebase", "classid"].into_iter().for_each(one),
        "applet" => ["code", "codebase", "object"].into_iter().for_each(one),
        "body" | "table" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th" => one("background"),
        "html" => one("manifest"),
        _ => {}
    }
    let list = |name: &'static str, addresses: Vec<String>| addresses.into_iter().map(move |address| (name, address));
    let spaced = |text: String| text.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>();
    if matches!(element, "a" | "area") {
        found.extend(list("ping", value("ping").map(spaced).unwrap_or_default()));
    }
    if matches!(element, "a" | "area" | "img" | "script") {
        found.extend(list("attributionsrc", value("attributionsrc").map(spaced).unwrap_or_default()));
    }
    if matches!(element, "object" | "applet") {
        found.extend(list("archive", value("archive").map(spaced).unwrap_or_default()));
    }
    if matches!(element, "img" | "source") {
        found.extend(list("srcset", value("srcset").map(|text| candidates(&text)).unwrap_or_default()));
    }
    if element == "link" {
        let relations = value("rel").unwrap_or_default().to_ascii_lowercase();
        if relations.split_ascii_whitespace().any(|relation| RELATIONS.split(' ').any(|known| known == relation)) {
            found.extend(value("href").map(|address| ("href", address)));
            found.extend(list("imagesrcset", value("imagesrcset").map(|text| candidates(&text)).unwrap_or_default()));
        }
    }
    if element == "meta" && value("http-equiv").is_some_and(|kind| kind.eq_ignore_ascii_case("refresh")) {
        found.extend(value("content").and_then(|text| refreshed(&text)).map(|address| ("content", address)));
    }
    found
}

/// The addresses of a `srcset`, letter by letter (HTML Standard §4.8.4.3.10, parsing a srcset attribute).
fn candidates(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let space = |letter: char| matches!(letter, '\t' | '\n' | '\u{c}' | '\r' | ' ');
    let (mut at, mut found) = (0, Vec::new());
    loop {
        while letters.get(at).is_some_and(|letter| space(*letter) || *letter == ',') {
            at += 1;
        }
        let start = at;
        while letters.get(at).is_some_and(|letter| !space(*letter)) {
            at += 1;
        }
        if start == at {
            return found;
        }
        let address: String = letters[start..at].iter().collect();
        let bare = address.trim_end_matches(',');
        found.push(bare.to_owned());
        if bare.len() == address.len() {
            let mut inside = false;
            while let Some(letter) = letters.get(at) {
                at += 1;
                match letter {
                    '(' => inside = true,
                    ')' => inside = false,
                    ',' if !inside => break,
                    _ => {}
                }
            }
        }
    }
}

/// Where a refresh goes (HTML Standard §4.2.5.3, shared declarative refresh steps).
fn refreshed(text: &str) -> Option<String> {
    let space = |letter: char| matches!(letter, '\t' | '\n' | '\u{c}' | '\r' | ' ');
    let rest = text.trim_start_matches(space);
    let after = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
    if after.len() == rest.len() && !rest.starts_with('.') {
        return None;
    }
    let rest = after.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    if !rest.starts_with(|letter| space(letter) || matches!(letter, ';' | ',')) {
        return None;
    }
    let rest = rest.trim_start_matches(space);
    let rest = rest.strip_prefix([';', ',']).unwrap_or(rest).trim_start_matches(space);
    let named = rest
        .get(..3)
        .filter(|start| start.eq_ignore_ascii_case("url"))
        .and_then(|_| rest[3..].trim_start_matches(space).strip_prefix('=').map(|rest| rest.trim_start_matches(space)));
    let address = named.unwrap_or(rest);
    let address = match address.chars().next() {
        Some(quote @ ('"' | '\'')) => address[1..].split(quote).next().unwrap_or_default(),
        _ => address,
    };
    (!address.is_empty()).then(|| address.to_owned())
}
