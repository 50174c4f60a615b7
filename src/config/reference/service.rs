//! Keys of `[[service]]`, in configuration and in the built-in catalog.

use super::{Key, KeyTable, Takes};

pub(super) const SERVICE: KeyTable = KeyTable {
    path: "service",
    header: "[[service]]",
    meaning: "A service that sets cookies or loads resources: what it is for, and how it is recognised. The id of a built-in service replaces that one.",
    keys: &[
        Key::new(
            "id",
            Takes::Text,
            "Its name in configuration, logs and metrics: lower case letters, digits, `-` and `_`.",
            "\"house-recommender\"",
        )
        .required(),
        Key::new("name", Takes::Text, "Its name for people.", "\"House recommender\"").otherwise("the id"),
        Key::new("vendor", Takes::Text, "The company behind it.", "\"Recommender Ltd\""),
        Key::new(
            "iab_vendor",
            Takes::Whole(1, 65535),
            "Its vendor's number in the IAB Europe Global Vendor List: where a TC string is read, the service needs that vendor's consent, too.",
            "755",
        ),
        Key::new(
            "purpose",
            Takes::Text,
            "What it is for. Write one of `purpose`, `purposes` and `carrier`.",
            "\"analytics\"",
        ),
        Key::new(
            "purposes",
            Takes::Texts,
            "What it is for, when that is more than one thing. It needs all of them.",
            "[\"analytics\", \"marketing\"]",
        ),
        Key::new(
            "carrier",
            Takes::Boolean,
            "Whether it is a tag manager: it loads once any purpose is granted, and what it brings along is judged one by one.",
            "true",
        )
        .otherwise("`false`"),
        Key::new(
            "reason",
            Takes::Text,
            "What stops working without it: for services with the purpose `necessary`, which need one, and only for these.",
            "\"takes the payment on our own checkout\"",
        ),
        Key::new(
            "cookies",
            Takes::Texts,
            "Cookies that it sets on the shop's own domain. `*` stands for any run of characters.",
            "[\"_hr_id\", \"_hr_*\"]",
        )
        .default("[]"),
        Key::new("hosts", Takes::Texts, "Hosts that are its alone, with their sub-domains.", "[\"recommender.example\"]")
            .default("[]"),
        Key::new(
            "addresses",
            Takes::Texts,
            "A host and a path pattern, for hosts that several services share.",
            "[\"cdn.shared.example/recommender/*\"]",
        )
        .default("[]"),
        Key::new(
            "inline",
            Takes::Texts,
            "A piece of an inline script that gives it away, at least four characters: code (spaces and the kind of quotes play no part; a string that is left open may go on), a name that the script makes, or a part of an address. Comments and prose do not count.",
            "[\"houseRecommender.init(\"]",
        )
        .default("[]"),
        Key::new(
            "parameters",
            Takes::Texts,
            "Query parameters with its click or user identifiers, in any case of letters. `*` stands for any run of characters. Where its purpose is not granted, the shop does not see them.",
            "[\"hr_click\"]",
        )
        .default("[]"),
        Key::new(
            "campaign_parameters",
            Takes::Texts,
            "Query parameters that label a campaign and name nobody. They are kept.",
            "[\"hr_campaign\"]",
        )
        .default("[]"),
        Key::new(
            "endpoints",
            Takes::Texts,
            "Paths on the shop's own domain that are calls to it, with the query parameters that give it away, in any order. `*` stands for any run of characters.",
            "[\"*/hr/collect?account=HR-*\"]",
        )
        .default("[]"),
        Key::new(
            "cname_targets",
            Takes::Texts,
            "Hosts, with their sub-domains: a sub-domain of the shop that is an alias (`CNAME`) of one of them is this service.",
            "[\"custom.recommender.example\"]",
        )
        .default("[]"),
        Key::new(
            "fields",
            Takes::Texts,
            "Request and response fields and client hints that exist for it, in any case of letters.",
            "[\"x-recommender-*\"]",
        )
        .default("[]"),
        Key::new(
            "variant",
            Takes::Text,
            "A host, and a parameter where it takes one, from which frames of the service load with less collected. Where the service may not run, and the service known at that address may, they load from there.",
            "\"player.recommender.example?dnt=1\"",
        ),
        Key::new("source", Takes::Text, "Where these facts come from: a note for you.", "\"the vendor's integration guide\""),
    ],
};
