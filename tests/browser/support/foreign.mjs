// The foreign hosts of the test shops: what each is for, and what it answers.

// What a host serves decides whether a visitor's choice lets it be reached.
//   necessary  the shop cannot work without it
//   carrier    loads others, serves no purpose of its own
//   unknown    on no list, so that only a visitor who accepted everything may reach it
export const PURPOSE = {
  'www.googletagmanager.com': 'carrier',
  'www.google-analytics.com': 'analytics',
  'region1.google-analytics.com': 'analytics',
  'www.clarity.ms': 'analytics',
  'x.clarity.ms': 'analytics',
  'connect.facebook.net': 'marketing',
  'www.facebook.com': 'marketing',
  'www.googleadservices.com': 'marketing',
  'px.ads.linkedin.com': 'marketing',
  'www.youtube.com': 'social',
  'fonts.googleapis.com': 'functional',
  'fonts.gstatic.com': 'functional',
  'widgets.unknown-vendor.example': 'unknown',
  'frames.unknown-vendor.example': 'unknown',
  'live.unknown-vendor.example': 'unknown',
  // jQuery: the catalog knows the public libraries that themes are built with.
  'ajax.googleapis.com': 'necessary',
  'js.stripe.com': 'necessary',
};

// Cookies that a visitor who did not agree must not have in the jar.
export const TRACKER_COOKIE = {
  _ga: 'analytics',
  _ga_DEMO000000: 'analytics',
  FPID: 'analytics',
  _clck: 'analytics',
  _fbp: 'marketing',
  _gcl_au: 'marketing',
  li_sugr: 'marketing',
  VISITOR_INFO1_LIVE: 'social',
  uv_id: 'unknown',
};

// Which of them a script of that host writes by `document.cookie` once it runs. This version withholds such a cookie
// from the shop but leaves it in the jar when its host may be contacted for another purpose; a later one will not.
export const WRITTEN_BY = { _gcl_au: 'www.googletagmanager.com' };

const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

const script = (body) => ({ headers: { 'content-type': 'text/javascript; charset=utf-8' }, body });
const page = (body, cookie) => ({
  headers: { 'content-type': 'text/html; charset=utf-8', ...(cookie && { 'set-cookie': cookie }) },
  body: `<!doctype html><title>frame</title>${body}`,
});
const pixel = (cookie) => ({ headers: { 'content-type': 'image/gif', ...(cookie && { 'set-cookie': cookie }) }, body: PIXEL });
const nothing = { status: 204 };
const remember = (name, value) => `document.cookie = ${JSON.stringify(`${name}=${value}; path=/; max-age=31536000`)};`;

// A container does at run time what nobody can read in the page: it adds tags, sends beacons and sets cookies.
const CONTAINER = `(() => {
  const add = (src) => { const s = document.createElement('script'); s.async = true; s.src = src; document.head.appendChild(s); };
  add('https://connect.facebook.net/en_US/fbevents.js');
  navigator.sendBeacon('https://www.google-analytics.com/g/collect?v=2&tid=G-DEMO000000&en=container');
  new Image().src = 'https://www.googleadservices.com/pagead/conversion/1/?label=demo';
  ${remember('_gcl_au', '1.1.1000000000.1700000000')}
})();`;

const GTAG = `(() => {
  fetch('https://region1.google-analytics.com/g/collect?v=2&tid=G-DEMO000000&en=page_view', { method: 'POST', mode: 'no-cors', keepalive: true }).catch(() => {});
  ${remember('_ga_DEMO000000', 'GS1.1.1700000000.1.0.1700000000.0.0.0')}
  ${remember('_ga', 'GA1.1.1000000000.1700000000')}
})();`;

const PIXEL_SCRIPT = `(() => {
  new Image().src = 'https://www.facebook.com/tr/?id=000000000000000&ev=PageView&dl=' + encodeURIComponent(location.href);
  ${remember('_fbp', 'fb.0.1700000000000.1000000000')}
})();`;

const CLARITY = `(() => {
  const call = new XMLHttpRequest(); call.open('POST', 'https://x.clarity.ms/collect'); call.send('{}');
  ${remember('_clck', 'demo')}
})();`;

const WIDGET = `(() => {
  const frame = document.createElement('iframe'); frame.hidden = true; frame.src = 'https://frames.unknown-vendor.example/f.html';
  document.body.appendChild(frame);
  try { new WebSocket('wss://live.unknown-vendor.example/s'); } catch {}
  ${remember('uv_id', 'demo')}
})();`;

const STRIPE = `window.Stripe = () => ({ elements: () => ({ create() {}, submit() {} }) }); ${remember('__stripe_mid', 'demo')}`;

// The answer of `host` to a request.
export function answerFor(host, path, method) {
  if (method === 'OPTIONS') return { status: 204, headers: { 'access-control-allow-methods': 'GET, POST' } };
  const [file] = path.split('?');
  switch (host) {
    case 'www.googletagmanager.com':
      if (file === '/gtm.js') return script(CONTAINER);
      return file === '/ns.html' ? page('') : script(GTAG);
    case 'connect.facebook.net':
      return script(PIXEL_SCRIPT);
    case 'www.clarity.ms':
      return script(CLARITY);
    case 'widgets.unknown-vendor.example':
      return script(WIDGET);
    case 'js.stripe.com':
      return script(STRIPE);
    case 'www.youtube.com':
      return page('<p>film</p>', 'VISITOR_INFO1_LIVE=demo; Path=/; Max-Age=15552000; Secure; HttpOnly; SameSite=None');
    case 'px.ads.linkedin.com':
      return pixel('li_sugr=demo; Path=/; Max-Age=7776000; Secure; SameSite=None');
    case 'fonts.googleapis.com':
      return {
        headers: { 'content-type': 'text/css' },
        body: `@font-face { font-family: Fraunces; font-weight: 600; src: url(https://fonts.gstatic.com/s/fraunces/demo.woff2) format('woff2'); }`,
      };
    case 'www.facebook.com':
    case 'www.googleadservices.com':
      return pixel();
    default:
      if (file.endsWith('.js')) return script('');
      return file.endsWith('.html') ? page('') : nothing;
  }
}
