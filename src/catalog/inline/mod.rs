//! Inline scripts: which services a script belongs to, and what it loads.
//!
//! A script is read, not searched. It becomes tokens ([`lex`]), in which comments are gone and strings say what browsers
//! read; the tokens are brought into one form ([`fold`]), in which escapes, sums of strings and other spellings make no
//! difference; and of that two things are asked:
//!
//! - whether it has a piece of an install snippet ([`marks`]): a marker of a service counts where it is code, and an address
//!   where it is all of a string, not in a comment, in prose or in a string that tells people about markup;
//! - what it loads ([`flow`], [`sinks`]): addresses that are handed to something that fetches, also through variables and
//!   the arguments of the function around, as vendors' loaders do (`(w,d,s,l,i)`); those are looked up as the address of
//!   an element would be. Markup that is written and code that is run from a string are read in the same way.
//!
//! A search with no reading of code comes first ([`prefilter`]), and most scripts end there. Everything is linear in the
//! length of the script, and no bytes make it fail.
//!
//! # What it does not do
//!
//! Nothing is run, and nothing is followed that is computed: an address that is put together in a loop is not seen. A script
//! is judged as a whole: a shop's own code in one element with a tag shares its fate, because nobody can tell where the one
//! ends and what it defines for the other. A consent default beside a tag's configuration is a part of that tag. Scripts
//! that only call a tag, or only define its queue, are not taken for it: they load nothing. Nor are
//! scripts that put in a known service's frame: most are the shop's own, and the policy line stops the frame.

mod address;
mod brackets;
mod escapes;
mod flow;
mod fold;
mod lex;
mod marks;
mod operators;
mod prefilter;
mod pure;
mod sinks;
mod token;

use self::address::Target;
use self::brackets::Brackets;
use self::marks::Marks;
use self::prefilter::Prefilter;
use self::sinks::Sink;
use super::index::push;
use super::{Catalog, FetchKind, Matches, Service};
use crate::consent::ServiceId;

/// The most addresses of one script that are told; services are recognised by all of them.
const ADDRESSES: usize = 64;
/// How deep scripts in the strings of scripts are read.
const DEEPEST: u8 = 2;

/// What was found in an inline script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InlineReading {
    /// The services that it belongs to, in the order of the catalog.
    pub services: Matches,
    /// Addresses that it makes a browser fetch, of which the host is known; up to 64.
    pub loads: Vec<InlineLoad>,
    /// It does nothing but load these, so that it stands for an element with that address.
    pub only_loads: bool,
}

/// An address that a script makes a browser fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlineLoad {
    /// The address, absolute, or beginning with `/` for one on the page's own host. Parts that are not constant are left
    /// out.
    pub address: String,
    /// As what it is fetched, as far as that can be told.
    pub kind: FetchKind,
}

/// How the scripts of all services are recognised.
#[derive(Debug, Default)]
pub(super) struct Inline {
    marks: Marks,
    prefilter: Prefilter,
}

impl Inline {
    pub(super) fn new<'s>(services: impl Iterator<Item = (ServiceId, &'s Service)>) -> Self {
        let mut needles = Vec::new();
        let markers = services.flat_map(|(id, service)| service.inline.iter().map(move |marker| (&**marker, id)));
        let marks = Marks::new(markers, &mut needles);
        Self { marks, prefilter: Prefilter::new(needles) }
    }

    /// Reads `script`, with the addresses of `catalog`.
    pub(super) fn read(&self, catalog: &Catalog, script: &[u8]) -> InlineReading {
        let mut reading = InlineReading::default();
        if self.prefilter.may_be_known(script) {
            self.read_code(catalog, script, 0, &mut reading);
            reading.services.sort_unstable();
        }
        reading
    }

    fn read_code(&self, catalog: &Catalog, script: &[u8], depth: u8, reading: &mut InlineReading) {
        let code = fold::fold(lex::lex(script));
        self.marks.find(&code, &mut reading.services);
        let brackets = Brackets::of(&code);
        let mut inner: Vec<Vec<u8>> = Vec::new();
        let mut room = script.len().saturating_mul(2);
        flow::follow(&code, &brackets, |sink, text| match sink {
            Sink::Address(kind) => self.load(catalog, text, kind, reading),
            Sink::Markup => {
                address::in_markup(text, |address, kind| self.load(catalog, address, kind, reading));
                for script in address::scripts_in(text) {
                    keep(&mut inner, script, &mut room);
                }
            }
            Sink::Code => keep(&mut inner, text, &mut room),
        });
        if depth == 0 {
            reading.only_loads = !reading.loads.is_empty() && inner.is_empty() && pure::only_loads(&code);
        }
        if depth < DEEPEST {
            for script in inner {
                self.read_code(catalog, &script, depth + 1, reading);
            }
        }
    }

    fn load(&self, catalog: &Catalog, text: &[u8], kind: FetchKind, reading: &mut InlineReading) {
        let Some(target) = address::target(text) else { return };
        // A frame that a script puts in, as a gallery does on a click, is no reason to take the gallery away.
        let told = kind != FetchKind::Frame;
        if told {
            self.marks.in_address(text, &mut reading.services);
        }
        let address = match target {
            Target::Absolute(url) => {
                if told {
                    at_address(catalog, &url, &mut reading.services);
                }
                String::from(url)
            }
            Target::Likely(_) if !told => return,
            // What is before the host may be a part of it, so only somebody who is known is told by it.
            Target::Likely(url) => {
                at_address(catalog, &url, &mut reading.services);
                return;
            }
            Target::Own(path) => path,
        };
        if reading.loads.len() < ADDRESSES {
            reading.loads.push(InlineLoad { address, kind });
        }
    }
}

fn at_address(catalog: &Catalog, url: &url::Url, found: &mut Matches) {
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    for service in catalog.by_address(host, path) {
        push(found, service);
    }
}

/// Keeps a script to be read, while there is room.
fn keep(inner: &mut Vec<Vec<u8>>, script: &[u8], room: &mut usize) {
    let says_something = script.iter().any(u8::is_ascii_alphabetic);
    if says_something && script.len() <= *room {
        *room -= script.len();
        inner.push(script.to_vec());
    }
}
