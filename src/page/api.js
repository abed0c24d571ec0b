// Button API V3: every call is a POST, the token stands in the body, never in a URL.

export const meta = (name) => document.querySelector(`meta[name=chat-${name}]`).content;

// The server said no, or nothing (status 0); `later` it may succeed.
export class Failure extends Error {
  constructor(message, status = 0, wait = 0) {
    super(message);
    Object.assign(this, { status, wait });
    this.later = !status || status === 408 || status === 429 || status >= 500;
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
    throw new Failure('The server gave no sensible answer.', response.ok ? 502 : response.status, 5);
  }
  if (response.ok) return answer;
  throw new Failure(String(answer?.message ?? 'The server refused.'), response.status,
    Number(response.headers.get('Retry-After')) || 0);
}

export async function login(account) {
  try {
    return (await call('gettoken', account)).token;
  } catch (e) {
    if (e.message !== 'No token!') throw e;
    return (await call('generatetoken', account)).token;
  }
}

// What is kept: mod_chat is the session, mod_chat-marks and -outbox belong to it. The tab
// forgets when it is closed; localStorage is used only when somebody asked for it.
export const KEY = 'mod_chat';
export const placeOf = (session) => (session.keep ? localStorage : sessionStorage);

export function stored(place, what = '') {
  try {
    return JSON.parse(place.getItem(KEY + what));
  } catch {
    return null;
  }
}

// Private windows may have no storage: the page works, for as long as it is open.
export function keep(place, what, value) {
  try {
    if (value) place.setItem(KEY + what, JSON.stringify(value));
    else place.removeItem(KEY + what);
  } catch {}
}

export const storedSession = () => stored(sessionStorage) ?? stored(localStorage);
