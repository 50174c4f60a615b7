//! Keys of `[[site]]` and of the tables inside it.

use super::{Key, KeyTable, Takes};
use crate::sources::NAMES;

const MODES: Takes = Takes::Word(&[
    ("enforce", "what was not agreed to does not cross the wire"),
    ("observe", "nothing changes; logs and metrics say what would"),
    ("off", "everything passes and nothing is recorded"),
]);

/// Request methods.
pub(super) const METHODS: &[(&str, &str)] = &[
    ("GET", "reading"),
    ("HEAD", "reading the head only"),
    ("POST", "sending a form"),
    ("PUT", "replacing"),
    ("PATCH", "changing a part"),
    ("DELETE", "removing"),
    ("OPTIONS", "asking what is allowed"),
];

pub(super) const SITE: KeyTable = KeyTable {
    path: "site",
    header: "[[site]]",
    meaning: "A shop: the hosts that Vestibule answers for, where the shop itself is, and what holds there.",
    keys: &[
        Key::new(
            "hosts",
            Takes::SomeTexts,
            "The hosts it answers for, without scheme and port. `[\"*\"]` alone stands for every host that no other site names.",
            "[\"www.shop.example\", \"shop.example\"]",
        )
        .required(),
        Key::new(
            "upstream",
            Takes::SomeTexts,
            "Where the shop is: scheme, host and port. `https://` is offered HTTP/2, `h2c://` is HTTP/2 in cleartext. Several equal ones share the load.",
            "[\"http://127.0.0.1:9000\"]",
        )
        .required(),
        Key::new("mode", MODES, "Whether decisions are carried out.", "\"observe\"").default("\"enforce\""),
        Key::new(
            "first_party",
            Takes::Texts,
            "Hosts of yours besides the page's own, such as a static or media host. Each covers its sub-domains.",
            "[\"shop-static.example\"]",
        )
        .default("[]"),
        Key::new(
            "filter_lists",
            Takes::Files,
            "Files with rules in Adblock syntax, such as `EasyPrivacy`. What they block and no service claims is fetched only once the visitor agreed to everything, on the shop's own hosts, too; pages that a visitor goes to never are blocked. They are watched, and a new one takes effect with a reload.",
            "[\"lists/easyprivacy.txt\"]",
        )
        .default("[]"),
        Key::new(
            "banner",
            Takes::BooleanOrTable("site.banner"),
            "Whether Vestibule asks visitors with its own banner, and how.",
            "false",
        )
        .otherwise("`true`, or `false` where `sources` names a consent tool of the shop's"),
        Key::new(
            "regime",
            Takes::TextOrTable("site.regime"),
            "The law that the site follows: a built-in regime, one of your own, or a table where it depends on the visitor's country.",
            "\"gdpr-it\"",
        )
        .default("\"gdpr-fr\""),
        Key::new(
            "observe",
            Takes::Texts,
            "Rules on trial: what they decide is recorded and not carried out. Services by id, `filter_lists`, `unclassified.third_party`, `unclassified.cookies`.",
            "[\"hotjar\", \"unclassified.cookies\"]",
        )
        .default("[]"),
        Key::new(
            "own_path",
            Takes::Text,
            "Where Vestibule's own endpoints live on the site. Starts with `/` and does not end with it.",
            "\"/.vestibule\"",
        )
        .default("\"/.vestibule\""),
        Key::new(
            "sources",
            Takes::Words(NAMES),
            "What tells Vestibule about visitors' choices: our own banner, standards, and the consent tool that the shop has.",
            "[\"own\", \"gpc\"]",
        )
        .default("[\"own\", \"gpc\"]"),
        Key::new(
            "gpc",
            Takes::Word(&[
                ("denies", "it refuses until the visitor chooses"),
                ("binds", "it holds against a choice, too"),
            ]),
            "How strong Global Privacy Control is, over and above the regime.",
            "\"binds\"",
        )
        .otherwise("what the regime says"),
        Key::new(
            "gpc_file",
            Takes::Boolean,
            "Whether Vestibule answers `/.well-known/gpc.json`, which says that Global Privacy Control is honoured, where `gpc` is among the `sources` and the mode is `enforce`. Write `false` where the shop has that file itself.",
            "false",
        )
        .default("true"),
        Key::new(
            "host_only_cookies",
            Takes::Boolean,
            "Whether cookies that the shop cannot work without, and cookies for the visit that no service claims, lose their `Domain`. No sub-domain gets them then, whoever runs it. Only for shops that need them on one host.",
            "true",
        )
        .default("false"),
        Key::new(
            "strip_links",
            Takes::Boolean,
            "Whether links in pages lose the click ids and linkers that the visitor did not agree to (`parameters` of services), wherever they lead. Signed addresses and sign-ins stay whole. Partners who are paid by a parameter of a link that no `[[site.necessary]]` names get it only after a yes.",
            "true",
        )
        .default("false"),
        Key::new(
            "markup_in_json",
            Takes::Boolean,
            "Whether answers in JSON, and of React's server components, are read where a page's script asks for them: it may put markup in them into the page. They lose their length and their place in shared caches, unless they have a validator and were found to name nobody. Write `false` where no script of the shop does that; a back office whose editors fetch markup to store it again needs `mode = \"off\"` on its route.",
            "false",
        )
        .default("true"),
        Key::new(
            "clear_on_withdrawal",
            Takes::Words(&[
                ("cache", "what the browser keeps of the site's responses"),
                ("storage", "local storage, databases and service workers, the shop's own as well: a cart that lives there is lost"),
            ]),
            "What the browser is asked to clear (`Clear-Site-Data`), once, when a visitor withdraws something at Vestibule's banner or preference page. Cookies are none of it: they are expired one by one, and nobody is logged out.",
            "[\"cache\"]",
        )
        .default("[]"),
        Key::new("choice_days", Takes::Whole(1, 400), "How long a choice is kept before visitors are asked again, in days.", "180")
            .otherwise("what the visitor's regime says"),
        Key::new(
            "purposes",
            Takes::Texts,
            "What visitors are asked about. Services of a purpose that is not listed never run; purposes declared with `[[site.purpose]]` are asked for in any case.",
            "[\"functional\", \"analytics\", \"marketing\", \"social\"]",
        )
        .default("[\"functional\", \"personalization\", \"analytics\", \"marketing\", \"social\"]"),
        Key::inner(
            "unclassified",
            Takes::Table("site.unclassified"),
            "What happens to cookies and third-party hosts that no service claims.",
        ),
        Key::inner(
            "collectors",
            Takes::Table("site.collectors"),
            "What holds for calls to services that the shop's own domain serves: analytics behind a path of yours, gateways for tags.",
        ),
        Key::inner("purpose", Takes::Tables("site.purpose"), "Purposes of the site's own, and texts of built-in ones."),
        Key::inner("route", Takes::Tables("site.route"), "Rules for parts of the site. The first one that covers a request holds."),
        Key::inner("source", Takes::Tables("site.source"), "What the words of a source mean on this site, and where it keeps them."),
        Key::inner("test", Takes::Tables("site.test"), "Tests of the site's policy. `vestibule test` runs them."),
        Key::inner("necessary", Takes::Tables("site.necessary"), "What the shop cannot work without, and why."),
    ],
};

