//! T13 and T27: names of a shop that look like a tracker's. None may ever be taken for one.

use vestibule::catalog::Catalog;
use vestibule::config;

fn catalog() -> Catalog {
    Catalog::new(config::builtin_services())
}

/// Ids of what was found and is not on the necessary list.
fn trackers(catalog: &Catalog, found: &[vestibule::consent::ServiceId]) -> Vec<String> {
    let known = found.iter().map(|id| catalog.service(*id).unwrap());
    known.filter(|service| !service.necessary()).map(|service| service.id.to_string()).collect()
}

const COOKIES: &str = "
    _gat_cart _gac_cart ga_session_shop ga_session ga ga_cart gads gaq gat gid g_id ga_consent ga-cart my_ga x_ga __ga
    fbpage _fbpage _fb fbuser fb_login fb_cart _fbshop fbc fbp facebook_login fb-state
    pk_cart _pkg pk_order pk_id_shop _pk cart_uid cart-id cart_session cartToken cart_items minicart mini_cart
    basket_id basketItems panier warenkorb winkelwagen carrito carrello wishlist wishlist_id favorites compare
    session session_token session-data user_session sess_id mysession sid_guest usersid ssid SSID sso sso_token
    login login_token auth auth_session remember rememberme refresh_token RT access_token jwt id_token
    csrf csrf_token _token __csrf xsrf _xsrf antiforgery state nonce
    lang locale language country region currency store storeview shop shop_id site channel theme dark_mode
    uid uuid user user_id userId visitor visitor_id visitorId guest guest_id client_id clientid device device_id
    hj hj_session hjelp _h clarity clck _cl cl_id cs cs_id cs_cart csid amp amp_cart AMP amplitude_of_search heap heap_id
    mp mp_cart mp3_player mixpanel_of_tea matomo_shop plausible_price
    utm_source utm_campaign campaign tracking tracking_number trackingId track_order order_tracking order_id last_order
    pixel pixel_art pixels px px_size id id5x_ tt tt_cart ttc ttp _tt tiktok_handle pin pin_code pinterest_board pinned
    snap snapshot scid sc_cart sc sc_id sccart li li_cart lidc_ linkedin_profile twitter_name tw twk rdt_ reddit
    bing uet _ue _u ms ms_id aw aw_cart awc_ awin_name cj cj_cart ir ir_cart IR_cart ire
    kla klarna_ kl klv_sort klv_cart mc mc_cart mc_currency mailchimp.cart.current_email brevo drip drip_coffee drift_wood drift_cart
    hs hs_code hstc hub hubspot_ nl newsletter newsletter_seen popup popup_closed banner_closed cookie_notice
    opt opt_in opt_out optimizely_ vwo ab ab_test abtest abtesting experiment variant bucket dy dy_cart nosto algolia
    kt_aside_toggle kt_cart lb_server _lb _lb_node ken_cart prism_theme prism_cart mt.cart mt_cart ins-cart ins-user ins_id
    drawer_open clerk_session clerk_id clerk_name store_clerk emoscar emos ser_id wt_cart wt weborama_ visit visits visited
    lpv lpv_cart lpvisits pi_opt_in visitor_id_shop RP_1 P_1 CX_1 st st_id c_user_ sb datr xs presence player
    recordID recently_viewed recently-viewed viewed_products last_viewed history search_history filter sort view_mode
    seg segment segment_id customer_segment ajs ajsettings utag tealium tc tc_cart TC tms sat s_cart s_session sq s_id
    ev ev_cart event events eventid evt fs fs_session fs_cart full_story mf mf_cart mouse lo lo_cart ce ce_cart
    smart smart_search zendesk_ z zd zd_cart intercom crisp crispy_bread tawk chat chat_open chat_id livechat
    trust trust_level review reviews rating stars yotpo bv bvseo sentry_ dd dd_cart nr NR adrum dt dtcart rx rxcart
    sp sp_cart sp_id snow pl plausible fathom_depth umami_sauce ym ym_cart yandex_kassa et et_cart kissme km km_cart woo
    woocart woo_order wishlist-id klaro_cart cookie consent consents gdpr privacy age_verified agegate terms accept_terms
    zip postcode store_locator delivery delivery_slot slot coupon voucher discount giftcard gift promo promo_code
    a b c d e f g h i j k l m n o p q r s t u v w x y z
";

#[test]
fn t27_cookies_of_a_shop_are_nobody_elses() {
    let catalog = catalog();
    assert!(COOKIES.split_whitespace().count() > 300);
    for name in COOKIES.split_whitespace() {
        let found = trackers(&catalog, &catalog.by_cookie(name.as_bytes()));
        assert!(found.is_empty(), "`{name}` is taken for {found:?}");
    }
}

