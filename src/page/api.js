// What the page asks the API without a session, and what is stored.

import { request } from './chat-client.js';

export const meta = (name) => document.querySelector(`meta[name=chat-${name}]`).content;

export const call = (name, body, key) => request(`${meta('api')}${name}/`, body, key);

export async function login(account) {
  try {
    return (await call('gettoken', account)).token;
  } catch (e) {
    if (e.said !== 'No token!') throw e;
    return (await call('generatetoken', account)).token;
  }
}

// Stored: mod_chat is the session, mod_chat-marks and -outbox belong to it. The tab's storage
// ends with the tab; localStorage is used only after "Stay signed in".
export const KEY = 'mod_chat';

// Where cookies are blocked even asking for a storage throws: the page then remembers nothing.
function storage(kind) {
  try {
    return window[kind];
  } catch {
    return null;
  }
}

export const tab = storage('sessionStorage');
export const device = storage('localStorage');
export const placeOf = (session) => (session.keep ? device : tab);

export function stored(place, what = '') {
  try {
    return JSON.parse(place.getItem(KEY + what));
  } catch {
    return null;
  }
}

export function keep(place, what, value) {
  try {
    if (value) place.setItem(KEY + what, JSON.stringify(value));
    else place.removeItem(KEY + what);
  } catch {}
}

export const storedSession = () => stored(tab) ?? stored(device);
