// Pages by number: what a seed makes of snippets and styles.
import { ADDRESSES, SNIPPETS } from './snippets.mjs';
import { dice } from './dice.mjs';
import { CONSTRUCTS, LOOKALIKES, NETTED, PLACES, WRITINGS } from './styles.mjs';

const names = Object.keys;
const STYLES = [
  ...names(WRITINGS).map((writing) => ({ writing })),
  ...names(CONSTRUCTS).map((construct) => ({ construct })),
  ...names(PLACES).map((place) => ({ place })),
  ...names(NETTED).map((netted) => ({ netted })),
  ...names(LOOKALIKES).map((lookalike) => ({ lookalike })),
  ...['as the vendor writes it', 'in a srcdoc', 'in noscript', 'frameset', 'plaintext'].map((whole) => ({ whole })),
];

export const STYLE_COUNT = STYLES.length;

// The page of this number: its markup, where it is cut when it is sent, and what it is made of.
export function generate(seed, number) {
  const roll = dice(seed, number);
  // Every style comes up equally often; the rest is drawn.
  const style = STYLES[number % STYLES.length];
  const own = `/own/${number}`;
  const at = roll.one(ADDRESSES);
  const marked = { host: at.host, path: `${at.path}${at.path.includes('?') ? '&' : '?'}vp=${number}.` };
  const writing = style.writing ?? (roll.below(2) ? 'plain' : roll.one(names(WRITINGS)));
  const construct = style.construct ?? (style.writing && roll.below(2) ? 'script' : roll.one(names(CONSTRUCTS)));
  const place = style.place ?? (roll.below(2) ? 'plain' : roll.one(names(PLACES)));
  const address = WRITINGS[writing](marked);
  const it = CONSTRUCTS[construct](address, own);
  const plain = `https://${marked.host}${marked.path}`;
  const snippet = roll.one(SNIPPETS);

  let [head, body, made] = ['', PLACES[place](it), `${writing} address, ${construct}, ${place}`];
  if (style.place === undefined && style.construct === undefined && roll.below(4) === 0) [head, body] = [body, ''];
  if (style.netted) [head, body, made] = ['', NETTED[style.netted](plain), style.netted];
  if (style.lookalike) [head, body, made] = ['', LOOKALIKES[style.lookalike](it, plain), `look-alike: ${style.lookalike}`];
  if (style.whole) {
    made = `${snippet.name}, ${style.whole}`;
    [head, body] = [snippet.head, snippet.body];
    if (style.whole === 'in a srcdoc') {
      const inside = `${head}${body}`.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
      [head, body] = ['', `<iframe srcdoc="${inside}"></iframe>`];
    }
    if (style.whole === 'in noscript') [head, body] = ['', `<noscript>${snippet.body}</noscript>`];
    if (style.whole === 'plaintext') [head, body] = ['', `${it}<plaintext>${it}`];
  }
  let markup =
    `<!doctype html><html><head><meta charset=utf-8><link rel=stylesheet href="${own}/a.css">` +
    `<script src="${own}/a.js"></script>${head}</head><body><img src="${own}/b.png">${body}` +
    `<img src=${own}/c.png><script src='${own}/d.js'></script></body></html>`;
  if (style.whole === 'frameset') {
    made = `${writing} address, frameset`;
    markup = `<html><head></head><frameset cols="*,*"><frame src="${address}"><frame src="${own}/f.html"></frameset></html>`;
  }
  const bytes = Buffer.from(markup);
  const cuts = [[], [1], [2 + roll.below(40)], [roll.below(bytes.length), roll.below(bytes.length)]][roll.below(4)];
  const slot = style.lookalike && body;
  return { number, bytes, cuts, made, netted: style.netted, slot, ping: /id=ping/.test(markup) };
}
