// Pages in which trackers hide, in a real browser before a real Vestibule: nobody is contacted who needs consent, everything
// of the shop's own is fetched as it is without us, and whoever accepted everything gets the bytes of the shop.
//
// Twice: as shipped, and with the policy line taken out on the way, so that what the rewriter leaves is seen.
// VESTIBULE_PAGES is how many pages are rendered in all, VESTIBULE_PAGES_SEED which; VESTIBULE_PAGES_ONLY=number shows one.
// VESTIBULE_BROWSER=firefox takes that instead of Chromium.
import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import * as chromium from './support/chromium.mjs';
import * as firefox from './support/firefox.mjs';
import { startRecorder } from './support/recorder.mjs';
import { protect } from './support/vestibule.mjs';
import { allowed } from './support/pages/catalog.mjs';
import { STYLE_COUNT, generate } from './support/pages/generate.mjs';
import { startOrigin, withoutPolicy } from './support/pages/origin.mjs';
import { open } from './support/pages/run.mjs';
import { UNDER_THE_NET } from './support/pages/styles.mjs';

const SEED = Number(process.env.VESTIBULE_PAGES_SEED ?? 20261128);
const RENDERED = Number(process.env.VESTIBULE_PAGES ?? 320);
const ONLY = process.env.VESTIBULE_PAGES_ONLY;
const { launch } = process.env.VESTIBULE_BROWSER === 'firefox' ? firefox : chromium;

const VISITORS = [
  { name: 'undecided', granted: [] },
  { name: 'refuse', granted: [], choice: { choice: 'refuse', purposes: [], services: [] } },
  { name: 'partial', granted: ['analytics'], choice: { choice: 'save', purposes: ['analytics'], services: [] } },
  { name: 'accept', choice: { choice: 'accept', purposes: [], services: [] } },
];

// Nothing that a host serves fetches anything, so that what is seen was in the page.
const answer = (_, path) => {
  const [file] = path.split('?');
  if (file.endsWith('.js')) return { headers: { 'content-type': 'text/javascript' }, body: '' };
  return { status: 204 };
};

function ask(address, { path, method = 'GET', headers = {}, body }) {
  return new Promise((resolve, reject) => {
    const request = http.request(new URL(path, address), { method, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk)).on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
    });
    request.on('error', reject).end(body);
  });
}

// The cookies that a choice gives.
async function cookiesOf(address, choice) {
  if (!choice) return [];
  const { status, headers } = await ask(address, {
    path: '/.vestibule/consent',
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: address, 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify(choice),
  });
  assert.ok(status < 400, `the choice was answered ${status}`);
  return headers['set-cookie'].map((cookie) => {
    const [pair] = cookie.split(';');
    const [name, ...value] = pair.split('=');
    return { name, value: value.join('=') };
  });
}

test('pages in which trackers hide', { timeout: 4 * 3_600_000 }, async (t) => {
  const recorder = await startRecorder(answer);
  t.after(() => recorder.stop());
  const page = (number) => generate(SEED, number);
  const origin = await startOrigin(page);
  t.after(() => origin.stop());
  const proxy = await protect(origin.address);
  t.after(() => proxy.stop());
  const bare = await withoutPolicy(proxy.address);
  t.after(() => bare.stop());
  const browsers = new Map();
  for (const javaScript of [true, false]) {
    const browser = await launch(recorder, javaScript);
    t.after(() => browser.close());
    browsers.set(javaScript, browser);
  }

  // Each page in each of sixteen ways would be many. With and without the policy line the pages are the same, and are looked
  // at once without us.
  const ways = [true, false].flatMap((javaScript) => VISITORS.map((visitor) => ({ javaScript, visitor })));
  const share = Math.ceil(RENDERED / ways.length / 2);
  const total = { pages: 0, dangerous: 0, leaks: [], lost: [], differences: [], touched: [], netted: 0 };
  const rows = [];
  for (const [at, { javaScript, visitor }] of ways.entries()) {
    const numbers = ONLY ? [Number(ONLY)] : Array.from({ length: share }, (_, index) => at * share + index);
    const all = numbers.map(page);
    const cookies = await cookiesOf(proxy.address, visitor.choice);
    const forbidden = ({ host, path }) => !allowed(visitor.granted, host.replace(/\.$/, ''), path);
    const common = { browser: browsers.get(javaScript), recorder, origin, javaScript };
    const before = await open({ ...common, pages: all, address: origin.address });
    for (const net of [true, false]) {
      const pages = net ? all : all.filter(({ netted }) => !netted);
      total.netted += all.length - pages.length;
      const visit = { ...common, address: net ? proxy.address : bare.address, cookies, again: forbidden };
      const after = await open({ ...visit, pages });
      const way = `${visitor.name}, ${javaScript ? 'scripts' : 'no scripts'}, ${net ? 'as shipped' : 'no policy line'}`;
      const found = { leaks: [], lost: [], touched: [], differences: [] };
      let dangerous = 0;
      for (const { number, bytes, made, slot } of pages) {
        const [was, is] = [before.get(number), after.get(number)];
        const tell = (what) => `${way}: ${number}: ${made}: ${what}`;
        dangerous += was.contacts.some(({ host, path }) => !allowed([], host.replace(/\.$/, ''), path)) ? 1 : 0;
        const leaked = is.contacts.filter(forbidden);
        if (leaked.length) found.leaks.push(tell([...new Set(leaked.map(({ kind, host }) => `${kind} ${host}`))].join(', ')));
        const missing = () => was.files.filter((file) => !is.files.includes(file));
        if (missing().length) {
          // A browser that goes elsewhere may or may not have got so far: once more, alone.
          const alone = await open({ ...visit, pages: [page(number)] });
          is.files.push(...alone.get(number).files);
        }
        if (missing().length) found.lost.push(tell(missing().join(', ')));
        if (net && (visitor.name === 'accept' || slot)) {
          const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
          const { body } = await ask(proxy.address, { path: `/p/${number}`, headers: { cookie, accept: 'text/html' } });
          if (visitor.name === 'accept' && !body.equals(bytes)) found.differences.push(tell('not the bytes of the shop'));
          if (slot && !body.includes(slot)) found.touched.push(tell('a look-alike was changed'));
        }
      }
      origin.take();
      const counts = Object.fromEntries(Object.entries(found).map(([key, list]) => [key, list.length]));
      rows.push({ way, pages: pages.length, dangerous, ...counts });
      total.pages += pages.length;
      total.dangerous += dangerous;
      for (const key of Object.keys(found)) total[key].push(...found[key]);
    }
  }
  console.table(rows);
  console.log(
    `pages: seed ${SEED}, ${total.pages} rendered (${total.dangerous} contact a tracker unprotected), ${STYLE_COUNT} styles, leaks ` +
      `${total.leaks.length}, over-blocks ${total.lost.length + total.touched.length}, identity differences ` +
      `${total.differences.length}, left to the policy line alone ${total.netted} (${Object.keys(UNDER_THE_NET).length} styles)`,
  );
  const faults = ['leaks', 'lost', 'touched', 'differences'].flatMap((kind) => total[kind].map((text) => `${kind}: ${text}`));
  assert.equal(faults.length, 0, `\n${faults.join('\n')}`);
  assert.ok(ONLY || total.dangerous > total.pages / 3, 'too few of the pages do anything unprotected');
});
