// The proxy under test: VESTIBULE_BIN, or the release build.
import fs from 'node:fs';
import path from 'node:path';
import { ROOT, start, temporaryFolder } from './process.mjs';

const PROGRAM = process.env.VESTIBULE_BIN ?? path.join(ROOT, 'target/release/vestibule');

// The addresses as the program prints them; each has to be whole before it counts.
const READY = /^ready (http:\/\/\S+)\s/m;
const READY_WITH_SHOP = /^(?=[^]*^ready (http:\/\/\S+)\s)(?=[^]*the unprotected shop at (http:\/\/\S+)\s)/m;

const run = (args, waitFor) =>
  start(PROGRAM, ['run', ...args, '--listen', '127.0.0.1:0', '--state-dir', temporaryFolder('state')], { waitFor });

// Before any shop.
export async function protect(upstream) {
  const proxy = await run(['--upstream', upstream], READY);
  return { address: proxy.match[1], output: proxy.output, stop: proxy.stop };
}

// Before the built-in demonstration shop, whose own address is printed as well.
export async function demonstrate() {
  const proxy = await run(['--demo'], READY_WITH_SHOP);
  const [, address, shop] = proxy.match;
  return { address, shop, output: proxy.output, stop: proxy.stop };
}

// Before any shop, with more keys in the site's table.
export function protectWith(upstream, more) {
  return protectBy(`version = 1\n[listen]\nhttp = "127.0.0.1:0"\n[[site]]\nhosts = "127.0.0.1"\nupstream = "${upstream}"\n${more}`);
}

// By a configuration.
export async function protectBy(config) {
  const file = path.join(temporaryFolder('config'), 'vestibule.toml');
  fs.writeFileSync(file, config);
  const args = ['run', '--config', file, '--state-dir', temporaryFolder('state')];
  const proxy = await start(PROGRAM, args, { waitFor: READY });
  return { address: proxy.match[1], output: proxy.output, stop: proxy.stop };
}