pub(super) const UNCLASSIFIED: KeyTable = KeyTable {
    path: "site.unclassified",
    header: "[site.unclassified]",
    meaning: "What happens to cookies and third-party hosts that no service claims, until someone classifies them.",
    keys: &[
        Key::new(
            "third_party",
            Takes::Word(&[
                ("deny", "contacted only once the visitor agreed to everything"),
                ("allow", "contacted in any case"),
            ]),
            "Third-party hosts that no service claims.",
            "\"allow\"",
        )
        .default("\"deny\""),
        Key::new(
            "cookies",
            Takes::Word(&[
                ("session", "kept until the browser is closed"),
                ("deny", "dropped until the visitor agreed to everything"),
                ("allow", "kept as they are"),
            ]),
            "Cookies that no service claims.",
            "\"deny\"",
        )
        .default("\"session\""),
    ],
};

pub(super) const COLLECTORS: KeyTable = KeyTable {
    path: "site.collectors",
    header: "[site.collectors]",
    meaning: "Calls to services that the shop's own domain serves. Those that the visitor did not agree to are answered by Vestibule; the others go to the shop without the cookies and client hints of anybody else.",
    keys: &[
        Key::new(
            "read_bodies",
            Takes::Boolean,
            "Whether a call whose path says nothing is known by its body as well. Only bodies of at most 8 KiB are looked at, which a page's script sends to its own origin as text, form or JSON; the shop gets them unchanged. All others stream through.",
            "false",
        )
        .default("true"),
        Key::new(
            "without_address",
            Takes::Texts,
            "Services that do not get the visitor's address. Some of them then take every visitor for a robot.",
            "[\"google-analytics-4\"]",
        )
        .default("[]"),
    ],
};

