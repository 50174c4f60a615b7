//! How long a look-up in the catalog takes, with 150 services and with all, and how long the catalog takes to build.
//! Prints a table; `cargo bench --bench catalog`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that cannot go on ends"
)]

use std::hint::black_box;
use std::time::Instant;

use vestibule::catalog::{Catalog, Service};
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
}
