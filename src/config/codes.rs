//! Every diagnostic code, with its title and what it means.

/// A documented code.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// The stable name.
    pub code: &'static str,
    /// What it is about.
    pub title: &'static str,
}

macro_rules! codes {
    ($($name:ident = $code:literal, $title:literal;)*) => {
        $(pub(super) const $name: &str = $code;)*

        /// All codes.
        pub const CODES: &[Code] = &[$(Code { code: $code, title: $title }),*];
    };
}

codes! {
    UNREADABLE = "V0001", "a file cannot be read";
    SYNTAX = "V0002", "the file is not TOML";
    VERSION = "V0003", "the format version is missing or unknown";
    UNKNOWN_KEY = "V0101", "a key is unknown";
    MISSING_KEY = "V0102", "a key is missing";
    WRONG_TYPE = "V0103", "a value has the wrong type";
    WRONG_WORD = "V0104", "a value is not one of the known words";
    OUT_OF_RANGE = "V0105", "a number is out of range";
    BAD_ADDRESS = "V0201", "an address, network or URL cannot be read";
    NOT_LOOPBACK = "V0202", "the admin listener is not on loopback";
    BAD_HOST = "V0203", "a host cannot be read";
    BAD_PATH = "V0204", "a path cannot be read";
    DUPLICATE = "V0301", "something is defined twice";
    UNKNOWN_PURPOSE = "V0302", "a purpose is unknown";
    TOO_MANY_PURPOSES = "V0303", "there are more than 32 purposes";
    UNKNOWN_SERVICE = "V0304", "a service is unknown";
    NO_REASON = "V0305", "something necessary has no reason";
    NO_BENEFIT = "V0306", "a purpose does not say what the visitor gets";
    UNREACHABLE = "V0307", "a route can never hold";
    TOO_BROAD = "V0308", "a pattern catches everything";
    AMBIGUOUS = "V0309", "keys exclude each other";
}