pub(super) const PURPOSE: KeyTable = KeyTable {
    path: "site.purpose",
    header: "[[site.purpose]]",
    meaning: "A purpose of the site's own, or other texts for a built-in one: what visitors are asked, and what they get.",
    keys: &[
        Key::new(
            "id",
            Takes::Text,
            "Its name in configuration, logs and the consent API: lower case letters, digits, `-` and `_`.",
            "\"recommendations\"",
        )
        .required(),
        Key::new(
            "title",
            Takes::ByLanguage,
            "What it is called, in a few words. A purpose of your own needs English; other languages fall back to it.",
            "{ en = \"Recommendations\", fr = \"Recommandations\" }",
        ),
        Key::new(
            "benefit",
            Takes::ByLanguage,
            "What a visitor gets for a yes, in a sentence. A purpose of your own needs English.",
            "{ en = \"You see products that fit what you looked at.\" }",
        ),
        Key::new(
            "services",
            Takes::Texts,
            "Services that need this purpose over and above the ones they have, on every site.",
            "[\"nosto\"]",
        )
        .default("[]"),
        Key::new(
            "not_at",
            Takes::Texts,
            "Stages of the visitor's journey at which this purpose is denied, whatever was granted. Routes name their `stage`.",
            "\"checkout\"",
        )
        .default("[]"),
        Key::new(
            "cookie_days",
            Takes::Whole(1, 400),
            "How long cookies of services with this purpose may live, in days from the day when they were first set; a new visit does not make them live longer. What is necessary has no limit.",
            "90",
        )
        .otherwise("no limit but the one of the regime"),
    ],
};

pub(super) const BANNER: KeyTable = KeyTable {
    path: "site.banner",
    header: "[site.banner]",
    meaning: "How Vestibule asks. What the site's regimes forbid is an error.",
    keys: &[
        Key::new("show", Takes::Boolean, "Whether it asks at all.", "true").default("true"),
        Key::new(
            "refuse",
            Takes::Word(&[
                ("first-layer", "a button beside the one that accepts"),
                ("second-layer", "one page further, where the regime allows it"),
            ]),
            "Where visitors find the way to refuse.",
            "\"first-layer\"",
        )
        .default("\"first-layer\""),
        Key::new(
            "preselected",
            Takes::Texts,
            "Purposes whose boxes are ticked before the visitor does it, where the regime allows it.",
            "[]",
        )
        .default("[]"),
    ],
};

pub(super) const REGIME_OF_SITE: KeyTable = KeyTable {
    path: "site.regime",
    header: "[site.regime]",
    meaning: "Which law holds for visitors from where.",
    keys: &[
        Key::new("default", Takes::Text, "The regime wherever no other holds.", "\"gdpr-fr\"").default("\"gdpr-fr\""),
        Key::new(
            "by_country",
            Takes::ByName,
            "Regimes by country code (ISO 3166-1, two letters). Needs `country_header` or `country_database`. Visitors of whom nobody knows the country are under the strictest of all.",
            "{ US = \"us-opt-out\" }",
        ),
        Key::new(
            "country_header",
            Takes::Text,
            "The request field in which your CDN or load balancer names the visitor's country. It is believed only from `listen.trusted_proxies`.",
            "\"CF-IPCountry\"",
        ),
        Key::new(
            "country_database",
            Takes::File,
            "A MaxMind DB file that says which country an address is in, where no trusted field says so. It is watched, and a new one takes effect with a reload.",
            "\"geo/GeoLite2-Country.mmdb\"",
        ),
    ],
};

