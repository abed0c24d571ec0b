// The language of this page: what the user chose on this device, else the browser's. Begins to load
// while the rest of the page is still on its way.

import { choose, dir, locale, speak, translate } from './lang.js';

const KEY = 'mod_chat-language';

function chosen() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

// LANGUAGE is a code, or '' for the browser's.
export function speakOnly(language) {
  try {
    if (language) localStorage.setItem(KEY, language);
    else localStorage.removeItem(KEY);
  } catch {}
  location.reload();
}

export const choice = () => chosen() ?? '';

const PARTS = document.querySelector('meta[name=chat-texts]')?.content.split(' ') ?? [];

async function begin() {
  await speak(choose([chosen() ?? '', ...navigator.languages]), ...PARTS);
  Object.assign(document.documentElement, { lang: locale, dir });
  translate(document);
}

export const spoken = begin();
