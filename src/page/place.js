// Addresses of conversations and messages: #/channel/NAME, #/direct/NAME/ID, #/invite/CHANNEL.

const FORM = /^#\/(channel|direct|everyone|invite)\/([^/]+)(?:\/(\d+))?$/;

// What the address says: { kind, name, id }, or null.
export function place() {
  const [, kind, name, id] = location.hash.match(FORM) ?? [];
  try {
    return kind ? { kind, name: decodeURIComponent(name), id: id && Number(id) } : null;
  } catch {
    return null; // not an address of ours
  }
}

// The channel that the visitor was invited to.
export const invited = () => (place()?.kind === 'invite' ? place().name : undefined);

export const addressOf = ({ kind, name }, id) => `#/${kind}/${encodeURIComponent(name)}${id ? `/${id}` : ''}`;

export const bare = (hash = '') => location.pathname + location.search + hash;

export const linkTo = (hash) => location.origin + bare(hash);
