//! How fast a page goes through the rewriter, beside what is done elsewhere with the same bytes: copying them, counting
//! their `<`, and `lol_html`, which the field uses, without handlers and with four selectors that look hosts up. Prints
//! MB/s, the best of many rounds that take turns; `cargo bench --bench rewriter`. Compare within one run only.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measurement that cannot go on ends"
)]

use std::collections::HashSet;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lol_html::{HtmlRewriter, Settings, element};
use url::Url;
use vestibule::catalog::Catalog;
use vestibule::config;
use vestibule::consent::{ConsentState, Grant, Regime, Signal, SignalKind, SourceId, resolve};
use vestibule::enforce::html::{Options, Rewriter};
use vestibule::enforce::{Judge, Page};
use vestibule::policy::SitePolicy;

/// How long one row of one page is measured in all.
const BUDGET: Duration = Duration::from_millis(250);

const HEAD: &str = r#"<!DOCTYPE html>
<html lang="en" class="no-js">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lamps, chairs and blankets | Shop</title>
<meta name="description" content="Things for long evenings, chosen once, kept as long as they are made well.">
<link rel="canonical" href="https://www.shop.example/lamps">
<link rel="stylesheet" type="text/css" media="all" href="/static/version1700000000/frontend/theme/en_US/css/styles.min.css">
<link rel="preload" as="font" crossorigin="anonymous" href="/static/version1700000000/frontend/theme/en_US/fonts/a.woff2">
<link rel="icon" type="image/x-icon" href="/media/favicon/default/favicon.ico">
<script type="text/javascript" src="/static/version1700000000/frontend/theme/en_US/js/require.min.js"></script>
<script>
    var BASE_URL = '/'; var require = { 'baseUrl': '/static/version1700000000/frontend/theme/en_US' };
    document.documentElement.className = document.documentElement.className.replace('no-js', 'js');
    for (var i = 0; i < 3 && window.sections; i++) { window.sections[i] = { name: 'cart', stale: i > 1 }; }
</script>
"#;

/// What marketing puts into a head.
const TRACKERS: &str = r#"<script>(function(w,d,s,l,i){w[l]=w[l]||[];w[l].push({'gtm.start':
new Date().getTime(),event:'gtm.js'});var f=d.getElementsByTagName(s)[0],
j=d.createElement(s),dl=l!='dataLayer'?'&l='+l:'';j.async=true;j.src=
'https://www.googletagmanager.com/gtm.js?id='+i+dl;f.parentNode.insertBefore(j,f);
})(window,document,'script','dataLayer','GTM-ABC123');</script>
<script async src="https://www.googletagmanager.com/gtag/js?id=G-ABC123"></script>
<script>window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments);}gtag('js',new Date());gtag('config','G-ABC123');</script>
<script>!function(f,b,e,v,n,t,s){if(f.fbq)return;n=f.fbq=function(){n.callMethod?n.callMethod.apply(n,arguments):n.queue.push(arguments)};
if(!f._fbq)f._fbq=n;n.push=n;n.loaded=!0;n.version='2.0';n.queue=[];t=b.createElement(e);t.async=!0;t.src=v;s=b.getElementsByTagName(e)[0];
s.parentNode.insertBefore(t,s)}(window,document,'script','https://connect.facebook.net/en_US/fbevents.js');fbq('init','1');fbq('track','PageView');</script>
<noscript><img height="1" width="1" style="display:none" src="https://www.facebook.com/tr?id=1&amp;ev=PageView&amp;noscript=1"></noscript>
<link rel="preconnect" href="https://fonts.gstatic.com" crossorigin>
<script src="https://static.hotjar.com/c/hotjar-1.js?sv=6" defer></script>
<iframe src="https://www.googletagmanager.com/ns.html?id=GTM-ABC123" height="0" width="0"></iframe>
<img src="https://www.facebook.com/tr?id=1&amp;ev=PageView" alt="" width="1" height="1">
"#;

