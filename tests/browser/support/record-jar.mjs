// Asks Chromium's jar what becomes of ten thousand odd `Set-Cookie` fields and writes it down for the tests that have no
// browser: `node tests/browser/support/record-jar.mjs [SEED] [COUNT] [FILE]`.
import fs from 'node:fs';
import path from 'node:path';
import { HOST, launchLocal, openJar } from './jar.mjs';
import { ROOT } from './process.mjs';
import { shape } from './shapes.mjs';

const [seed, count] = [Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 10_000)];
const browser = await launchLocal();
const jar = await openJar(browser);
const begun = Math.floor(Date.now() / 1000);
const rows = [];
for (let at = 0; at < count; at += 1) {
  const now = Math.floor(Date.now() / 1000);
  const { field, skew } = shape(seed, at, now);
  const { life, name = '' } = await jar.ask(field, now + skew);
  // Long runs of one letter are written as their length.
  const short = field.replace(/x{40,}|0{40,}/g, (run) => `‹${run[0]}${run.length}›`);
  rows.push(JSON.stringify([short, skew, now - begun, typeof life === 'number' ? Math.round(life) : life, name.replace(/x{40,}/g, (run) => `‹x${run.length}›`)]));
  if (at % 1000 === 999) process.stdout.write(`${at + 1}\n`);
}
const head = { chromium: browser.version(), seed, host: HOST, path: '/a/b/set', scheme: 'https', begun };
const file = process.argv[4] ?? path.join(ROOT, 'tests/data/cookies/chromium-jar.json');
fs.mkdirSync(path.dirname(file), { recursive: true });
fs.writeFileSync(file, `{"recorded":${JSON.stringify(head)},\n"shapes":[\n${rows.join(',\n')}\n]}\n`);
await jar.stop();
await browser.close();