pub(super) const ROUTE: KeyTable = KeyTable {
    path: "site.route",
    header: "[[site.route]]",
    meaning: "Rules for a part of the site: `deny`, `mode`, `stage`. The first route that covers a request holds, so the narrower one comes first.",
    keys: &[
        Key::new(
            "path",
            Takes::Text,
            "A pattern for the path of a URL. `**` stands for anything, `*` for anything but `/`; `/checkout/**` also covers `/checkout`.",
            "\"/checkout/**\"",
        )
        .required(),
        Key::new(
            "methods",
            Takes::Words(METHODS),
            "Request methods that the route holds for.",
            "[\"POST\", \"PUT\"]",
        )
        .otherwise("every method"),
        Key::new(
            "stage",
            Takes::Text,
            "Where on their way through the shop visitors are here. Purposes may be denied by stage, with `not_at`.",
            "\"checkout\"",
        ),
        Key::new(
            "deny",
            Takes::Texts,
            "Purposes that are denied here, whatever the visitor granted.",
            "[\"marketing\", \"analytics\"]",
        )
        .default("[]"),
        Key::new("mode", MODES, "Whether decisions are carried out here.", "\"observe\"").otherwise("the mode of the site"),
    ],
};

pub(super) const NECESSARY: KeyTable = KeyTable {
    path: "site.necessary",
    header: "[[site.necessary]]",
    meaning: "Something that the shop cannot work without: one `cookie`, one `host` or one `parameter`. Wins over every service.",
    keys: &[
        Key::new("cookie", Takes::Text, "The name of a cookie. `*` stands for any run of characters.", "\"basket*\""),
        Key::new("host", Takes::Text, "A third-party host, with its sub-domains.", "\"pay.shop-bank.example\""),
        Key::new(
            "parameter",
            Takes::Text,
            "The name of a query parameter, in any case of letters, that reaches the shop although a service claims it. `*` stands for any run of characters.",
            "\"gclid\"",
        ),
        Key::new(
            "reason",
            Takes::Text,
            "What stops working without it. Visitors and auditors read this.",
            "\"holds the cart between two pages\"",
        )
        .required(),
    ],
};

pub(super) const SOURCE: KeyTable = KeyTable {
    path: "site.source",
    header: "[[site.source]]",
    meaning: "A source of `sources` as this site uses it. Without a table, what is known of the tool holds.",
    keys: &[
        Key::new("id", Takes::Word(NAMES), "The source: its name in `sources`.", "\"klaro\"").required(),
        Key::new(
            "cookies",
            Takes::ByName,
            "Names of cookies, by the names that the tool gives them, where the shop changed them.",
            "{ klaro = \"shop-consent\" }",
        ),
        Key::new(
            "map",
            Takes::Fields,
            "What the tool asks about, by its name there: the purposes that each category or service stands for. `[]` leaves one out. A purpose is granted only if everything that stands for it is.",
            "{ statistics = \"analytics\", adverts = [\"marketing\", \"social\"] }",
        )
        .otherwise("what is known of the tool"),
        Key::new(
            "services",
            Takes::ByName,
            "Services, by the names that the tool gives them: a yes or no to one of them holds for it alone.",
            "{ gtag = \"google-analytics-4\" }",
        ),
        Key::new(
            "with_all",
            Takes::Texts,
            "Purposes that the tool has no word for, and that are agreed to once everything it asks about is.",
            "[\"social\", \"personalization\"]",
        )
        .default("[]"),
        Key::new(
            "revision",
            Takes::Whole(0, 4_294_967_295),
            "The oldest version of the tool's question whose answers still count, for tools that number it.",
            "2",
        ),
        Key::new(
            "max_age_days",
            Takes::Whole(1, 1000),
            "How old a choice may be, in days, where the tool dates it. Older ones are no choice.",
            "365",
        )
        .otherwise("the tool's own limit"),
        Key::new(
            "rescue",
            Takes::Text,
            "Sets the tool's cookie again by HTTP, for the rest of the life that the regime gives a choice: some browsers keep what a script wrote for a week only. Write the domain that the tool sets it for, or `host` when it sets none.",
            "\"host\"",
        ),
        Key::new(
            "mirror",
            Takes::Boolean,
            "Whether a small script of ours tells the edge what the tool keeps in the browser alone.",
            "true",
        )
        .otherwise("`true` for tools that write no cookie"),
    ],
};
