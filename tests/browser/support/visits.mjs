// One visit to a shop, from the front page to the order, for one visitor's choice, and what could be seen meanwhile.
import assert from 'node:assert/strict';
import { PURPOSE } from './foreign.mjs';
import { perHost } from './recorder.mjs';

// Hosts that Chromium itself talks to, whatever the page says.
export const BROWSERS_OWN =
  /^(accounts\.google\.com|clients\d*\.google\.com|(update|optimizationguide-pa|content-autofill|safebrowsing|android)\.googleapis\.com|.*\.gvt1\.com|redirector\..*)$/;

const REFUSE = 'button[name="choice"][value="refuse"]';
const ACCEPT = 'button[name="choice"][value="accept"]';

// Presses a button of the banner and waits for the answer and for whatever the page does next.
const press = (button) => async (page, recorder) => {
  await Promise.all([
    page.waitForResponse((answer) => answer.url().includes('/.vestibule/') && answer.request().method() === 'POST'),
    page.locator(button).first().click(),
  ]);
  await calm(page, recorder);
};

// Sends a choice as the preference centre does.
const send = (choice) => async (page, recorder) => {
  const status = await page.evaluate(async (body) => {
    const answer = await fetch('/.vestibule/consent', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return answer.status;
  }, choice);
  assert.ok(status < 400, `the choice was answered ${status}`);
  await calm(page, recorder);
};

// What each visitor chooses, and which purposes may be served then; `undefined` stands for all of them.
export const VISITORS = [
  { name: 'unprotected', direct: true },
  { name: 'no choice', allowed: [] },
  { name: 'refuse', allowed: [], choose: press(REFUSE) },
  {
    name: 'analytics only',
    allowed: ['analytics', 'carrier'],
    choose: send({ choice: 'save', purposes: ['analytics'], services: [] }),
    scripted: true,
  },
  { name: 'accept all', choose: press(ACCEPT) },
  {
    name: 'accept, then refuse',
    allowed: [],
    choose: press(ACCEPT),
    reconsider: send({ choice: 'refuse', purposes: [], services: [] }),
    scripted: true,
  },
];

// Visits the shop at `address`. `shop` says where its front page is and how to buy something there, `received` which
// cookies it was sent since the last call, where that can be known.
export async function visit({ browser, recorder, address, shop, visitor, javaScript = true, picture, received }) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    javaScriptEnabled: javaScript,
    viewport: { width: 1280, height: 900 },
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  // What the shop serves itself and a policy line stopped all the same.
  const blocked = [];
  page.on('requestfailed', (request) => {
    const own = new URL(request.url()).origin === new URL(address).origin;
    if (own && request.failure()?.errorText === 'csp') blocked.push(request.url());
  });
  // Everything that was in the jar at any time: a cookie that is set and taken back again was there all the same.
  const jar = new Map();
  const settle = async () => {
    await calm(page, recorder);
    for (const { name, domain, expires } of await context.cookies()) {
      const lasting = expires > 0 || Boolean(jar.get(name)?.lasting);
      jar.set(name, { name, domain, lasting });
    }
  };
  const open = async (path) => {
    await page.goto(new URL(path, address).href);
    await settle();
  };
  try {
    recorder.take();
    received?.();
    await open(shop.front);
    const asked = await page.locator(REFUSE).first().isVisible();
    const alike = asked && (await looks(page, REFUSE)) === (await looks(page, ACCEPT));
    await picture?.(page, 'front');
    let early = {};
    if (visitor.choose) {
      early = foreign(recorder.take());
      await visitor.choose(page, recorder);
      await open(shop.front);
      await picture?.(page, 'chosen');
    }
    if (visitor.reconsider) {
      await visitor.reconsider(page, recorder);
      // From here on nothing may happen any more.
      recorder.take();
      received?.();
      jar.clear();
    }
    const askedAgain = visitor.choose ? await page.locator(REFUSE).first().isVisible() : asked;
    const works = await shop.buy({ page, open, picture, calm: settle });
    await open(shop.front);
    const seen = recorder.take();
    const cookies = [...jar.values()];
    return {
      visitor: visitor.name,
      asked,
      alike,
      askedAgain,
      early,
      hosts: foreign(seen),
      cookies,
      received: received?.(),
      works,
      errors,
      blocked,
    };
  } catch (error) {
    await picture?.(page, 'failed').catch(() => {});
    throw error;
  } finally {
    await context.close();
  }
}

// All that makes one button more inviting than another, but for the words on it.
function looks(page, button) {
  return page.locator(button).first().evaluate((element) => {
    const { width, height } = element.getBoundingClientRect();
    const { color, backgroundColor, border, borderRadius, font, opacity, textDecoration } = getComputedStyle(element);
    return JSON.stringify({ width, height, color, backgroundColor, border, borderRadius, font, opacity, textDecoration });
  });
}

// Waits for the page to load and for the recorder to have seen the last of it.
async function calm(page, recorder) {
  await page.waitForLoadState('load');
  await recorder.settle();
}

// The hosts that the pages asked for, without those that the browser asks for by itself.
function foreign(seen) {
  return perHost(seen.filter(({ host }) => PURPOSE[host] !== undefined || !BROWSERS_OWN.test(host)));
}
