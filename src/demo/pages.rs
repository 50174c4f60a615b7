//! The shop's pages. Whatever a visitor typed is escaped where it is placed.

use std::fmt::Write as _;

use htmlize::{escape_attribute, escape_text};
use serde_json::json;

use super::catalogue::{PRODUCTS, Product, price};
use super::state::Cart;
use super::tags;

/// The password that the login page tells everyone.
pub(super) const PASSWORD: &str = "lantern";

/// Who is asking.
#[derive(Debug, Default)]
pub(super) struct Visitor {
    /// The name given at login.
    pub(super) name: Option<String>,
    pub(super) cart: Cart,
}

/// The catalogue.
pub(super) fn front(visitor: &Visitor) -> String {
    let mut cards = String::new();
    for product in &PRODUCTS {
        let Product { slug, name, line, picture, cents, .. } = product;
        let price = price(*cents);
        let button = add_button(product, "Add");
        let _ = write!(
            cards,
            r#"<article class="card"><a href="/product/{slug}"><div class="picture">{picture}</div><h2>{name}</h2></a>
<p class="line">{line}</p><div class="row"><span class="price">{price}</span>{button}</div></article>
"#
        );
    }
    let body = format!(
        r#"<section class="hero"><h1>Things for long evenings</h1>
<p>Six articles, chosen once, kept as long as they are made well.</p></section>
<section class="grid">{cards}</section>"#
    );
    layout(visitor, "Things for long evenings", &body)
}

/// One article.
pub(super) fn product(visitor: &Visitor, product: &Product) -> String {
    let Product { name, line, text, picture, .. } = product;
    let price = price(product.cents);
    let button = add_button(product, "Add to cart");
    let film = if product.film { tags::FILM } else { "" };
    let facts = json!({
        "@context": "https://schema.org",
        "@type": "Product",
        "name": name,
        "sku": product.slug,
        "description": line,
        "offers": {
            "@type": "Offer",
            "price": format!("{}.{:02}", product.cents / 100, product.cents % 100),
            "priceCurrency": "EUR",
            "availability": "https://schema.org/InStock",
        },
    });
    let event = json!({"event": "view_item", "item": product.slug, "value": product.cents});
    let body = format!(
        r#"<article class="product"><div class="picture">{picture}</div>
<div><h1>{name}</h1><p class="line">{line}</p><p>{text}</p>
<div class="row"><span class="price">{price}</span>{button}</div></div></article>
{film}<script type="application/ld+json">{facts}</script>
<script>window.dataLayer = window.dataLayer || []; dataLayer.push({event});</script>"#
    );
    layout(visitor, name, &body)
}

/// The cart.
pub(super) fn cart(visitor: &Visitor) -> String {
    if visitor.cart.lines().is_empty() {
        return layout(
            visitor,
            "Your cart",
            r#"<h1>Your cart</h1><p class="empty">It is empty. <a href="/">Look around</a>.</p>"#,
        );
    }
    let mut lines = String::new();
    for (product, count) in visitor.cart.lines() {
        let Product { slug, name, picture, .. } = product;
        let price = price(product.cents * count);
        let _ = write!(
            lines,
            r#"<tr data-product="{slug}"><td class="thumb">{picture}</td><td><a href="/product/{slug}">{name}</a></td>
<td class="count">{count}</td><td class="price">{price}</td><td><form method="post" action="/cart">
<input type="hidden" name="product" value="{slug}"><button class="quiet" name="action" value="remove">Remove</button>
</form></td></tr>
"#
        );
    }
    let total = price(visitor.cart.total());
    let body = format!(
        r#"<h1>Your cart</h1><table class="cart">{lines}
<tr class="total"><td></td><td>Together</td><td></td><td class="price">{total}</td><td></td></tr></table>
<p class="row"><a href="/">Go on looking</a><a class="button" href="/checkout">To the checkout</a></p>"#
    );
    layout(visitor, "Your cart", &body)
}

