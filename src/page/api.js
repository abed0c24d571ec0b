// Button API V3: every call is a POST, the token stands in the body, never in a URL.

export const meta = (name) => document.querySelector(`meta[name=chat-${name}]`).content;

// What the API's short texts mean to a person.
export const WRONG = 'Wrong user name or password, or the account is not active.';
const TEXTS = {
  'Invalid username or password!': WRONG,
  'Username needs to be 3-20 chars long!': 'A user name has 3 to 20 letters, digits or . _ - and no spaces.',
  'User exists!': 'That user name is taken.',
  'User not found!': 'There is no user of that name.',
  'Channel exists!': 'There is a channel of that name already.',
  'You are not in this channel!': 'Only members can read this channel.',
};
const PASSWORD = /^Password needs to have/;

const duration = (s) => (s < 90 ? `${s} seconds` : `${Math.ceil(s / 60)} minutes`);

// The server refused (MESSAGE: its text), or did not answer (status 0); `later` it may succeed.
export class Failure extends Error {
  constructor(message, status = 0, wait = 0) {
    super(TEXTS[message] ?? (PASSWORD.test(message) ? 'The password does not follow the rules below.'
      : status === 429 && wait ? `Too many attempts: try again in ${duration(wait)}.` : message));
    Object.assign(this, { status, wait });
    this.later = !status || status === 408 || status === 429 || status >= 500;
    this.said = message;
    this.signedOut = status === 401 && message === 'Invalid token!';
  }
}

export async function call(name, body, key) {
  let response, answer;
  try {
    response = await fetch(`${meta('api')}${name}/`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(key && { 'Idempotency-Key': key }) },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(20000),
    });
    answer = await response.text();
  } catch {
    throw new Failure('The server cannot be reached.');
  }
  try {
    answer = JSON.parse(answer);
  } catch {
    throw unreadable(response);
  }
  if (response.ok) return answer;
  throw new Failure(String(answer?.message ?? 'The server refused.'), response.status,
    Number(response.headers.get('Retry-After')) || 0);
}

// Not an answer of the API: it comes from a proxy, a firewall or a limiter of the site, which may
// let the same request pass a little later.
function unreadable({ ok, status }) {
  if (ok) return new Failure('The server sent an answer that is not from the chat.', 502, 5);
  if (status !== 403 && status !== 406) return new Failure(`The server is not ready (${status}).`, status, 5);
  return Object.assign(new Failure(`The site's firewall refused this (${status}).`, status, 10), { site: true });
}

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
