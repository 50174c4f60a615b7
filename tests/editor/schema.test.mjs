// The schema in the hands of a real language tool: what is right passes, and slips and wrong types are seen, exactly
// where `check` sees them, too.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';

import Ajv from 'ajv';

import { codes, files, lint, place, ROOT, vestibule } from './support.mjs';

const main = JSON.parse(vestibule('schema'));
const included = JSON.parse(vestibule('schema', '--included'));

// What a schema can see: names, types, ranges, words. Everything else takes more than one value to know.
const SHAPE = new Set(['V0102', 'V0103', 'V0104', 'V0105', 'V0107', 'V0108', 'V0109', 'V0201', 'V0404']);

// Every table with its path, header and schema, in the order in which they may be written.
function tables(schema = main, path = '', header = '') {
  const all = [{ path, header, schema }];
  for (const [name, key] of Object.entries(schema.properties)) {
    const inner = key.type === 'array' && key.items?.properties ? key.items : key.properties ? key : null;
    const at = path ? `${path}.${name}` : name;
    if (inner) all.push(...tables(inner, at, inner === key ? `[${at}]` : `[[${at}]]`));
  }
  return all;
}

const toml = (value) =>
  Array.isArray(value) ? `[${value.map(toml)}]`
  : typeof value === 'object' ? `{ ${Object.entries(value).map(([key, inner]) => `${key} = ${toml(inner)}`)} }`
  : JSON.stringify(value);

// A file in which one line stands in a table that is complete otherwise.
function around(path, line) {
  const written = line.split(' = ')[0];
  const needed = { 'site.purpose': ['id', 'title', 'benefit'] };
  let text = '';
  for (const table of tables()) {
    const outer = table.path === '' || table.path === 'site' || table.path === path;
    if (!outer) continue;
    const required = needed[table.path] ?? table.schema.required ?? [];
    const lines = required.filter((key) => table.path !== path || key !== written)
      .map((key) => `${key} = ${toml(table.schema.properties[key].examples?.[0] ?? { denied: 'analytics' })}`);
    if (table.path === path) lines.push(line);
    text += `${table.header}\n${lines.join('\n')}\n`;
  }
  return text;
}

test('it is a schema', () => {
  const ajv = new Ajv({ strict: false });
  for (const schema of [main, included]) {
    assert.equal(ajv.validateSchema(schema), true, JSON.stringify(ajv.errors));
    ajv.compile(schema);
  }
});

test('what is shipped passes', () => {
  const shipped = files('config', '.toml');
  assert.ok(shipped.length >= 2);
  assert.equal(lint(main, shipped).text.includes('error:'), false);
  const directory = place();
  vestibule('init', join(directory, 'new.toml'));
  assert.equal(readFileSync(join(directory, 'vestibule.schema.json'), 'utf8'), vestibule('schema'));
  const more = [join(directory, 'new.toml'), join(ROOT, 'tests/data/every-key/vestibule.toml')];
  assert.deepEqual([...lint(main, more).refused], []);
  const catalog = files('config/catalog', '.toml');
  assert.ok(catalog.length >= 7);
  assert.deepEqual([...lint(included, catalog).refused], []);
});

test('files that are wrong in their meaning only pass, all others do not', () => {
  const fixtures = files('tests/data/config-errors', '.toml');
  const { refused } = lint(main, fixtures);
  for (const file of fixtures) {
    const name = basename(file, '.toml');
    const code = name.slice(0, 5);
    // What is no TOML is nobody's; and one entry has a required key of its own code.
    // How long a duration is, no schema can tell.
    const seen = (SHAPE.has(code) && name !== 'V0105-poll-too-often') || ['V0101', 'V0002'].includes(code)
      || name === 'V0501-necessary-cookie';
    // A text that is no language is as absent as the one of another language.
    assert.equal(refused.has(file), seen, name);
  }
});

test('every slip in a key is seen', () => {
  const directory = place();
  const list = [];
  for (const { path, schema } of tables()) {
    for (const [key, known] of Object.entries(schema.properties)) {
      if (!known.examples) continue;
      const slip = key.length > 3 ? key.slice(0, 1) + key.slice(2) : `${key}x`;
      assert.ok(!(slip in schema.properties), slip);
      const file = join(directory, `${list.length}.toml`);
      writeFileSync(file, around(path, `${slip} = ${toml(known.examples[0])}`));
      list.push(file);
    }
  }
  const { refused } = lint(main, list);
  assert.equal(refused.size, list.length);
  console.log(`${list.length} slips, all seen`);
});

test('the language tool and `check` agree on every type', () => {
  const values = ['"word"', '" "', '0', '1', '-1', '99999999999', '1.5', 'true', '[]', '["word"]', '[""]', '[1]', '{}',
    '{ en = "text" }', '{ e = "text" }', '[{}]'];
  const directory = place();
  const list = [];
  for (const { path, schema } of tables()) {
    for (const key of Object.keys(schema.properties)) {
      for (const value of values) {
        const file = join(directory, `${list.length}.toml`);
        // A table that is written inline replaces the one with a header.
        const inner = schema.properties[key].properties ?? schema.properties[key].items?.properties;
        if (inner && path === '' && key === 'site') continue;
        writeFileSync(file, around(path, `${key} = ${value}`));
        list.push(file);
      }
    }
  }
  const { refused } = lint(main, list);
  const differing = [];
  for (const file of list) {
    const text = readFileSync(file, 'utf8');
    // The reason of a necessary entry is required like any key, and its absence has a code of its own.
    const seen = codes(file).filter((code) => SHAPE.has(code) || (code === 'V0501' && text.includes('necessary')));
    if (refused.has(file) !== seen.length > 0) differing.push([text, refused.has(file), seen]);
  }
  assert.deepEqual(differing, []);
  console.log(`${list.length} values, ${refused.size} refused by both`);
});