/// The login form, or who is logged in.
pub(super) fn login(visitor: &Visitor, failed: bool) -> String {
    if let Some(name) = &visitor.name {
        let name = escape_text(name.as_str());
        let body = format!(
            r#"<h1>Your account</h1><p>You are logged in as <strong>{name}</strong>.</p>
<form method="post" action="/logout"><button>Log out</button></form>"#
        );
        return layout(visitor, "Your account", &body);
    }
    let warning =
        if failed { r#"<p class="warning" role="alert">That was not it. The password stands below.</p>"# } else { "" };
    let body = format!(
        r#"<h1>Log in</h1>{warning}<form class="stack" method="post" action="/login">
<label>Name<input name="name" autocomplete="username" required></label>
<label>Password<input name="password" type="password" autocomplete="off" required></label>
<button>Log in</button></form>
<p class="line">Any name will do. The password is <code>{PASSWORD}</code>.</p>"#
    );
    layout(visitor, "Log in", &body)
}

/// The last page before the order.
pub(super) fn checkout(visitor: &Visitor) -> String {
    let total = price(visitor.cart.total());
    let pieces = visitor.cart.pieces();
    let name = escape_attribute(visitor.name.as_deref().unwrap_or_default());
    let payment = tags::PAYMENT;
    let body = format!(
        r#"<h1>Checkout</h1><p>{pieces} × good company, <strong>{total}</strong> together.</p>
<form class="stack" method="post" action="/checkout">
<label>Name<input name="name" value="{name}" autocomplete="name" required></label>
<label>Address<input name="address" autocomplete="street-address" required></label>
<button>Order, without paying</button></form>
<p class="line">This is a demonstration: what you type here is read by nobody and kept nowhere.</p>
{payment}"#
    );
    layout(visitor, "Checkout", &body)
}

/// After the order.
pub(super) fn done(visitor: &Visitor) -> String {
    layout(
        visitor,
        "Thank you",
        r#"<h1>Thank you</h1><p id="done">Your order is on its way to nowhere: this shop is a demonstration.</p>
<p><a class="button" href="/">Back to the shop</a></p>"#,
    )
}

/// For addresses that lead nowhere.
pub(super) fn not_found(visitor: &Visitor) -> String {
    layout(
        visitor,
        "Not here",
        r#"<h1>Not here</h1><p>Nothing is kept under this address. <a href="/">Back to the shop</a>.</p>"#,
    )
}

fn add_button(product: &Product, label: &str) -> String {
    format!(
        r#"<form method="post" action="/cart" data-add><input type="hidden" name="product" value="{}">
<button name="action" value="add" aria-label="Add {} to the cart">{label}</button></form>"#,
        product.slug, product.name
    )
}

fn layout(visitor: &Visitor, title: &str, body: &str) -> String {
    let account = match &visitor.name {
        Some(name) => format!(r#"<a href="/login" id="account">Hello, {}</a>"#, escape_text(name.as_str())),
        None => r#"<a href="/login" id="account">Log in</a>"#.to_owned(),
    };
    let pieces = visitor.cart.pieces();
    let (head, start, end) = (tags::HEAD, tags::BODY_START, tags::BODY_END);
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Lantern &amp; Loom</title>
{head}<link rel="icon" href="/favicon.ico">
<link rel="stylesheet" href="/static/shop.css">
</head>
<body>
{start}<header class="top"><a class="brand" href="/">Lantern &amp; Loom</a>
<nav>{account}<a href="/cart" id="cart">Cart <span class="badge">{pieces}</span></a></nav></header>
<main>{body}</main>
<footer>Lantern &amp; Loom is a demonstration. Nothing is sold here, and the account ids in its tags belong to nobody.</footer>
<script src="/static/shop.js"></script>
{end}</body>
</html>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::{Visitor, checkout, front, login};

    #[test]
    fn a_name_cannot_break_out_of_its_place() {
        let visitor = Visitor { name: Some("\"><script>alert(1)</script>".to_owned()), ..Visitor::default() };
        for page in [front(&visitor), login(&visitor, false), checkout(&visitor)] {
            assert!(!page.contains("<script>alert(1)"), "{page}");
        }
        assert!(checkout(&visitor).contains("value=\"&quot;&gt;&lt;script"));
    }
}
