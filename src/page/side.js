// The list of conversations.

import { $, face, h, icon, reconcile } from './dom.js';
import { locale, number, t } from './lang.js';
import { fold } from './text.js';

let compare;
const byName = (a, b) => (compare ??= new Intl.Collator(locale, { numeric: true, sensitivity: 'base' }).compare)(a.name, b.name);
const byTime = (a, b) => b.last - a.last || byName(a, b);

export const nameOf = (c) => (c.kind === 'everyone' ? t('everyone') : c.name);

// What stands for a conversation; STORE knows who is there.
export function sign({ kind, name, public: open }, { online }) {
  if (kind === 'direct') return h(`span${online.has(fold(name)) ? '.online' : ''}`, null, face(name));
  return h('span.sign', null, icon(kind === 'everyone' ? 'horn' : open ? 'hash' : 'lock'));
}

// "5" to see, "5 unread" to hear.
const countOf = ({ unread: n }) => [h('span', { 'aria-hidden': 'true' }, n > 99 ? '99+' : number(n)), ' ', h('span.sr', null, t('unread', { n }))];

// new Side({ open(conversation) })
export class Side {
  el = $('lists');
  filter = $('filter');

  constructor(on) {
    this.on = on;
    this.filter.oninput = () => this.show();
    this.filter.onkeydown = (e) => {
      if (e.key === 'Enter') this.el.querySelector('li button')?.click();
      if (e.key === 'Enter' || e.key === 'Escape') {
        this.filter.value = '';
        this.show();
      }
    };
    // arrow keys go through all conversations, whatever section they are in
    $('side').onkeydown = (e) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
      if (!by || e.altKey) return;
      const all = [this.filter, ...this.el.querySelectorAll('li button')];
      e.preventDefault();
      all[all.indexOf(document.activeElement) + by]?.focus();
    };
  }

  get sections() {
    const wanted = fold(this.filter.value.trim());
    const all = this.conversations.filter((c) => fold(nameOf(c)).includes(wanted));
    const channels = all.filter((c) => c.kind === 'channel').sort(byName);
    return [
      { key: 'channels', add: ['new-channel', 'channel.new'], list: channels.filter((c) => c.member) },
      { key: 'directs', add: ['new-direct', 'direct.new'], list: all.filter((c) => c.kind === 'direct').sort(byTime) },
      { key: 'joinable', list: channels.filter((c) => !c.member && (c.public || c === this.current)) },
      { key: 'server', list: all.filter((c) => c.kind === 'everyone' && (c.last || c === this.current)) },
    ].filter((s) => s.list.length || (s.add && !wanted));
  }

  show(conversations = this.conversations, current = this.current, store = this.store) {
    this.store = store;
    this.conversations = conversations;
    this.current = current;
    reconcile(this.el, this.sections, this.makeSection, (el, { list }) =>
      reconcile(el.querySelector('ul'), list, (c) => this.makeRow(c), (row, c) => this.update(row.firstElementChild, c)));
  }

  makeSection({ key, add }) {
    return h('section', { 'aria-label': t(key) },
      h('div.head', null, h('h2', null, t(key)),
        add && h('button.icon', { 'data-do': add[0], title: t(add[1]) }, icon('plus'))),
      h('ul'));
  }

  makeRow(c) {
    return h('li', null, h('button.row', { click: () => this.on.open(c) }));
  }

  update(row, c) {
    const here = c.kind === 'direct' && this.store.online.has(fold(c.name));
    const look = [c.kind, c.public, c.name, c.unread, c.mentions, here].join();
    row.ariaCurrent = c === this.current ? 'true' : null;
    if (row.dataset.look === look) return;
    row.dataset.look = look;
    row.classList.toggle('unread', c.unread > 0);
    row.replaceChildren(sign(c, this.store), h('bdi.name', null, nameOf(c)), here ? h('span.sr', null, t('online')) : '',
      c.mentions ? h('span.count.mentioned', { title: t('mentioned', { n: c.mentions }) }, '@') : '',
      c.unread ? h('span.count', null, ...countOf(c)) : '');
  }

  // The conversation BY places away from the open one.
  neighbour(by) {
    const all = this.sections.flatMap((s) => s.list);
    return all.at((all.indexOf(this.current) + by) % all.length);
  }
}
