// Button API V3: every call is a POST, the token stands in the body, never in a URL.

const PATIENCE = 20000;
const meta = (name) => document.querySelector(`meta[name="${name}"]`).content;

export const livePath = () => meta('chat-live');

// The server said no. `later` = the same request may succeed after `wait` seconds.
export class Refused extends Error {
  constructor(status, message, wait) {
    super(message);
    this.status = status;
    this.wait = wait;
    this.later = status === 408 || status === 429 || status >= 500;
    this.signedOut = status === 401 && message === 'Invalid token!';
  }
}

// No answer at all.
export class Unreachable extends Error {
  later = true;
}

export async function call(name, body, key) {
  const headers = { 'Content-Type': 'application/json' };
  const signal = AbortSignal.timeout(PATIENCE);
  let response, answer;
  if (key) headers['Idempotency-Key'] = key;
  try {
    response = await fetch(`${meta('chat-api')}${name}/`, {
      method: 'POST', headers, body: JSON.stringify(body), cache: 'no-store', redirect: 'error', signal,
    });
    answer = await response.text();
  } catch {
    throw new Unreachable('The server cannot be reached.');
  }
  try {
    answer = JSON.parse(answer);
  } catch {
    throw new Refused(response.ok ? 502 : response.status, 'The server gave no sensible answer.', 5);
  }
  if (response.ok) return answer;
  throw new Refused(response.status, String(answer?.message ?? 'The server refused.'),
    Number(response.headers.get('Retry-After')) || 0);
}

// The token of an account; the first one is made when there is none yet.
export async function token(username, password) {
  try {
    return (await call('gettoken', { username, password })).token;
  } catch (e) {
    if (e.message !== 'No token!') throw e;
    return (await call('generatetoken', { username, password })).token;
  }
}

export const register = (username, password) => call('register', { username, password });