const PATHS: &str = "
    / /js/analytics-helper.js /js/analytics.js /analytics.js /analytics /analytics/ /assets/analytics.css /ga.js /js/ga.js
    /facebook-icons.svg /img/facebook-icons.svg /facebook.png /facebook /fb /fb.js /js/fb-login.js /share/facebook
    /gtag-styles.css /gtag.js /js/gtag.js /gtag/ /gtag /gtag/js /gtag/js?id=1 /gtm /gtm.js /js/gtm.js /gtm-2000-drill
    /gtm.js?v=3 /app.js?id=68b329da98 /app.js?id=G-100 /js?id=G-100 /product?id=G-100 /product?id=GTM-100 /?id=AW-1
    /?tid=G-100 /?v=2&tid=100&cid=3 /collect?v=1&tid=5 /order?tid=UA-100 /?idsite=3 /stores?idsite=3&rec=2
    /pixel /pixel/ /pixel-art/ /pixel.gif /pixel.png /pixel.js /js/pixel.js /ads/pixel.js /collections/pixel-art/
    /collections /collections/ /collections/all /collect /collect/ /collect/?id=1 /click-and-collect /g/collect /j/collect
    /g/collect?v=2 /g/collection?v=2&tid=G-1 /track /track/ /track?order=1 /track/?number=2 /tracking /tracking/123
    /tracking.js /track.php /order/track /orders/1/events /events /events/ /events/1 /events/1/abc?a=1 /event /event?id=2
    /event?a=1&v=2 /e /e/ /e/?q=1 /s /s/ /s/fs.js /i /i/ /i?e=1 /p /p/ /p/1 /h /h?a=1&u=2 /b /b/ /b/ss /b/ss/ /b/ss/dress
    /b/ss/shirts/1 /tr /tr/ /tr/?id=1 /tr?id=1&ev=2 /tr/product?id=1 /v3/ /v3/?event=1 /user/ /user/?id=1 /action/0
    /action/0?ti=2 /p/action/1 /tag/ /tag/red /tags/ /tags/summer/tag.js /tags/v2 /tags?id=pr_1 /js/tag.js /bat.js /img/bat.js
    /beacon /beacon.js /beacon/ /beacons/light /api/collect /api/events /api/event /api/track /api/send /api/v2/pixel
    /api/v1/batch /v1/batch /batch /bulk /v1/p /v1/t /v2/track /v2/events /1/events /pageview /pageview?pid=1 /uxa/ /uxa/x.js
    /rec/page /rec/bundle /rec /decide /decide/ /decide/?v=3 /flags/ /flags/?v=2 /flags/france /s/?ip=1 /array /array/ /array/1
    /static/array.js /ingest /ingest/ /script.js /js/script.js /plausible /plausible-price /sp.js /js/sp.js /container
    /js/container_layout.js /js/container_Qx1.js /utag /utag.js /js/utag.js /tc_brand_1.js /tc_cart.js /ea.js /col /col/1
    /report /report?organization=1&event=2 /wrap /wrap?id=1 /clic.php /r.php /r.php?x=1 /banner.php /trk.php /trk.php?id=1
    /sale.cfm /sale /conversion /conversion/ /visit /visit?e=1 /visit-us /collect.js /cnt.php /cnt.php?et=1 /wt /wt?p=1
    /watch /watch/ /watch/123 /watch/123?page-url=1 /watches /m2/ /m2/json /id /id?d=1 /event?d=1 /rest/v1/delivery
    /rest/v1/delivery?client=1 /delivery/ /syncframe /ld.js /js/ld/ld.js /ep /rb_glasses /rb_1?type=glasses /rb/ray-ban
    /api_dynamic.js /api_static.js /api/census/ /wpm /rum /api/v2/rum /api/v2/logs /jserrors /events/1/x?a=1 /store/ /api/1/store/
    /api/1/envelope/ /recaptcha/api.js /hotjar /c/hotjar-mug /c/hotjar-mug?sv=1 /hotjar-shirt /clarity /clarity.js
    /matomo /matomo/ /matomo-shop /matomo.css /my-matomo.json /piwik /piwik/ /snowplow/ /snowplow-shovel /segment.js
    /analytics.js/ /libtrc /taboola.html /criteo.js /awin.php /klaviyo.css /onsite/ /fbevents.css /my-fbevents.json /fbevents
    /webevents/ /webevents/concert /amzn.js /cdn-cgi/image/w=1/a.jpg /cdn-cgi/trace /cdn-cgi/l/email-protection
    /.well-known/security.txt /.well-known/acme-challenge/x /.well-known/apple-app-site-association
    /.well-known/shopify/ /cart /cart.js /cart/add.js /checkout /account /search?q=google-analytics.com /robots.txt
    /search?q=*&tid=G-1 /i/adsct-table /servlet/effie /unifiedPixels /2/httpapis /g.gif /rp.gif?id=1 /metrika/ /ppms
