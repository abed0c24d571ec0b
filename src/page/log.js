// The messages of the open conversation: stays at the end unless the reader scrolled up.

import { $, button, h, reconcile } from './dom.js';
import { t } from './lang.js';
import { Tools, look, makeMessage, renew } from './message.js';
import { dayKey, dayName } from './time.js';

const GROUP = 5 * 60000; // ms between messages that stand together
const NEAR = 64; // pixels that count as the end
const AHEAD = 600; // pixels before the top at which more is fetched
const WINDOW = 400; // messages in the document: the work of a step does not grow with the history
const STEP = 100; // messages by which the window moves

const together = (a, b) => a && !a.deleted && !b.deleted && !b.replyTo && (a.mine ? b.mine : a.sender === b.sender) && b.date - a.date < GROUP && dayKey(a.date) === dayKey(b.date);

// new Log({ older(), read(), and what Tools and makeMessage ask for })
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
    new Tools(this.el, (article) => this.of(article), on);
    this.down.onclick = () => this.toEnd();
    new ResizeObserver(() => this.stuck && this.toEnd()).observe(this.el);
  }

  get articles() {
    return [...this.el.querySelectorAll('article')];
  }

  // Before the history is here nothing is shown that it would move.
  get messages() {
    const { messages, stream } = this.conversation;
    return stream.known ? messages : [];
  }

  of(article) {
    return this.conversation?.messages.find((m) => m.id === Number(article?.dataset.id));
  }

  show(conversation, entries) {
    const other = this.conversation !== conversation;
    if (other) {
      const { last, messages, unread, read } = conversation;
      this.clear();
      this.conversation = conversation;
      this.stuck = this.placing = true;
      this.seen = last;
      this.unreadFrom = unread ? read : Infinity;
      const first = unread ? messages.findIndex((m) => m.id > read && !m.mine) : -1;
      if (first >= 0 && messages.length - first > WINDOW - STEP) this.end = messages[first + WINDOW - STEP].id;
    }
    this.entries = entries;
    const anchor = !this.stuck && this.articles.find((a) => a.offsetTop + a.offsetHeight > this.el.scrollTop);
    const offset = anchor?.offsetTop;
    reconcile(this.el, this.items(entries), (item) => item.make(), (el, item) => {
      el.classList.toggle('follows', Boolean(item.follows));
      if (item.look === undefined || el.dataset.look === item.look) return;
      if (el.dataset.look) renew(el, item.make());
      el.dataset.look = item.look;
    });
    const mark = this.placing && this.el.querySelector('.new');
    if (this.messages.length) this.placing = false;
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
    const { messages } = this;
    const last = this.end === null ? -1 : messages.findLastIndex((m) => m.id <= this.end);
    const to = last < 0 ? messages.length : last + 1;
    return [Math.max(0, to - WINDOW), to];
  }

  // Near an edge of the window that is not the end of what is loaded, the window moves on.
  move() {
    if (!this.conversation || !this.el.clientHeight) return;
    const { messages } = this;
    const [from, to] = this.range;
    const below = this.el.scrollHeight - this.el.scrollTop - this.el.clientHeight;
    const next = this.el.scrollTop < AHEAD && from > 0 ? to - STEP
      : below < AHEAD && to < messages.length ? to + STEP : to;
    if (next === to) return;
    this.end = next < messages.length ? messages[next - 1].id : null;
    this.show(this.conversation, this.entries);
  }

  items(entries) {
    const { messages } = this;
    const { stream, tired } = this.conversation;
    const [from, to] = this.range;
    const top = from ? 'more' : stream.end ? 'start' : tired ? 'tired' : 'wait';
    const out = [{ key: top, make: () => this.makeTop(top) }];
    const byId = new Map(messages.map((m) => [m.id, m]));
    const divider = messages.find((m) => m.id > this.unreadFrom && !m.mine)?.id;
    const { me } = this.on;
    let before;
    const put = (key, m, entry) => {
      const day = dayKey(m.date);
      if (!before || dayKey(before.date) !== day) out.push({ key: day, make: () => h('h3.day', null, dayName(m.date)) });
      if (divider && m.id === divider) {
        out.push({ key: 'new', make: () => h('p.day.new', null, t('new')) });
        before = null;
      }
      const make = () => makeMessage(m, { me, entry, quoted: byId.get(m.replyTo) ?? null, on: this.on });
      out.push({ key, make, follows: together(before, m), look: entry ? undefined : look(m) });
      before = m;
    };
    for (const m of messages.slice(from, to)) put(String(m.id), m);
    for (const e of this.end === null ? entries : []) put(e.key + e.state, { text: e.text, date: new Date(e.time), mine: true, replyTo: e.more.reply_to }, e);
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
    if (this.stuck && this.messages.length) {
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
    const m = this.of(all[at]);
    if (e.key === 'Delete' && m) this.on.remove(m);
    if (e.key === 'Enter' && m && e.target === all[at]) this.on.menu(m, all[at]);
    if (to === undefined || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    if (e.key === 'End') return this.focusLast();
    all[Math.min(Math.max(to, 0), end)]?.focus();
  }

  focusLast() {
    this.toEnd();
    (this.articles.at(-1) ?? this.el).focus();
  }

  // Shows the message ID, if it is loaded.
  jump(id) {
    const { messages } = this.conversation;
    const at = messages.findIndex((m) => m.id === id);
    if (at < 0) return false;
    const [from, to] = this.range;
    if (at < from || at >= to) this.end = messages[at + STEP]?.id ?? null;
    this.stuck = this.placing = false;
    this.show(this.conversation, this.entries);
    const article = this.articles.find((a) => a.dataset.id === String(id));
    article.scrollIntoView({ block: 'center' });
    article.focus({ preventScroll: true });
    article.classList.add('found');
    setTimeout(() => article.classList.remove('found'), 2500);
    return true;
  }

  // Where the focus goes when a message under it disappears.
  focusNear(id) {
    const all = this.articles;
    const at = all.findIndex((a) => a.dataset.key === String(id));
    (all[at + 1] ?? all[at - 1] ?? this.el).focus();
  }
}
