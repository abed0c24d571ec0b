// The messages of the open conversation: stays at the end unless the reader scrolled up.

import { $, button, face, h, icon, reconcile } from './dom.js';
import { t } from './lang.js';
import { explain } from './refusal.js';
import { onlyEmoji, parts } from './text.js';
import { dayKey, dayName, timeFull, timeShort } from './time.js';

const GROUP = 5 * 60000; // ms between messages that stand together
const LONG = 1600; // characters, or
const LONG_LINES = 24; // lines: more is folded
const NEAR = 64; // pixels that count as the end
const AHEAD = 600; // pixels before the top at which more is fetched
const WINDOW = 400; // messages in the document: the work of a step does not grow with the history
const STEP = 100; // messages by which the window moves

const link = (text, href) => h('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow ugc' }, text);

function bubble(text) {
  const body = h(`div.text${onlyEmoji(text) ? '.emoji' : ''}`, { dir: 'auto' },
    ...parts(text).map((part) => (part.href ? link(part.text, part.href) : part.text)));
  const long = text.length > LONG || text.split('\n', LONG_LINES + 1).length > LONG_LINES;
  const more = long && button('.link', t('show-all'), () => {
    const folded = body.classList.toggle('long');
    more.textContent = t(folded ? 'show-all' : 'show-less');
    more.ariaExpanded = !folded;
  }, { 'aria-expanded': 'false' });
  body.classList.toggle('long', long);
  return h('div.bubble', null, body, more);
}

const together = (a, b) => a && (a.mine ? b.mine : a.sender === b.sender) && b.date - a.date < GROUP && dayKey(a.date) === dayKey(b.date);

// new Log({ remove(message), again(entry), discard(entry), older(), read() })
export class Log {
  el = $('log');
  down = $('down');
  stuck = true;
  end = null; // id of the last message in the window; null: the newest

  constructor(on) {
    this.on = on;
    this.el.onscroll = () => {
      this.stuck = this.atEnd;
      this.move();
      this.settle();
    };
    this.el.onkeydown = (e) => this.key(e);
    this.el.addEventListener('focusin', (e) => {
      for (const b of this.el.querySelectorAll('.tools button')) b.tabIndex = b.closest('article').contains(e.target) ? 0 : -1;
    });
    this.down.onclick = () => this.toEnd();
    new ResizeObserver(() => this.stuck && this.toEnd()).observe(this.el);
  }

  get articles() {
    return [...this.el.querySelectorAll('article')];
  }

  show(conversation, entries) {
    const other = this.conversation !== conversation;
    if (other) {
      const { last, messages, unread } = conversation;
      this.clear();
      this.conversation = conversation;
      this.stuck = true;
      this.seen = last;
      this.divider = unread && messages.filter((m) => !m.mine).at(-unread).id;
      const first = this.divider ? messages.findIndex((m) => m.id === this.divider) : messages.length;
      if (messages.length - first > WINDOW - STEP) this.end = messages[first + WINDOW - STEP].id;
    }
    this.entries = entries;
    const anchor = !this.stuck && this.articles.find((a) => a.offsetTop + a.offsetHeight > this.el.scrollTop);
    const offset = anchor?.offsetTop;
    reconcile(this.el, this.items(entries), (item) => item.make(), (el, item) => el.classList.toggle('follows', Boolean(item.follows)));
    const mark = other && this.el.querySelector('.new');
    if (mark) {
      this.el.scrollTop = mark.offsetTop - 60;
      this.stuck = this.atEnd;
    } else if (this.stuck) this.toEnd();
    // messages added or removed above must not move the reading position
    else if (anchor?.isConnected) this.el.scrollTop += anchor.offsetTop - offset;
    this.settle();
    if (!this.stuck) this.move();
  }

  clear() {
    this.conversation = this.end = null;
    this.el.replaceChildren();
  }

  // The part of the messages that is in the document: [from, to).
  get range() {
    const { messages } = this.conversation;
    const last = this.end === null ? -1 : messages.findLastIndex((m) => m.id <= this.end);
    const to = last < 0 ? messages.length : last + 1;
    return [Math.max(0, to - WINDOW), to];
  }

