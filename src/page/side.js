// The list of conversations.

import { $, face, h, icon, reconcile } from './dom.js';
import { fold } from './text.js';

const order = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
const byName = (a, b) => order.compare(a.name, b.name);
const byTime = (a, b) => b.last - a.last || byName(a, b);

const count = (c) => (c.unread > 99 ? '99+' : String(c.unread || ''));

export function sign(conversation) {
  if (conversation.kind === 'direct') return face(conversation.name);
  return h('span', { class: 'sign' }, icon(conversation.kind === 'everyone' ? 'horn' : conversation.public ? 'hash' : 'lock'));
}

// new Side({ open(conversation), ask(what) })
export class Side {
  constructor(on) {
    this.on = on;
    this.el = $('lists');
    this.filter = $('filter');
    this.filter.addEventListener('input', () => this.show(this.conversations, this.current));
    this.filter.addEventListener('keydown', (e) => {
      if (e.key === 'Enter') {
        this.el.querySelector('li button')?.click();
        this.clear();
      }
      if (e.key === 'ArrowDown') this.step(1, e);
      if (e.key === 'Escape') this.clear();
    });
    this.el.addEventListener('keydown', (e) => {
      if (e.key === 'ArrowDown') this.step(1, e);
      if (e.key === 'ArrowUp') this.step(-1, e);
    });
  }

  clear() {
    this.filter.value = '';
    this.show(this.conversations, this.current);
  }

  sections() {
    const wanted = fold(this.filter.value.trim());
    const all = this.conversations.filter((c) => !wanted || fold(c.name).includes(wanted));
    const channels = all.filter((c) => c.kind === 'channel').sort(byName);
    const everyone = all.filter((c) => c.kind === 'everyone');
    return [
      { key: 'channels', title: 'Channels', add: ['new-channel', 'New channel'], list: channels.filter((c) => c.member) },
      { key: 'direct', title: 'Direct messages', add: ['new-direct', 'New direct message'], list: all.filter((c) => c.kind === 'direct').sort(byTime) },
      { key: 'more', title: 'More to join', list: channels.filter((c) => !c.member && (c.public || c === this.current)) },
      { key: 'everyone', title: 'From the server', list: everyone.filter((c) => c.last || c === this.current) },
    ].filter((s) => s.list.length || (s.add && !wanted));
  }

  show(conversations, current) {
    this.conversations = conversations;
    this.current = current;
    reconcile(this.el, this.sections(), (s) => this.makeSection(s), (el, s) =>
      reconcile(el.querySelector('ul'), s.list, (c) => this.makeRow(c), (row, c) => this.update(row, c)));
  }

  makeSection({ key, title, add }) {
    return h('section', { 'aria-labelledby': `side-${key}` },
      h('div', { class: 'head' },
        h('h2', { id: `side-${key}` }, title),
        add && h('button', { class: 'icon', 'data-do': add[0], 'aria-label': add[1], title: add[1] }, icon('plus'))),
      h('ul'));
  }

  makeRow(c) {
    return h('li', {}, h('button', { class: 'row', click: () => this.on.open(c) },
      sign(c), h('bdi', { class: 'name' }, c.name), h('span', { class: 'count' }), h('span', { class: 'sr' })));
  }

  update(row, c) {
    const button = row.firstElementChild;
    const [mark, name, badge, said] = button.children;
    const look = `${c.kind} ${c.public}`;
    if (row.dataset.look !== look) {
      row.dataset.look = look;
      mark.replaceWith(sign(c));
    }
    if (name.textContent !== c.name) name.textContent = c.name;
    if (c === this.current) button.setAttribute('aria-current', 'true');
    else button.removeAttribute('aria-current');
    if (badge.textContent === count(c)) return;
    badge.textContent = count(c);
    badge.setAttribute('aria-hidden', 'true');
    said.textContent = c.unread ? `, ${count(c)} unread` : '';
    button.classList.toggle('unread', c.unread > 0);
  }

  // Arrow keys go through all conversations, whatever section they are in.
  step(by, e) {
    const all = [...this.el.querySelectorAll('li button')];
    const at = all.indexOf(document.activeElement);
    e.preventDefault();
    if (at + by < 0) this.filter.focus();
    else all[Math.min(at + by, all.length - 1)]?.focus();
  }

  // The conversation BY places away from the open one.
  neighbour(by) {
    const all = this.sections().flatMap((s) => s.list);
    return all[(all.indexOf(this.current) + by + all.length) % all.length];
  }
}
