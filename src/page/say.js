// Short texts to the user: to screen readers alone, or shown for a moment as well.

import { $, h } from './dom.js';

// Several texts at once become one.
let saying = [];
export function say(what) {
  if (!saying.length) {
    setTimeout(() => {
      $('said').textContent = saying.slice(-5).join('\n');
      saying = [];
    }, 250);
  }
  saying.push(what);
}

export function toast(what) {
  const el = h('p', { dir: 'auto' }, what);
  $('toasts').append(el);
  say(what);
  setTimeout(() => el.remove(), 6000);
}
