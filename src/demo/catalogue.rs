//! What the shop pretends to sell.

/// One article.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Product {
    /// Its name in addresses and forms.
    pub(super) slug: &'static str,
    pub(super) name: &'static str,
    /// One line under the name.
    pub(super) line: &'static str,
    /// A paragraph for its own page.
    pub(super) text: &'static str,
    pub(super) cents: u32,
    /// An SVG drawing, inlined into the page.
    pub(super) picture: &'static str,
    /// Whether its page shows a film from a video platform.
    pub(super) film: bool,
}

/// Every article, in the order of the front page.
pub(super) static PRODUCTS: [Product; 6] = [
    Product {
        slug: "storm-lantern",
        name: "Storm lantern",
        line: "Brass, glass, and forty hours of light",
        text: "Made for verandas and night trains of thought. The wick is cotton, the glass can be replaced, and the \
               handle stays cool.",
        cents: 6400,
        picture: include_str!("assets/storm-lantern.svg"),
        film: true,
    },
    Product {
        slug: "wool-blanket",
        name: "Wool blanket",
        line: "Undyed wool with one blue stripe",
        text: "Heavy enough to stay where you put it. Woven double, so that both faces can be shown to guests.",
        cents: 11900,
        picture: include_str!("assets/wool-blanket.svg"),
        film: false,
    },
    Product {
        slug: "stone-teapot",
        name: "Stone teapot",
        line: "Six cups, no drip",
        text: "Thrown from dark clay and glazed inside only. The spout was redrawn eleven times until it stopped \
               dripping.",
        cents: 5200,
        picture: include_str!("assets/stone-teapot.svg"),
        film: false,
    },
    Product {
        slug: "field-notebook",
        name: "Field notebook",
        line: "Sewn, so that it lies flat",
        text: "One hundred and sixty pages of paper that takes ink. The last page tears out for leaving a note.",
        cents: 1450,
        picture: include_str!("assets/field-notebook.svg"),
        film: false,
    },
    Product {
        slug: "reading-chair",
        name: "Reading chair",
        line: "Ash and canvas, folds to a hand's width",
        text: "Sits low and leans back. Hang it on a nail when the evening is over.",
        cents: 18500,
        picture: include_str!("assets/reading-chair.svg"),
        film: false,
    },
    Product {
        slug: "beeswax-candles",
        name: "Beeswax candles",
        line: "Four in a box, twelve hours each",
        text: "From one valley and one summer. They smell of it a little, even before you light them.",
        cents: 2100,
        picture: include_str!("assets/beeswax-candles.svg"),
        film: false,
    },
];

/// The article called `slug`.
pub(super) fn find(slug: &str) -> Option<&'static Product> {
    PRODUCTS.iter().find(|product| product.slug == slug)
}

/// An amount as visitors read it.
pub(super) fn price(cents: u32) -> String {
    format!("€ {}.{:02}", cents / 100, cents % 100)
}
