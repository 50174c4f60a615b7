// The same questions for every shop: what reaches whom, for each choice, with and without scripts.
import test from 'node:test';
import { launch } from './chromium.mjs';
import { expectBaseline, expectProtected } from './expect.mjs';
import { startRecorder } from './recorder.mjs';
import { album, publish } from './results.mjs';
import { VISITORS, visit } from './visits.mjs';

// `shop`: name, front, buy, open (starts origin and proxy), and what an unprotected visit has to show.
export function examine(shop) {
  test(shop.name, { timeout: 20 * 60_000 }, async (t) => {
    const recorder = await startRecorder();
    t.after(() => recorder.stop());
    const browser = await launch(recorder);
    t.after(() => browser.close());
    const place = await shop.open();
    t.after(() => place.stop());
    for (const javaScript of [true, false]) {
      const title = javaScript ? shop.name : `${shop.name} without scripts`;
      const facts = javaScript ? shop.scripted : shop.unscripted;
      const results = [];
      for (const visitor of VISITORS) {
        if (visitor.scripted && !javaScript) continue;
        const pointless = !visitor.direct && results.length === 0 && 'there is no baseline to compare with';
        await t.test(`${title}: ${visitor.name}`, { skip: pointless }, async () => {
          const address = visitor.direct ? place.origin : place.proxy;
          const picture = album(title, visitor.name);
          const { received } = place;
          const result = await visit({ browser, recorder, address, shop, visitor, javaScript, picture, received });
          results.push(result);
          const [baseline] = results;
          if (visitor.direct) expectBaseline(result, facts);
          else expectProtected(result, visitor, baseline, shop);
        });
      }
      publish(title, results);
    }
  });
}
