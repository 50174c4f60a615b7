// Who may be contacted for which choice, read from the catalog's files and not asked of the program.
import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from '../process.mjs';

const FOLDER = path.join(ROOT, 'config/catalog');

const list = (table, key) => {
  const found = new RegExp(`^${key}\\s*=\\s*\\[([^\\]]*)\\]`, 'm').exec(table);
  return found ? [...found[1].matchAll(/"([^"]*)"/g)].map(([, value]) => value) : [];
};
const word = (table, key) => new RegExp(`^${key}\\s*=\\s*"([^"]*)"`, 'm').exec(table)?.[1];

const glob = (pattern) =>
  new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\?]/g, '\\$&').replaceAll('*', '.*')}$`, 's');

const SERVICES = fs
  .readdirSync(FOLDER)
  .filter((file) => file.endsWith('.toml'))
  .flatMap((file) => fs.readFileSync(path.join(FOLDER, file), 'utf8').split(/^\[\[service\]\]$/m).slice(1))
  .map((table) => ({
    id: word(table, 'id'),
    purposes: [word(table, 'purpose'), ...list(table, 'purposes')].filter(Boolean),
    carrier: /^carrier\s*=\s*true/m.test(table),
    hosts: list(table, 'hosts'),
    addresses: list(table, 'addresses').map((address) => {
      const slash = address.indexOf('/');
      return { host: address.slice(0, slash), path: glob(address.slice(slash)) };
    }),
  }));

// Whether `granted` (purposes; `undefined` for all there are) lets a browser ask `host` for `path`; without a path, whether
// there is anything that it may ask it for.
export function allowed(granted, host, requested) {
  if (!granted) return true;
  const may = ({ purposes, carrier }) =>
    carrier ? granted.length > 0 : purposes.every((purpose) => purpose === 'necessary' || granted.includes(purpose));
  return SERVICES.some(
    (service) =>
      may(service) &&
      (service.hosts.some((known) => host === known || host.endsWith(`.${known}`)) ||
        service.addresses.some((known) => known.host === host && (requested === undefined || known.path.test(requested)))),
  );
}
