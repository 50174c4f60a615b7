// A stand-in for every foreign host: it accepts whatever a browser sends, answers as the real host might, and remembers
// who was asked for what. Plain and encrypted connections arrive on one port, because Chromium's resolver rules send
// all of them there.
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import fs from 'node:fs';
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerFor } from './foreign.mjs';
import { temporaryFolder } from './process.mjs';

const TLS_HANDSHAKE = 0x16;

// `answer` may stand in for what the hosts say.
export async function startRecorder(answer = answerFor) {
  const seen = [];
  const note = (kind, host, path, referer) => seen.push({ kind, host: host.toLowerCase(), path, referer, at: Date.now() });

  const onRequest = (request, response) => {
    const host = hostOf(request);
    // A browser that takes this for a proxy sends whole addresses.
    const path = request.url.replace(/^http:\/\/[^/?]*/, '');
    note('request', host, path, request.headers.referer);
    request.resume();
    const { status = 200, headers = {}, body = '' } = answer(host, path, request.method);
    const origin = request.headers.origin;
    response.writeHead(status, {
      'cache-control': 'no-store',
      'access-control-allow-origin': origin ?? '*',
      ...(origin && { 'access-control-allow-credentials': 'true', 'access-control-allow-headers': 'content-type' }),
      ...headers,
    });
    response.end(body);
  };
  const onUpgrade = (request, socket) => {
    note('websocket', hostOf(request), request.url, request.headers.origin);
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
  };

  const certificate = selfSigned();
  const plain = http.createServer(onRequest).on('upgrade', onUpgrade);
  const secure = https
    .createServer(
      {
        ...certificate,
        // Called for every connection, also for one that was only opened in advance and never asks for anything.
        SNICallback: (host, done) => {
          note('connection', host);
          done(null, tls.createSecureContext(certificate));
        },
      },
      onRequest,
    )
    .on('upgrade', onUpgrade);
  for (const server of [plain, secure]) server.on('clientError', (_, socket) => socket.destroy());
  secure.on('tlsClientError', () => {});

  plain.on('connect', (request, socket, head) => {
    note('connection', request.url.replace(/:\d+$/, ''));
    socket.on('error', () => {}).write('HTTP/1.1 200 OK\r\n\r\n');
    socket.unshift(head);
    secure.emit('connection', socket);
  });

  const sockets = new Set();
  const door = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.once('readable', () => {
      const first = socket.read(1);
      if (first === null) return;
      socket.unshift(first);
      (first[0] === TLS_HANDSHAKE ? secure : plain).emit('connection', socket);
    });
  });
  await new Promise((resolve, reject) => door.once('error', reject).listen(0, '127.0.0.1', resolve));

  return {
    port: door.address().port,
    // What was seen since the last call.
    take: () => seen.splice(0),
    // Returns once nothing new has arrived for `quiet` ms.
    async settle(quiet = 400, limit = 8000) {
      const end = Date.now() + limit;
      let count = -1;
      while (count !== seen.length && Date.now() < end) {
        count = seen.length;
        await sleep(quiet);
      }
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => door.close(resolve));
    },
  };
}

// Connections, requests and sockets per host: { host: count of everything seen }.
export function perHost(seen) {
  const counts = {};
  for (const { host } of seen) counts[host] = (counts[host] ?? 0) + 1;
  return counts;
}

function hostOf(request) {
  return (request.headers.host ?? 'unnamed').replace(/:\d+$/, '');
}

function selfSigned() {
  const folder = temporaryFolder('certificate');
  const [key, cert] = [`${folder}/key.pem`, `${folder}/cert.pem`];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=recorder.test', '-keyout', key, '-out', cert],
    { stdio: 'ignore' },
  );
  return { key: fs.readFileSync(key), cert: fs.readFileSync(cert) };
}
