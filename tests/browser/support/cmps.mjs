// Consent tools: what a shop puts into its pages for each, how a visitor answers it, and how Vestibule is told to read it.
//
// The tools are the real packages but for those marked `standIn`, which nobody can get without a contract: these are pages
// that offer what the vendor's documentation says the tool offers.

import { HOSTS } from './cmpshop.mjs';

const script = (address) => `<script src="/cmp/${address}"></script>`;
const style = (address) => `<link rel="stylesheet" href="/cmp/${address}">`;
const inline = (work, ...values) => `<script>(${work})(...${JSON.stringify(values)})</script>`;
const module = (text) => `<script type="module">${text}</script>`;
const press = (selector) => (page) => page.locator(selector).first().click();
// Boxes are hidden behind what tools draw for them.
const switchOn = (selector) => (page) => page.locator(selector).first().evaluate((box) => box.click());

// How a source is read on the shop: its table in the configuration.
const source = (id, more = '') => `sources = ["own", "gpc", "${id}"]\n[[site.source]]\nid = "${id}"\n${more}`;

const BY_SERVICE = 'map = { ga4 = "analytics", meta = "marketing", youtube = "social" }\n';
const MIRROR = 'mirror = true\n';

const klaro = (storageMethod, site) => ({
  head: inline((storageMethod) => {
    const service = (name, purpose) => ({ name, title: name, purposes: [purpose] });
    window.klaroConfig = {
      storageMethod,
      acceptAll: true,
      lang: 'en',
      privacyPolicy: '/privacy',
      services: [service('ga4', 'analytics'), service('meta', 'marketing'), service('youtube', 'social')],
    };
  }, storageMethod) + '<script defer data-config="klaroConfig" src="/cmp/klaro/dist/klaro.js"></script>',
  site: source('klaro', BY_SERVICE + site),
  asks: '.klaro .cookie-notice',
  accept: press('.klaro .cm-btn-success'),
  refuse: press('.klaro .cn-decline'),
  partial: async (page) => {
    await press('.klaro .cn-learn-more')(page);
    await page.locator('label[for="purpose-item-analytics"]').first().click();
    await press('.klaro .cm-btn-accept')(page);
  },
});

const vanilla3 = (useLocalStorage, site) => ({
  head: style('vanilla-cookieconsent/dist/cookieconsent.css') + script('vanilla-cookieconsent/dist/cookieconsent.umd.js'),
  body: inline((useLocalStorage) => {
    const section = (linkedCategory) => ({ title: linkedCategory, linkedCategory });
    window.CookieConsent.run({
      // A test drives this browser, and the tool would hide from it.
      hideFromBots: false,
      cookie: { useLocalStorage },
      categories: { necessary: { enabled: true, readOnly: true }, analytics: {}, marketing: {}, social: {} },
      language: {
        default: 'en',
        translations: {
          en: {
            consentModal: {
              title: 'May we?',
              description: 'A question.',
              acceptAllBtn: 'Accept all',
              acceptNecessaryBtn: 'Reject all',
              showPreferencesBtn: 'Choose',
            },
            preferencesModal: {
              title: 'Choose',
              acceptAllBtn: 'Accept all',
              acceptNecessaryBtn: 'Reject all',
              savePreferencesBtn: 'Save',
              sections: [section('analytics'), section('marketing'), section('social')],
            },
          },
        },
      },
    });
  }, useLocalStorage),
  site: source('vanilla-cookieconsent', site),
  asks: '#cc-main .cm',
  accept: press('#cc-main .cm [data-role="all"]'),
  refuse: press('#cc-main .cm [data-role="necessary"]'),
  partial: async (page) => {
    await press('#cc-main .cm [data-role="show"]')(page);
    await switchOn('#cc-main .pm .section__toggle[value="analytics"]')(page);
    await press('#cc-main .pm [data-role="save"]')(page);
  },
});

