// Messages on their way. Each has a key of its own that goes along with every attempt, so
// the server stores it once however often it is sent. They are kept with the tab.

import { uuid } from './text.js';

const WAIT_MIN = 2000;
const WAIT_MAX = 30000;
const CONFIRM = 1500; // ms in which an event should bring the message back

// new Outbox(store, { load, save, failed, live })
//   load(), save(list)  where it is kept
//   failed(error)       a request went wrong
//   live()              whether events come
export class Outbox {
  constructor(store, on) {
    this.store = store;
    this.on = on;
    this.list = on.load();
    this.taken = new Set(); // ids of messages that are one of ours
    this.failures = 0;
    for (const entry of this.list) if (entry.state === 'sending') entry.state = 'waiting';
  }

  of(conversation) {
    return this.list.filter((e) => e.to === conversation.key && !e.id);
  }

  get waiting() {
    return this.list.some((e) => e.state === 'waiting');
  }

  add(conversation, text) {
    this.list.push({
      key: uuid(), to: conversation.key, kind: conversation.kind, name: conversation.name,
      text, time: Date.now(), after: conversation.last, state: 'waiting', tries: 0,
    });
    this.changed(conversation.key);
    this.pump();
  }

  again(entry) {
    entry.state = 'waiting';
    delete entry.error;
    this.changed(entry.to);
    this.pump();
  }

  remove(entry) {
    this.list = this.list.filter((e) => e !== entry);
    this.changed(entry.to);
  }

  changed(key) {
    this.on.save(this.list);
    this.store.on.changed(this.store.all.get(key) ?? null);
  }

  // A message of ours came back from the server: is it one of these?
  claim(conversation, message) {
    const entry = this.list.find((e) =>
      e.to === conversation.key && !e.id && e.tries && e.text === message.text && message.id > e.after);
    if (!entry || this.taken.has(message.id)) return;
    this.taken.add(message.id);
    entry.id = message.id;
    if (entry.state === 'sent') this.list = this.list.filter((e) => e !== entry);
    this.on.save(this.list);
  }

  // Sends what waits, one after the other in the order of writing.
  async pump() {
    clearTimeout(this.timer);
    if (this.busy) return;
    this.busy = true;
    for (let entry; (entry = this.list.find((e) => e.state === 'waiting')); ) {
      const wait = await this.send(entry);
      if (wait) {
        this.timer = setTimeout(() => this.pump(), wait);
        break;
      }
    }
    this.busy = false;
  }

  // Returns 0, or how long to wait before the next attempt.
  async send(entry) {
    const direct = entry.kind === 'direct';
    const body = { message: entry.text, [direct ? 'username' : 'channel']: entry.name };
    entry.state = 'sending';
    entry.tries++;
    this.changed(entry.to);
    try {
      await this.store.call(direct ? 'senddm' : 'sendmessage', body, entry.key);
    } catch (e) {
      this.on.failed(e);
      entry.state = e.later || e.signedOut ? 'waiting' : 'failed';
      entry.error = e.message;
      if (entry.state === 'failed' && entry.id) this.remove(entry);
      else this.changed(entry.to);
      if (!e.later) return e.signedOut ? WAIT_MAX : 0;
      return Math.max(e.wait * 1000 || 0, Math.min(WAIT_MAX, WAIT_MIN * 2 ** this.failures++));
    }
    this.failures = 0;
    entry.state = 'sent';
    this.settle(entry);
    return 0;
  }

  // It is stored. Its message takes its place as soon as it is seen.
  async settle(entry) {
    const conversation = this.store.all.get(entry.to);
    if (entry.id || !conversation) return this.remove(entry);
    this.changed(entry.to);
    if (entry.kind === 'channel' && this.on.live()) await new Promise((done) => setTimeout(done, CONFIRM));
    if (!this.list.includes(entry)) return undefined;
    try {
      await conversation.stream.sync();
      if (this.list.includes(entry)) await conversation.stream.sync();
    } catch (e) {
      this.on.failed(e);
      setTimeout(() => this.list.includes(entry) && this.settle(entry), WAIT_MIN);
      return undefined;
    }
    return this.remove(entry);
  }
}
