// Texts and times as people read them.

export const fold = (name) => name.normalize('NFKC').toLowerCase();

// Marks that would turn the direction of what stands around a link are no part of it.
const LINK = /\bhttps?:\/\/[^\s<>"`\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/giu;
const TAIL = /[.,;:!?'*_~\])}»”’…]/u;
const PAIRS = { ')': '(', ']': '[', '}': '{' };

// Punctuation behind a link is the sentence's, but a bracket that was opened inside stays.
function linkLength(text) {
  const open = { '(': 0, '[': 0, '{': 0, ')': 0, ']': 0, '}': 0 };
  let end = text.length;
  for (const c of text) if (c in open) open[c]++;
  while (end && TAIL.test(text[end - 1])) {
    const c = text[end - 1];
    if (c in PAIRS && open[c] <= open[PAIRS[c]]) break;
    if (c in open) open[c]--;
    end--;
  }
  return end;
}

function address(text) {
  try {
    const url = new URL(text);
    // a name before the host looks like another host
    return /^https?:$/.test(url.protocol) && !url.username && !url.password ? url.href : null;
  } catch {
    return null;
  }
}

// TEXT as a list of {text, href?}.
export function parts(text) {
  const out = [];
  let from = 0;
  for (const m of text.matchAll(LINK)) {
    const shown = m[0].slice(0, linkLength(m[0]));
    const href = address(shown);
    if (!href) continue;
    if (m.index > from) out.push({ text: text.slice(from, m.index) });
    out.push({ text: shown, href });
    from = m.index + shown.length;
  }
  if (from < text.length) out.push({ text: text.slice(from) });
  return out;
}

const EMOJI = /^[\p{Extended_Pictographic}\u{1f1e6}-\u{1f1ff}\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}\u200d\ufe0f\u20e3\s]+$/u;
export const onlyEmoji = (text) => text.length <= 32 && EMOJI.test(text);

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const near = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const far = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });

export const timeShort = (date) => clock.format(date);
export const timeFull = (date) => full.format(date);

export const dayKey = (date) => `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;

export function dayName(date, now = new Date()) {
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (dayKey(date) === dayKey(now)) return 'Today';
  if (dayKey(date) === dayKey(yesterday)) return 'Yesterday';
  return (date.getFullYear() === now.getFullYear() ? near : far).format(date);
}

// crypto.randomUUID is there in secure contexts only; a chat in a home network is none.
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
}
