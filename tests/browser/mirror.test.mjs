// The mirror's script by itself, in a window that has only what it needs: what it tells of each tool, and when.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import vm from 'node:vm';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './support/process.mjs';

const SCRIPT = fs.readFileSync(path.join(ROOT, 'src/banner/mirror.js'), 'utf8');

function storage(held = {}) {
  return { getItem: (key) => held[key] ?? null, setItem: (key, value) => (held[key] = String(value)), held };
}

// A page with the mirror's tag. `answer` gives the status of a call; `session` lives on from page to page.
function page({ sources, seen = false, local = {}, session = storage(), answer = () => 204, ...globals }) {
  const calls = [];
  const listeners = {};
  const window = {
    ...globals,
    localStorage: storage(local),
    sessionStorage: session,
    setTimeout: (work, delay, ...values) => setTimeout(work, Math.min(delay ?? 0, 1), ...values).unref(),
    addEventListener: (name, work) => (listeners[name] ??= []).push(work),
    document: {
      currentScript: {
        src: 'https://shop.test/.vestibule/mirror-00000000.js',
        dataset: { sources, ...(seen && { seen: '' }) },
      },
    },
    fetch: async (address, { method, credentials, keepalive, headers, body }) => {
      assert.equal(address, 'https://shop.test/.vestibule/consent');
      assert.deepEqual({ method, credentials, keepalive, ...headers }, {
        method: 'POST',
        credentials: 'same-origin',
        keepalive: true,
        'content-type': 'application/json',
      });
      calls.push(JSON.parse(body));
      const status = answer(calls.length);
      if (status === 0) throw new TypeError('the network is gone');
      return { status, ok: status < 400 };
    },
  };
  window.window = window;
  vm.runInNewContext(SCRIPT, window);
  return {
    window,
    local,
    say: (name, detail) => listeners[name]?.forEach((work) => work({ detail })),
    // What was told since the last time.
    told: async () => (await sleep(30), calls.splice(0)),
  };
}

const words = (observed, words, fresh) => ({ observed, words, fresh });
const nothing = (observed) => ({ observed, chosen: false });

test('T31: a tool that is absent, blocked or broken tells nothing and throws nothing', async () => {
  const names = 'tcf sourcepoint gpp usercentrics osano termly klaro=klaro vanilla-cookieconsent=cc_cookie didomi nobody';
  const broken = () => {
    throw new Error('a bug of the tool');
  };
  const rubbish = { klaro: '{', cc_cookie: '%', TERMLY_API_CACHE: '[' };
  for (const globals of [
    {},
    { __tcfapi: broken, __gpp: broken, Osano: { cm: {} }, UC_UI: { isInitialized: broken }, klaro: {}, Termly: { on: broken } },
    { __tcfapi: (name, version, call) => call(null, false), __ucCmp: {}, UC_UI: {}, local: rubbish },
  ]) {
    const shop = page({ sources: names, seen: true, ...globals });
    shop.say('UC_UI_INITIALIZED');
    shop.say('cc:onConsent');
    shop.say('cc:onModalShow', {});
    assert.deepEqual(await shop.told(), []);
  }
});

test('only what differs from what was told before is told', async () => {
  const session = storage();
  const local = { klaro: '{"a":true}' };
  const klaro = { getManager: () => ({ watch: ({ update }) => (klaro.update = update) }) };
  const open = (seen, answer) => page({ sources: 'klaro=klaro', seen, local, session, klaro, answer });
  assert.deepEqual(await open(false).told(), [words('klaro', { a: true }, false)]);
  const second = open(true);
  assert.deepEqual(await second.told(), [], 'the edge knows it');
  local.klaro = encodeURIComponent('{"a":false}');
  klaro.update();
  klaro.update();
  assert.deepEqual(await second.told(), [words('klaro', { a: false }, true)], 'once, and as a click');
  delete local.klaro;
  klaro.update();
  assert.deepEqual(await second.told(), [nothing('klaro')]);
  assert.deepEqual(await open(false).told(), [], 'that nothing is chosen is no news where nothing is known');
  local.klaro = '{"a":true}';
  assert.deepEqual(await open(false, () => 503).told(), [words('klaro', { a: true }, false)]);
  assert.deepEqual(await open(false, () => 0).told(), [words('klaro', { a: true }, false)], 'again after a failure');
  assert.deepEqual(await open(false, () => 400).told(), [words('klaro', { a: true }, false)]);
  assert.deepEqual(await open(false).told(), [], 'not again after a refusal');
  local.klaro = '{"b":true}';
  const blind = { getItem: () => { throw new Error('storage is blocked'); }, setItem: () => { throw new Error(); } };
  const shop = page({ sources: 'klaro=klaro', local, session: blind, klaro });
  assert.deepEqual(await shop.told(), [words('klaro', { b: true }, false)], 'no session storage');
});