/// A page of about `size` bytes: a shop's list of products, as the big platforms write them.
fn shop(size: usize, trackers: bool) -> String {
    let mut page = HEAD.to_owned();
    if trackers {
        page.push_str(TRACKERS);
    }
    page.push_str(
        "</head>\n<body data-container=\"body\" class=\"catalog-category-view page-layout-1column\">\n<nav><ul>\n",
    );
    for at in 0..12 {
        let _ = writeln!(
            page,
            "<li class=\"level0 nav-{at} category-item\"><a href=\"/c/{at}\" class=\"level-top\"><span>Category {at}</span></a></li>"
        );
    }
    page.push_str("</ul></nav>\n<ol class=\"products list items product-items\">\n");
    let mut at = 0;
    while page.len() < size {
        at += 1;
        let _ = write!(
            page,
            r#"  <li class="item product product-item">
    <div class="product-item-info" id="product-item-info_{at}" data-container="product-grid">
      <a href="https://www.shop.example/p/storm-lantern-{at}.html" class="product photo product-item-photo" tabindex="-1">
        <img class="product-image-photo" src="/media/catalog/product/cache/5f0e/s/t/storm_{at}.jpg" srcset="/media/catalog/product/cache/5f0e/s/t/storm_{at}.jpg 1x, /media/catalog/product/cache/5f0e/s/t/storm_{at}_2x.jpg 2x" loading="lazy" width="240" height="300" alt="Storm lantern {at}">
      </a>
      <div class="product details product-item-details">
        <strong class="product name product-item-name"><a class="product-item-link" href="https://www.shop.example/p/storm-lantern-{at}.html">Storm lantern no. {at}, in oiled brass</a></strong>
        <p class="description">It burns through the night and does not mind the wind. The glass can be lifted, the wick is cotton, and spare parts can be had for thirty years &amp; more.</p>
        <div class="price-box price-final_price" data-role="priceBox" data-product-id="{at}"><span class="price-wrapper" data-price-amount="{at}.9"><span class="price">€{at}.90</span></span></div>
        <form data-role="tocart-form" data-product-sku="L-{at}" action="https://www.shop.example/checkout/cart/add/product/{at}/" method="post"><input type="hidden" name="product" value="{at}"><button type="submit" title="Add to Cart" class="action tocart primary"><span>Add to Cart</span></button></form>
      </div>
    </div>
  </li>
"#
        );
    }
    page.push_str("</ol>\n<!-- end of the list -->\n<footer><p>© Shop</p></footer>\n<script type=\"application/ld+json\">{\"@type\":\"ItemList\",\"url\":\"https://www.shop.example/\"}</script>\n</body>\n</html>\n");
    page
}

/// A page of about `size` bytes with almost nothing but tags in it, after the demonstration's shop.
fn dense(size: usize) -> String {
    let mut page = "<!doctype html><html><head><title>Shop</title></head><body><section class=grid>".to_owned();
    let mut at = 0;
    while page.len() < size {
        at += 1;
        let _ = write!(
            page,
            r#"<article class="card"><a href="/product/{at}"><div class="picture"><img src="/i/{at}.svg" alt=""></div><h2>Lamp</h2></a>
<p class="line">x</p><div class="row"><span class="price">{at}</span><form method="post" action="/cart"><input type="hidden" name="product" value="{at}"><button name="action" value="add">Add</button></form></div></article>
"#
        );
    }
    page.push_str("</section></body></html>");
    page
}

/// The ways that a page goes.
struct Ways {
    site: Arc<SitePolicy>,
    catalog: Arc<Catalog>,
    page: Arc<Page>,
    hosts: HashSet<String>,
}

impl Ways {
    fn new() -> Self {
        let services = config::builtin_services();
        let hosts = services.iter().flat_map(|service| service.hosts.iter().map(ToString::to_string)).collect();
        Self {
            site: Arc::new(SitePolicy::default()),
            catalog: Arc::new(Catalog::new(services)),
            page: Arc::new(Page::new(Url::parse("https://www.shop.example/lamps").unwrap())),
            hosts,
        }
    }

    fn state(&self, grant: Option<Grant>) -> Arc<ConsentState> {
        let signal = grant.map(|grant| Signal {
            source: SourceId("bench"),
            kind: SignalKind::Collected,
            at: None,
            knowing: true,
            purposes: self.site.offered.iter().map(|purpose| (purpose, grant)).collect(),
            services: vec![],
        });
        Arc::new(resolve(signal.as_slice(), Regime::OPT_IN))
    }

