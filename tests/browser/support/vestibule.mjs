// The proxy under test: VESTIBULE_BIN, or the release build.
import path from 'node:path';
import { ROOT, start, temporaryFolder } from './process.mjs';

const PROGRAM = process.env.VESTIBULE_BIN ?? path.join(ROOT, 'target/release/vestibule');

const run = (args) =>
  start(PROGRAM, ['run', ...args, '--listen', '127.0.0.1:0', '--state-dir', temporaryFolder('state')], {
    waitFor: /^ready (http:\/\/\S+)/m,
  });

// Before any shop.
export async function protect(upstream) {
  const proxy = await run(['--upstream', upstream]);
  return { address: proxy.match[1], output: proxy.output, stop: proxy.stop };
}

// Before the built-in demonstration shop, whose own address is in the log.
export async function demonstrate() {
  const proxy = await run(['--demo']);
  const shop = /demo shop at (http:\/\/[\w.:[\]-]+)/.exec(proxy.output());
  if (!shop) {
    await proxy.stop();
    throw new Error(`the log does not say where the demonstration shop is:\n${proxy.output()}`);
  }
  return { address: proxy.match[1], shop: shop[1], output: proxy.output, stop: proxy.stop };
}
