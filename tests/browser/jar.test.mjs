// Chromium's own cookie jar: what it makes of odd `Set-Cookie` fields, and what is left in it after a withdrawal.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { HOST, launchLocal, openJar, selfSigned } from './support/jar.mjs';
import { ROOT, freePort } from './support/process.mjs';
import { protectBy } from './support/vestibule.mjs';

const whole = (text) => text.replace(/‹(.)(\d+)›/g, (_, letter, count) => letter.repeat(Number(count)));

// The Rust tests hold our reading against what was recorded; here the recording is held against the browser of today.
test('the jar does what was recorded', { timeout: 5 * 60_000 }, async (t) => {
  const file = path.join(ROOT, 'tests/data/cookies/chromium-jar.json');
  const { recorded, shapes } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const browser = await launchLocal();
  t.after(() => browser.close());
  const jar = await openJar(browser);
  t.after(() => jar.stop());
  const step = Number(process.env.JAR_STEP ?? 25);
  const differing = [];
  let asked = 0;
  for (let at = 0; at < shapes.length; at += step) {
    const [field, skew, after, fate, name] = shapes[at];
    // `Expires` is measured from the response's `Date`, so that a date of then means the same today.
    const { life, name: told = '' } = await jar.ask(whole(field), recorded.begun + after + skew);
    const same = typeof fate === 'number' ? typeof life === 'number' && Math.abs(life - fate) <= 3 : life === fate;
    if (!same || told !== whole(name)) differing.push({ field, fate, name, life, told });
    asked += 1;
  }
  process.stdout.write(`${asked} shapes of Chromium ${recorded.chromium}, asked of ${browser.version()}: ${differing.length} differ\n`);
  assert.deepEqual(differing, []);
});

const KEPT = ['PHPSESSID', 'cart_id', '_gat_cart', 'ga_session_shop', '__Host-cart_session'];

// A tracker in every variant that a browser knows: name, domain (none: this host alone), path, and more.
const MATRIX = [
  ['_ga', undefined, '/'],
  ['_ga', 'shop.co.uk', '/'],
  ['_ga', HOST, '/'],
  ['_ga', 'shop.co.uk', '/shop'],
  ['_ga', undefined, '/shop/'],
  ['_ga_ONE', undefined, '/shop/item'],
  ['_ga_TWO', 'shop.co.uk', '/shop/item/'],
  ['_ga_THREE', HOST, '/shop/item/1'],
  ['_fbp', 'shop.co.uk', '/', { httpOnly: true }],
  ['FPID', 'shop.co.uk', '/', { httpOnly: true }],
  ['_gid', undefined, '/', { partitioned: true }],
  ['_gat', 'shop.co.uk', '/', { partitioned: true }],
  ['_gcl_au', HOST, '/shop', { partitioned: true, httpOnly: true }],
  ['__Host-probe', undefined, '/'],
  ['__Host-probe2', undefined, '/', { partitioned: true }],
  ['__Secure-probe', 'shop.co.uk', '/shop'],
  ['__Http-probe', undefined, '/shop/', { httpOnly: true }],
  ['__Host-Http-probe', undefined, '/', { httpOnly: true }],
  ...Array.from({ length: 40 }, (_, at) => [`_ga_${at}`, at % 3 ? 'shop.co.uk' : undefined, '/']),
];

test('nothing that was withdrawn stays in the jar', { timeout: 5 * 60_000 }, async (t) => {
  const received = [];
  const shop = http.createServer((request, response) => {
    received.push(request.headers.cookie ?? '');
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<!doctype html><title>shop</title><p>an item</p>');
  });
  await new Promise((resolve) => shop.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => (shop.closeAllConnections(), shop.close(resolve))));
  const [port, certificate] = [await freePort(), selfSigned()];
  const proxy = await protectBy(`version = 1
[listen]
http = "127.0.0.1:0"
[[listen.https]]
address = "127.0.0.1:${port}"
certificate = "${certificate.certFile}"
key = "${certificate.keyFile}"
[[site]]
hosts = ["${HOST}", "shop.co.uk"]
upstream = "http://127.0.0.1:${shop.address().port}"
[[site.necessary]]
cookie = "__Host-cart_session"
reason = "the cart"
[[service]]
id = "probe"
purpose = "analytics"
cookies = ["__Host-probe*", "__Secure-probe", "__Http-probe", "__Host-Http-probe"]
`);
  t.after(() => proxy.stop());
  const browser = await launchLocal();
  t.after(() => browser.close());
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  const address = `https://${HOST}:${port}`;
  const choose = async (choice) =>
    assert.equal(
      await page.evaluate(async (choice) => {
        const headers = { 'content-type': 'application/json' };
        return (await fetch('/.vestibule/consent', { method: 'POST', headers, body: JSON.stringify({ choice }) })).status;
      }, choice),
      204,
    );
  const jar = async () => (await session.send('Network.getAllCookies')).cookies.filter(({ name }) => !name.includes('vestibule'));
  const visit = async () => {
    await page.goto(`${address}/shop/item/1`);
    return jar();
  };
  await visit();
  await choose('accept');
  const partitionKey = { topLevelSite: 'https://shop.co.uk', hasCrossSiteAncestor: false };
  const cookies = [...MATRIX, ...KEPT.map((name) => [name, undefined, '/'])].map(([name, domain, path, more = {}]) => ({
    name,
    value: 'x',
    url: address,
    path,
    secure: true,
    // With a dot it is for a whole domain, without one for a host.
    ...(domain && { domain: `.${domain}` }),
    ...(more.httpOnly && { httpOnly: true }),
    ...(more.partitioned && { partitionKey, sameSite: 'None' }),
    expires: Date.now() / 1000 + 86_400 * 30,
  }));
  for (const cookie of cookies) assert.ok((await session.send('Network.setCookie', cookie)).success, cookie.name);
  const described = ({ name, domain, path, partitionKey }) => `${name} ${domain} ${path}${partitionKey ? ' partitioned' : ''}`;
  const before = (await jar()).map(described);
  assert.equal(before.length, cookies.length, before.join('\n'));
  assert.deepEqual((await visit()).map(described), before, 'who agreed keeps everything');
  assert.match(received.at(-1), /_ga=x.*__Host-probe=x/s);

  await choose('refuse');
  let responses = 0;
  let held = await jar();
  while (held.length > KEPT.length) {
    responses += 1;
    assert.ok(responses <= 100, `${held.map(described).join('\n')}\nafter ${responses - 1} responses`);
    held = await visit();
    assert.equal(received.at(-1).split('; ').length, KEPT.length, received.at(-1));
  }
  assert.deepEqual(held.map(({ name }) => name).sort(), [...KEPT].sort());
  process.stdout.write(`${MATRIX.length} cookies in every variant ended with ${responses} pages; ${KEPT.length} of the shop's stayed\n`);

  // What a script creates again never reaches the shop, and ends again.
  for (let at = 0; at < 3; at += 1) {
    await page.evaluate(() => (document.cookie = '_ga=again; Path=/; Domain=shop.co.uk; Max-Age=999'));
    assert.equal((await jar()).length, KEPT.length + 1);
    assert.equal((await visit()).length, KEPT.length);
    assert.doesNotMatch(received.at(-1), /again/);
  }
});
