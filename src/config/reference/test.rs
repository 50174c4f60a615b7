//! Keys of `[[site.test]]` and of the tables inside it.

use super::{Key, KeyTable, Takes};

pub(super) const TEST: KeyTable = KeyTable {
    path: "site.test",
    header: "[[site.test]]",
    meaning: "A test of the site's policy: one exchange, and what has to come of it. Only what `expect` names is asserted.",
    keys: &[
        Key::new(
            "name",
            Takes::Text,
            "What it shows, for whoever reads that it failed.",
            "\"whoever refuses is left alone\"",
        ),
        Key::inner("given", Takes::Table("site.test.given"), "The visitor, the request and the shop's answer."),
        Key::inner("expect", Takes::Table("site.test.expect"), "What has to come of it.").required(),
    ],
};

pub(super) const GIVEN: KeyTable = KeyTable {
    path: "site.test.given",
    header: "[site.test.given]",
    meaning: "The visitor, the request and the shop's answer. What is left out is empty.",
    keys: &[
        Key::new(
            "consent",
            Takes::Texts,
            "`accept-all`, `refuse-all`, `undecided`, or a list of purposes that the visitor agreed to.",
            "\"refuse-all\"",
        )
        .default("\"undecided\""),
        Key::new("country", Takes::Text, "Where the visitor is: two letters (ISO 3166-1).", "\"US\"")
            .otherwise("what the field says that `country_header` names, or else nobody knows"),
        Key::new("method", Takes::Word(super::site::METHODS), "The request's method.", "\"POST\"").default("\"GET\""),
        Key::new("url", Takes::Text, "A path, or a whole address on a host of the site.", "\"/checkout?step=2\"")
            .otherwise("`/` on the site's first host"),
        Key::new("headers", Takes::Fields, "More fields of the request.", "{ Sec-GPC = \"1\" }"),
        Key::new("cookie", Takes::Texts, "The request's `Cookie` field.", "\"_ga=1; sid=2\""),
        Key::new("set_cookie", Takes::Texts, "The answer's `Set-Cookie` fields.", "[\"sid=2; Path=/\"]"),
        Key::new(
            "response_headers",
            Takes::Fields,
            "More fields of the answer.",
            "{ Link = \"<https://cdn.example/a.js>; rel=preload\" }",
        ),
        Key::new(
            "html",
            Takes::Text,
            "The answer's page.",
            "\"<script src=https://www.googletagmanager.com/gtm.js></script>\"",
        ),
    ],
};

pub(super) const EXPECT: KeyTable = KeyTable {
    path: "site.test.expect",
    header: "[site.test.expect]",
    meaning: "What has to come of the exchange. At least one thing is named.",
    keys: &[
        Key::new("granted", Takes::Texts, "Purposes that are granted.", "[\"analytics\"]"),
        Key::new("denied", Takes::Texts, "Purposes that are denied.", "[\"marketing\"]"),
        Key::new("undecided", Takes::Texts, "Purposes that nobody said anything about.", "[\"analytics\"]"),
        Key::new(
            "upstream_cookie",
            Takes::AnyText,
            "The `Cookie` field that the shop gets; an empty text when it gets none.",
            "\"sid=2\"",
        ),
        Key::new("upstream_url", Takes::Text, "Path and query that the shop is asked for.", "\"/?page=2\""),
        Key::new(
            "set_cookie",
            Takes::Texts,
            "The `Set-Cookie` fields that the visitor gets, in order.",
            "[\"sid=2; Path=/\"]",
        ),
        Key::new(
            "blocked",
            Takes::Texts,
            "Services or hosts of which something was found, and nothing passed.",
            "[\"google-tag-manager\"]",
        ),
        Key::new(
            "kept",
            Takes::Texts,
            "Services or hosts of which something was found, and all of it passed.",
            "[\"stripe\"]",
        ),
        Key::new(
            "would_block",
            Takes::Texts,
            "Services or hosts that pass only because nothing is enforced here.",
            "[\"meta-pixel\"]",
        ),
        Key::new("html_contains", Takes::Texts, "Texts that the visitor's page contains.", "\"<h1>\""),
        Key::new(
            "html_lacks",
            Takes::Texts,
            "Texts that the visitor's page does not contain.",
            "\" src=\\\"https://www.facebook.com\"",
        ),
        Key::new("csp_contains", Takes::Texts, "Texts that Vestibule's policy line contains.", "\"*.stripe.com\""),
        Key::new("csp_lacks", Takes::Texts, "Texts that Vestibule's policy line does not contain.", "\"doubleclick\""),
        Key::new(
            "response_headers",
            Takes::Fields,
            "Fields that the visitor gets; an empty text when they get none.",
            "{ Link = \"\" }",
        ),
    ],
};
