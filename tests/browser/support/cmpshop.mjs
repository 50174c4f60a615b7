// A small shop with a consent tool of its own. Its tags stand in the page as a theme puts them there: the tool asks, and
// nobody obeys it. So without Vestibule everything loads whatever is chosen.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { ROOT } from './process.mjs';

const PACKAGES = path.join(ROOT, 'tests/browser/node_modules');
const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css' };

// The hosts of the shop's tags, by the purpose that they are for.
export const HOSTS = {
  analytics: ['www.googletagmanager.com', 'region1.google-analytics.com'],
  marketing: ['connect.facebook.net', 'www.facebook.com'],
  social: ['www.youtube.com'],
};

// `tool.head` and `tool.body` are what the shop put into its pages for the tool.
const page = ({ name, head, body = '' }) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem}</style>${head}
<script async src="https://www.googletagmanager.com/gtag/js?id=G-DEMO000000"></script>
<script async src="https://connect.facebook.net/en_US/fbevents.js"></script>
</head><body><h1>The shop that asks with ${name}</h1><p>Bread, salt, soap.</p>
<iframe width="320" height="180" src="https://www.youtube.com/embed/film"></iframe>${body}</body></html>`;

// Serves the shop, and the packages of the tools from its own host, under /cmp/.
export async function openShop(tool) {
  const told = [];
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://shop.test');
    if (pathname === '/') {
      told.push(request.headers['vestibule-consent']);
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(page(tool));
      return;
    }
    const file = path.join(PACKAGES, pathname.replace(/^\/cmp\//, ''));
    if (!pathname.startsWith('/cmp/') || !file.startsWith(PACKAGES) || !fs.existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' });
    fs.createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    // What the shop was told about consent with the last page, as { purpose: grant }; undefined without Vestibule.
    told: () => told.at(-1) && Object.fromEntries(told.at(-1).split(', ').map((member) => member.split('='))),
    stop: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
}
