// Random TC strings, and what the reference decoders say about them.
//
// Strings come from three places: the reference's segment encoder with every field at random, the reference's whole encoder
// behind a vendor list, and a bit writer of our own that makes what no encoder does (ranges out of order, overlapping, in
// ranges where a field would be shorter). All are decoded by one of the two reference packages.

import * as iabtcf from '@iabtcf/core';
import * as techlab from '@iabtechlabtcf/core';

const PACKAGES = [iabtcf, techlab];
const PURPOSES = Array.from({ length: 11 }, (_, at) => at + 1);
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const LANGUAGES = ['EN', 'FR', 'DE', 'IT', 'ZH'];
const COUNTRIES = ['AA', 'FR', 'DE', 'IT', 'ZZ'];

// Three years around the day on which the disclosed vendors became mandatory, some of them in fractions of a second.
const moment = (dice) => new Date(1709251200000 + dice.below(36500) * 2592000 + dice.below(10) * 137);

// The highest vendor: mostly what real lists hold, rarely the highest number there is.
const highest = (dice) =>
  dice.below(500) === 0 ? 65535 : dice.chance(50) ? 40 + dice.below(60) : 1 + dice.below(dice.one([300, 1500]));

function vendors(dice) {
  const end = highest(dice);
  switch (dice.below(4)) {
    case 0:
      return [];
    case 1: {
      const few = new Set();
      for (let count = 1 + dice.below(6); count > 0; count--) few.add(1 + dice.below(end));
      return [...few];
    }
    case 2: {
      const ids = [];
      for (let count = 1 + dice.below(4); count > 0; count--) {
        const first = 1 + dice.below(end);
        for (let id = first; id < Math.min(first + dice.below(300), 65536); id++) ids.push(id);
      }
      return ids;
    }
    default:
      return dice.ids(Math.min(end, 1500), dice.one([2, 50, 98]));
  }
}

function segments(dice, core) {
  const optional = dice.shuffled(['vendorsDisclosed', 'publisherTC', 'vendorsAllowed']);
  return [core, ...optional.slice(0, dice.below(4))];
}

function filled(dice, core) {
  const model = new core.TCModel();
  model.created = moment(dice);
  model.lastUpdated = moment(dice);
  model.cmpId = 2 + dice.below(4094);
  model.cmpVersion = dice.below(4096);
  model.consentScreen = dice.below(64);
  model.consentLanguage = dice.one(LANGUAGES);
  model.publisherCountryCode = dice.one(COUNTRIES);
  model.policyVersion = dice.below(64);
  model.vendorListVersion = 1 + dice.below(4095);
  model.isServiceSpecific = !dice.chance(3);
  const texts = core === iabtcf ? 'useNonStandardStacks' : 'useNonStandardTexts';
  model[texts] = dice.chance(50);
  model.purposeOneTreatment = dice.chance(20);
  model.specialFeatureOptins.set(dice.ids(12, 30));
  const often = dice.one([0, 50, 90, 100]);
  model.purposeConsents.set(dice.ids(dice.one([11, 24]), often));
  model.purposeLegitimateInterests.set(dice.ids(24, 30));
  model.vendorConsents.set(vendors(dice));
  model.vendorLegitimateInterests.set(vendors(dice));
  model.vendorsDisclosed.set(vendors(dice));
  model.vendorsAllowed.set(vendors(dice));
  model.publisherConsents.set(dice.ids(24, 40));
  model.publisherLegitimateInterests.set(dice.ids(24, 40));
  const custom = dice.one([0, 0, 5, 33, 63]);
  model.publisherCustomConsents.set(dice.ids(custom, 50));
  model.publisherCustomLegitimateInterests.set(dice.ids(custom, 50));
  return model;
}

function restrict(dice, core, model, known) {
  for (let count = dice.chance(50) ? 0 : 1 + dice.below(6); count > 0; count--) {
    const restriction = new core.PurposeRestriction(dice.one(PURPOSES), dice.below(3));
    for (const vendor of vendors(dice).slice(0, 200)) {
      if (known.size === 0 || known.has(vendor)) model.publisherRestrictions.add(vendor, restriction);
    }
  }
}

