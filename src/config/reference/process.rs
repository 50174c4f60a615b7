//! Keys that hold for the whole process. They belong in the main file.

use super::{Key, KeyTable, Takes};

/// Sizes that are not absurd, in bytes.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

pub(super) const TOP_LEVEL: KeyTable = KeyTable {
    path: "",
    header: "top level",
    meaning: "What stands above the first `[table]` of the main file. An included file holds `[[site]]`, `[[service]]` and `[[regime]]` tables only, and may repeat `version`.",
    keys: &[
        Key::new("version", Takes::Whole(1, 1), "The format of the file, so that a later release can still read it.", "1")
            .required(),
        Key::new(
            "include",
            Takes::Texts,
            "More files with `[[site]]`, `[[service]]` and `[[regime]]` tables, relative to this one. `*` stands for any run of characters in the file name; the directory has to exist.",
            "[\"catalog.d/*.toml\"]",
        )
        .default("[]"),
        Key::new(
            "state_dir",
            Takes::File,
            "Where generated keys and other state are kept. `run --state-dir` replaces it.",
            "\"/var/lib/vestibule\"",
        )
        .otherwise("`.vestibule-state` beside the main file"),
        Key::inner("listen", Takes::Table("listen"), "Where visitors connect."),
        Key::inner("admin", Takes::Table("admin"), "Where ops connect. Without this table there is no admin listener."),
        Key::inner("keys", Takes::Table("keys"), "What consent cookies are signed with."),
        Key::inner("dns", Takes::Table("dns"), "How it is found out which of the shop's sub-domains are a tracker in disguise."),
        Key::inner("limits", Takes::Table("limits"), "Caps and timeouts."),
        Key::inner("reload", Takes::Table("reload"), "How changed files take effect."),
        Key::inner("shadow", Takes::Table("shadow"), "A policy that is evaluated beside the one in use, and only counted."),
        Key::inner("canary", Takes::Table("canary"), "A policy that is used for a share of the visitors."),
        Key::inner("site", Takes::Tables("site"), "The shops. At least one is needed."),
        Key::inner(
            "service",
            Takes::Tables("service"),
            "Services that the built-in catalog does not know, or knows differently.",
        ),
        Key::inner("regime", Takes::Tables("regime"), "Legal defaults that are not built in, or that differ for you."),
    ],
};

pub(super) const LISTEN: KeyTable = KeyTable {
    path: "listen",
    header: "[listen]",
    meaning: "Where visitors connect. Changing an address needs a restart.",
    keys: &[
        Key::new(
            "http",
            Takes::Texts,
            "Addresses for HTTP in cleartext: HTTP/1.1, and HTTP/2 with prior knowledge. Port 0 takes any free port.",
            "[\"0.0.0.0:8080\", \"[::]:8080\"]",
        )
        .otherwise("`127.0.0.1:8080`, when there is no `https` either"),
        Key::inner("https", Takes::Tables("listen.https"), "Addresses for HTTP over TLS, one table each."),
        Key::new(
            "trusted_proxies",
            Takes::Texts,
            "Networks of your own load balancers and CDN, whose word about the visitor is believed: `X-Forwarded-*`, `Forwarded`, `X-Real-IP`, `CF-Connecting-IP` and the like. Everybody else's fields of that kind are removed.",
            "[\"10.0.0.0/8\", \"::1\"]",
        )
        .default("[]"),
    ],
};

pub(super) const HTTPS: KeyTable = KeyTable {
    path: "listen.https",
    header: "[[listen.https]]",
    meaning: "An address for HTTP over TLS: HTTP/1.1 and HTTP/2 by ALPN. Several tables with one address give it several certificates; a visitor gets the first one that is made out to the name they ask for, or else the first. Certificates are reloaded, addresses need a restart.",
    keys: &[
        Key::new("address", Takes::Text, "An IP address and a port.", "\"0.0.0.0:8443\"").required(),
        Key::new(
            "certificate",
            Takes::File,
            "The PEM file with the certificate, followed by the intermediate ones.",
            "\"tls/www.shop.example.pem\"",
        )
        .required(),
        Key::new(
            "key",
            Takes::File,
            "The PEM file with the certificate's private key.",
            "\"tls/www.shop.example.key\"",
        )
        .required(),
    ],
};

pub(super) const ADMIN: KeyTable = KeyTable {
    path: "admin",
    header: "[admin]",
    meaning: "Where ops connect: status, metrics, health, reload, rollback. Changing it needs a restart.",
    keys: &[Key::new(
        "listen",
        Takes::Text,
        "A loopback address and a port (0: any free one), or `unix:PATH` for a socket of its owner's. `run --admin` replaces it.",
        "\"127.0.0.1:9180\"",
    )
    .default("\"127.0.0.1:9180\""),
    Key::new(
        "token_file",
        Takes::File,
        "The file with the token that reload and rollback over TCP need, such as `openssl rand -hex 32` writes. Without it, they need the Unix socket.",
        "\"keys/admin.token\"",
    )],
};

