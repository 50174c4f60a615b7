// Starting and stopping the programs under test.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

// A new empty folder, removed when the process ends.
export function temporaryFolder(name) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `vestibule-${name}-`));
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// Runs a program. `waitFor` is a pattern that one of its output lines has to match before it counts as started; the
// match is returned along with all that it wrote.
export async function start(program, args, { waitFor, within = 30_000, ...options }) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let output = '';
  let ended = false;
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  child.once('exit', () => (ended = true)).once('error', (error) => ((ended = true), (output += error.message)));
  process.once('exit', () => child.kill('SIGKILL'));

  const stop = async () => {
    if (ended) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(late);
  };
  const deadline = Date.now() + within;
  for (;;) {
    const match = waitFor.exec(output);
    if (match) return { match, output: () => output, stop, pid: child.pid };
    if (ended || Date.now() > deadline) {
      await stop();
      throw new Error(`${program} did not start; it wrote:\n${output.slice(-4000)}`);
    }
    await sleep(50);
  }
}

// Waits until something listens on a loopback port.
export async function listening(port, within = 30_000) {
  const deadline = Date.now() + within;
  while (Date.now() < deadline) {
    const open = await new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on port ${port}`);
}

// A loopback port that was free a moment ago, for programs that cannot choose one and tell.
export async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
