// Vestibule's mirror: tells the edge what a visitor chose in a consent tool of this shop that keeps the choice in the
// browser. It tells a choice only once the tool says that one was made, and "nothing chosen" only once the tool says so
// itself; a tool that is still loading, or never loads, tells nothing. It changes nothing in the page.
(() => {
  'use strict';
  const me = document.currentScript;
  if (!me || !window.fetch) return;
  const endpoint = me.src.replace(/[^/]*$/, 'consent');
  // Whether the edge knows a choice of this visitor already.
  const known = 'seen' in me.dataset;
  const told = {};
  const said = {};
  let queue = Promise.resolve();

  const quiet = (work) => (...values) => {
    try {
      return work(...values);
    } catch {}
  };
  const remembered = quiet((source) => sessionStorage.getItem('vestibule-told-' + source));
  const remember = quiet((source, text) => sessionStorage.setItem('vestibule-told-' + source, text));
  const stored = (key) => localStorage.getItem(key);
  const parsed = quiet((text) => JSON.parse(text));
  const decoded = (text) => parsed(text) || parsed(decodeURIComponent(text));

  // `choice` is null when the tool says that nothing is chosen; `fresh` when the visitor has just clicked. Where a tool does
  // not say so, another choice than before on this page is one.
  const tell = (source, choice, fresh) => {
    const text = choice ? JSON.stringify(choice) : '';
    fresh ??= source in said && said[source] !== text;
    said[source] = text;
    if (!(source in told)) told[source] = known ? remembered(source) : '';
    // What the edge refused once it will refuse again.
    if (told[source] === text || remembered(source) === '!' + text) return;
    told[source] = text;
    const body = JSON.stringify({ observed: source, ...(choice ? { ...choice, fresh } : { chosen: false }) });
    const headers = { 'content-type': 'application/json' };
    // One after another: each answer sets the same cookie.
    queue = queue
      .then(() => fetch(endpoint, { method: 'POST', keepalive: true, credentials: 'same-origin', headers, body }))
      .then(({ status }) => (status < 500 ? remember(source, (status < 400 ? '' : '!') + text) : delete told[source]))
      .catch(() => delete told[source]);
  };

  // Calls `then` once `ready` gives something, for half a minute.
  const until = (ready, then, tries = 120) => {
    const found = quiet(ready)();
    if (found) quiet(then)(found);
    else if (tries) setTimeout(until, 250, ready, then, tries - 1);
  };
  const on = (names, work) => names.forEach((name) => addEventListener(name, quiet(work)));
  const yes = (names) => Object.fromEntries(names.map((name) => [name, true]));

  const tcf = (source) =>
    until(() => window.__tcfapi, (api) =>
      api('addEventListener', 2, quiet((data, ok) => {
        const fresh = data.eventStatus === 'useractioncomplete';
        if (ok && data.gdprApplies && data.tcString && (fresh || data.eventStatus === 'tcloaded'))
          tell(source, { tc: data.tcString }, fresh);
      })));

  const READERS = {
    tcf,
    sourcepoint: tcf,

    gpp: (source) =>
      until(() => window.__gpp, (api) =>
        api('addEventListener', quiet((event, ok) => {
          const { signalStatus, gppString } = event.pingData || {};
          if (ok && signalStatus === 'ready' && gppString) tell(source, { gpp: gppString }, false);
        }))),

    usercentrics: (source) => {
      const clicked = (type) => /^explicit$/i.test(type);
      const look = async (fresh) => {
        const words = {};
        if (window.__ucCmp) {
          if ((await window.__ucCmp.isInitialized?.()) === false) return;
          const { consent, categories } = await window.__ucCmp.getConsentDetails();
          for (const name in categories) words[name] = categories[name].state === 'ALL_ACCEPTED';
          tell(source, clicked(consent.type) ? { words } : null, fresh);
        } else if (window.UC_UI?.isInitialized()) {
          const services = window.UC_UI.getServicesBaseInfo();
          for (const { categorySlug: name, consent } of services) words[name] = consent.status && words[name] !== false;
          const chosen = services.some(({ consent }) => consent.history?.some(({ type }) => clicked(type)));
          tell(source, chosen ? { words } : null, fresh);
        }
      };
      const again = (event) => look(/^(ACCEPT_ALL|DENY_ALL|SAVE)$/.test(event?.detail?.type)).catch(() => {});
      on(['UC_UI_INITIALIZED', 'UC_UI_CMP_EVENT', 'UC_CONSENT', 'ucEvent'], again);
      until(() => window.__ucCmp || window.UC_UI?.isInitialized(), again);
    },

    // What it has before anybody chose looks like a refusal, so only what was saved counts. `OPT_OUT` says the opposite of
    // the others, and on some sites not even that.
    osano: (source) =>
      until(() => window.Osano?.cm, (cm) =>
        cm.addEventListener('osano-cm-consent-saved', quiet(() => {
          const consent = Object.entries(cm.getConsent()).filter(([name]) => name !== 'OPT_OUT');
          tell(source, { words: Object.fromEntries(consent.map(([name, given]) => [name, given === 'ACCEPT'])) });
        }))),

    termly: (source) => {
      const look = quiet((words) => words && tell(source, { words }));
      look(parsed(stored('TERMLY_API_CACHE'))?.TERMLY_COOKIE_CONSENT?.value);
      until(() => window.Termly?.on, () => window.Termly.on('consent', (data) => look(data?.consentState)));
    },

    klaro: (source, key) =>
      until(() => window.klaro?.getManager(), (manager) => {
        const look = quiet(() => {
          const words = decoded(stored(key));
          tell(source, words ? { words } : null);
        });
        look();
        // It is told before the choice is written.
        manager.watch({ update: () => setTimeout(look) });
      }),

    'vanilla-cookieconsent': (source, key) => {
      const look = (cookie) => cookie?.categories && tell(source, { words: yes(cookie.categories) });
      const saved = quiet(() => decoded(stored(key)))();
      if (saved && !(saved.expirationTime < Date.now())) look(saved);
      on(['cc:onConsent', 'cc:onChange'], ({ detail }) => look(detail.cookie));
      // Its first question is asked only while no choice holds.
      on(['cc:onModalShow'], ({ detail }) => detail.modalName === 'consentModal' && tell(source, null));
    },

    didomi: (source) => {
      // Where nobody has to be asked first, everything is enabled before a click; there only a change is one.
      const look = (didomi, changed) => {
        const { purposes, regulation } = didomi.getUserStatus();
        if (!changed && regulation && regulation !== 'gdpr') return;
        const { enabled, disabled } = purposes.consent;
        const words = { ...yes(enabled), ...Object.fromEntries(disabled.map((name) => [name, false])) };
        tell(source, enabled.length + disabled.length ? { words } : null);
      };
      (window.didomiOnReady ||= []).push(quiet((didomi) => look(didomi)));
      const listener = quiet(() => look(window.Didomi, true));
      (window.didomiEventListeners ||= []).push({ event: 'consent.changed', listener });
    },
  };

  for (const entry of me.dataset.sources.split(' ')) {
    const [source, key] = entry.split('=');
    quiet(READERS[source])(source, key);
  }
})();