pub(super) const SHADOW: KeyTable = KeyTable {
    path: "shadow",
    header: "[shadow]",
    meaning: "A policy that is evaluated beside the one in use, on real traffic. Nothing on the wire changes; `vestibule_shadow_*` metrics count what it would do.",
    keys: &[Key::new(
        "config",
        Takes::File,
        "A whole configuration in a file of its own. Its listeners, admin address, keys and limits mean nothing here.",
        "\"next.toml\"",
    )
    .required()],
};

pub(super) const CANARY: KeyTable = KeyTable {
    path: "canary",
    header: "[canary]",
    meaning: "A policy that is used for a share of the visitors. Who belongs to it stays the same while they keep their choice or their network.",
    keys: &[
        Key::new(
            "config",
            Takes::File,
            "A whole configuration in a file of its own. Its listeners, admin address, keys and limits mean nothing here.",
            "\"next.toml\"",
        )
        .required(),
        Key::new("percent", Takes::Whole(1, 99), "For how many visitors of a hundred it is used.", "5").required(),
    ],
};

pub(super) const RELOAD: KeyTable = KeyTable {
    path: "reload",
    header: "[reload]",
    meaning: "How changed files take effect, which they do by themselves.",
    keys: &[
        Key::new(
            "poll",
            Takes::Text,
            "How often files are compared where the file system gives no notice: a number with its unit.",
            "\"5s\"",
        )
        .default("\"5s\""),
        Key::new(
            "start_from_last_good",
            Takes::Boolean,
            "Whether the last good configuration runs, loudly, when the files are wrong at a start.",
            "true",
        )
        .default("false"),
        Key::new(
            "require_tests",
            Takes::Boolean,
            "Whether a configuration that fails one of its own `[[site.test]]` is refused, at start and at every reload.",
            "true",
        )
        .default("false"),
    ],
};

pub(super) const KEYS: KeyTable = KeyTable {
    path: "keys",
    header: "[keys]",
    meaning: "What consent cookies are signed with. All replicas of a shop need the same key.",
    keys: &[
        Key::new(
            "current",
            Takes::File,
            "The key that signs: a file, or `${credential:ID}` or `${file:PATH}` for the key itself. At least 32 bytes in any encoding, such as `openssl rand -hex 32` writes.",
            "\"keys/consent.key\"",
        )
        .otherwise("`consent.key` in the state directory, generated on first run"),
        Key::new(
            "previous",
            Takes::File,
            "The key that was in use before, so that visitors keep the choices it signed. Written like `current`.",
            "\"keys/consent-old.key\"",
        ),
    ],
};

pub(super) const DNS: KeyTable = KeyTable {
    path: "dns",
    header: "[dns]",
    meaning: "How it is found out which of the shop's sub-domains are a tracker in disguise: aliases (`CNAME`) of its hosts, or domains that its servers answer for (`NS`). Asked in the background, for names that pages show.",
    keys: &[
        Key::new("resolve", Takes::Boolean, "Whether the name system is asked at all.", "false").default("true"),
        Key::new("servers", Takes::Texts, "The servers to ask, as IP addresses with a port.", "[\"127.0.0.1:53\"]")
            .otherwise("those of the system"),
    ],
};

pub(super) const LIMITS: KeyTable = KeyTable {
    path: "limits",
    header: "[limits]",
    meaning: "Caps and timeouts that protect this process and the shop.",
    keys: &[
        Key::new(
            "max_uri_bytes",
            Takes::Whole(256, MOST_BYTES),
            "The longest request target, in bytes. Longer ones are answered 414.",
            "16384",
        )
        .default("16384"),
        Key::new(
            "max_header_bytes",
            Takes::Whole(1024, MOST_BYTES),
            "The most bytes of request header fields, names and values together. More is answered 431.",
            "65536",
        )
        .default("65536"),
        Key::new(
            "max_token_bytes",
            Takes::Whole(4096, MOST_BYTES),
            "How much of a page may wait for the end of one tag or inline script, in bytes. Longer ones are judged in parts.",
            "1048576",
        )
        .default("1048576"),
        Key::new(
            "keepalive_secs",
            Takes::Whole(1, 3600),
            "How long an idle visitor connection stays open, in seconds.",
            "75",
        )
        .default("75"),
        Key::new(
            "read_timeout_secs",
            Takes::Whole(1, 3600),
            "How long one read from a visitor may take, in seconds.",
            "30",
        )
        .default("30"),
        Key::new(
            "write_timeout_secs",
            Takes::Whole(1, 3600),
            "How long one write to a visitor may take, in seconds.",
            "60",
        )
        .default("60"),
        Key::new(
            "upstream_connect_timeout_secs",
            Takes::Whole(1, 3600),
            "How long connecting to the shop may take, in seconds.",
            "5",
        )
        .default("5"),
        Key::new(
            "upstream_read_timeout_secs",
            Takes::Whole(1, 3600),
            "How long one read from the shop may take, in seconds.",
            "60",
        )
        .default("60"),
    ],
};