";

#[test]
fn t13_paths_of_a_shop_are_nobodys_endpoint() {
    let catalog = catalog();
    assert!(PATHS.split_whitespace().count() > 200);
    for path in PATHS.split_whitespace() {
        for place in ["", "/shop", "/fr/boutique"] {
            let path = format!("{place}{path}");
            let found = trackers(&catalog, &catalog.by_endpoint(&path));
            assert!(found.is_empty(), "`{path}` is taken for {found:?}");
            let found = trackers(&catalog, &catalog.by_address("www.shop.example", &path));
            assert!(found.is_empty(), "`{path}` is taken for {found:?}");
        }
    }
}

const HOSTS: &str = "
    www.shop.example shop.example google-analytics.com.shop.example facebook.com.shop.example
    google-analytics.shop.example facebook.shop.example analytics.shop.example metrics.shop.example stats.shop.example
    gtm.shop.example data.shop.example pixel.shop.example track.shop.example collect.shop.example events.shop.example
    notgoogle-analytics.com myfacebook.com facebook.com.evil.example xhotjar.com hotjar.com.example clarity.ms.example
    doubleclick.net.example fakedoubleclick.net criteo-shop.com criteo.com.example awin1.com.example matomo.shop.example
    cdn.shop-static.example images.shop.example tiktok.shop.example klaviyo-cdn.example notstripe.com segment.com.example
    net com io example localhost 127.0.0.1 10.0.0.1 xn--bcher-kva.example google.example www.google.example
    www.google.com accounts.google.com/settings apis.google.com www.gstatic.com www.linkedin.com www.tiktok.com www.quora.com
    t.co amazonaws.com s3.amazonaws.com bucket.s3.amazonaws.com d111.cloudfront.net example.azureedge.net
    shop.github.io shop.netlify.app shop.vercel.app fastly.net akamaized.net cloudflare.com wordpress.com wp.com
    www.apple.com www.microsoft.com www.amazon.com www.ebay.com www.dhl.com www.ups.com www.laposte.fr gls-group.com
";

#[test]
fn t13_hosts_that_only_look_alike_are_nobodys() {
    let catalog = catalog();
    for host in HOSTS.split_whitespace() {
        let found = trackers(&catalog, &catalog.by_address(host, "/"));
        assert!(found.is_empty(), "`{host}` is taken for {found:?}");
        assert!(catalog.by_cname(host).is_empty(), "`{host}`");
    }
}

/// What pages of themes load from hosts that everybody uses.
#[test]
fn themes_of_shops_keep_working() {
    let catalog = catalog();
    for (host, path) in [
        ("cdn.jsdelivr.net", "/npm/bootstrap@5.3.3/dist/css/bootstrap.min.css"),
        ("cdn.jsdelivr.net", "/npm/swiper@11/swiper-bundle.min.js"),
        ("unpkg.com", "/alpinejs@3"),
        ("cdnjs.cloudflare.com", "/ajax/libs/jquery/3.7.1/jquery.min.js"),
        ("ajax.googleapis.com", "/ajax/libs/jquery/3.7.1/jquery.min.js"),
        ("code.jquery.com", "/jquery-3.7.1.min.js"),
        ("stackpath.bootstrapcdn.com", "/bootstrap/4.5.2/js/bootstrap.min.js"),
        ("maxcdn.bootstrapcdn.com", "/font-awesome/4.7.0/css/font-awesome.min.css"),
        ("netdna.bootstrapcdn.com", "/bootstrap/3.0/js/bootstrap.min.js"),
        ("cdn.shopify.com", "/s/files/1/0001/theme.css"),
        ("cdn.shopify.com", "/shopifycloud/storefront/assets/shopify_pay/storefront.js"),
        ("cdn11.bigcommerce.com", "/s-1/product_images/a.png"),
        ("images.squarespace-cdn.com", "/content/a.jpg"),
        ("static.wixstatic.com", "/media/a.jpg"),
        ("res.cloudinary.com", "/shop/image/upload/a.jpg"),
        ("shop.imgix.net", "/a.jpg"),
        ("s7d1.scene7.com", "/is/image/shop/a"),
        ("i0.wp.com", "/shop.example/a.jpg"),
    ] {
        let found = catalog.by_address(host, path);
        assert!(!found.is_empty(), "{host}{path} is not known");
        assert!(found.iter().all(|id| catalog.service(*id).unwrap().necessary()), "{host}{path}");
    }
    for (host, path, service) in [
        ("fonts.googleapis.com", "/css2?family=Roboto", "google-fonts"),
        ("use.typekit.net", "/abc.css", "adobe-fonts"),
        ("kit.fontawesome.com", "/abc.js", "font-awesome"),
        ("cdn.shopify.com", "/s/trekkie.storefront.abc.min.js", "shopify-analytics"),
        ("ajax.googleapis.com", "/ajax/libs/webfont/1.6.26/webfont.js", "google-fonts"),
    ] {
        assert_eq!(trackers(&catalog, &catalog.by_address(host, path)), [service], "{host}{path}");
    }
}

