//! Keys of `[[regime]]`.

use super::{Key, KeyTable, Takes};

pub(super) const REGIME: KeyTable = KeyTable {
    path: "regime",
    header: "[[regime]]",
    meaning: "A legal default: what holds before a visitor chooses, and what the banner owes them. The same id replaces a built-in one.",
    keys: &[
        Key::new("id", Takes::Text, "Its name in configuration.", "\"house-rules\"").required(),
        Key::new("name", Takes::Text, "Its name for people.", "\"Stricter than the law\"").otherwise("its id"),
        Key::new(
            "default",
            Takes::Word(&[
                ("opt-in", "nothing before a yes"),
                ("opt-out", "allowed until the visitor objects"),
                ("notice", "as `opt-out`; the visitor is told"),
            ]),
            "What holds before a choice.",
            "\"opt-in\"",
        )
        .required(),
        Key::new(
            "allowed",
            Takes::Texts,
            "The purposes that `opt-out` and `notice` allow before a choice. What a site does not ask for stays denied.",
            "[\"analytics\"]",
        ),
        Key::new(
            "gpc",
            Takes::Word(&[
                ("denies", "it refuses until the visitor chooses"),
                ("binds", "it holds against a choice, too"),
            ]),
            "How strong Global Privacy Control is.",
            "\"binds\"",
        )
        .default("\"denies\""),
        Key::new(
            "refuse",
            Takes::Word(&[("first-layer", "as near as accepting"), ("anywhere", "a link is enough")]),
            "Where the way to refuse has to be.",
            "\"anywhere\"",
        )
        .default("\"first-layer\""),
        Key::new("preselected", Takes::Boolean, "Whether boxes may be ticked before the visitor does it.", "false")
            .default("false"),
        Key::new(
            "choice_days",
            Takes::Whole(1, 400),
            "How long a choice is kept unless the site says otherwise, in days.",
            "180",
        )
        .default("180"),
        Key::new(
            "ask_again_days",
            Takes::Whole(0, 400),
            "A visitor who chose is not asked again sooner, in days.",
            "180",
        )
        .default("180"),
        Key::new(
            "audience_exempt",
            Takes::Boolean,
            "Whether audience measurement may be necessary, under strict conditions.",
            "false",
        )
        .default("false"),
        Key::new(
            "audience_cookie_days",
            Takes::Whole(1, 400),
            "How long cookies for audience measurement (`analytics`) may live, in days from the day when they were first set; a new visit does not make them live longer. It holds for those, too, that a site lists as necessary.",
            "393",
        )
        .otherwise("no limit"),
        Key::new("source", Takes::Text, "Where this comes from; a note for you.", "\"decision of the board\""),
    ],
};