  // Near an edge of the window that is not the end of what is loaded, the window moves on.
  move() {
    if (!this.conversation || !this.el.clientHeight) return;
    const { messages } = this.conversation;
    const [from, to] = this.range;
    const below = this.el.scrollHeight - this.el.scrollTop - this.el.clientHeight;
    const next = this.el.scrollTop < AHEAD && from > 0 ? to - STEP
      : below < AHEAD && to < messages.length ? to + STEP : to;
    if (next === to) return;
    this.end = next < messages.length ? messages[next - 1].id : null;
    this.show(this.conversation, this.entries);
  }

  items(entries) {
    const { messages, stream, tired } = this.conversation;
    const [from, to] = this.range;
    const top = from ? 'more' : stream.end ? 'start' : tired ? 'tired' : 'wait';
    const out = [{ key: top, make: () => this.makeTop(top) }];
    let before;
    const put = (key, m, entry) => {
      const day = dayKey(m.date);
      if (!before || dayKey(before.date) !== day) out.push({ key: day, make: () => h('h3.day', null, dayName(m.date)) });
      if (m.id === this.divider) {
        out.push({ key: 'new', make: () => h('p.day.new', null, t('new')) });
        before = null;
      }
      out.push({ key, make: () => this.makeMessage(m, entry), follows: together(before, m) });
      before = m;
    };
    for (const m of messages.slice(from, to)) put(String(m.id), m);
    for (const e of this.end === null ? entries : []) put(e.key + e.state, { text: e.text, date: new Date(e.time), mine: true }, e);
    return out;
  }

  makeTop(top) {
    const look = () => {
      this.conversation.tired = false;
      this.on.older();
    };
    return h('p.note', null, top === 'start' ? t(`begins.${this.conversation.kind}`)
      : top === 'tired' ? button('', t('further'), look) : t('loading'));
  }

  makeMessage(m, entry) {
    const bin = m.mine && !entry && button('.icon', icon('bin'), () => this.on.remove(m), { tabindex: '-1', title: t('delete.message') });
    return h(`article.msg${m.mine ? '.mine' : ''}`, { tabindex: '-1', 'data-state': entry?.state },
      m.mine ? '' : face(m.sender),
      h('div.body', null,
        h('header', null,
          m.mine ? h('span.sr', null, t('you')) : h('bdi.who', null, m.sender), ' ',
          h('time', { datetime: m.date.toISOString(), title: timeFull(m.date) }, timeShort(m.date))),
        h('div.line', { title: timeFull(m.date) }, bubble(m.text), h('div.tools', null, bin)),
        entry?.state === 'waiting' && h('p.state', null, t('waiting')),
        entry?.state === 'failed' && h('p.state.error', null, `${t('not-sent', { why: explain(entry.error) })} `,
          button('.link', t('again'), () => this.on.again(entry)), ' ',
          button('.link', t('discard'), () => this.on.discard(entry)))));
  }

  toEnd() {
    if (this.end !== null) {
      this.end = null;
      this.stuck = true;
      this.show(this.conversation, this.entries);
      return;
    }
    this.stuck = true;
    this.el.scrollTop = this.el.scrollHeight;
    this.settle();
  }

  get atEnd() {
    return this.end === null && this.el.scrollHeight - this.el.scrollTop - this.el.clientHeight < NEAR;
  }

  settle() {
    const c = this.conversation;
    if (!c) return;
    if (this.stuck) {
      this.seen = c.last;
      this.on.read();
    }
    const below = c.messages.filter((m) => m.id > this.seen && !m.mine).length;
    this.down.hidden = this.stuck;
    this.down.lastElementChild.textContent = below ? t('below', { n: below }) : '';
    if (this.el.scrollTop < AHEAD && !this.range[0] && !c.stream.end && !c.tired && this.el.clientHeight) this.on.older();
  }

  key(e) {
    const all = this.articles;
    const at = all.indexOf(e.target.closest('article'));
    const end = all.length - 1;
    const to = { ArrowUp: at < 0 ? end : at - 1, ArrowDown: at < 0 ? undefined : at + 1, Home: 0, End: end }[e.key];
    if (e.key === 'Delete') all[at]?.querySelector('.tools button')?.click();
    if (to === undefined || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    if (e.key === 'End') return this.focusLast();
    all[Math.min(Math.max(to, 0), end)]?.focus();
  }

  focusLast() {
    this.toEnd();
    (this.articles.at(-1) ?? this.el).focus();
  }

  // Where the focus goes when a message under it disappears.
  focusNear(id) {
    const all = this.articles;
    const at = all.findIndex((a) => a.dataset.key === String(id));
    (all[at + 1] ?? all[at - 1] ?? this.el).focus();
  }
}
