// What a site says of its user to mod_chat (ChatSignOnKey): a JSON Web Token, signed with Ed25519.
// Import chatAssertion(), or run: CHAT_KEY="$(cat private.pem)" node signon.mjs SITE USER
// With a secret of HS256: createHmac('sha256', key).update(text).digest() in place of sign().
import { randomUUID, sign } from 'node:crypto';

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export function chatAssertion(key, site, user, more = {}) {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    sub: user, // the site's own id of the user
    aud: site, // the host name of the chat
    iat: now,
    exp: now + 60,
    jti: randomUUID(), // counts once
    ...more,
  };
  const text = `${base64url({ alg: 'EdDSA', typ: 'JWT' })}.${base64url(claims)}`;
  return `${text}.${sign(null, Buffer.from(text), key).toString('base64url')}`;
}

if (process.argv[1] === import.meta.filename || process.argv[1]?.endsWith('signon.mjs')) {
  console.log(chatAssertion(process.env.CHAT_KEY, process.argv[2], process.argv[3]));
}
