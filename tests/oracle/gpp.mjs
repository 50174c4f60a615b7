// Random GPP strings, and what the reference decoder says about them.

import { GppModel, Sections } from '@iabgpp/cmpapi';

const US = [...Sections.SECTION_ID_NAME_MAP].filter(([id]) => id >= 7);
const PURPOSES = Array.from({ length: 24 }, () => false);

// What each field takes, found by asking the section for a default.
function random(dice, value) {
  if (Array.isArray(value)) return value.map(() => dice.below(3));
  return typeof value === 'boolean' ? dice.chance(50) : dice.below(3);
}

function fill(dice, model, name) {
  const opinion = dice.one([undefined, 0, 1, 2, 2]);
  // The first value brings the section into being.
  const first = name === 'uspv1' ? 'OptOutSale' : 'SaleOptOut';
  model.setFieldValue(name, first, name === 'uspv1' ? 'N' : 0);
  for (const field of model.sections.get(name).segments.flatMap((segment) => segment.getFieldNames())) {
    if (/Version|SegmentType/.test(field)) continue;
    if (/SegmentIncluded/.test(field)) {
      model.setFieldValue(name, field, dice.chance(60));
    } else if (field === 'Gpc') {
      model.setFieldValue(name, field, dice.chance(20));
    } else if (name === 'uspv1') {
      model.setFieldValue(name, field, dice.one(['Y', 'N', '-']));
    } else if (/OptOut$/.test(field) && opinion !== undefined) {
      model.setFieldValue(name, field, opinion);
    } else if (field === 'MspaCoveredTransaction') {
      model.setFieldValue(name, field, 1 + dice.below(2));
    } else {
      model.setFieldValue(name, field, random(dice, model.getFieldValue(name, field)));
    }
  }
}

function tcfSection(dice, model, name, consents) {
  model.setFieldValue(name, consents, PURPOSES.map(() => dice.chance(50)));
}

// The reference checks values when they are set; what it would refuse is thrown again.
function made(dice) {
  const model = new GppModel();
  const percent = dice.one([5, 15, 60]);
  if (dice.chance(30)) tcfSection(dice, model, 'tcfeuv2', 'PurposeConsents');
  if (dice.chance(10)) tcfSection(dice, model, 'tcfcav1', 'PurposesExpressConsent');
  if (dice.chance(30)) fill(dice, model, 'uspv1');
  for (const [, name] of US) if (dice.chance(percent)) fill(dice, model, name);
  return model;
}



function said(text) {
  const model = new GppModel(text);
  const parts = text.split('~');
  const ids = model.getSectionIds();
  const sections = ids.map((id, at) => {
    const name = Sections.SECTION_ID_NAME_MAP.get(id);
    const field = (key) => (model.hasField(name, key) ? model.getFieldValue(name, key) : null);
    const us = id >= 7;
    const told = us && parts[at + 1].includes('.') && model.hasField(name, 'Gpc');
    return {
      id,
      text: parts[at + 1],
      sale: us ? field('SaleOptOut') : null,
      sharing: us ? field('SharingOptOut') : null,
      targeted: us ? field('TargetedAdvertisingOptOut') : null,
      gpc: told ? field('Gpc') : null,
      us_privacy: id === 6 ? field('OptOutSale') : null,
      purposes: id === 2 ? field('PurposeConsents').flatMap((given, at) => (given ? [at + 1] : [])) : null,
    };
  });
  return { text, sections };
}

export function gpp(dice) {
  for (;;) {
    let text = made(dice).encode();
    if (text.length > 8192 || text === 'DBAA') continue;
    // Other encoders leave the header's last character out where it is only padding.
    const [header, ...sections] = text.split('~');
    if (header.endsWith('A') && dice.chance(30)) text = [header.slice(0, -1), ...sections].join('~');
    return said(text);
  }
}