const buttons = (names) => names.map((name) => `<button id="${name}">${name}</button>`).join(' ');
// The banner of a stand-in.
const standInBanner = `<div id="stand-in" role="dialog">${buttons(['accept', 'refuse', 'partial', 'forget'])}</div>`;
const standIn = (id, behaviour, more = {}) => ({
  name: id,
  standIn: true,
  head: '',
  body: standInBanner + inline(behaviour),
  ...more,
  site: (more.asked ?? '') + source(id, more.site),
  asks: '#stand-in',
  accept: press('#accept'),
  refuse: press('#refuse'),
  partial: press('#partial'),
  withdraw: press('#refuse'),
  mirrored: true,
});

export const TOOLS = [
  { name: 'klaro', package: 'klaro', ...klaro('cookie', '') },
  {
    name: 'klaro in local storage',
    package: 'klaro',
    mirrored: true,
    ...klaro('localStorage', MIRROR),
    withdraw: (page) =>
      page.evaluate(() => (window.klaro.getManager().changeAll(false), window.klaro.getManager().saveAndApplyConsents())),
    forget: (page) => page.evaluate(() => window.klaro.getManager().resetConsents()),
  },
  { name: 'vanilla-cookieconsent 3', package: 'vanilla-cookieconsent', ...vanilla3(false, '') },
  {
    name: 'vanilla-cookieconsent 3 in local storage',
    package: 'vanilla-cookieconsent',
    mirrored: true,
    ...vanilla3(true, MIRROR),
    withdraw: (page) => page.evaluate(() => window.CookieConsent.acceptCategory([])),
    // It asks anew with the next page.
    forget: (page) => page.evaluate(() => (window.CookieConsent.reset(true), location.reload())),
  },
  {
    name: 'vanilla-cookieconsent 2',
    package: 'vanilla-cookieconsent2',
    head:
      style('vanilla-cookieconsent2/dist/cookieconsent.css') + script('vanilla-cookieconsent2/dist/cookieconsent.js'),
    body: inline(() => {
      const block = (value) => ({ title: value, description: value, toggle: { value, enabled: false, readonly: false } });
      window.initCookieConsent().run({
        current_lang: 'en',
        hide_from_bots: false,
        languages: {
          en: {
            consent_modal: {
              title: 'May we?',
              description: 'A question. <button type="button" data-cc="c-settings">Choose</button>',
              primary_btn: { text: 'Accept all', role: 'accept_all' },
              secondary_btn: { text: 'Reject all', role: 'accept_necessary' },
            },
            settings_modal: {
              title: 'Choose',
              save_settings_btn: 'Save',
              accept_all_btn: 'Accept all',
              blocks: [block('analytics'), block('marketing'), block('social')],
            },
          },
        },
      });
    }),
    site: source('vanilla-cookieconsent'),
    asks: '#cm',
    accept: press('#c-p-bn'),
    refuse: press('#c-s-bn'),
    partial: async (page) => {
      await press('[data-cc="c-settings"]')(page);
      await switchOn('#s-cnt input[value="analytics"]')(page);
      await press('#s-sv-bn')(page);
    },
  },
  {
    name: 'Osano open source',
    package: 'cookieconsent',
    head: style('cookieconsent/build/cookieconsent.min.css') + script('cookieconsent/build/cookieconsent.min.js'),
    body: inline(() => window.cookieconsent.initialise({ type: 'opt-in', revokable: true })),
    // It has one question, and this shop means its film by it, too.
    site: source('osano-cookieconsent', 'with_all = "social"\n'),
    asks: '.cc-window',
    accept: press('.cc-window .cc-allow'),
    refuse: press('.cc-window .cc-deny'),
  },
  {
    name: 'Orejime 3',
    package: 'orejime',
    head: style('orejime/dist/orejime-standard.css'),
    body: inline(() => {
      const purpose = (id) => ({ id, title: id, cookies: [] });
      window.orejimeConfig = {
        privacyPolicyUrl: '/privacy',
        purposes: [purpose('analytics'), purpose('marketing'), purpose('social')],
      };
    }) + script('orejime/dist/orejime-standard-en.js'),
    site: source('orejime', 'map = { analytics = "analytics", marketing = "marketing", social = "social" }\n'),
    asks: '.orejime-Banner',
    accept: press('.orejime-Banner-saveButton'),
    refuse: press('.orejime-Banner-declineButton'),
    partial: async (page) => {
      await press('.orejime-Banner-learnMoreButton')(page);
      await switchOn('#orejime-purpose-analytics')(page);
      await press('.orejime-Modal-saveButton')(page);
    },
  },
  {
    name: 'tarteaucitron',
    package: 'tarteaucitronjs',
    head: script('tarteaucitronjs/tarteaucitron.js') + inline(() => {
      window.tarteaucitronForceLanguage = 'en';
      window.tarteaucitron.user.gtagUa = 'G-DEMO000000';
      window.tarteaucitron.user.facebookpixelId = '000000000000000';
      window.tarteaucitron.job = ['gtag', 'facebookpixel', 'youtube'];
      window.tarteaucitron.init({ privacyUrl: '', hashtag: '#tarteaucitron', orientation: 'bottom', showIcon: false });
    }),
    body: '<div class="youtube_player" videoID="film" width="320" height="180"></div>',
    site: source('tarteaucitron'),
    asks: '#tarteaucitronAlertBig',
    // Its buttons work half a second after they are shown.
    wakes: 700,
    accept: press('#tarteaucitronPersonalize2'),
    refuse: press('#tarteaucitronAllDenied2'),
    partial: async (page) => {
      await press('#tarteaucitronCloseAlert')(page);
      await press('#gtagAllowed')(page);
      await press('#facebookpixelDenied')(page);
      await press('#youtubeDenied')(page);
    },
  },
  {
    name: 'c15t',
    package: 'c15t',
    // Headless: the shop has a banner of its own for it.
    head: `<script type="importmap">${JSON.stringify({
      imports: {
        c15t: '/cmp/c15t/dist/index.js',
        '@c15t/schema/types': '/cmp/@c15t/schema/dist/types.js',
        '@c15t/translations': '/cmp/@c15t/translations/dist/index.js',
        'zustand/vanilla': '/cmp/zustand/esm/vanilla.mjs',
        valibot: '/cmp/valibot/dist/index.mjs',
      },
    })}</script>`,
    body: `<div id="c15t" hidden>${buttons(['accept', 'refuse', 'partial'])}</div>${module(`
      globalThis.process = { env: {} };
      const { getOrCreateConsentRuntime } = await import('c15t');
      const consentCategories = ['necessary', 'measurement', 'marketing', 'experience'];
      const { consentStore } = getOrCreateConsentRuntime({ mode: 'offline', consentCategories });
      const banner = document.getElementById('c15t');
      const show = ({ activeUI }) => (banner.hidden = activeUI !== 'banner');
      consentStore.subscribe(show);
      show(consentStore.getState());
      const on = (id, work) => document.getElementById(id).addEventListener('click', () => work(consentStore.getState()));
      on('accept', (state) => state.saveConsents('all'));
      on('refuse', (state) => state.saveConsents('necessary'));
      on('partial', (state) => (state.setSelectedConsent('measurement', true), state.saveConsents('custom')));`)}`,
    site: source('c15t', 'map = { experience = ["personalization", "social"] }\n'),
    asks: '#c15t:not([hidden])',
    accept: press('#accept'),
    refuse: press('#refuse'),
    partial: press('#partial'),
  },
  standIn('usercentrics', () => {
    // Version 2: https://docs.usercentrics.com, "Browser API": implicit until somebody clicks.
    const KEY = 'stand-in-usercentrics';
    const slugs = ['essential', 'functional', 'statistics', 'marketing', 'social'];
    let consents;
    const read = () => (consents = JSON.parse(localStorage.getItem(KEY) ?? 'null'));
    const say = (name, detail) => window.dispatchEvent(new CustomEvent(name, { detail }));
    const save = (granted, type) => {
      if (granted) localStorage.setItem(KEY, JSON.stringify(granted));
      else localStorage.removeItem(KEY);
      read();
      say('UC_UI_CMP_EVENT', { source: 'button', type });
    };
    const start = () => {
      read();
      window.UC_UI = {
        isInitialized: () => true,
        getServicesBaseInfo: () =>
          slugs.map((categorySlug) => ({
            id: categorySlug,
            categorySlug,
            consent: {
              status: categorySlug === 'essential' || !!consents?.includes(categorySlug),
              history: [{ type: consents ? 'explicit' : 'implicit', status: true }],
            },
          })),
      };
      say('UC_UI_INITIALIZED');
      document.getElementById('stand-in').hidden = !!consents && location.search !== '?open';
    };
    // A tool takes its time; with ?never it is blocked altogether.
    if (location.search !== '?never') setTimeout(start, 150);
    const on = (id, work) => document.getElementById(id).addEventListener('click', work);
    on('accept', () => save(slugs, 'ACCEPT_ALL'));
    on('refuse', () => save([], 'DENY_ALL'));
    on('partial', () => save(['statistics'], 'SAVE'));
    on('forget', () => save(null, 'RESET'));
  }, { site: 'map = { social = "social" }\n', forget: press('#forget') }),
  standIn('osano', () => {
    // https://docs.osano.com, "JavaScript API": events of `Osano.cm`, the last one anew with every page.
    const KEY = 'stand-in-osano';
    const listeners = [];
    const read = () => JSON.parse(localStorage.getItem(KEY) ?? 'null');
    if (location.search === '?never') return;
    const none = { ESSENTIAL: 'ACCEPT', ANALYTICS: 'DENY', MARKETING: 'DENY', PERSONALIZATION: 'DENY', OPT_OUT: 'DENY' };
    const saved = () => listeners.forEach((listener) => listener(read()));
    window.Osano = {
      cm: {
        getConsent: () => ({ ...none, ...read() }),
        addEventListener: (name, listener) => name === 'osano-cm-consent-saved' && listeners.push(listener),
      },
    };
    const save = (granted) => (localStorage.setItem(KEY, JSON.stringify(granted)), saved());
    if (read()) setTimeout(saved, 150);
    document.getElementById('stand-in').hidden = !!read() && location.search !== '?open';
    const on = (id, work) => document.getElementById(id).addEventListener('click', work);
    on('accept', () => save({ ANALYTICS: 'ACCEPT', MARKETING: 'ACCEPT', PERSONALIZATION: 'ACCEPT' }));
    on('refuse', () => save({}));
    on('partial', () => save({ ANALYTICS: 'ACCEPT' }));
  }, { site: 'with_all = "social"\n' }),
  standIn('tcf', () => {
    // The strings allow vendors up to 900, and Meta is 1126: its hosts stay closed though its purpose is agreed to.
    // IAB TCF, "CMP API v2": a string is proof of a choice only with `tcloaded` and `useractioncomplete`.
    const KEY = 'stand-in-tcf';
    const TC = {
      accept: 'CQuFeUAQuFeUAAfACBENCWFsAP_gAH_gAAqIHCQAYAAgcIAAAAAA.YAAAAAAAAAAA',
      refuse: 'CQuFeUAQuFeUAAfACBENCWFgAAAAAAAAAAqIAAAAAAAA.YAAAAAAAAAAA',
      partial: 'CQuFeUAQuFeUAAfACBENCWFgAIOAAAAAAAqIAAAAAAAA.YAAAAAAAAAAA',
    };
    const listeners = [];
    const state = (eventStatus) => {
      const choice = localStorage.getItem(KEY);
      // While it asks it has a string, and nobody has chosen it.
      return { eventStatus, gdprApplies: true, tcString: TC[choice ?? 'accept'] };
    };
    const shown = !localStorage.getItem(KEY);
    if (location.search === '?never') return;
    window.__tcfapi = (command, version, callback) => {
      if (command !== 'addEventListener') return;
      listeners.push(callback);
      callback(state(shown ? 'cmpuishown' : 'tcloaded'), true);
    };
    document.getElementById('stand-in').hidden = !shown && location.search !== '?open';
    for (const choice of Object.keys(TC))
      document.getElementById(choice).addEventListener('click', () => {
        localStorage.setItem(KEY, choice);
        listeners.forEach((listener) => listener(state('useractioncomplete'), true));
      });
  }, { asked: 'banner = false\n', site: MIRROR, silentOn: ['social'], unlisted: HOSTS.marketing }),
];
