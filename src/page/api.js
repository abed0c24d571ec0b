// Button API V3: every call is a POST, the token stands in the body, never in a URL.

export const meta = (name) => document.querySelector(`meta[name=chat-${name}]`).content;

// The server refused, or did not answer (status 0); `later` it may succeed. KIND: 'api' (SAID is its
// text), 'unreachable', 'foreign' (the answer is not the API's), 'busy' or 'firewall' (of the site).
export class Failure extends Error {
  constructor(kind, { said = '', status = 0, wait = 0 } = {}) {
    super(said || kind);
    Object.assign(this, { kind, said, status, wait });
    this.later = !status || status === 408 || status === 429 || status >= 500;
    this.site = kind === 'firewall';
    this.signedOut = status === 401 && said === 'Invalid token!';
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
    throw new Failure('unreachable');
  }
  try {
    answer = JSON.parse(answer);
  } catch {
    throw unreadable(response);
  }
  if (response.ok) return answer;
  throw new Failure('api', {
    said: String(answer?.message ?? ''),
    status: response.status,
    wait: Number(response.headers.get('Retry-After')) || 0,
  });
}

// Not an answer of the API: it comes from a proxy, a firewall or a limiter of the site, which may
// let the same request pass a little later.
function unreadable({ ok, status }) {
  if (ok) return new Failure('foreign', { status: 502, wait: 5 });
  if (status !== 403 && status !== 406) return new Failure('busy', { status, wait: 5 });
  return new Failure('firewall', { status, wait: 10 });
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
