// Shops that ask with a tool of their own: each choice in the tool has to hold from the next request on.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launch } from './support/chromium.mjs';
import { TOOLS } from './support/cmps.mjs';
import { HOSTS, openShop } from './support/cmpshop.mjs';
import { perHost, startRecorder } from './support/recorder.mjs';
import { album } from './support/results.mjs';
import { protectWith } from './support/vestibule.mjs';

const PURPOSES = Object.keys(HOSTS);
const all = (grant) => Object.fromEntries(PURPOSES.map((purpose) => [purpose, grant]));
const VISITORS = [
  { name: 'untouched', expected: all('undecided') },
  { name: 'refuse', expected: all('denied') },
  { name: 'partial', expected: { ...all('denied'), analytics: 'granted' } },
  { name: 'accept', expected: all('granted') },
];
const only = process.env.CMP;
// Every program that is started waits for the end of this one.
process.setMaxListeners(2 * TOOLS.length + 20);

test('consent tools', { timeout: 5 * 60_000 }, async (t) => {
  const recorder = await startRecorder();
  t.after(() => recorder.stop());
  const browser = await launch(recorder);
  t.after(() => browser.close());
  const rows = [];
  const tools = TOOLS.filter(({ name }) => !only || name.includes(only));
  const places = await Promise.all(
    tools.map(async (tool) => {
      const shop = await openShop(tool);
      const proxy = await protectWith(shop.address, tool.site);
      const title = tool.standIn ? `${tool.name} (stand-in)` : tool.name;
      return { browser, recorder, shop, proxy, tool, title };
    }),
  );
  t.after(() => Promise.all(places.flatMap(({ shop, proxy }) => [proxy.stop(), shop.stop()])));
  for (const place of places) {
    const { shop, proxy, tool, title } = place;
    await t.test(title, async (t) => {
      // The same tags stand in every page; one measurement for each package is enough.
      const known = tool.mirrored && !only && 'measured with the tools before';
      await t.test('unprotected, everything loads', { skip: known }, async () => {
        const visit = await open(place, shop.address);
        await visit.page.locator(tool.asks).first().waitFor();
        if (tool.refuse) await tool.refuse(visit.page);
        const reached = await visit.next('/');
        assert.deepEqual(reached, Object.values(HOSTS).flat().sort(), 'whatever is chosen');
        await visit.close();
      });
      for (const visitor of VISITORS) {
        if (visitor.name !== 'untouched' && !tool[visitor.name]) continue;
        await t.test(visitor.name, async () => {
          const visit = await open(place, proxy.address);
          await visit.choose(visitor.name);
          const reached = await visit.holds(visitor.expected);
          rows.push([title, visitor.name, reached.join(' ') || '-']);
          await visit.close();
        });
      }
      if (tool.mirrored) await t.test('withdrawn and forgotten', () => changesOfMind(place));
    });
  }
  for (const row of rows) t.diagnostic(row.join(' | '));
});

// What the mirror makes of a choice that changes, and of a tool that is gone.
async function changesOfMind(place) {
  const { tool, proxy } = place;
  const visit = await open(place, proxy.address);
  await visit.choose('accept');
  await visit.holds(all('granted'));
  if (tool.standIn) {
    // The tool is blocked for once: that is no withdrawal.
    await visit.next('/?never');
    await visit.holds(all('granted'));
    await visit.next('/?open');
  }
  await visit.told(() => tool.withdraw(visit.page));
  await visit.holds(all('denied'));
  if (tool.forget) {
    if (tool.standIn) await visit.next('/?open');
    await visit.told(() => tool.forget(visit.page));
    await visit.holds(all('undecided'));
  }
  assert.deepEqual(visit.refused, [], 'calls of the mirror that the edge refused');
  assert.ok(visit.calls() <= 3, `${visit.calls()} calls of the mirror for three changes at most`);
  await visit.close();
}

async function open({ browser, recorder, shop, tool, title }, address) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1000, height: 700 } });
  context.setDefaultTimeout(5_000);
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  let calls = 0;
  const refused = [];
  const ofTheMirror = (answer) => answer.request().method() === 'POST' && answer.url().endsWith('/.vestibule/consent');
  page.on('response', (answer) => {
    if (!ofTheMirror(answer)) return;
    calls += 1;
    if (answer.status() >= 400) refused.push(answer.status());
  });
  const next = async (path) => {
    recorder.take();
    await page.goto(address + path, { waitUntil: 'load' });
    await recorder.settle(100);
    return Object.keys(perHost(recorder.take())).filter((host) => Object.values(HOSTS).flat().includes(host)).sort();
  };
  const state = async () => (await context.request.get(`${address}/.vestibule/state`)).json();
  const told = async (work) => {
    const answer = tool.mirrored && page.waitForResponse(ofTheMirror);
    await work();
    await answer;
  };
  await page.goto(address, { waitUntil: 'load' });
  return {
    page,
    next,
    told,
    refused,
    calls: () => calls,
    close: () => context.close(),
    async choose(name) {
      await page.locator(tool.asks).first().waitFor();
      if (name === 'untouched') {
        await album(`cmp ${title}`, name)(page, 'asks');
        return;
      }
      if (tool.wakes) await page.waitForTimeout(tool.wakes);
      await told(() => tool[name](page));
      // A cookie is written with the click, or a moment later.
      await page.waitForTimeout(150);
    },
    // Checks the state, what the shop is told, and who is reached, with the next page.
    async holds(expected) {
      const silent = Object.fromEntries((tool.silentOn ?? []).map((purpose) => [purpose, 'undecided']));
      const wanted = { ...expected, ...silent };
      const reached = await next('/');
      const { purposes } = await state();
      assert.deepEqual(pick(purposes), wanted, 'the state');
      assert.deepEqual(pick(shop.told()), wanted, 'what the shop is told');
      const granted = PURPOSES.filter((purpose) => wanted[purpose] === 'granted').flatMap((purpose) => HOSTS[purpose]);
      const allowed = granted.filter((host) => !tool.unlisted?.includes(host)).sort();
      assert.deepEqual(reached, allowed, 'the hosts that are reached');
      assert.deepEqual(errors, [], 'errors in the page');
      return reached;
    },
  };
}

const pick = (grants) => Object.fromEntries(PURPOSES.map((purpose) => [purpose, grants[purpose]]));