// Every field at random, each segment encoded by itself.
function bySegment(dice, core) {
  const model = filled(dice, core);
  restrict(dice, core, model, new Set());
  model.publisherRestrictions.gvl = { vendorIds: new Set(dice.ids(1500, dice.one([20, 100]))) };
  return segments(dice, 'core')
    .map((segment) => core.SegmentEncoder.encode(model, segment))
    .join('.');
}

const lists = new Map();

function vendorList(core, number) {
  const key = `${core === iabtcf}${number}`;
  if (!lists.has(key)) {
    const named = (ids) => Object.fromEntries(ids.map((id) => [id, { id, name: `${id}`, description: '' }]));
    const everything = {
      purposes: PURPOSES,
      legIntPurposes: PURPOSES.slice(1),
      flexiblePurposes: PURPOSES.slice(1),
      specialPurposes: [1],
      features: [],
      specialFeatures: [1],
    };
    const vendors = {};
    for (let id = 1; id <= 60 + number * 90; id++) {
      if ((id * 7919) % (number + 3) !== 0) vendors[id] = { id, name: `${id}`, ...everything };
    }
    const list = new core.GVL({
      gvlSpecificationVersion: 3,
      vendorListVersion: 100 + number,
      tcfPolicyVersion: 2 + (number % 4),
      lastUpdated: '2026-01-01T00:00:00Z',
      purposes: named(PURPOSES),
      specialPurposes: named([1]),
      features: {},
      specialFeatures: named([1, 2]),
      stacks: {},
      vendors,
    });
    lists.set(key, list);
  }
  return lists.get(key);
}

// What a consent tool writes: the whole encoder, which drops what its vendor list does not allow.
function byList(dice, core) {
  const model = filled(dice, core);
  model.gvl = vendorList(core, dice.below(10));
  restrict(dice, core, model, model.gvl.vendorIds);
  return core.TCString.encode(model, dice.chance(50) ? undefined : { segments: segments(dice, 'core') });
}

class Writer {
  bits = '';

  put(value, width) {
    this.bits += value.toString(2).padStart(width, '0');
    return this;
  }

  some(dice, width) {
    for (let count = width; count > 0; count--) this.bits += dice.below(2);
    return this;
  }

  ranges(dice, end, most) {
    const count = dice.below(most);
    this.put(count, 12);
    for (let at = 0; at < count; at++) {
      const first = 1 + dice.below(end);
      if (dice.chance(40)) {
        this.put(1, 1).put(first, 16).put(Math.min(first + dice.below(end === 65535 ? 400 : end), end), 16);
      } else {
        this.put(0, 1).put(first, 16);
      }
    }
    return this;
  }

  vendors(dice) {
    const end = highest(dice);
    this.put(end, 16);
    return dice.chance(60) || end === 65535 ? this.put(1, 1).ranges(dice, end, 25) : this.put(0, 1).some(dice, end);
  }

  // Any padding is right, and none as well.
  text(dice) {
    const padded = this.bits.padEnd(Math.ceil(this.bits.length / 6) * 6, '0') + '000000'.repeat(dice.below(4));
    return padded.replace(/.{6}/g, (bits) => ALPHABET[parseInt(bits, 2)]);
  }
}

// What no encoder writes and every decoder must read.
function byHand(dice) {
  const deciseconds = () => Math.floor(moment(dice).getTime() / 100);
  const core = new Writer().put(2, 6).put(deciseconds(), 36).put(deciseconds(), 36);
  // The reference takes no tool below 2 and no list 0.
  core.put(2 + dice.below(4094), 12).some(dice, 12 + 6);
  for (let letter = 0; letter < 2; letter++) core.put(dice.below(26), 6);
  core.put(1 + dice.below(4095), 12).some(dice, 6).put(1, 1).some(dice, 1 + 12);
  core.put(dice.chance(50) ? 2 ** 24 - 1 : dice.below(2 ** 24), 24).some(dice, 24 + 1);
  for (let letter = 0; letter < 2; letter++) core.put(dice.below(26), 6);
  core.vendors(dice).vendors(dice);
  const restrictions = dice.below(8);
  core.put(restrictions, 12);
  for (let at = 0; at < restrictions; at++) {
    core.put(1 + dice.below(11), 6).put(dice.below(3), 2).ranges(dice, highest(dice), 8);
  }
  const custom = dice.below(64);
  const optional = {
    1: () => new Writer().put(1, 3).vendors(dice),
    2: () => new Writer().put(2, 3).vendors(dice),
    3: () => new Writer().put(3, 3).some(dice, 48).put(custom, 6).some(dice, custom * 2),
  };
  const kinds = dice.shuffled([1, 2, 3]).slice(0, dice.below(4));
  return [core, ...kinds.map((kind) => optional[kind]())].map((writer) => writer.text(dice)).join('.');
}

