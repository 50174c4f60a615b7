//! Markup: the banner inside the shop's page, and the preference page at our own address.
//!
//! Everything is plain ASCII (other characters become character references), because the banner goes into pages of any
//! encoding, and the banner is well-formed XML, because some pages are. Both work without JavaScript: every choice is a form.

use std::fmt::Write as _;

use crate::consent::{Because, ConsentState, Grant, PurposeSet, PurposeTable};
use crate::sources::GpcOutcome;

/// One purpose that the site asks for, in the words that visitors read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The purpose's name.
    pub id: Box<str>,
    /// A short title.
    pub title: Box<str>,
    /// One sentence: what the visitor gets for a yes.
    pub benefit: Box<str>,
}

/// Which banner is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Whether nothing happens before a yes; otherwise things happen until the visitor objects.
    pub asks_first: bool,
    /// Whether refusing stands beside accepting; otherwise it is one page further.
    pub refuse_on_first_layer: bool,
    /// Whether it says that the visitor's Global Privacy Control is honoured.
    pub gpc: bool,
}

/// What there is to say about the visitor's Global Privacy Control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What became of it.
    pub outcome: GpcOutcome,
    /// Whether it holds against the visitor's own choice.
    pub binds: bool,
}

impl Heard {
    const fn sentence(self) -> &'static str {
        match (self.outcome, self.binds) {
            (GpcOutcome::Honoured, false) => {
                "Your browser sends Global Privacy Control, and it is honoured: advertising is off until you agree to it here."
            }
            (GpcOutcome::Honoured, true) => {
                "Your browser sends Global Privacy Control, and it is honoured: advertising is off, whatever you choose here."
            }
            (GpcOutcome::Overridden, _) => {
                "Your browser sends Global Privacy Control. You agreed to advertising here all the same, and that holds until \
                 you take it back."
            }
        }
    }
}

/// The banner: purposes named before the buttons, accept and refuse alike in every respect, nothing covered.
/// `own_path` is where our endpoints live. Its [styles](super::style) go into the head, and it works without them.
pub fn banner(asked: &[Asked], own_path: &str, form: Form) -> String {
    let path = escape(own_path);
    let question = if form.asks_first {
        "May this shop also use your data for the following? Without your yes, nothing of it happens, and the shop \
         works all the same."
    } else {
        "This shop also uses your data for the following, until you say no. The shop works all the same without."
    };
    let refuse =
        if form.refuse_on_first_layer { "<button name=\"choice\" value=\"refuse\">Refuse all</button>" } else { "" };
    let gpc = if form.gpc {
        "<p>Your browser sends Global Privacy Control, and it is honoured: advertising is off.</p>"
    } else {
        ""
    };
    let mut purposes = String::new();
    for purpose in asked {
        let _ = write!(purposes, "<li><b>{}</b>: {}</li>", escape(&purpose.title), escape(&purpose.benefit));
    }
    format!(
        "<section id=\"vestibule\" aria-label=\"Your choice about data\" data-nosnippet=\"\">\
         <p>{question}</p>{gpc}<ul>{purposes}</ul>\
         <form method=\"post\" action=\"{path}/consent\">{refuse}\
         <button name=\"choice\" value=\"accept\">Accept all</button>\
         <a href=\"{path}/\">Choose one by one</a></form></section>"
    )
}

/// The preference page: one switch per purpose, what holds now and why, and everything withdrawn in one action.
/// `preselected` boxes are ticked for visitors who did not choose yet; `return_to` is where the visitor came from; `gpc` is
/// what there is to say about Global Privacy Control.
pub fn preference_page(
    asked: &[Asked],
    own_path: &str,
    state: &ConsentState,
    preselected: PurposeSet,
    table: &PurposeTable,
    return_to: &str,
    gpc: Option<Heard>,
) -> String {
    let gpc = gpc.map(|heard| format!("<p>{}</p>", heard.sentence())).unwrap_or_default();
    let (path, back) = (escape(own_path), escape(return_to));
    let mut rows = String::new();
    for purpose in asked {
        let Some(id) = table.get(&purpose.id) else {
            continue;
        };
        let grant = state.grant(id);
        let ticked = grant == Grant::Granted || (grant == Grant::Undecided && preselected.contains(id));
        let checked = if ticked { " checked" } else { "" };
        let now = match grant {
            Grant::Granted if state.because(id) == Because::RegimeDefault => {
                "You have not chosen; it happens until you say no."
            }
            Grant::Granted => "You agreed.",
            Grant::Denied => "You refused.",
            Grant::Undecided => "You have not chosen; it counts as a no.",
        };
        let _ = write!(
            rows,
            "<li><label><input type=\"checkbox\" name=\"purposes\" value=\"{}\"{checked}> <b>{}</b></label>\
             <br>{} <i>{now}</i></li>",
            escape(&purpose.id),
            escape(&purpose.title),
            escape(&purpose.benefit),
        );
    }
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" \
         content=\"noindex\"><title>Your choices about data</title>{PAGE_STYLE}</head><body><main>\
         <h1>Your choices about data</h1><p>What the shop needs to serve you (basket, login, payment) is always on. \
         Everything else is up to you, and you can change it here at any time.</p>{gpc}\
         <form method=\"post\" action=\"{path}/consent\"><input type=\"hidden\" name=\"return\" value=\"{back}\">\
         <ul>{rows}</ul><p><button name=\"choice\" value=\"save\">Save these choices</button> \
         <button name=\"choice\" value=\"refuse\">Refuse all</button> \
         <button name=\"choice\" value=\"accept\">Accept all</button></p></form>\
         <p><a href=\"{back}\">Back to the shop</a></p></main></body></html>"
    )
}

const PAGE_STYLE: &str = "<style>body{margin:0;background:#f6f5f2;color:#1c1c1c;font:17px/1.5 system-ui,sans-serif}\
    main{max-width:44rem;margin:0 auto;padding:2rem 1.2rem}ul{list-style:none;padding:0}\
    li{background:#fff;border:1px solid #c9c6bd;border-radius:6px;padding:.8rem 1rem;margin:0 0 .6rem}\
    button{padding:.55rem 1rem;border:2px solid #1c1c1c;border-radius:4px;background:#1c1c1c;color:#fff;font:inherit;\
    font-weight:600}a{color:#1c1c1c}:focus-visible{outline:3px solid #0a58ca;outline-offset:2px}</style>";

/// Text for element content and double-quoted attributes, in ASCII.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' | '<' | '>' | '"' | '\'' => {
                let _ = write!(escaped, "&#{};", u32::from(letter));
            }
            ' '..='~' => escaped.push(letter),
            _ => {
                let _ = write!(escaped, "&#{};", u32::from(letter));
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{Asked, Form, banner};

    #[test]
    fn the_banner_is_ascii_and_escapes_what_it_is_given() {
        let asked = [Asked { id: "x".into(), title: "Mesure d\u{2019}audience".into(), benefit: "<b>\"&'".into() }];
        let markup = banner(&asked, "/.vestibule", Form { asks_first: true, refuse_on_first_layer: true, gpc: false });
        assert!(markup.is_ascii());
        assert!(markup.contains("d&#8217;audience"));
        assert!(markup.contains("&#60;b&#62;&#34;&#38;&#39;"));
        let first_button = markup.find("<button").unwrap();
        assert!(markup.find("audience").unwrap() < first_button, "purposes come before the buttons");
    }
}
