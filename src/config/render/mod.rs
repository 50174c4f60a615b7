//! Diagnostics for people, for programs, and for the tools that show findings beside code.

mod json;
mod sarif;
mod text;

pub use self::json::json;
pub use self::sarif::sarif;
pub use self::text::Coloured;
