//! Pages in every encoding that browsers know: nothing leaks and no letter changes, however the encoding is told.

use encoding_rs::{Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};

use crate::consent_api::choose;
use crate::support::client::get;
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

/// A label of every encoding of the WHATWG Encoding Standard (§4.2) but `replacement`.
const LABELS: [&str; 39] = [
    "utf-8",
    "ibm866",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-8-i",
    "iso-8859-10",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "koi8-r",
    "koi8-u",
    "macintosh",
    "windows-874",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "x-mac-cyrillic",
    "gbk",
    "gb18030",
    "big5",
    "euc-jp",
    "iso-2022-jp",
    "shift_jis",
    "euc-kr",
    "utf-16le",
    "utf-16be",
    "x-user-defined",
];

/// Letters of many scripts. What an encoding lacks is written as a character reference.
const LETTERS: &str = "Caf\u{e9} \u{11b}\u{159} \u{416}\u{438} \u{3b1}\u{3b2} \u{5d0} \u{633} \u{e01} \u{20ac} \u{8868}\u{80fd}\u{30bd} \u{d55c} \u{4e2d}\u{570b}";

fn encode(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    if encoding == UTF_16LE {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    } else if encoding == UTF_16BE {
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    } else {
        encoding.encode(text).0.into_owned()
    }
}

/// What a browser reads that was told `encoding`.
fn read(bytes: &[u8], encoding: &'static Encoding) -> String {
    encoding.decode(bytes).0.into_owned()
}

fn page(head: &str) -> String {
    format!(
        "<!doctype html><html><head>{head}<title>{LETTERS}</title></head><body><p title=\"{LETTERS}\">{LETTERS}</p>\
         <script src=\"https://www.googletagmanager.com/gtm.js?id=GTM-ABCD\"></script>\
         <img alt=\"{LETTERS}\" src=\"https://tr\u{e4}cker.example/{LETTERS}.gif\">\
         <img src=\"https://t\u{3b1}cker.example/p.gif\"><img src=\"//\u{8868}.example/p.gif\">\
         <img src=\"/own/{LETTERS}.png\"><p>{LETTERS}</p></body></html>"
    )
}

/// The page as it should read without consent: every foreign address out of sight, and nothing else changed.
fn expected(page: &str) -> String {
    let hidden = [
        (
            "<script src=\"https://www.google",
            "<script data-vestibule=google-tag-manager type=text/plain data-vestibule-src=\"https://www.google",
        ),
        (" src=\"https://tr", " data-vestibule-src=\"https://tr"),
        (" src=\"https://t\u{3b1}", " data-vestibule-src=\"https://t\u{3b1}"),
        (" src=\"https://t&#945;", " data-vestibule-src=\"https://t&#945;"),
        (" src=\"//", " data-vestibule-src=\"//"),
        ("<img alt", "<img data-vestibule=unknown alt"),
        ("<img data-vestibule-src", "<img data-vestibule=unknown data-vestibule-src"),
    ];
    hidden.iter().fold(page.to_owned(), |page, (from, to)| page.replace(from, to))
}

#[tokio::test]
async fn k5_no_encoding_hides_a_tracker_and_none_is_mangled() {
    let mut failed = Vec::new();
    let origin = Origin::start(|seen| {
        let path = seen.path();
        let (label, way) = path.trim_start_matches('/').split_once('/').unwrap();
        let encoding = Encoding::for_label(label.as_bytes()).unwrap();
        let wide = [UTF_16LE, UTF_16BE].contains(&encoding);
        let (field, head, mark) = match way {
            "header" => (format!("Content-Type: text/html; charset={label}\r\n"), String::new(), &b""[..]),
            "meta" => ("Content-Type: text/html\r\n".to_owned(), format!("<meta charset={label}>"), &b""[..]),
            "conflict" => (
                format!("Content-Type: text/html; charset=\"{label}\"\r\n"),
                "<meta charset=utf-7><meta charset=koi8-r>".to_owned(),
                &b""[..],
            ),
            _ if encoding == UTF_16LE => {
                ("Content-Type: text/html; charset=koi8-r\r\n".to_owned(), String::new(), &b"\xff\xfe"[..])
            }
            _ if wide => ("Content-Type: text/html; charset=koi8-r\r\n".to_owned(), String::new(), &b"\xfe\xff"[..]),
            _ => ("Content-Type: text/html; charset=koi8-r\r\n".to_owned(), String::new(), &b"\xef\xbb\xbf"[..]),
        };
        Reply::ok(&field, [mark, &encode(&page(&head), encoding)].concat())
    })
    .await;
    let proxy = Vestibule::before(&origin.url(), "banner = false\n");
    let accepted = format!("Cookie: {}\r\n", choose(&proxy, r#"{"choice":"accept"}"#).await);
    let mut read_pages = 0;
    for label in LABELS {
        let encoding = Encoding::for_label(label.as_bytes()).unwrap();
        let wide = [UTF_16LE, UTF_16BE].contains(&encoding);
        for way in ["header", "meta", "conflict", "mark"] {
            if (way == "mark" && !wide && encoding != UTF_8) || (way == "meta" && wide) {
                continue;
            }
            let head = match way {
                "meta" => format!("<meta charset={label}>"),
                "conflict" => "<meta charset=utf-7><meta charset=koi8-r>".to_owned(),
                _ => String::new(),
            };
            let sent = encode(&page(&head), encoding);
            let refused = get(proxy.address, &format!("/{label}/{way}"), "").await;
            // `decode` lets a byte order mark beat the encoding, as browsers do. `x-user-defined` in a `meta` means windows-1252.
            let told = if way == "meta" && label == "x-user-defined" { encoding_rs::WINDOWS_1252 } else { encoding };
            let (left, right) = (read(&refused.body, told), expected(&read(&sent, told)));
            if left != right {
                failed.push(format!("{label} by {way}:\n{left}\n{right}"));
            }
            let granted = get(proxy.address, &format!("/{label}/{way}"), &accepted).await;
            let mark: &[u8] = match way {
                "mark" if encoding == UTF_16LE => b"\xff\xfe",
                "mark" if wide => b"\xfe\xff",
                "mark" => b"\xef\xbb\xbf",
                _ => b"",
            };
            assert!(granted.body == [mark, &sent].concat(), "{label} by {way}: not what the shop sent");
            read_pages += 1;
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(read_pages > 110, "{read_pages}");
}

/// In ISO-2022-JP an escape sequence makes letters of what looks like markup, and the other way round.
#[tokio::test]
async fn k5_escape_sequences_hide_nothing() {
    let tracker = b"<script src=//www.googletagmanager.com/gtm.js></script>";
    let origin = Origin::start(|seen| {
        // `<!--` in two-byte mode is kanji, not a comment.
        let body = [b"<p>\x1b$B<!--\x1b(B</p>", &tracker[..], b"<!-- -->"].concat();
        Reply::ok(&format!("Content-Type: text/html; charset={}\r\n", seen.path().trim_start_matches('/')), &body)
    })
    .await;
    let proxy = Vestibule::before(&origin.url(), "banner = false\n");
    for label in [ISO_2022_JP.name(), REPLACEMENT.name(), "csiso2022jp", "iso-2022-kr"] {
        let page = get(proxy.address, &format!("/{label}"), "").await;
        let text = String::from_utf8(page.body).unwrap();
        assert!(!text.contains("<script src="), "{label}: {text}");
    }
}
