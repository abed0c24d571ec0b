// What stands beside the conversation: a thread, or what was found. On a phone it covers it.

import { $, button, h, icon } from './dom.js';
import { t } from './lang.js';

const el = $('aside');
let closed = () => {};
let back;

// onclose() when it is closed or something else takes its place
export function openAside(title, content, onclose) {
  closed();
  closed = onclose;
  if (el.hidden) back = document.activeElement;
  el.replaceChildren(h('header.bar', null,
    h('h2', { id: 'aside-title' }, title),
    button('.icon', icon('close'), closeAside, { title: t('close') })), ...content);
  el.hidden = false;
  $('chat').classList.add('beside');
}

export function closeAside() {
  if (el.hidden) return;
  closed();
  closed = () => {};
  const inside = el.contains(document.activeElement);
  el.hidden = true;
  el.replaceChildren();
  $('chat').classList.remove('beside');
  if (inside && back?.isConnected) back.focus();
}

el.addEventListener('keydown', (e) => {
  if (e.key === 'Escape' && !e.defaultPrevented) closeAside();
});
