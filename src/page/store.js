// What the page knows: conversations, their messages, what is unread; and how it keeps
// that true, by events and by asking. Nothing in here touches the document.

import { call } from './api.js';
import { Stream } from './stream.js';
import { fold } from './text.js';

const OLDER_DIRECT = 200; // direct messages come mixed: one page for several people
const OLDER_ROUNDS = 8;
const AT_ONCE = 4; // requests side by side
const AHEAD = 100; // channels that are read before somebody opens them

export class Conversation {
  constructor(kind, name) {
    this.kind = kind; // 'channel', 'direct' or 'everyone'
    this.name = name;
    this.key = `${kind}:${fold(name)}`;
    this.messages = []; // by id
    this.read = null; // id of the newest that was read; null: not known
    this.public = this.member = false;
    this.about = '';
    this.draft = '';
  }

  // Several people at once come from another API and cannot be answered here.
  get writable() {
    return this.kind === 'channel' || (this.kind === 'direct' && !this.name.includes(', '));
  }

  get last() {
    return this.messages.at(-1)?.id ?? 0;
  }

  get unread() {
    let n = 0;
    if (this.read === null || (this.kind === 'channel' && !this.member)) return 0;
    for (let i = this.messages.length - 1; i >= 0 && this.messages[i].id > this.read; i--)
      if (!this.messages[i].mine) n++;
    return n;
  }
}

// new Store({ name, token }, marks, on)
//   marks            {key: id read}, from an earlier visit
//   on.changed(conversation | null)      something is to be shown again; null: the list
//   on.arrived(conversation, message)    somebody else said something
export class Store {
  constructor(session, marks, on) {
    this.session = session;
    this.me = fold(session.name);
    this.marks = marks;
    this.on = on;
    this.all = new Map();
    this.booted = false;
    this.directs = this.stream(
      (page) => this.list('getdms', 'dms', page),
      (m) => this.direct(fold(m.sender) === this.me ? m.recipient : m.sender));
    this.everyone = this.add(new Conversation('everyone', 'Announcements'));
    this.everyone.stream = this.stream(
      (page) => this.list('getmessagesforeveryone', 'messages', page), () => this.everyone);
  }

  call(name, body = {}, key = undefined) {
    return call(name, { token: this.session.token, ...body }, key);
  }

  // A list; the API says 404 for an empty one.
  async list(name, member, body) {
    try {
      return (await this.call(name, body))[member];
    } catch (e) {
      if (e.status === 404 && /^No |not in any/.test(e.message)) return [];
      throw e;
    }
  }

  // ---- conversations ----

  add(conversation) {
    const mark = this.marks[conversation.key];
    // what was there before the first visit counts as read
    if (mark !== undefined) conversation.read = mark;
    else if (this.booted) conversation.read = 0;
    this.all.set(conversation.key, conversation);
    return conversation;
  }

  channel(name) {
    const key = `channel:${fold(name)}`;
    if (this.all.has(key)) return this.all.get(key);
    const made = this.add(new Conversation('channel', name));
    made.stream = this.stream(
      (page) => this.list('readmessagesfromchannel', 'messages', { name: made.name, ...page }), () => made);
    return made;
  }

  direct(name) {
    const key = `direct:${fold(name)}`;
    const found = this.all.get(key) ?? this.add(new Conversation('direct', name));
    found.stream = this.directs;
    return found;
  }

  forget(conversation) {
    this.all.delete(conversation.key);
    conversation.gone = true;
    this.on.changed(null);
  }

  stream(read, place) {
    const owners = new Map();
    return new Stream(read, {
      take: (list, fresh) => {
        const touched = new Set();
        for (const m of list) {
          const owner = place(m);
          owners.set(m.message_id, owner);
          if (!touched.has(owner)) touched.add(owner);
          this.insert(owner, m, fresh);
        }
        for (const owner of touched) this.settle(owner);
      },
      drop: (ids) => {
        const gone = new Set(ids);
        for (const owner of new Set(ids.map((id) => owners.get(id)))) {
          owner.messages = owner.messages.filter((m) => !gone.has(m.id));
          this.on.changed(owner);
        }
        for (const id of ids) owners.delete(id);
      },
    });
  }

