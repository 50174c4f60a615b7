// The shop: pages by number, sent in the pieces that each page says, and files of its own.
import http from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';

const TYPES = {
  css: 'text/css',
  js: 'text/javascript',
  png: 'image/png',
  html: 'text/html; charset=utf-8',
  mp4: 'video/mp4',
};
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=', 'base64');

// Where a page is cut: one number is the size of all pieces, two are the only cuts.
function pieces({ bytes, cuts }) {
  if (cuts.length === 0) return [bytes];
  const edges = cuts.length === 2 ? [...cuts].sort((a, b) => a - b) : [];
  if (cuts.length === 1) for (let at = cuts[0]; at < bytes.length; at += cuts[0]) edges.push(at);
  return [0, ...edges].map((from, index) => bytes.subarray(from, edges[index] ?? bytes.length)).filter((part) => part.length);
}

export async function startOrigin(page) {
  let asked = new Set();
  const server = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://shop');
    const found = /^\/p\/(\d+)$/.exec(pathname);
    if (found) {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
      response.flushHeaders();
      for (const piece of pieces(page(Number(found[1])))) {
        response.write(piece);
        await turn();
      }
      response.end();
      return;
    }
    // Where a link leads depends on when it is followed.
    if (pathname.startsWith('/own/') && !pathname.endsWith('/next.html')) asked.add(pathname);
    const type = TYPES[pathname.split('.').pop()] ?? 'text/plain';
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' });
    response.end(type === 'image/png' ? PIXEL : type.startsWith('text/html') ? '<!doctype html><title>x</title>' : '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    // Which files of its own were asked for since the last call, by the page's number.
    take() {
      const files = new Map();
      for (const path of asked) {
        const [, , number] = path.split('/');
        files.set(Number(number), [...(files.get(Number(number)) ?? []), path]);
      }
      asked = new Set();
      return files;
    },
    stop: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))),
  };
}

// Stands between the proxy and the browser and takes the policy line out, so that the page's bytes are judged alone.
export async function withoutPolicy(address) {
  const target = new URL(address);
  const server = http.createServer((request, response) => {
    const headers = { ...request.headers, host: target.host };
    const options = { host: target.hostname, port: target.port, path: request.url, method: request.method, headers };
    const onward = http.request(options, (answer) => {
      const fields = { ...answer.headers };
      delete fields['content-security-policy'];
      response.writeHead(answer.statusCode, fields);
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.on('error', () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    stop: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))),
  };
}
