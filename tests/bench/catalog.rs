//! How long a look-up in the catalog takes, with 150 services and with all, how long the catalog takes to build, and what
//! filter lists cost. Prints a table; `cargo bench --bench catalog`.
//!
//! No list can be bundled. The one that is measured is made up, as long as `EasyPrivacy` and of the same shapes of rules;
//! `VESTIBULE_LIST=easyprivacy.txt` measures a real one.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that cannot go on ends"
)]

use std::hint::black_box;
use std::time::Instant;

use vestibule::catalog::{Catalog, FetchKind, FilterLists, Service};
use vestibule::config;
use vestibule::consent::PurposeTable;

const ROUNDS: usize = 201;

const COOKIES: &[&str] = &[
    "_ga",
    "_ga_ABC123",
    "_fbp",
    "PHPSESSID",
    "session-id",
    "cart",
    "_hjSessionUser_123456",
    "mage-cache-sessid",
    "ab.storage.deviceId.0a1b2c",
    "electronics-cart",
    "sbjs_current_add",
    "OptanonConsent",
    "a",
    "_shopify_y",
    "wordpress_logged_in_0a1b2c3d4e5f",
    "unknown_cookie_of_a_shop",
    "__Secure-next-auth.session-token",
    "_pk_id.1.abcd",
];

const ADDRESSES: &[(&str, &str)] = &[
    ("www.shop.example", "/p/red-shoes?size=42&utm_source=mail"),
    ("www.googletagmanager.com", "/gtag/js?id=G-ABC123&l=dataLayer"),
    ("region1.google-analytics.com", "/g/collect?v=2&tid=G-ABC123&cid=1.2&en=page_view"),
    ("connect.facebook.net", "/en_US/fbevents.js"),
    ("cdn.jsdelivr.net", "/npm/bootstrap@5.3.3/dist/css/bootstrap.min.css"),
    ("a.b.c.d.static.images.shop.example", "/x.png"),
    ("www.google.com", "/recaptcha/api.js?render=explicit"),
    ("static.klaviyo.com", "/onsite/js/klaviyo.js?company_id=ABC"),
    ("cdn.shopify.com", "/s/files/1/0001/theme.css?v=17"),
];

const ENDPOINTS: &[&str] = &[
    "/",
    "/p/red-shoes?size=42&colour=red&utm_source=mail&utm_medium=email&utm_campaign=spring",
    "/_scripts/p/a1b2/g/collect?v=2&tid=G-ABC123&gtm=45je&_p=17&cid=1.2&ul=en&sr=1920x1080&en=page_view&_s=1",
    "/static/version1700000000/frontend/Vendor/theme/en_US/Magento_Checkout/js/view/summary.min.js",
    "/collections/all/products/shoes?variant=123&page=2&sort=price",
    "/tr/?id=1&ev=PageView&dl=https%3A%2F%2Fshop.example&rl=&if=false&ts=17&v=2.9",
    "/m/matomo.php?action_name=x&idsite=1&rec=1&r=1&h=1&m=2&s=3&url=x",
    "/checkout/onepage/success/",
];

const PARAMETERS: &[&str] = &["gclid", "fbclid", "utm_source", "size", "q", "page", "ajs_trait_name", "msclkid", "id"];

/// Nanoseconds per look-up of one list of items: the median of all rounds, and what 99 of 100 rounds stay under.
fn per_item(count: usize, mut work: impl FnMut()) -> (f64, f64) {
    const REPEATED: u32 = 200;
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..REPEATED {
                work();
            }
            start.elapsed().as_secs_f64() * 1e9 / f64::from(REPEATED) / f64::from(u32::try_from(count).unwrap())
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    (times[ROUNDS / 2], times[ROUNDS * 99 / 100])
}

fn milliseconds(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..21)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    times[10]
}

fn print(what: &str, services: usize, (median, slow): (f64, f64)) {
    println!("{what:<14} {services:>4} services {median:>8.0} ns {slow:>8.0} ns");
}