  insert(owner, m, fresh) {
    const message = {
      id: m.message_id,
      sender: m.sender,
      text: m.message,
      date: new Date(m.timestamp ?? Date.now()),
      mine: owner.kind !== 'everyone' && fold(m.sender) === this.me,
    };
    // a direct message that opens a conversation is the only unread one in it
    if (owner.read === 0 && owner.kind === 'direct' && !owner.messages.length) owner.read = message.id - 1;
    owner.messages.push(message);
    if (message.mine) this.outbox?.claim(owner, message);
    if (fresh && !message.mine) this.on.arrived(owner, message);
  }

  settle(owner) {
    owner.messages.sort((a, b) => a.id - b.id);
    if (owner.read === null && owner.stream.known) owner.read = this.booted ? 0 : owner.last;
    this.on.changed(owner);
  }

  markRead(conversation) {
    if (!conversation.last || conversation.read >= conversation.last) return;
    conversation.read = conversation.last;
    this.marks[conversation.key] = conversation.read;
    this.on.changed(null);
    this.on.marked();
  }

  // ---- bringing everything up to date ----

  async syncChannels() {
    const turn = (this.asked = (this.asked ?? 0) + 1);
    const list = (await this.call('listchannels')).channels;
    // an older answer that comes later knows less
    if (turn < this.answered) return;
    this.answered = turn;
    const there = new Set();
    for (const c of list) {
      const channel = this.channel(c.channel_name);
      Object.assign(channel, { name: c.channel_name, id: c.channel_id, about: c.description, public: c.public, member: c.member });
      there.add(channel.key);
    }
    for (const c of this.all.values()) if (c.kind === 'channel' && !there.has(c.key)) this.forget(c);
    this.on.changed(null);
  }

  // Everything, the open conversation first. Only what is a member's is read ahead.
  async sync(open) {
    const first = open && open.kind !== 'direct' && !open.gone ? this.read(open) : null;
    await Promise.all([first, this.syncChannels(), this.read(this.everyone), this.directs.sync()]);
    const rest = [...this.all.values()].filter((c) => c.kind === 'channel' && c.member && c !== open).slice(0, AHEAD);
    this.on.listed();
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      while (rest.length) await this.read(rest.shift());
    }));
    for (const c of this.all.values()) if (c.read === null) c.read = c.last;
    this.booted = true;
    this.on.changed(null);
  }

  // The newest of one conversation. A channel that is gone meanwhile is no failure.
  async read(conversation) {
    try {
      await conversation.stream.sync();
      this.on.changed(conversation);
    } catch (e) {
      if (e.status !== 404 && !(e.status === 401 && !e.signedOut)) throw e;
      if (conversation.kind === 'channel') this.forget(conversation);
    }
  }

  // A few more of CONVERSATION, going back.
  async older(conversation) {
    const before = conversation.messages.length;
    const size = conversation.kind === 'direct' ? OLDER_DIRECT : undefined;
    for (let i = 0; i < OLDER_ROUNDS && conversation.messages.length < before + 20; i++)
      if (!(await conversation.stream.older(size))) break;
    // direct messages may be long ago, behind those of others: go on only when asked to
    conversation.tired = conversation.messages.length === before;
    this.on.changed(conversation);
  }

  // One round of asking, for when there are no events: the open one each time, the others
  // in turn.
  async poll(open, turn) {
    const joined = [...this.all.values()].filter((c) => c.kind === 'channel' && c.member && c !== open);
    const next = joined.length ? [joined[turn % joined.length]] : [];
    if (open && open.kind === 'channel') next.push(open);
    await Promise.all([
      this.directs.sync(),
      ...next.map((c) => this.read(c)),
      turn % 4 === 0 && this.syncChannels(),
      turn % 4 === 2 && this.read(this.everyone),
    ]);
  }

  doubt() {
    this.directs.doubt();
    for (const c of this.all.values()) if (c.stream !== this.directs) c.stream.doubt();
  }

  // ---- events ----

  event(name, data) {
    const handler = {
      new_message: () => {
        const known = this.all.has(`channel:${fold(data.channel)}`);
        this.channel(data.channel).stream.push(data);
        return known ? undefined : this.syncChannels();
      },
      new_dm: () => (data.message_id ? this.directs.push(data) : this.directs.sync()),
      announcement: () => (data.message_id ? this.everyone.stream.push(data) : this.everyone.stream.sync()),
      message_deleted: () => {
        for (const s of new Set([...this.all.values()].map((c) => c.stream))) s.remove(data.message_id);
      },
      channel_added: () => this.syncChannels().then(() => this.read(this.channel(data.channel ?? data.channel_name))),
      channel_removed: () => this.syncChannels(),
    }[name];
    return handler?.();
  }
}
