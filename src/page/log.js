// The messages of the open conversation, as a list that stays at its end unless somebody
// reads further up, and grows at its top when they get there.

import { $, face, h, icon, reconcile } from './dom.js';
import { dayKey, dayName, onlyEmoji, parts, timeFull, timeShort } from './text.js';

const GROUP = 5 * 60000; // ms between messages that stand together
const LONG = 1600; // characters, or
const LONG_LINES = 24; // lines: more is folded
const NEAR = 64; // pixels that count as the end
const AHEAD = 600; // pixels before the top at which more is fetched

function body(text) {
  const el = h('div', { class: 'text', dir: 'auto' });
  for (const part of parts(text)) {
    el.append(part.href
      ? h('a', { href: part.href, target: '_blank', rel: 'noopener noreferrer nofollow ugc' }, part.text)
      : document.createTextNode(part.text));
  }
  if (onlyEmoji(text)) el.classList.add('emoji');
  return el;
}

function bubble(text) {
  const inner = body(text);
  const el = h('div', { class: 'bubble' }, inner);
  if (text.length > LONG || text.split('\n', LONG_LINES + 1).length > LONG_LINES) {
    inner.classList.add('long');
    const more = h('button', {
      type: 'button', class: 'link more', 'aria-expanded': 'false',
      click() {
        const folded = inner.classList.toggle('long');
        more.textContent = folded ? 'Show all' : 'Show less';
        more.setAttribute('aria-expanded', String(!folded));
      },
    }, 'Show all');
    el.append(more);
  }
  return el;
}

const same = (a, b) => a && a.mine === b.mine && (a.mine || a.sender === b.sender) && b.date - a.date < GROUP && dayKey(a.date) === dayKey(b.date);

// new Log({ remove(message), again(entry), discard(entry), older(), read() })
export class Log {
  constructor(on) {
    this.on = on;
    this.el = $('log');
    this.down = $('down');
    this.stuck = true;
    this.el.addEventListener('scroll', () => this.scrolled(), { passive: true });
    this.el.addEventListener('keydown', (e) => this.key(e));
    this.el.addEventListener('focusin', (e) => this.focused(e.target.closest('article')));
    this.down.addEventListener('click', () => this.toEnd());
    new ResizeObserver(() => this.stuck && this.toEnd()).observe(this.el);
  }

  show(conversation, entries) {
    const other = this.conversation !== conversation;
    if (other) {
      this.el.replaceChildren();
      this.conversation = conversation;
      this.stuck = true;
      this.seen = conversation.last;
      const unread = conversation.unread;
      this.divider = unread ? conversation.messages.filter((m) => !m.mine).at(-unread).id : null;
    }
    const anchor = this.stuck ? null : this.firstVisible();
    const offset = anchor?.offsetTop;
    reconcile(this.el, this.items(entries), (item) => this.make(item), (el, item) => this.update(el, item));
    if (other && this.divider) this.toDivider();
    else if (this.stuck) this.toEnd();
    // what came or went above must not move what is read
    else if (anchor?.isConnected) this.el.scrollTop += anchor.offsetTop - offset;
    this.settle();
  }

  clear() {
    this.conversation = null;
    this.el.replaceChildren();
  }

  items(entries) {
    const { messages, stream, kind } = this.conversation;
    const out = [];
    let before = null;
    if (stream.known && stream.end) out.push({ key: 'start', kind });
    else out.push({ key: this.conversation.tired ? 'tired' : 'wait' });
    const put = (key, m, more) => {
      if (!before || dayKey(before.date) !== dayKey(m.date)) out.push({ key: `day ${dayKey(m.date)}`, day: m.date });
      if (m.id === this.divider) {
        out.push({ key: 'new' });
        before = null;
      }
      out.push({ key, message: m, follows: same(before, m), ...more });
      before = m;
    };
    for (const m of messages) put(String(m.id), m);
    for (const e of entries) put(e.key, { sender: '', text: e.text, date: new Date(e.time), mine: true }, { entry: e });
    return out;
  }

  make({ key, kind, day, message, entry }) {
    if (key === 'wait') return h('p', { class: 'note' }, h('span', { class: 'busy' }), 'Loading…');
    if (key === 'tired') {
      return h('p', { class: 'note' }, h('button', {
        type: 'button',
        click: () => {
          this.conversation.tired = false;
          this.on.older();
        },
      }, 'Look further back'));
    }
    if (key === 'start') return h('p', { class: 'note' }, kind === 'direct' ? 'Your conversation begins here.' : kind === 'channel' ? 'The channel begins here.' : 'There is nothing older.');
    if (key === 'new') return h('p', { class: 'new' }, h('span', {}, 'New'));
    if (day) return h('h3', { class: 'day' }, h('span', {}, dayName(day)));
    return this.makeMessage(message, entry);
  }

