//! What marketing pasted into the shop's templates over the years: the vendors' own install snippets, with account ids
//! that belong to nobody.
//!
//! The vendors' scripts write their cookies once they have loaded. Here the snippets of Google Analytics and Meta write
//! them as well, so that the demonstration shows them on a machine without a network.

/// Early in `<head>`, on every page.
pub(super) const HEAD: &str = r#"<!-- Google Tag Manager -->
<script>(function(w,d,s,l,i){w[l]=w[l]||[];w[l].push({'gtm.start':
new Date().getTime(),event:'gtm.js'});var f=d.getElementsByTagName(s)[0],
j=d.createElement(s),dl=l!='dataLayer'?'&l='+l:'';j.async=true;j.src=
'https://www.googletagmanager.com/gtm.js?id='+i+dl;f.parentNode.insertBefore(j,f);
})(window,document,'script','dataLayer','GTM-DEMO000');</script>
<!-- End Google Tag Manager -->
<!-- Google tag (gtag.js) -->
<script async src="https://www.googletagmanager.com/gtag/js?id=G-DEMO000000"></script>
<script>
window.dataLayer = window.dataLayer || [];
function gtag(){dataLayer.push(arguments);}
gtag('js', new Date());
gtag('config', 'G-DEMO000000');
if (!/(^|; )_ga=/.test(document.cookie)) document.cookie = '_ga=GA1.1.' + Math.floor(Math.random() * 2147483647) +
  '.' + Math.floor(Date.now() / 1000) + '; path=/; max-age=63072000; samesite=lax';
</script>
<!-- Meta Pixel Code -->
<script>
!function(f,b,e,v,n,t,s)
{if(f.fbq)return;n=f.fbq=function(){n.callMethod?
n.callMethod.apply(n,arguments):n.queue.push(arguments)};
if(!f._fbq)f._fbq=n;n.push=n;n.loaded=!0;n.version='2.0';
n.queue=[];t=b.createElement(e);t.async=!0;
t.src=v;s=b.getElementsByTagName(e)[0];
s.parentNode.insertBefore(t,s)}(window, document,'script',
'https://connect.facebook.net/en_US/fbevents.js');
fbq('init', '000000000000000');
fbq('track', 'PageView');
if (!/(^|; )_fbp=/.test(document.cookie)) document.cookie = '_fbp=fb.0.' + Date.now() + '.' +
  Math.floor(Math.random() * 2147483647) + '; path=/; max-age=7776000; samesite=lax';
</script>
<noscript><img height="1" width="1" style="display:none"
src="https://www.facebook.com/tr?id=000000000000000&amp;ev=PageView&amp;noscript=1" alt=""></noscript>
<!-- End Meta Pixel Code -->
<script type="text/javascript">
(function(c,l,a,r,i,t,y){
c[a]=c[a]||function(){(c[a].q=c[a].q||[]).push(arguments)};
t=l.createElement(r);t.async=1;t.src="https://www.clarity.ms/tag/"+i;
y=l.getElementsByTagName(r)[0];y.parentNode.insertBefore(t,y);
})(window, document, "clarity", "script", "demo000000");
</script>
<link rel="preconnect" href="https://fonts.googleapis.com">
<link rel="preconnect" href="https://fonts.gstatic.com" crossorigin>
<link href="https://fonts.googleapis.com/css2?family=Fraunces:opsz,wght@9..144,600&amp;display=swap" rel="stylesheet">
"#;

/// Right after `<body>`.
pub(super) const BODY_START: &str = r#"<!-- Google Tag Manager (noscript) -->
<noscript><iframe src="https://www.googletagmanager.com/ns.html?id=GTM-DEMO000"
height="0" width="0" style="display:none;visibility:hidden"></iframe></noscript>
<!-- End Google Tag Manager (noscript) -->
"#;

/// Before `</body>`: a pixel that needs no script, and a widget that no list knows.
pub(super) const BODY_END: &str = r#"<img height="1" width="1" alt="" style="position:absolute"
src="https://px.ads.linkedin.com/collect/?pid=0000000&amp;fmt=gif">
<script src="https://widgets.unknown-vendor.example/w.js" async></script>
"#;

/// A film on the page of an article.
pub(super) const FILM: &str = r#"<section class="film"><h2>Watch it burn</h2>
<iframe width="560" height="315" src="https://www.youtube.com/embed/aqz-KE-bpKQ?rel=0" title="Film"
allow="encrypted-media; picture-in-picture" referrerpolicy="strict-origin-when-cross-origin" loading="eager"
allowfullscreen></iframe></section>
"#;

/// The payment provider on the checkout page.
pub(super) const PAYMENT: &str = r#"<script src="https://js.stripe.com/v3/"></script>
"#;
