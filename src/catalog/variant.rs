//! Embeds that can be loaded so that they collect less: the same frame from another host, or with a parameter that asks
//! for it. What such a variant may be used for is decided as for any other address; here is only what it looks like.

use url::Url;

/// How the address of a frame becomes that of its variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    host: Box<str>,
    /// Name and value of a query parameter that the variant has.
    parameter: Option<(Box<str>, Box<str>)>,
}

impl Variant {
    /// The variant on `host` (ASCII lower case), with `parameter` in its query.
    pub const fn new(host: Box<str>, parameter: Option<(Box<str>, Box<str>)>) -> Self {
        Self { host, parameter }
    }

    /// The address of the variant of the frame at `url`, with the same path; `None` when `url` is one already, or has no
    /// host.
    pub fn of(&self, url: &Url) -> Option<Url> {
        let mut variant = url.clone();
        variant.set_host(Some(&self.host)).ok()?;
        if let Some((name, value)) = &self.parameter {
            let wanted = format!("{name}={value}");
            let others = |part: &&str| !part.is_empty() && part.split('=').next() != Some(&**name);
            let kept = url.query().unwrap_or_default().split('&').filter(others);
            let query: Vec<&str> = kept.chain([wanted.as_str()]).collect();
            if url.query().is_none_or(|query| !query.split('&').any(|part| part == wanted)) {
                variant.set_query(Some(&query.join("&")));
            }
        }
        (variant != *url).then_some(variant)
    }
}

#[cfg(test)]
mod tests {
    use super::Variant;
    use url::Url;

    #[test]
    fn path_and_other_parameters_stay() {
        let host = Variant::new("www.video-no-cookie.example".into(), None);
        let parameter = Variant::new("player.example".into(), Some(("dnt".into(), "1".into())));
        for (variant, from, to) in [
            (
                &host,
                "https://www.video.example/embed/x?a=%20b#t",
                Some("https://www.video-no-cookie.example/embed/x?a=%20b#t"),
            ),
            (&host, "https://www.video-no-cookie.example/embed/x", None),
            (&parameter, "https://player.example/video/1", Some("https://player.example/video/1?dnt=1")),
            (&parameter, "https://player.example/video/1?dnt=0&h=2", Some("https://player.example/video/1?h=2&dnt=1")),
            (&parameter, "https://player.example/video/1?h=2&dnt=1", None),
            (&parameter, "data:text/html,x", None),
        ] {
            let found = variant.of(&Url::parse(from).unwrap());
            assert_eq!(found.as_ref().map(Url::as_str), to, "{from}");
        }
    }
}