test('standards: a string is told with a proven choice only', async () => {
  let listener;
  const __tcfapi = (name, version, call) => name === 'addEventListener' && version === 2 && (listener = call);
  for (const source of ['tcf', 'sourcepoint']) {
    const shop = page({ sources: `${source}=euconsent-v2`, __tcfapi });
    const say = (eventStatus, more) => listener({ eventStatus, gdprApplies: true, tcString: 'C', ...more }, true);
    say('cmpuishown');
    say('tcloaded', { gdprApplies: false });
    say('tcloaded', { tcString: '' });
    listener({ eventStatus: 'tcloaded', gdprApplies: true, tcString: 'C' }, false);
    assert.deepEqual(await shop.told(), []);
    say('tcloaded');
    assert.deepEqual(await shop.told(), [{ observed: source, tc: 'C', fresh: false }]);
    say('useractioncomplete', { tcString: 'D' });
    assert.deepEqual(await shop.told(), [{ observed: source, tc: 'D', fresh: true }]);
  }
  const __gpp = (name, call) => name === 'addEventListener' && (listener = call);
  const shop = page({ sources: 'gpp=__gpp', __gpp });
  listener({ eventName: 'cmpStatus', pingData: { signalStatus: 'not ready', gppString: 'D' } }, true);
  listener({ eventName: 'listenerRegistered' }, true);
  assert.deepEqual(await shop.told(), []);
  listener({ eventName: 'signalStatus', pingData: { signalStatus: 'ready', gppString: 'D' } }, true);
  assert.deepEqual(await shop.told(), [{ observed: 'gpp', gpp: 'D', fresh: false }]);
});

test('Usercentrics 3', async () => {
  let type = 'IMPLICIT';
  const states = { essential: 'ALL_ACCEPTED', marketing: 'SOME_ACCEPTED', functional: 'ALL_ACCEPTED' };
  const categories = Object.fromEntries(Object.entries(states).map(([name, state]) => [name, { state }]));
  const __ucCmp = { getConsentDetails: async () => ({ consent: { type }, categories }) };
  const shop = page({ sources: 'usercentrics', seen: true, __ucCmp });
  assert.deepEqual(await shop.told(), [nothing('usercentrics')], 'a default is no choice');
  type = 'EXPLICIT';
  shop.say('UC_UI_CMP_EVENT', { type: 'SAVE' });
  const said = { essential: true, marketing: false, functional: true };
  assert.deepEqual(await shop.told(), [words('usercentrics', said, true)]);
});

test('Osano, Termly, Didomi', async () => {
  let saved;
  const consent = { ESSENTIAL: 'ACCEPT', MARKETING: 'DENY', OPT_OUT: 'ACCEPT' };
  const Osano = { cm: { getConsent: () => consent, addEventListener: (name, work) => (saved = work) } };
  const osano = page({ sources: 'osano', seen: true, Osano });
  assert.deepEqual(await osano.told(), [], 'before anything was saved');
  saved();
  assert.deepEqual(await osano.told(), [words('osano', { ESSENTIAL: true, MARKETING: false }, false)]);

  let chosen;
  const Termly = { on: (name, work) => name === 'consent' && (chosen = work) };
  const held = { TERMLY_API_CACHE: '{"TERMLY_COOKIE_CONSENT":{"value":{"analytics":true,"advertising":false}}}' };
  const termly = page({ sources: 'termly', Termly, local: held });
  assert.deepEqual(await termly.told(), [words('termly', { analytics: true, advertising: false }, false)]);
  chosen({ consentState: { analytics: false, advertising: false } });
  assert.deepEqual(await termly.told(), [words('termly', { analytics: false, advertising: false }, true)]);

  const status = { purposes: { consent: { enabled: [], disabled: [] } } };
  const Didomi = { getUserStatus: () => status };
  const didomi = page({ sources: 'didomi=didomi_token', Didomi });
  didomi.window.didomiOnReady.forEach((work) => work(Didomi));
  assert.deepEqual(await didomi.told(), []);
  status.purposes.consent = { enabled: ['analytics'], disabled: ['ads'] };
  didomi.window.didomiEventListeners.forEach(({ event, listener }) => event === 'consent.changed' && listener());
  assert.deepEqual(await didomi.told(), [words('didomi', { analytics: true, ads: false }, true)]);
});
