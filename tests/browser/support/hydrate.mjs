// Two shops that are rendered on the server and come alive in the browser: React and Vue, each with the same tracked tree
// on both sides. The frameworks' own files are served as they are; React's are CommonJS, so they get a loader of a few
// lines.
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const MODULES = fileURLToPath(new URL('../node_modules/', import.meta.url));
const require = createRequire(import.meta.url);

export const TRACKERS = {
  script: 'https://connect.facebook.net/en_US/fbevents.js',
  pixel: 'https://www.facebook.com/tr?id=1&ev=PageView&noscript=1',
  frame: 'https://www.youtube.com/embed/aqz-KE-bpKQ',
  head: 'https://www.googletagmanager.com/gtag/js?id=G-DEMO000000',
  set: 'https://px.ads.linkedin.com/collect?pid=1',
};

// Markup that the shop's editors wrote, and that neither framework looks into.
const EDITED = `<p>Written by an <b>editor</b>.</p><img class="raw" width="1" height="1" alt="" src="${TRACKERS.set}">`;

// What the shop's script fetches later, and puts into the page: as JSON, and as a part of a page.
const LATER = `<p class="later">More lanterns</p><img width="1" height="1" alt="" src="https://www.facebook.com/tr?id=later">`;
const PARTS = {
  '/later.json': ['application/json', JSON.stringify({ html: LATER }).replaceAll('/', '\\/')],
  '/later.html': ['text/html; charset=utf-8', LATER],
  '/mislabelled': ['text/html; charset=utf-8', JSON.stringify({ html: LATER }).replaceAll('/', '\\/')],
};

// The tree, in the way of either framework: `make(tag, attributes, children)`.
const tree = (make, { count, click, raw }) => [
  make('h1', { key: 'title' }, 'Lantern'),
  make('button', { key: 'count', id: 'count', onClick: click }, `Clicked ${count} times`),
  make('img', { key: 'pixel', id: 'pixel', width: 1, height: 1, alt: '', src: TRACKERS.pixel }),
  make('iframe', { key: 'frame', id: 'frame', title: 'A film', src: TRACKERS.frame }),
  make('script', { key: 'script', id: 'script', src: TRACKERS.script }),
  make('div', { key: 'raw', id: 'raw', ...raw(EDITED) }),
  make('p', { key: 'after' }, 'In stock'),
];

function reactApp(React) {
  const make = React.createElement;
  return function App() {
    const [count, setCount] = React.useState(0);
    const raw = (__html) => ({ dangerouslySetInnerHTML: { __html } });
    return make('main', null, tree(make, { count, click: () => setCount(count + 1), raw }));
  };
}

// React renders the whole document, as its frameworks do. Its script waits for the rest of it, which a tracker may hold up.
function reactDocument(React, App) {
  const make = React.createElement;
  return make(
    'html',
    { lang: 'en' },
    make(
      'head',
      null,
      make('meta', { charSet: 'utf-8' }),
      make('title', null, 'Shop'),
      make('script', { async: true, src: TRACKERS.head }),
    ),
    make('body', null, make(App), make('script', { src: '/client.js', defer: true })),
  );
}

function vueApp(Vue) {
  const raw = (innerHTML) => ({ innerHTML });
  return Vue.createSSRApp({
    setup() {
      const count = Vue.ref(0);
      return () => Vue.h('main', tree(Vue.h, { count: count.value, click: () => (count.value += 1), raw }));
    },
  });
}

const source = (...parts) => fs.readFileSync(path.join(MODULES, ...parts), 'utf8');

// React's modules for the browser, and what starts them.
function reactClient(build, whole) {
  const modules = {
    react: source('react/cjs', `react.${build}.js`),
    scheduler: source('scheduler/cjs', `scheduler.${build}.js`),
    'react-dom': source('react-dom/cjs', `react-dom.${build}.js`),
    'react-dom/client': source('react-dom/cjs', `react-dom-client.${build}.js`),
  };
  const wrapped = Object.entries(modules).map(
    ([name, text]) => `${JSON.stringify(name)}: (module, exports, require, process) => {${text}\n}`,
  );
  const root = whole ? 'document, reactDocument(React, App)' : 'document.getElementById("root"), React.createElement(App)';
  return `(() => {
    const TRACKERS = ${JSON.stringify(TRACKERS)}, EDITED = ${JSON.stringify(EDITED)};
    const modules = {${wrapped.join(',\n')}};
    const loaded = {};
    const require = (name) => {
      if (!loaded[name]) {
        const module = (loaded[name] = { exports: {} });
        modules[name](module, module.exports, require, { env: { NODE_ENV: '${build}' } });
      }
      return loaded[name].exports;
    };
    const tree = ${tree};
    ${reactApp}
    ${reactDocument}
    const React = require('react');
    const App = reactApp(React);
    require('react-dom/client').hydrateRoot(${root}, {
      onRecoverableError: (error) => console.error('recoverable: ' + error.message),
    });
  })();`;
}

function vueClient(build) {
  const file = build === 'production' ? 'vue.global.prod.js' : 'vue.global.js';
  return `${source('vue/dist', file)}
  (() => {
    const TRACKERS = ${JSON.stringify(TRACKERS)}, EDITED = ${JSON.stringify(EDITED)};
    const tree = ${tree};
    ${vueApp}
    vueApp(Vue).mount('#root');
  })();`;
}

const page = (content) => `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<script async src="${TRACKERS.head}"></script></head><body><div id="root">${content}</div><script src="/client.js"></script></body></html>`;

// What each shop sends: its page, and its script.
const SHOPS = {
  'React, a part of the page': async (build) => {
    const React = require('react');
    const { renderToString } = require('react-dom/server');
    const content = renderToString(React.createElement(reactApp(React)));
    return { html: page(content), client: reactClient(build, false) };
  },
  'React, the whole document': async (build) => {
    const React = require('react');
    const { renderToString } = require('react-dom/server');
    const html = `<!DOCTYPE html>${renderToString(reactDocument(React, reactApp(React)))}`;
    return { html, client: reactClient(build, true) };
  },
  'Vue 3': async (build) => {
    const { renderToString } = require('vue/server-renderer');
    return { html: page(await renderToString(vueApp(require('vue')))), client: vueClient(build) };
  },
};

export const NAMES = Object.keys(SHOPS);

// A running shop.
export async function startShop(name, build) {
  const { html, client } = await SHOPS[name](build);
  const server = http.createServer((request, response) => {
    const [type, body] =
      { ...PARTS, '/': ['text/html; charset=utf-8', html], '/client.js': ['text/javascript; charset=utf-8', client] }[request.url] ?? [];
    response.writeHead(body ? 200 : 404, { 'content-type': type ?? 'text/plain' });
    response.end(body ?? 'nothing');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    html,
    stop: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))),
  };
}
