// Writes one line of JSON for each random string: the string, and what the reference decoder says about it.
//
//   node tests/oracle/generate.mjs tcf|gpp COUNT SEED [FIRST]

import { once } from 'node:events';
import { Dice } from './dice.mjs';
import { gpp } from './gpp.mjs';
import { tcf } from './tcf.mjs';

const [kind, ...numbers] = process.argv.slice(2);
const [count, seed, first = 0] = numbers.map(Number);
const make = { tcf, gpp }[kind];

for (let execution = first; execution < first + count; execution++) {
  const line = JSON.stringify(make(new Dice(seed, execution)));
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}
