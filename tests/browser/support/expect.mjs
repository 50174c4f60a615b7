// What has to hold for a visitor's choice, given what was measured without protection.
import assert from 'node:assert/strict';
import { PURPOSE, TRACKER_COOKIE, WRITTEN_BY } from './foreign.mjs';

const hostsOf = (result) => Object.keys(result.hosts).sort();

// The hosts for which the shop needs no consent, or has it.
function permitted(host, allowed) {
  const purpose = PURPOSE[host] ?? 'unknown';
  return purpose === 'necessary' || allowed === undefined || allowed.includes(purpose);
}

// Without protection, the shop must do all that it is said to do; otherwise a zero further on would mean nothing.
export function expectBaseline(result, { hosts, cookies }) {
  assert.deepEqual(hosts.filter((host) => !result.hosts[host]), [], 'hosts that an unprotected visit should reach');
  const unnamed = hostsOf(result).filter((host) => PURPOSE[host] === undefined);
  assert.deepEqual(unnamed, [], 'hosts that the tests know nothing about');
  const jar = result.cookies.map(({ name }) => name);
  assert.deepEqual(cookies.filter((name) => !jar.includes(name)), [], 'cookies that an unprotected visit should leave');
  const unseen = result.received && cookies.filter((name) => TRACKER_COOKIE[name] && !result.received.includes(name));
  assert.deepEqual(unseen ?? [], [], 'tracking cookies that an unprotected shop should receive');
  assert.equal(result.asked, false, 'an unprotected shop asks nothing');
  expectShopWorks(result);
}

export function expectProtected(result, visitor, baseline, { unlisted = [] }) {
  const { allowed } = visitor;
  assert.equal(result.asked, true, 'the first page asks');
  assert.equal(result.alike, true, 'no and yes look alike');
  assert.deepEqual(result.blocked, [], 'things of the shop itself that a policy line stopped');
  if (visitor.choose) assert.equal(result.askedAgain, false, 'who has chosen is not asked again');
  const before = Object.keys(result.early).filter((host) => !permitted(host, []));
  assert.deepEqual(before, [], 'hosts that were reached before the choice');

  const reached = hostsOf(result);
  const wanted = hostsOf(baseline).filter((host) => permitted(host, allowed));
  assert.deepEqual(reached, wanted, `hosts that "${visitor.name}" reaches`);

  const unwanted = (name) => TRACKER_COOKIE[name] && allowed && !allowed.includes(TRACKER_COOKIE[name]);
  // A cookie that nobody has classified reaches the shop while it lives; its lifetime is what is cut.
  const received = result.received?.filter((name) => unwanted(name) && TRACKER_COOKIE[name] !== 'unknown');
  assert.deepEqual(received ?? [], [], `tracking cookies that the shop receives from "${visitor.name}"`);
  // What an earlier yes put into the jar was there for a while.
  if (allowed && !visitor.reconsider) {
    const kept = result.cookies
      .map(({ name }) => name)
      .filter((name) => unwanted(name) && !(allowed.length > 0 && permitted(WRITTEN_BY[name], allowed)));
    assert.deepEqual(kept, [], `tracking cookies that "${visitor.name}" leaves in the jar`);
    const lasting = result.cookies.filter(({ name, lasting }) => lasting && unlisted.includes(name));
    assert.deepEqual(lasting, [], 'cookies that nobody has classified and that outlive the visit');
  }
  expectShopWorks(result);
}

function expectShopWorks({ works, visitor }) {
  assert.deepEqual(works, { cart: true, login: true, checkout: true }, `the shop for "${visitor}"`);
}
