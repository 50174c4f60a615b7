// Chromium's own cookie jar, asked over its debugging protocol: what became of one `Set-Cookie` field.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { chromium } from 'playwright-core';
import { temporaryFolder } from './process.mjs';

export const HOST = 'www.shop.co.uk';

// A key and a certificate that nobody believes.
export function selfSigned() {
  const folder = temporaryFolder('certificate');
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', `/CN=${HOST}`], { stdio: 'ignore' });
  return { keyFile: key, certFile: cert, key: fs.readFileSync(key), cert: fs.readFileSync(cert) };
}

// A browser for which every name is this machine.
export function launchLocal() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--no-proxy-server', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-domain-reliability', '--ignore-certificate-errors', '--host-resolver-rules=MAP * 127.0.0.1'],
  });
}

// A server that answers with whatever bytes it is told to; `answer` gets the request's head.
export async function startRaw(answer) {
  const sockets = new Set();
  const server = tls.createServer(selfSigned(), (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let read = '';
    socket.on('data', (chunk) => {
      read += chunk.toString('latin1');
      for (let end = read.indexOf('\r\n\r\n'); end >= 0; end = read.indexOf('\r\n\r\n')) {
        socket.write(Buffer.from(answer(read.slice(0, end)), 'latin1'));
        read = read.slice(end + 4);
      }
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { address: `https://${HOST}:${server.address().port}`, stop };
}

// Opens a jar that says what becomes of a field: `{ life, name }`, with life as `refused`, `deletion`, `visit` or the
// seconds that it lives.
export async function openJar(browser) {
  let field = null;
  let date = 0;
  const server = await startRaw((head) => {
    const now = `Date: ${new Date((field ? date : Date.now() / 1000) * 1000).toUTCString()}\r\n`;
    if (!head.startsWith('GET /a/b/set ')) return `HTTP/1.1 200 OK\r\n${now}Content-Type: text/html\r\nContent-Length: 1\r\n\r\nx`;
    return `HTTP/1.1 200 OK\r\n${now}Cache-Control: no-store\r\nSet-Cookie: ${field}\r\nContent-Length: 0\r\n\r\n`;
  });
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(`${server.address}/a/b/page`);
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.clearBrowserCookies');
  const send = async (text, sent) => {
    [field, date] = [text, sent];
    const extra = new Promise((resolve) => session.once('Network.responseReceivedExtraInfo', resolve));
    await session.send('Runtime.evaluate', { expression: "fetch('/a/b/set',{cache:'no-store'}).then(r=>r.arrayBuffer()).then(()=>1)", awaitPromise: true });
    const { blockedCookies } = await extra;
    const { cookies } = await session.send('Network.getAllCookies');
    if (cookies.length > 1) throw new Error(`${cookies.length} cookies for ${JSON.stringify(text)}`);
    return { blocked: blockedCookies.length > 0, cookie: cookies[0] };
  };
  const empty = () => session.send('Network.clearBrowserCookies');
  // `sent` is the response's `Date`, in seconds since 1970.
  const ask = async (text, sent) => {
    const now = Date.now() / 1000;
    const { blocked, cookie } = await send(text, sent);
    if (cookie) {
      await empty();
      return { name: cookie.name, life: cookie.expires < 0 ? 'visit' : cookie.expires - now };
    }
    if (blocked) return { life: 'refused' };
    // Not every refusal is told. What deletes ends the same cookie with a life.
    const living = await send(`${text}; Max-Age=1000`, sent);
    if (!living.cookie) return { life: 'refused' };
    const after = await send(text, sent);
    if (after.cookie) await empty();
    return { life: after.cookie ? 'refused' : 'deletion' };
  };
  const stop = async () => {
    await context.close();
    await server.stop();
  };
  return { ask, stop };
}
