//! One service, compiled: what it is for and how it is recognised.

use super::{Endpoint, Pattern, Variant};
use crate::consent::{PurposeId, PurposeSet};

/// Something that sets cookies or loads resources: GA4, Meta Pixel, Stripe, the shop's own recommender.
#[derive(Clone, Debug)]
pub struct Service {
    /// The stable id, as it stands in configuration, logs and `data-vestibule`.
    pub id: Box<str>,
    /// The name a person knows it by.
    pub name: Box<str>,
    /// The company behind it; empty when it is the shop itself.
    pub vendor: Box<str>,
    /// Its vendor's number in the IAB Europe Global Vendor List, where it is used under TCF.
    pub iab_vendor: Option<u16>,
    /// What it is for. A service with several purposes needs all of them. Empty for a carrier.
    pub purposes: PurposeSet,
    /// A tag manager: it has no purpose of its own and may load once any purpose it could carry is granted.
    pub carrier: bool,
    /// Why the service is strictly necessary; present exactly when its purpose is [`PurposeId::NECESSARY`].
    pub reason: Option<Box<str>>,
    /// Cookie names on the shop's own domain. Case-sensitive.
    pub cookies: Vec<Pattern>,
    /// Hosts that belong to the service with every sub-domain, ASCII lower case.
    pub hosts: Vec<Box<str>>,
    /// Parts of hosts that are shared with other services.
    pub addresses: Vec<AddressPattern>,
    /// Pieces of an inline script that give the service away, each on its own: code, a name that is made, or a part of an
    /// address.
    pub inline: Vec<Box<str>>,
    /// Names of query parameters with click or user identifiers of the service, ASCII lower case.
    pub parameters: Vec<Pattern>,
    /// Names of query parameters that label a campaign without naming a person, ASCII lower case. Kept unless asked.
    pub campaign_parameters: Vec<Pattern>,
    /// Where it is called when it is served from the shop's own domain.
    pub endpoints: Vec<Endpoint>,
    /// Hosts that a sub-domain of the shop is an alias of (`CNAME`) when it is the service in disguise; each with its
    /// sub-domains, ASCII lower case.
    pub cname_targets: Vec<Box<str>>,
    /// Message fields and client hints that exist for it, ASCII lower case.
    pub fields: Vec<Pattern>,
    /// How its frames can be loaded so that they collect less.
    pub variant: Option<Variant>,
}

impl Service {
    /// A service that only has a name: recognised by nothing.
    pub fn named(id: &str, purposes: PurposeSet) -> Self {
        Self {
            id: id.into(),
            name: id.into(),
            vendor: "".into(),
            iab_vendor: None,
            purposes,
            carrier: false,
            reason: None,
            cookies: Vec::new(),
            hosts: Vec::new(),
            addresses: Vec::new(),
            inline: Vec::new(),
            parameters: Vec::new(),
            campaign_parameters: Vec::new(),
            endpoints: Vec::new(),
            cname_targets: Vec::new(),
            fields: Vec::new(),
            variant: None,
        }
    }

    /// Whether the service is on the necessary list.
    pub const fn necessary(&self) -> bool {
        self.purposes.contains(PurposeId::NECESSARY)
    }
}

/// A host and a pattern for the path and query behind it: `www.google.com` + `/maps/embed*`.
#[derive(Clone, Debug)]
pub struct AddressPattern {
    /// The exact host, ASCII lower case.
    pub host: Box<str>,
    /// Matched against the path with its query, starting with `/`.
    pub path: Pattern,
}