  makeMessage(m, entry) {
    const tools = h('div', { class: 'tools' });
    const el = h('article', { class: m.mine ? 'msg mine' : 'msg', tabindex: '-1' },
      m.mine ? '' : face(m.sender),
      h('div', { class: 'body' },
        h('header', {},
          m.mine ? h('span', { class: 'sr' }, 'You') : h('bdi', { class: 'who' }, m.sender), ' ',
          h('time', { datetime: m.date.toISOString(), title: timeFull(m.date) }, timeShort(m.date))),
        h('div', { class: 'line' }, bubble(m.text), tools),
        entry && h('p', { class: 'state' })));
    if (m.mine && !entry) {
      tools.append(h('button', {
        type: 'button', class: 'icon', tabindex: '-1', 'aria-label': 'Delete this message', title: 'Delete',
        click: () => this.on.remove(m),
      }, icon('bin')));
    }
    return el;
  }

  update(el, { follows, entry, message }) {
    if (!message) return;
    el.classList.toggle('follows', Boolean(follows));
    if (!entry) return;
    const state = el.querySelector('.state');
    if (state.dataset.is === entry.state) return;
    state.dataset.is = entry.state;
    el.dataset.state = entry.state;
    state.replaceChildren(...{
      waiting: () => ['Waiting to be sent'],
      sending: () => [],
      sent: () => [],
      failed: () => [
        `Not sent: ${entry.error} `,
        h('button', { type: 'button', class: 'link', click: () => this.on.again(entry) }, 'Try again'), ' ',
        h('button', { type: 'button', class: 'link', click: () => this.on.discard(entry) }, 'Discard'),
      ],
    }[entry.state]());
  }

  // ---- scrolling ----

  firstVisible() {
    return [...this.el.querySelectorAll('article')].find((a) => a.offsetTop + a.offsetHeight > this.el.scrollTop);
  }

  toEnd() {
    this.stuck = true;
    this.el.scrollTop = this.el.scrollHeight;
    this.settle();
  }

  toDivider() {
    const mark = this.el.querySelector('.new');
    this.el.scrollTop = mark ? Math.max(0, mark.offsetTop - 60) : this.el.scrollHeight;
    this.stuck = this.atEnd();
  }

  atEnd() {
    return this.el.scrollHeight - this.el.scrollTop - this.el.clientHeight < NEAR;
  }

  scrolled() {
    this.stuck = this.atEnd();
    this.settle();
  }

  // What follows from where we are.
  settle() {
    const c = this.conversation;
    if (!c) return;
    if (this.stuck) {
      this.seen = c.last;
      this.on.read();
    }
    const below = c.messages.filter((m) => m.id > this.seen && !m.mine).length;
    this.down.hidden = this.stuck;
    this.down.lastElementChild.textContent = below ? `${below} new` : '';
    this.down.setAttribute('aria-label', below ? `${below} new below, go to the end` : 'Go to the newest message');
    if (this.el.scrollTop < AHEAD && !(c.stream.known && c.stream.end) && !c.tired && this.el.clientHeight) this.on.older();
  }

  // ---- keyboard ----

  focused(article) {
    for (const b of this.el.querySelectorAll('.tools [tabindex="0"]')) b.tabIndex = -1;
    for (const b of article?.querySelectorAll('.tools button') ?? []) b.tabIndex = 0;
  }

  key(e) {
    const all = [...this.el.querySelectorAll('article')];
    const at = all.indexOf(e.target.closest('article'));
    const to = { ArrowUp: at < 0 ? all.length - 1 : at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[e.key];
    if (e.key === 'Delete' && at >= 0) all[at].querySelector('.tools button')?.click();
    if (to === undefined || e.ctrlKey || e.metaKey || e.altKey || (at < 0 && e.key === 'ArrowDown')) return;
    e.preventDefault();
    all[Math.min(Math.max(to, 0), all.length - 1)]?.focus({ preventScroll: false });
  }

  // Where the focus goes when a message under it disappears.
  focusNear(id) {
    const all = [...this.el.querySelectorAll('article')];
    const at = all.findIndex((a) => a.dataset.key === String(id));
    (all[at + 1] ?? all[at - 1] ?? this.el).focus();
  }
}