/// Inline scripts: one of the shop's that is told by the first search, one that has to be read, and a snippet.
fn scripts() -> [(&'static str, String); 3] {
    let own = "theme.strings = {add: 'Add to cart', sold: 'Sold out'}; menu.open(3); if (cart.count > 0) { badge.show(cart.count); }\n";
    let loads = "el.addEventListener('click', function (e) { img.src = '/media/' + e.target.dataset.id + '.jpg'; });\n";
    let snippet = "(function(w,d,s,l,i){w[l]=w[l]||[];w[l].push({'gtm.start':new Date().getTime(),event:'gtm.js'});var f=d.getElementsByTagName(s)[0],j=d.createElement(s);j.async=true;j.src='https://www.googletagmanager.com/gtm.js?id='+i;f.parentNode.insertBefore(j,f);})(window,document,'script','dataLayer','GTM-X');";
    [("inline, own", own.repeat(40)), ("inline, read", loads.repeat(40)), ("inline, tag", snippet.to_owned())]
}

fn look_ups(services: Vec<Service>) {
    let count = services.len();
    let catalog = Catalog::new(services);
    print(
        "by_cookie",
        count,
        per_item(COOKIES.len(), || {
            for name in COOKIES {
                black_box(catalog.by_cookie(black_box(name.as_bytes())));
            }
        }),
    );
    print(
        "by_address",
        count,
        per_item(ADDRESSES.len(), || {
            for (host, path) in ADDRESSES {
                black_box(catalog.by_address(black_box(host), black_box(path)));
            }
        }),
    );
    print(
        "by_endpoint",
        count,
        per_item(ENDPOINTS.len(), || {
            for path in ENDPOINTS {
                black_box(catalog.by_endpoint(black_box(path)));
            }
        }),
    );
    print(
        "by_parameter",
        count,
        per_item(PARAMETERS.len(), || {
            for name in PARAMETERS {
                black_box(catalog.by_parameter(black_box(name.as_bytes())));
            }
        }),
    );
    for (name, script) in scripts() {
        let one = per_item(1, || {
            black_box(catalog.by_inline(black_box(script.as_bytes())));
        });
        print(name, count, one);
        println!("{:<14} {} bytes", "", script.len());
    }
    for path in ENDPOINTS {
        let one = per_item(1, || {
            black_box(catalog.by_endpoint(black_box(path)));
        });
        print(&format!("  {}", path.get(..12).unwrap_or(path)), count, one);
    }
}

fn main() {
    let services = config::builtin_services();
    println!("{:<14} {:>13} {:>11} {:>11}", "", "", "median", "p99");
    look_ups(services.iter().take(150).cloned().collect());
    look_ups(services.clone());
    let read = milliseconds(|| {
        black_box(config::check_builtin(&PurposeTable::default()));
    });
    let cloned = milliseconds(|| {
        black_box(config::builtin_services());
    });
    let built = milliseconds(|| {
        black_box(Catalog::new(services.clone()));
    });
    println!("all services: read {read:.2} ms, copied {cloned:.2} ms, copied and indexed {built:.2} ms");
    lists();
}

/// Rules of hosts, of hosts with a path, of paths, with options, and exceptions, in about the proportions of `EasyPrivacy`.
fn made_up() -> String {
    let mut rules = Vec::new();
    rules.extend((0..38_000).map(|at| format!("||t{at}.tracker{}.example^$third-party", at % 977)));
    rules.extend((0..12_000).map(|at| format!("||cdn{at}.shared{}.example/js/track-{at}.", at % 331)));
    rules.extend((0..4000).map(|at| format!("/pixel-{at}/*$image")));
    rules.extend((0..4000).map(|at| format!("-stat{at}.js$script")));
    rules.extend((0..2000).map(|at| format!("&beacon{at}=$xmlhttprequest,ping")));
    rules.extend((0..1500).map(|at| format!("||s{at}.example/collect$script,domain=a{at}.example|b{at}.example")));
    rules.extend((0..500).map(|at| format!("@@||t{at}.tracker1.example/ok.js$script")));
    rules.join("\n")
}

fn lists() {
    let text =
        std::env::var("VESTIBULE_LIST").map_or_else(|_| made_up(), |file| std::fs::read_to_string(file).unwrap());
    let built = milliseconds(|| {
        black_box(FilterLists::new([text.as_str()]));
    });
    let lists = FilterLists::new([text.as_str()]);
    let kinds = [FetchKind::Script, FetchKind::Image, FetchKind::Call, FetchKind::Stylesheet];
    let addresses: Vec<(String, String)> = (0..2000_usize)
        .map(|at| match at % 5 {
            0 => {
                ("www.shop.example".to_owned(), format!("/static/version{}/frontend/theme-{at}.min.js?v={at}", at % 7))
            }
            1 => (format!("t{}.tracker{}.example", at * 7, (at * 7) % 977), "/a.js?id=1".to_owned()),
            2 => ("images.shop.example".to_owned(), format!("/media/catalog/product/cache/{at:08x}/s/h/shoe_{at}.jpg")),
            3 => (format!("cdn{}.other.example", at % 90), format!("/lib/{at}/jquery.min.js")),
            _ => ("www.shop.example".to_owned(), format!("/graphql?query=products{at}&page=2&beacon{at}=1")),
        })
        .collect();
    let mut blocked = 0;
    let mut times: Vec<f64> = Vec::new();
    for round in 0..5 {
        for (at, (host, path)) in addresses.iter().enumerate() {
            let start = Instant::now();
            let stopped = lists.block(host, path, kinds[at % 4], "www.shop.example", !host.ends_with("shop.example"));
            let took = start.elapsed().as_secs_f64() * 1e6;
            if round > 0 {
                times.push(took);
                blocked += usize::from(stopped);
            }
        }
    }
    times.sort_unstable_by(f64::total_cmp);
    println!(
        "filter list of {} rules: built in {built:.1} ms; an address median {:.2} us, p99 {:.2} us; {} of {} blocked",
        lists.rules().iter().sum::<usize>(),
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        blocked / 4,
        addresses.len()
    );
}