    fn ours(&self, page: &[u8], state: &Arc<ConsentState>, chunk: usize) -> usize {
        let judge = Judge::new(
            Arc::clone(&self.site),
            Arc::clone(&self.catalog),
            Arc::clone(state),
            None,
            Arc::clone(&self.page),
        );
        let options = Options { inject_head: None, inject_body: None, max_token_bytes: 4 << 20, fragment: true };
        let mut rewriter = Rewriter::new(judge, options);
        let mut output = Vec::with_capacity(page.len() + 4096);
        for chunk in page.chunks(chunk) {
            rewriter.write(chunk, &mut output).unwrap();
        }
        rewriter.end(&mut output).unwrap();
        black_box(rewriter.take_journal());
        black_box(output).len()
    }

    fn lol(&self, page: &[u8], selectors: bool) -> usize {
        let mut output = Vec::with_capacity(page.len() + 4096);
        let mut settings = Settings::new();
        if selectors {
            for (selector, attribute) in
                [("script[src]", "src"), ("img[src]", "src"), ("iframe[src]", "src"), ("link[href]", "href")]
            {
                settings = settings.append_element_content_handler(element!(selector, move |found| {
                    let address = found.get_attribute(attribute).unwrap_or_default();
                    let rest = address.strip_prefix("https://").unwrap_or_default();
                    let mut host = rest.split('/').next().unwrap_or_default();
                    while !host.is_empty() {
                        if self.hosts.contains(host) {
                            found.set_attribute(&format!("data-{attribute}"), &address)?;
                            found.remove_attribute(attribute);
                            break;
                        }
                        host = host.split_once('.').map(|(_, parent)| parent).unwrap_or_default();
                    }
                    Ok(())
                }));
            }
        }
        let mut rewriter =
            HtmlRewriter::new(settings.with_strict(false), |bytes: &[u8]| output.extend_from_slice(bytes));
        for chunk in page.chunks(16 << 10) {
            rewriter.write(chunk).unwrap();
        }
        rewriter.end().unwrap();
        black_box(output).len()
    }
}

type Way<'a> = Box<dyn Fn(&[u8]) -> usize + 'a>;

fn main() {
    let ways = Ways::new();
    let (denied, undecided, granted) =
        (ways.state(Some(Grant::Denied)), ways.state(None), ways.state(Some(Grant::Granted)));
    let rows: Vec<(&str, Way<'_>)> = vec![
        (
            "memcpy",
            Box::new(|page| {
                let mut output = Vec::with_capacity(page.len());
                output.extend_from_slice(page);
                black_box(output).len()
            }),
        ),
        ("memchr: count of <", Box::new(|page| memchr::memchr_iter(b'<', page).count())),
        ("lol_html, no handlers", Box::new(|page| ways.lol(page, false))),
        ("lol_html, 4 selectors", Box::new(|page| ways.lol(page, true))),
        ("ours, denied, 16 KiB", Box::new(|page| ways.ours(page, &denied, 16 << 10))),
        ("ours, denied, 1 KiB", Box::new(|page| ways.ours(page, &denied, 1 << 10))),
        ("ours, undecided, 16 KiB", Box::new(|page| ways.ours(page, &undecided, 16 << 10))),
        ("ours, granted, 16 KiB", Box::new(|page| ways.ours(page, &granted, 16 << 10))),
    ];
    for (kind, make) in [
        ("shop, no trackers", (|size| shop(size, false)) as fn(usize) -> String),
        ("shop, trackers", |size| shop(size, true)),
        ("nothing but tags", dense),
    ] {
        let pages: Vec<String> = [10, 60, 300, 1000].map(|size: usize| make(size << 10)).into();
        println!("\n{kind:<26} {:>9} {:>9} {:>9} {:>9}  MB/s", "10k", "60k", "300k", "1m");
        let mut best = vec![vec![Duration::MAX; pages.len()]; rows.len()];
        for (at, page) in pages.iter().enumerate() {
            let start = Instant::now();
            while start.elapsed() < BUDGET * u32::try_from(rows.len()).unwrap() {
                for (row, (_, way)) in rows.iter().enumerate() {
                    let begun = Instant::now();
                    black_box(way(black_box(page.as_bytes())));
                    best[row][at] = best[row][at].min(begun.elapsed());
                }
            }
        }
        for (row, (name, _)) in rows.iter().enumerate() {
            print!("{name:<26}");
            for (at, page) in pages.iter().enumerate() {
                print!(" {:>9.0}", page.len() as f64 / best[row][at].as_secs_f64() / 1e6);
            }
            println!();
        }
    }
}
