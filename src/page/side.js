// The list of conversations.

import { $, face, h, icon, reconcile } from './dom.js';
import { fold } from './text.js';

const { compare } = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
const byName = (a, b) => compare(a.name, b.name);
const byTime = (a, b) => b.last - a.last || byName(a, b);

export function sign({ kind, name, public: open }) {
  if (kind === 'direct') return face(name);
  return h('span.sign', null, icon(kind === 'everyone' ? 'horn' : open ? 'hash' : 'lock'));
}

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
    const all = this.conversations.filter((c) => fold(c.name).includes(wanted));
    const channels = all.filter((c) => c.kind === 'channel').sort(byName);
    return [
      { key: 'Channels', add: ['new-channel', 'New channel'], list: channels.filter((c) => c.member) },
      { key: 'Direct messages', add: ['new-direct', 'New direct message'], list: all.filter((c) => c.kind === 'direct').sort(byTime) },
      { key: 'More to join', list: channels.filter((c) => !c.member && (c.public || c === this.current)) },
      { key: 'From the server', list: all.filter((c) => c.kind === 'everyone' && (c.last || c === this.current)) },
    ].filter((s) => s.list.length || (s.add && !wanted));
  }

  show(conversations = this.conversations, current = this.current) {
    this.conversations = conversations;
    this.current = current;
    reconcile(this.el, this.sections, this.makeSection, (el, { list }) =>
      reconcile(el.querySelector('ul'), list, (c) => this.makeRow(c), (row, c) => this.update(row.firstElementChild, c)));
  }

  makeSection({ key, add }) {
    return h('section', { 'aria-label': key },
      h('div.head', null, h('h2', null, key),
        add && h('button.icon', { 'data-do': add[0], title: add[1] }, icon('plus'))),
      h('ul'));
  }

  makeRow(c) {
    return h('li', null, h('button.row', { click: () => this.on.open(c) }));
  }

  update(row, c) {
    const look = [c.kind, c.public, c.name, c.unread].join();
    row.ariaCurrent = c === this.current ? 'true' : null;
    if (row.dataset.look === look) return;
    row.dataset.look = look;
    row.classList.toggle('unread', c.unread > 0);
    row.replaceChildren(sign(c), h('bdi.name', null, c.name),
      c.unread ? h('span.count', null, c.unread > 99 ? '99+' : c.unread, h('span.sr', null, ' unread')) : '');
  }

  // The conversation BY places away from the open one.
  neighbour(by) {
    const all = this.sections.flatMap((s) => s.list);
    return all.at((all.indexOf(this.current) + by) % all.length);
  }
}
