// SARIF against the schema of the standard.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import Ajv from 'ajv';
import formats from 'ajv-formats';

import { files, ROOT } from './support.mjs';

const SCHEMA = new URL('node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json', import.meta.url);
const VESTIBULE = process.env.VESTIBULE_BIN ?? join(ROOT, 'target/release/vestibule');

test('every fixture is told as valid SARIF', () => {
  const schema = JSON.parse(readFileSync(SCHEMA, 'utf8'));
  // It is written for an older draft, in words that mean the same in this one.
  delete schema.$schema;
  delete schema.id;
  const ajv = new Ajv({ strict: false, unicodeRegExp: false });
  formats(ajv);
  const valid = ajv.compile(schema);
  const all = [...files('tests/data/config-errors', '.toml'), ...files('config', '.toml')];
  for (const file of all) {
    const run = spawnSync(VESTIBULE, ['check', '--format', 'sarif', file], { cwd: ROOT, encoding: 'utf8' });
    const log = JSON.parse(run.stdout);
    assert.equal(valid(log), true, `${file}: ${JSON.stringify(valid.errors)}`);
    const [{ results, tool }] = log.runs;
    for (const result of results) assert.equal(tool.driver.rules[result.ruleIndex].id, result.ruleId);
    assert.equal(run.status, results.some((result) => result.level === 'error') ? 1 : 0, file);
  }
  // The schema can refuse.
  assert.equal(valid({ version: '2.1.0', runs: [{ results: [{ level: 'loud' }] }] }), false);
});
