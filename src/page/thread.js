// A thread beside the conversation: the message that began it and what was answered.

import { closeAside, openAside } from './aside.js';
import { Composer } from './compose.js';
import { button, h, icon, reconcile } from './dom.js';
import { t } from './lang.js';
import { Tools, look, makeMessage, renew } from './message.js';

const PAGE = 100; // answers

// new Thread({ store, reply(conversation, text, message), edit, names, typing, trouble(e), and what a Log takes })
export class Thread {
  constructor(on) {
    this.on = on;
  }

  async open(c, message) {
    if (this.is(c, message)) return this.composer?.text.focus();
    const mine = (this.messages = new Map([[message.id, message]]));
    this.conversation = c;
    this.count = PAGE;
    this.el = h('div.scroll.thread', { role: 'log', 'aria-live': 'off', tabindex: '0', 'aria-label': t('thread') });
    new Tools(this.el, (article) => this.of(article), this.on);
    this.el.onkeydown = (e) => this.key(e);
    const form = h('form.compose', { method: 'post' },
      h('textarea', { id: 'reply', rows: 1, dir: 'auto', enterkeyhint: 'send', maxlength: 65536, 'aria-label': t('reply.to'), placeholder: t('reply.to') }),
      h('button.send', { title: t('send') }, icon('send')));
    openAside(t('thread'), [this.el, c.writable && form].filter(Boolean), () => this.closed());
    this.composer = new Composer(form, {
      ...this.on.composer,
      send: (text) => {
        this.atEnd = true;
        this.on.reply(c, text, this.first);
      },
      newest: () => this.shown.findLast((m) => m.mine && !m.deleted),
      up: () => this.el.focus(),
    });
    this.atEnd = true;
    this.show();
    if (c.writable) this.composer.text.focus();
    await this.load();
    if (this.messages === mine) this.show();
  }

  // Another conversation is opened.
  leave() {
    if (this.messages) closeAside();
  }

  is(c, message) {
    return this.messages?.has(message.id) && this.conversation === c;
  }

  closed() {
    this.messages = this.composer = undefined;
  }

  of(article) {
    return this.shown.find((m) => m.id === Number(article?.dataset.id));
  }

  get first() {
    return this.shown[0];
  }

  // A message that is loaded in the conversation is the one that events change.
  async load() {
    const { messages, conversation } = this;
    const [one] = messages.values();
    try {
      const list = await this.on.store.thread(one, this.count);
      this.more = list.length > this.count;
      if (messages === this.messages) for (const m of list) messages.set(m.id, m);
      // the message that was chosen was deleted meanwhile
      for (const id of messages.keys()) if (!list.some((m) => m.id === id) && !conversation.messages.some((m) => m.id === id)) messages.delete(id);
    } catch (e) {
      if (e.status === 404) closeAside();
      else this.on.trouble(e);
    }
  }

  // What is not loaded in the conversation is asked for again when something happens to it.
  async heard(name, { message_id: id }) {
    const { messages, conversation } = this;
    if (!['message_edited', 'reaction', 'message_deleted'].includes(name) || !messages?.has(id)) return;
    if (name === 'message_deleted') messages.delete(id);
    else if (!conversation.messages.some((m) => m.id === id)) await this.load();
    if (messages === this.messages) this.show();
  }

  get shown() {
    const { messages, conversation } = this;
    const all = new Map(messages);
    for (const m of conversation.messages) if (all.has(m.id) || all.has(m.replyTo)) all.set(m.id, m);
    return [...all.values()].sort((a, b) => a.id - b.id);
  }

  show() {
    if (!this.messages) return;
    const { me } = this.on;
    const { shown } = this;
    const ids = new Set(shown.map((m) => m.id));
    const entries = this.on.store.outbox.of(this.conversation.key).filter((e) => ids.has(e.more.reply_to));
    const items = shown.map((m) => ({ key: String(m.id), look: look(m), make: () => makeMessage(m, { me, on: this.on }) }));
    for (const e of entries) {
      const m = { text: e.text, date: new Date(e.time), mine: true };
      items.push({ key: e.key + e.state, look: e.state, make: () => makeMessage(m, { me, entry: e, on: this.on }) });
    }
    const more = () => {
      this.count += PAGE;
      this.load().then(() => this.show());
    };
    if (this.more) items.splice(1, 0, { key: `more${this.count}`, look: '', make: () => h('p.note', null, button('', t('further'), more)) });
    reconcile(this.el, items, (item) => item.make(), (el, item) => {
      if (el.dataset.look !== undefined && el.dataset.look !== item.look) renew(el, item.make());
      el.dataset.look = item.look;
    });
    if (this.atEnd) this.el.scrollTop = this.el.scrollHeight;
    this.el.onscroll = () => (this.atEnd = this.el.scrollHeight - this.el.scrollTop - this.el.clientHeight < 64);
  }

  key(e) {
    const all = [...this.el.querySelectorAll('article')];
    const at = all.indexOf(e.target.closest('article'));
    const to = { ArrowUp: at < 0 ? all.length - 1 : at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[e.key];
    const m = this.of(all[at]);
    if (e.key === 'Delete' && m) this.on.remove(m);
    else if (e.key === 'Enter' && m && e.target === all[at]) this.on.menu(m, all[at]);
    else if (to !== undefined) all[Math.min(Math.max(to, 0), all.length - 1)]?.focus();
    else return;
    e.preventDefault();
  }
}
