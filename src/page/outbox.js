// Messages being sent. Each has a key that goes with every attempt, so the server stores the
// message once however often it is sent.

import { keep, stored, tab } from './api.js';

const WAIT_MIN = 2000;
const WAIT_MAX = 30000;
const FIREWALL_TRIES = 3; // what a firewall of the site refused is sent so often
const CONFIRM = 1500; // ms in which an event should bring the message back

// new Outbox(store, { failed(error), live() })
export class Outbox {
  taken = new Set(); // ids of messages that are one of ours
  failures = 0;

  constructor(store, on) {
    this.store = store;
    this.on = on;
    const { me, list } = stored(tab, '-outbox') ?? {};
    this.list = me === store.me ? list : [];
    for (const entry of this.list) if (entry.state === 'sending') entry.state = 'waiting';
  }

  of(conversation) {
    return this.list.filter((e) => e.to === conversation.key && !e.id);
  }

  get waiting() {
    return this.list.find((e) => e.state === 'waiting');
  }

  add({ key, kind, name, last }, text) {
    const unique = crypto.getRandomValues(new Uint32Array(4)).join('-');
    const entry = { key: unique, to: key, kind, name, text, time: Date.now(), after: last, tries: 0 };
    this.list.push(entry);
    this.again(entry);
  }

  again(entry) {
    entry.state = 'waiting';
    entry.tries = 0;
    this.changed();
    this.pump();
  }

  remove(entry) {
    this.list = this.list.filter((e) => e !== entry);
    this.changed();
  }

  changed() {
    keep(tab, '-outbox', this.list.length && { me: this.store.me, list: this.list });
    this.store.on.changed();
  }

  // One of our own messages came from the server: is it one of these?
  claim(conversation, { id, text }) {
    const entry = this.of(conversation).find((e) => e.tried && e.text === text && id > e.after);
    if (!entry || this.taken.has(id)) return;
    this.taken.add(id);
    entry.id = id;
    if (entry.state === 'sent') this.remove(entry);
    else this.changed();
  }

  // Sends waiting messages, one after the other.
  async pump() {
    clearTimeout(this.timer);
    if (this.busy) return;
    this.busy = true;
    for (let wait = 0; this.waiting && !wait; ) {
      wait = await this.send(this.waiting);
      if (wait) this.timer = setTimeout(() => this.pump(), wait);
    }
    this.busy = false;
  }

  // Returns 0, or how long to wait before the next attempt.
  async send(entry) {
    const [name, to] = entry.kind === 'direct' ? ['senddm', 'username'] : ['sendmessage', 'channel'];
    entry.state = 'sending';
    entry.tries++;
    entry.tried = true;
    this.changed();
    try {
      await this.store.call(name, { message: entry.text, [to]: entry.name }, entry.key);
    } catch (e) {
      e.later ||= e.site && entry.tries < FIREWALL_TRIES;
      this.on.failed(e);
      entry.state = e.later || e.signedOut ? 'waiting' : 'failed';
      entry.error = { kind: e.kind, message: e.message, said: e.said, status: e.status, wait: e.wait };
      if (entry.state === 'failed' && entry.id) this.remove(entry);
      else this.changed();
      if (!e.later) return e.signedOut ? WAIT_MAX : 0;
      return Math.max(e.wait * 1000, Math.min(WAIT_MAX, WAIT_MIN * 2 ** this.failures++));
    }
    this.failures = 0;
    entry.state = 'sent';
    this.settle(entry);
    return 0;
  }

  async settle(entry) {
    const conversation = this.store.all.get(entry.to);
    if (entry.id || !conversation) return this.remove(entry);
    this.changed();
    if (entry.kind === 'channel' && this.on.live()) await new Promise((done) => setTimeout(done, CONFIRM));
    try {
      // twice: the first may have been under way before the message was stored
      for (let i = 0; i < 2 && this.list.includes(entry); i++) await conversation.stream.sync();
    } catch (e) {
      this.on.failed(e);
      setTimeout(() => this.list.includes(entry) && this.settle(entry), WAIT_MIN);
      return;
    }
    if (this.list.includes(entry)) this.remove(entry);
  }
}