const seconds = (date) => Math.floor(date.getTime() / 1000);

// Ids as ranges, so that a line stays short.
function ranges(ids) {
  const found = [];
  for (const id of [...ids].sort((one, other) => one - other)) {
    const last = found.at(-1);
    if (last && last[1] + 1 === id) last[1] = id;
    else found.push([id, id]);
  }
  return found;
}

const list = (vector) => ranges(vector.values());

// The rule, told once more: disclosed, consented to, every purpose consented to, and not restricted away.
function allowed(model, disclosed, vendor, needed) {
  const mandatory = seconds(model.lastUpdated) >= Date.UTC(2026, 1, 28) / 1000;
  if (disclosed ? !model.vendorsDisclosed.has(vendor) : mandatory) return false;
  if (!model.vendorConsents.has(vendor)) return false;
  const kinds = model.publisherRestrictions
    .getRestrictions(vendor)
    .filter((restriction) => needed.includes(restriction.purposeId))
    .map((restriction) => restriction.restrictionType);
  return needed.every((purpose) => model.purposeConsents.has(purpose)) && !kinds.includes(0) && !kinds.includes(2);
}

function said(dice, core, text) {
  const model = core.TCString.decode(text);
  const types = text.split('.').slice(1).map((segment) => ALPHABET.indexOf(segment[0]) >> 3);
  const disclosed = types.includes(1);
  const restrictions = [];
  for (const restriction of model.publisherRestrictions.getRestrictions()) {
    const vendors = ranges(model.publisherRestrictions.getVendors(restriction));
    restrictions.push([restriction.purposeId, restriction.restrictionType, vendors]);
  }
  const interesting = [...model.vendorConsents.values()].slice(0, 200);
  const questions = [];
  for (let count = 0; count < 6; count++) {
    const vendor = interesting.length > 0 && dice.chance(80) ? dice.one(interesting) : 1 + dice.below(1500);
    const needed = dice.one([[1], [1, 3, 4], [1, 5, 6], [1, 8], dice.ids(11, 20)]);
    if (needed.length > 0) questions.push([vendor, needed, allowed(model, disclosed, vendor, needed)]);
  }
  return {
    text,
    created: seconds(model.created),
    last_updated: seconds(model.lastUpdated),
    cmp_id: model.cmpId,
    cmp_version: model.cmpVersion,
    consent_screen: model.consentScreen,
    consent_language: model.consentLanguage,
    vendor_list_version: model.vendorListVersion,
    policy_version: model.policyVersion,
    service_specific: model.isServiceSpecific,
    non_standard_texts: core === iabtcf ? model.useNonStandardStacks : model.useNonStandardTexts,
    special_features: list(model.specialFeatureOptins),
    purpose_consents: list(model.purposeConsents),
    purpose_legitimate_interests: list(model.purposeLegitimateInterests),
    purpose_one_treatment: model.purposeOneTreatment,
    publisher_country: model.publisherCountryCode,
    vendor_consents: list(model.vendorConsents),
    vendor_legitimate_interests: list(model.vendorLegitimateInterests),
    restrictions,
    disclosed: disclosed ? list(model.vendorsDisclosed) : null,
    publisher: types.includes(3)
      ? {
          consents: list(model.publisherConsents),
          legitimate_interests: list(model.publisherLegitimateInterests),
          custom_purposes: model.numCustomPurposes,
          custom_consents: list(model.publisherCustomConsents),
          custom_legitimate_interests: list(model.publisherCustomLegitimateInterests),
        }
      : null,
    questions,
  };
}

export function tcf(dice) {
  const core = dice.one(PACKAGES);
  let text;
  do {
    const way = dice.below(100);
    text = way < 65 ? bySegment(dice, core) : way < 68 ? byList(dice, core) : byHand(dice);
    // Longer ones are not read by design.
  } while (text.length > 8192);
  return said(dice, dice.one(PACKAGES), text);
}