const PARAMETERS: &str = "
    clid gclid_info xgclid gclids gcl gad gads wbraids fbclids fb_id fbc fb msclk ttc tw_id twc sc scid sc_order li li_id
    awc_ aw cj cje ir irc irclick mc mc_id mc_order mkt mkt_id hs hsid hs_code igs igsh_code ysc ycl _g _gac gl ga
    pk pk_id mtm mtm_id at at_id id sid uid cid tid pid vid aid bid kid oid token state code session session_id
    utm_source utm_medium utm_campaign utm_content utm_term utm_id ref referrer source medium campaign channel affiliate
    partner coupon voucher promo discount q query search s p page sort order dir limit size color colour price brand cat category
    product variant sku ean qty amount currency lang locale country store signature sig hash expires key nonce
    X-Amz-Signature Signature Policy Key-Pair-Id payment_intent payment_intent_client_secret redirect_status PayerID
    paymentId redirectResult orderId order_id return_to return_url next continue action add-to-cart remove_item wc-ajax
    _wpnonce _token form_key ___store isAjax ajax format callback v ver version t ts time cb _ fbx epikx epic tduidx ranger
    rfs elqx elq ae af ak dm_items dm vero adobe kx nb kb sub sub_id subid click click_id clickid transaction_id
";

#[test]
fn parameters_of_a_shop_are_nobodys_identifier() {
    let catalog = catalog();
    assert!(PARAMETERS.split_whitespace().count() > 150);
    for name in PARAMETERS.split_whitespace() {
        let found = trackers(&catalog, &catalog.by_parameter(name.as_bytes()));
        assert!(found.is_empty(), "`{name}` is taken for {found:?}");
    }
}

/// T13: text that only mentions a tag, and code of the shop that is written like one.
#[test]
fn t13_scripts_that_only_mention_a_tag_are_the_shops() {
    let catalog = catalog();
    for script in [
        "// call fbq( after the pixel was loaded",
        "var help = 'Paste fbq(\\'track\\') below';",
        "document.title='Google Analytics, Matomo and Hotjar compared';",
        "var links=['https://www.facebook.com/shop','https://twitter.com/shop','https://www.instagram.com/shop'];",
        "twq('event', 'tw-1-2', {}); addToCart(1);",
        "rdt('track', 'Purchase'); submitOrder();",
        "snaptr('track', 'ADD_CART'); cart.add(3);",
        "obApi('track', 'Purchase'); order();",
        "_learnq.push(['track', 'Added to Cart', item]); cart.add(item);",
        "window.criteo_q=window.criteo_q||[];criteo_q.push({event:'viewBasket'});basket.render();",
        "twttr.widgets.load(); openMenu();",
        "Adcell.Tracking.track(); next();",
        "window.hj=window.hj||function(){};hj('event','checkout');pay();",
        "clarity('set','step','2'); next();",
        "ttq.track('AddToCart'); cart.add(1);",
        "klaviyo.push(['track','x']); cart.add(1);",
        "posthog.capture('x'); cart.add(1);",
        "mixpanel.track('x'); cart.add(1);",
        "amplitude.track('x'); cart.add(1);",
        "Intercom('show'); $crisp.push(['do','chat:open']);",
        "OneSignal.push(function(){}); cart();",
        "_hsq.push(['trackPageView']); cart();",
        "_satellite.track('x'); cart();",
        "utag.link({a:1}); cart();",
        "analytics.track('Order Completed'); cart();",
        "window.uetq=window.uetq||[];uetq.push('event','purchase');pay();",
        "var pixel={size:4}; function track(){} track(); var collect=1; heap=[]; heap.push(1);",
        "new Map(); maps.google='x'; var youtube='https://youtu.be/x';",
        "import('/js/fb-login.js'); const segment='b2b'; const optimizely_id=3;",
    ] {
        let found = trackers(&catalog, &catalog.by_inline(script.as_bytes()));
        assert!(found.is_empty(), "{found:?} in {script}");
    }
}
