// Many pages through one browser, and what they made it do.
import { setTimeout as sleep } from 'node:timers/promises';
import { FIREFOXS_OWN } from '../firefox.mjs';
import { BROWSERS_OWN } from '../visits.mjs';

const TABS = 4;
const BATCH = 32;

// Opens `pages` at `address` in tabs of one context. Gives what was seen, by number: `files`, the shop's own that were
// asked for, and `contacts`, everybody else. What cannot be told apart by the mark in its address is looked at again, page
// by page, when `again` says that it matters.
export async function open({ browser, recorder, origin, address, pages, javaScript, cookies = [], again }) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: javaScript });
  if (cookies.length) await context.addCookies(cookies.map((cookie) => ({ ...cookie, url: address })));
  let tabs = await Promise.all(Array.from({ length: TABS }, () => context.newPage()));
  const seen = new Map(pages.map((page) => [page.number, { files: [], contacts: [] }]));

  const look = async (tab, page) => {
    try {
      await tab.goto(`${address}/p/${page.number}`, { waitUntil: 'load', timeout: 8000 });
      if (page.ping) await tab.click('#ping', { timeout: 1000, noWaitAfter: true });
    } catch {
      // A page may send the browser elsewhere before it has loaded.
    }
    await sleep(javaScript ? 40 : 15);
  };
  const collect = async () => {
    await recorder.settle(60, 2000);
    return recorder.take().filter(({ host }) => !BROWSERS_OWN.test(host) && !FIREFOXS_OWN.test(host));
  };
  for (let from = 0; from < pages.length; from += BATCH) {
    const batch = pages.slice(from, from + BATCH);
    const left = [...batch];
    await Promise.all(
      tabs.map(async (tab) => {
        for (let page; (page = left.shift()); ) await look(tab, page);
      }),
    );
    const contacts = await collect();
    let unknown = false;
    for (const contact of contacts) {
      const number = Number(/[?&]vp=(\d+)\./.exec(contact.path ?? '')?.[1]);
      if (seen.has(number)) seen.get(number).contacts.push(contact);
      else if (again?.(contact)) unknown = true;
    }
    for (const [number, files] of origin.take()) seen.get(number)?.files.push(...files);
    for (const page of unknown ? batch : []) {
      await tabs[0].goto('about:blank');
      await collect();
      await look(tabs[0], page);
      await sleep(100);
      seen.get(page.number).contacts.push(...(await collect()));
      origin.take();
    }
  }
  await context.close();
  return seen;
}
