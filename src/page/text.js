// Names, links and emoji.

export { fold } from './chat-client.js';

// Marks that would turn the direction of the text around a link, and the punctuation of scripts
// that write without spaces, end it.
const LINK = /\bhttps?:\/\/[^\s<>"`\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]+/giu;
const TAIL = /[.,;:!?'*_~\])}»”’…،؛؟۔।॥]/u;
// Browsers read these dots as a dot and skip these marks, so the host continues after them.
const HOST_CONTINUES = /^[\u3002\uff0e\uff61\p{Cf}]+[\p{L}\p{N}]/u;
const PAIRS = { ')': '(', ']': '[', '}': '{' };

// Punctuation after a link belongs to the sentence, but a bracket that was opened inside it stays.
function withoutTail(link) {
  const count = { '(': 0, '[': 0, '{': 0 };
  let end = link.length;
  for (const c of link) count[c] = (count[c] ?? 0) + 1;
  for (; end && TAIL.test(link[end - 1]); end--) {
    const c = link[end - 1];
    if (count[c] <= count[PAIRS[c]]) break;
    count[c]--;
  }
  return link.slice(0, end);
}

// TEXT as a list of {text, href?}.
export function parts(text) {
  const out = [];
  let from = 0;
  for (const m of text.matchAll(LINK)) {
    const link = withoutTail(m[0]);
    const url = URL.canParse(link) && new URL(link);
    const cut = !/[/?#]/.test(m[0].slice(8)) && HOST_CONTINUES.test(text.slice(m.index + m[0].length));
    // a name before the host looks like another host
    if (cut || !url || !/^https?:$/.test(url.protocol) || url.username || url.password) continue;
    if (m.index > from) out.push({ text: text.slice(from, m.index) });
    out.push({ text: link, href: url.href });
    from = m.index + link.length;
  }
  if (from < text.length) out.push({ text: text.slice(from) });
  return out;
}

const EMOJI = /^[\p{Extended_Pictographic}\u{1f1e6}-\u{1f1ff}\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}\u200d\ufe0f\u20e3\s]+$/u;
export const onlyEmoji = (text) => text.length <= 32 && EMOJI.test(text);
