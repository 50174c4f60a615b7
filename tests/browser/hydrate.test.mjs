// Frameworks that render on the server and compare in the browser: they come alive through Vestibule, contact nobody without
// consent, and say nothing that they do not say without it, but for what is named here.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launch } from './support/chromium.mjs';
import { NAMES, TRACKERS, startShop } from './support/hydrate.mjs';
import { startRecorder } from './support/recorder.mjs';
import { protectWith } from './support/vestibule.mjs';

const HOSTS = Object.values(TRACKERS).map((address) => new URL(address).host);

// What may be said more than without Vestibule. The first two are the browser's own words, about a link whose address is
// withheld and about the policy line when a framework asks for a withheld address again; the others are what development
// builds say about an element that was withheld.
const NAMED = {
  'a preload without an address': /^<link rel=preload> has an invalid `href` value$/,
  'withheld by the policy line': /violates the following Content Security Policy directive/,
  'React, development: an attribute differs': /A tree hydrated but some attributes of the server rendered HTML didn't match/,
  'Vue, development: an attribute differs': /Hydration (attribute|children|node|completed)/,
};
const PRODUCTION = ['a preload without an address', 'withheld by the policy line'];

// Opens the shop as it is at `address`, and tells what happened.
async function visit(browser, recorder, address, choice) {
  const context = await browser.newContext();
  const page = await context.newPage();
  try {
    if (choice) {
      await page.goto(`${address}/nowhere`);
      const status = await page.evaluate(
        (choice) =>
          fetch('/.vestibule/consent', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ choice }),
          }).then((answer) => answer.status),
        choice,
      );
      assert.equal(status, 204);
    }
    await recorder.settle();
    recorder.take();
    const said = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) said.push(message.text());
    });
    page.on('pageerror', (error) => said.push(`thrown: ${error.message}`));
    await page.goto(address, { waitUntil: 'load' });
    const html = await (await context.request.get(address, { headers: { 'sec-fetch-dest': 'document' } })).text();
    const count = page.locator('#count');
    await page.waitForFunction(() => {
      const button = document.querySelector('#count');
      button.click();
      return !button.textContent.includes(' 0 ');
    });
    const before = Number((await count.textContent()).match(/\d+/)[0]);
    await count.evaluate((button) => button.click());
    await page.waitForFunction((before) => document.querySelector('#count').textContent.includes(` ${before + 1} `), before);
    await page.evaluate(async () => {
      for (const address of ['/later.json', '/later.html', '/mislabelled']) {
        const answer = await fetch(address);
        const html = address.endsWith('.html') ? await answer.text() : (await answer.json()).html;
        document.querySelector('#raw').insertAdjacentHTML('beforeend', html);
      }
    });
    await recorder.settle();
    const later = await page.locator('.later').count();
    const tree = await page.evaluate(() => [...document.querySelector('main').children].map((element) => element.localName));
    const contacted = [...new Set(recorder.take().map(({ host }) => host))].filter((host) => HOSTS.includes(host)).sort();
    return { said, html, contacted, tree, later };
  } finally {
    await context.close();
  }
}

for (const name of NAMES) {
  for (const build of ['production', 'development']) {
    test(`${name}, ${build} build`, { timeout: 5 * 60_000 }, async (t) => {
      const recorder = await startRecorder();
      const browser = await launch(recorder);
      const shop = await startShop(name, build);
      const proxy = await protectWith(shop.url, '');
      t.after(() => Promise.all([browser.close(), shop.stop(), proxy.stop()]).then(() => recorder.stop()));

      const bare = await visit(browser, recorder, shop.url);
      assert.deepEqual(bare.contacted, [...HOSTS].sort(), 'the shop itself contacts everybody');
      const allowed = build === 'production' ? PRODUCTION.map((name) => NAMED[name]) : Object.values(NAMED);
      for (const choice of [undefined, 'refuse', 'accept']) {
        const seen = await visit(browser, recorder, proxy.address, choice);
        const word = choice ?? 'undecided';
        assert.deepEqual(seen.tree, bare.tree, `${word}: the tree`);
        // Ports differ from server to server.
        const known = bare.said.map((text) => text.replace(/127\.0\.0\.1:\d+/g, ''));
        const more = seen.said.filter((text) => !known.includes(text.replace(/127\.0\.0\.1:\d+/g, '')));
        assert.equal(seen.later, 3, `${word}: what was fetched later is there`);
        if (choice === 'accept') {
          assert.equal(seen.html, shop.html, 'byte for byte');
          assert.deepEqual(seen.contacted, bare.contacted, 'everybody is contacted');
          assert.deepEqual(more, [], 'nothing more is said');
          continue;
        }
        assert.deepEqual(seen.contacted, [], `${word}: contacted`);
        const caught = seen.said.filter((text) => text.includes('id=later'));
        assert.deepEqual(caught, [], `${word}: what was fetched later was inert before it came to the policy line`);
        const unnamed = more.filter((text) => !allowed.some((pattern) => pattern.test(text)));
        assert.deepEqual(unnamed, [], `${word}: said more than without us`);
        if (process.env.HYDRATE_TELL) process.stdout.write(more.map((text) => `    ${text.slice(0, 300)}\n`).join(''));
        process.stdout.write(`${name}, ${build}, ${word}: ${more.length} messages more, all named; nobody contacted\n`);
      }
    });
  }
}
