// Tables of what was measured: on the terminal, and as a page with pictures under target/browser-results/.
import fs from 'node:fs';
import path from 'node:path';
import { PURPOSE, TRACKER_COOKIE } from './foreign.mjs';
import { ROOT } from './process.mjs';

const FOLDER = path.join(ROOT, 'target/browser-results');
// Two hyphens part shop, visitor and name in the name of a picture.
const PICTURE = /^(.+?)--.+\.png$/;

// Returns the `picture` function of one visit; what it saves appears in the results page.
export function album(shop, visitor) {
  return async (page, name) => {
    fs.mkdirSync(FOLDER, { recursive: true });
    const file = `${slug(shop)}--${slug(visitor)}--${name}.png`;
    await page.screenshot({ path: path.join(FOLDER, file) });
  };
}

// Prints the results of one shop and adds them to the page.
export function publish(shop, results) {
  for (const [title, rows] of tables(results)) process.stdout.write(`\n${shop}: ${title}\n${aligned(rows)}\n`);
  for (const { visitor, errors } of results) {
    const counts = {};
    for (const error of errors) counts[error] = (counts[error] ?? 0) + 1;
    for (const [error, count] of Object.entries(counts)) process.stdout.write(`script error, "${visitor}", ${count} ×: ${error}\n`);
  }
  fs.mkdirSync(FOLDER, { recursive: true });
  fs.writeFileSync(path.join(FOLDER, `${slug(shop)}.json`), JSON.stringify({ shop, results }, null, 2));
  fs.writeFileSync(path.join(FOLDER, 'results.html'), everything());
}

function tables(results) {
  const visitors = results.map(({ visitor }) => visitor);
  const union = (names) => [...new Set(results.flatMap(names))];
  const order = Object.keys(PURPOSE);
  const hosts = union(({ hosts }) => Object.keys(hosts)).sort((a, b) => order.indexOf(a) - order.indexOf(b));
  const names = union(({ cookies }) => cookies.map(({ name }) => name)).sort();
  const arrived = union(({ received }) => received ?? []).sort();
  const perCookie = (names, cell) => [
    ['cookie', 'for', ...visitors],
    ...names.map((name) => [name, TRACKER_COOKIE[name] ?? '', ...results.map((result) => cell(result, name))]),
  ];
  const held = ({ cookies }, name) => {
    const cookie = cookies.find((one) => one.name === name);
    return cookie ? (cookie.lasting ? 'lasting' : 'visit') : '-';
  };
  return [
    [
      'connections and requests per foreign host',
      [
        ['host', 'for', ...visitors],
        ...hosts.map((host) => [host, PURPOSE[host] ?? '?', ...results.map(({ hosts }) => String(hosts[host] ?? 0))]),
      ],
    ],
    ['cookies in the jar at any time', perCookie(names, held)],
    ['cookies that reached the shop', perCookie(arrived, ({ received }, name) => (received?.includes(name) ? 'yes' : '-'))],
  ].filter(([, rows]) => rows.length > 1);
}

function aligned(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()}`).join('\n');
}

function everything() {
  const files = fs.readdirSync(FOLDER).sort();
  const shops = files.filter((file) => file.endsWith('.json')).map((file) => JSON.parse(fs.readFileSync(path.join(FOLDER, file))));
  shops.sort((a, b) => (a.shop < b.shop ? -1 : 1));
  const sections = shops.map(({ shop, results }) => {
    const pictures = files.filter((file) => PICTURE.exec(file)?.[1] === slug(shop));
    const grids = tables(results).map(([title, rows]) => `<h3>${text(title[0].toUpperCase() + title.slice(1))}</h3>${grid(rows)}`);
    return `<h2>${text(shop)}</h2>${grids.join('\n')}<div class="album">${pictures.map(figure).join('')}</div>`;
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>What crossed the wire</title>
<style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#22303a}
table{border-collapse:collapse}th,td{padding:.25rem .7rem;border-bottom:1px solid #ddd;text-align:left}
td.no{color:#aaa}td.yes{font-weight:600}.album{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));margin-top:1.5rem}
figure{margin:0}img{width:100%;border:1px solid #ccc}</style>
<h1>What crossed the wire</h1><p>The same visit, from the front page to the order, for each choice. Every foreign host was
played by a local server that counted what reached it. The first column is the shop without Vestibule.</p>${sections.join('\n')}</html>\n`;
}

function grid([head, ...rows]) {
  const cell = (value, column) => `<td${column < 2 ? '' : value === '0' || value === '-' ? ' class="no"' : ' class="yes"'}>${text(value)}</td>`;
  return `<table><tr>${head.map((value) => `<th>${text(value)}</th>`).join('')}</tr>${rows
    .map((row) => `<tr>${row.map(cell).join('')}</tr>`)
    .join('')}</table>`;
}

function figure(file) {
  return `<figure><img src="${text(file)}" alt=""><figcaption>${text(file.replace(/\.png$/, '').split('--').slice(1).join(', ').replaceAll('-', ' '))}</figcaption></figure>`;
}

const slug = (name) => name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
const text = (value) => String(value).replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
