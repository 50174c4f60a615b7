//! What a browser fetches an address as. Filter lists are written in these terms, and what is answered in place of a call
//! depends on it.

/// What is fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FetchKind {
    /// A page to show in a window: a navigation, never a call to a service.
    Document,
    /// A script, also one for a worker.
    Script,
    /// An image.
    Image,
    /// A style sheet.
    Stylesheet,
    /// A page inside of a page.
    Frame,
    /// What a script asks for: `fetch`, `XMLHttpRequest`, `EventSource`.
    Call,
    /// What is only told: `sendBeacon`, `a ping`, reports.
    Ping,
    /// A font.
    Font,
    /// Sound, video and their tracks.
    Media,
    /// A WebSocket.
    Socket,
    /// Something else, or nobody knows.
    #[default]
    Other,
}

impl FetchKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Document,
        Self::Script,
        Self::Image,
        Self::Stylesheet,
        Self::Frame,
        Self::Call,
        Self::Ping,
        Self::Font,
        Self::Media,
        Self::Socket,
        Self::Other,
    ];

    /// The kind that a `Sec-Fetch-Dest` field names (Fetch Standard, "request destination"). `empty` is what scripts ask
    /// for; an unknown word is [`FetchKind::Other`].
    pub fn of_destination(word: &[u8]) -> Self {
        match word {
            b"document" => Self::Document,
            b"script" | b"worker" | b"sharedworker" | b"serviceworker" | b"audioworklet" | b"paintworklet" => {
                Self::Script
            }
            b"image" => Self::Image,
            b"style" | b"xslt" => Self::Stylesheet,
            b"iframe" | b"frame" | b"fencedframe" | b"embed" | b"object" => Self::Frame,
            b"empty" | b"json" => Self::Call,
            b"report" => Self::Ping,
            b"font" => Self::Font,
            b"audio" | b"video" | b"track" => Self::Media,
            b"websocket" => Self::Socket,
            _ => Self::Other,
        }
    }

    /// The kind that the `as` attribute of a preload names. Words as for [`of_destination`](Self::of_destination), and
    /// `fetch`.
    pub fn of_preload(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().as_str() {
            "fetch" => Self::Call,
            // A preload is no navigation.
            "document" => Self::Frame,
            word => Self::of_destination(word.as_bytes()),
        }
    }
}
