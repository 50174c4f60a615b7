// Runs the real binary and a real TOML language tool, and collects what they say about many files at once.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VESTIBULE = process.env.VESTIBULE_BIN ?? join(ROOT, 'target/release/vestibule');
const TAPLO = fileURLToPath(new URL('node_modules/@taplo/cli/dist/cli.js', import.meta.url));

// The output of a command that succeeds.
export function vestibule(...parameters) {
  return execFileSync(VESTIBULE, parameters, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 });
}

// The codes that `check` finds in a file.
export function codes(file) {
  const run = spawnSync(VESTIBULE, ['check', '--no-files', '--format', 'json', file], { cwd: ROOT, encoding: 'utf8' });
  return JSON.parse(run.stdout).diagnostics.map((one) => one.code);
}

// A directory that is gone when the process ends.
export function place() {
  const directory = mkdtempSync(join(tmpdir(), 'vestibule-editor-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

// The files of a directory of the repository whose names end like this.
export function files(directory, end) {
  const names = readdirSync(join(ROOT, directory)).filter((name) => name.endsWith(end));
  return names.sort().map((name) => join(ROOT, directory, name));
}

// What the language tool says about files under this schema: its whole text, and the set of files that it refuses.
export function lint(schema, list) {
  const directory = place();
  const file = join(directory, 'schema.json');
  writeFileSync(file, JSON.stringify(schema));
  const refused = new Set();
  let text = '';
  for (let at = 0; at < list.length; at += 200) {
    const part = list.slice(at, at + 200);
    const parameters = [TAPLO, 'lint', '--no-auto-config', '--colors', 'never', '--schema', `file://${file}`, ...part];
    const run = spawnSync(process.execPath, parameters, { cwd: directory, encoding: 'utf8', maxBuffer: 1 << 28 });
    if (run.error) throw run.error;
    if (!run.stderr.includes(`total=${part.length} `)) throw new Error(`not all files were looked at:\n${run.stderr}`);
    for (const [, path] of run.stderr.matchAll(/invalid file error=.* path="([^"]+)"/g)) refused.add(path);
    if ((run.status !== 0) !== part.some((path) => refused.has(path))) throw new Error(run.stderr);
    text += run.stderr;
  }
  return { text, refused };
}
