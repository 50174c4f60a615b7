//! From a request to a response.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Body;

use super::catalogue::{Product, find};
use super::cookies;
use super::pages::{self, PASSWORD, Visitor};
use super::reply::{Reply, file, page, plain, see_other, set_cookie};
use super::state::Shop;

/// The longest form the shop reads.
const FORM_LIMIT: usize = 16 * 1024;
/// The longest name kept from a login form, in characters.
const NAME_LIMIT: usize = 60;

const STYLE: &str = include_str!("assets/shop.css");
const SCRIPT: &str = include_str!("assets/shop.js");
const ICON: &str = include_str!("assets/favicon.svg");

/// Answers any request.
pub(super) async fn answer<B>(shop: &Shop, request: Request<B>) -> Reply
where
    B: Body<Data = Bytes, Error: std::error::Error + Send + Sync + 'static>,
{
    let (head, body) = request.into_parts();
    let form = if head.method == Method::POST {
        match Limited::new(body, FORM_LIMIT).collect().await {
            Ok(body) => Form::parse(&body.to_bytes()),
            Err(_) => return plain(StatusCode::BAD_REQUEST, "This form could not be read.\n"),
        }
    } else {
        Form::default()
    };
    // Only a system without a source of randomness gets here.
    route(shop, &head.method, head.uri.path(), &head.headers, &form)
        .unwrap_or_else(|_| plain(StatusCode::SERVICE_UNAVAILABLE, "The shop is closed for a moment.\n"))
}

fn route(
    shop: &Shop,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    form: &Form,
) -> Result<Reply, getrandom::Error> {
    let reading = *method == Method::GET || *method == Method::HEAD;
    if !reading && *method != Method::POST {
        return Ok(plain(StatusCode::METHOD_NOT_ALLOWED, "The shop does not know this method.\n"));
    }
    match (reading, path) {
        (true, "/static/shop.css") => return Ok(file("text/css; charset=utf-8", STYLE)),
        (true, "/static/shop.js") => return Ok(file("text/javascript; charset=utf-8", SCRIPT)),
        (true, "/favicon.ico") => return Ok(file("image/svg+xml", ICON)),
        _ => {}
    }
    let visitor = visitor(shop, headers);
    let show = |html: String| page(StatusCode::OK, html);
    let mut reply = match (reading, path) {
        (true, "/") => show(pages::front(&visitor)),
        (true, "/cart") => show(pages::cart(&visitor)),
        (true, "/login") => show(pages::login(&visitor, false)),
        (_, "/checkout") if visitor.cart.lines().is_empty() => see_other("/cart"),
        (true, "/checkout") => show(pages::checkout(&visitor)),
        (true, "/checkout/done") => show(pages::done(&visitor)),
        (true, _) => match path.strip_prefix("/product/").and_then(find) {
            Some(product) => show(pages::product(&visitor, product)),
            None => page(StatusCode::NOT_FOUND, pages::not_found(&visitor)),
        },
        (false, "/cart") => change_cart(shop, headers, form)?,
        (false, "/login") => log_in(shop, &visitor, headers, form)?,
        (false, "/logout") => {
            if let Some(session) = cookies::read(headers, cookies::SESSION) {
                shop.log_out(session);
            }
            let mut reply = see_other("/");
            set_cookie(&mut reply, &cookies::expired(cookies::SESSION));
            reply
        }
        (false, "/checkout") => {
            if let Some(cart) = cookies::read(headers, cookies::CART) {
                shop.close_cart(cart);
            }
            let mut reply = see_other("/checkout/done");
            set_cookie(&mut reply, &cookies::expired(cookies::CART));
            reply
        }
        (false, _) => page(StatusCode::NOT_FOUND, pages::not_found(&visitor)),
    };
    // As many shops do, a session starts with the first page, needed or not.
    if reading && cookies::read(headers, cookies::SESSION).is_none() {
        let session = cookies::session(cookies::SESSION, &cookies::token()?);
        set_cookie(&mut reply, &session);
    }
    for cookie in cookies::trackers(headers)? {
        set_cookie(&mut reply, &cookie);
    }
    Ok(reply)
}

fn visitor(shop: &Shop, headers: &HeaderMap) -> Visitor {
    Visitor {
        name: cookies::read(headers, cookies::SESSION).and_then(|session| shop.name(session)),
        cart: cookies::read(headers, cookies::CART).and_then(|cart| shop.cart(cart)).unwrap_or_default(),
    }
}

fn change_cart(shop: &Shop, headers: &HeaderMap, form: &Form) -> Result<Reply, getrandom::Error> {
    let mut reply = see_other("/cart");
    let product: Option<&'static Product> = form.get("product").and_then(find);
    let known = cookies::read(headers, cookies::CART).filter(|cart| shop.cart(cart).is_some());
    match (product, form.get("action"), known) {
        (Some(product), Some("remove"), Some(cart)) => shop.remove(cart, product),
        (Some(product), Some("add"), Some(cart)) => shop.add(cart, product),
        (Some(product), Some("add"), None) => {
            let cart = cookies::token()?;
            set_cookie(&mut reply, &cookies::session(cookies::CART, &cart));
            shop.open_cart(cart.clone());
            shop.add(&cart, product);
        }
        _ => {}
    }
    Ok(reply)
}

fn log_in(shop: &Shop, visitor: &Visitor, headers: &HeaderMap, form: &Form) -> Result<Reply, getrandom::Error> {
    let name = form.get("name").map_or("", str::trim);
    if name.is_empty() || form.get("password") != Some(PASSWORD) {
        return Ok(page(StatusCode::OK, pages::login(visitor, true)));
    }
    if let Some(before) = cookies::read(headers, cookies::SESSION) {
        shop.log_out(before);
    }
    // A fresh id, so that nobody can plant one before the login.
    let session = cookies::token()?;
    let mut reply = see_other("/");
    set_cookie(&mut reply, &cookies::session(cookies::SESSION, &session));
    shop.log_in(session, name.chars().take(NAME_LIMIT).collect());
    Ok(reply)
}

/// The fields of a posted form.
#[derive(Debug, Default)]
struct Form(Vec<(String, String)>);

impl Form {
    fn parse(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|(known, value)| (known == name).then_some(value.as_str()))
    }
}
