// What vendors tell shops to put into their pages, and the addresses in it.
import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from '../process.mjs';

const FOLDER = path.join(ROOT, 'tests/data/catalog/snippets');

export const SNIPPETS = fs
  .readdirSync(FOLDER)
  .filter((file) => file.endsWith('.html'))
  .sort()
  .map((file) => {
    const page = fs.readFileSync(path.join(FOLDER, file), 'utf8');
    const part = (element) => new RegExp(`<${element}>([^]*?)</${element}>`).exec(page)?.[1].trim() ?? '';
    const head = part('head').replace(/<meta charset[^>]*>/, '').replace(/<title>.*?<\/title>/, '');
    const found = [...page.matchAll(/(?:https?:)?\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)+[^"'` )<>]*/g)];
    const addresses = found
      .map(([address]) => address.replaceAll('&amp;', '&').replace(/^\/\//, 'https://').replace(/^http:/, 'https:'))
      .filter((address) => !address.includes('w3.org'));
    return { name: file.replace('.html', ''), head, body: part('body').replace(/<h1>.*?<\/h1>/, ''), addresses };
  });

// Every address of every snippet, once.
export const ADDRESSES = [...new Set(SNIPPETS.flatMap((snippet) => snippet.addresses))].map((address) => {
  const url = new URL(address);
  return { host: url.hostname, path: url.pathname + url.search };
});
