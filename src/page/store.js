// The page's model: conversations, their messages and unread counts, kept up to date by events
// and requests.

import { call, keep, placeOf, stored } from './api.js';
import { Stream } from './stream.js';
import { fold } from './text.js';

const OLDER_DIRECT = 200; // direct messages come mixed: one page for several people
const OLDER_ROUNDS = 8;
const AT_ONCE = 4; // requests side by side
const AHEAD = 100; // channels that are read before they are opened

export class Conversation {
  messages = []; // by id
  read = null; // id of the newest that was read; null: before the first visit is complete
  draft = '';

  constructor(kind, name) {
    this.kind = kind; // 'channel', 'direct' or 'everyone'
    this.name = name;
    this.key = `${kind}:${fold(name)}`;
  }

  // Messages to several people come from another API and cannot be answered here.
  get writable() {
    return this.kind === 'channel' || (this.kind === 'direct' && !this.name.includes(', '));
  }

  get last() {
    return this.messages.at(-1)?.id ?? 0;
  }

  get unread() {
    if (this.read === null || (this.kind === 'channel' && !this.member)) return 0;
    const from = this.messages.findLastIndex((m) => m.id <= this.read) + 1;
    return this.messages.slice(from).filter((m) => !m.mine).length;
  }
}

// new Store(session, { changed(), arrived(conversation, message), gone(conversation), listed() })
export class Store {
  all = new Map();
  booted = false;
  asked = 0;
  answered = 0;

  constructor(session, on) {
    this.session = session;
    this.me = fold(session.name);
    // {key: id read}, and for the conversations of a kind that are not named {kind: id}: what
    // was there at the first visit counts as read, what came since does not
    this.marks = stored(placeOf(session), '-marks') ?? {};
    this.on = on;
    this.directs = this.stream('getdms', (m) => this.find('direct', this.isMine(m) ? m.recipient : m.sender));
    this.everyone = this.find('everyone', 'Announcements');
  }

  call(name, body, key) {
    return call(name, { token: this.session.token, ...body }, key);
  }

  get channels() {
    return [...this.all.values()].filter((c) => c.kind === 'channel');
  }

  // The conversation of this KIND and NAME; created if it is new.
  find(kind, name) {
    const made = new Conversation(kind, name);
    const found = this.all.get(made.key);
    if (found) return found;
    made.read = this.marks[made.key] ?? this.marks[kind] ?? null;
    made.stream = {
      channel: () => this.stream('readmessagesfromchannel', () => made, () => ({ name: made.name })),
      direct: () => this.directs,
      everyone: () => this.stream('getmessagesforeveryone', () => made),
    }[kind]();
    this.all.set(made.key, made);
    return made;
  }

  isMine(m) {
    return fold(m.sender) === this.me;
  }

  forget(conversation) {
    this.all.delete(conversation.key);
    conversation.gone = true;
    this.on.gone(conversation);
    this.on.changed();
  }

  // The messages that the endpoint NAME lists; owner(m): the conversation of a message.
  stream(name, owner, body) {
    const stream = new Stream(
      async (page) => {
        try {
          const answer = await this.call(name, { ...body?.(), ...page });
          return answer.dms ?? answer.messages;
        } catch (e) {
          // the API answers 404 for an empty list
          if (e.status === 404 && /^No |not in any/.test(e.said)) return [];
          throw e;
        }
      },
      {
        take: (list, fresh) => {
          for (const c of new Set(list.map((m) => this.insert(owner(m), m, fresh)))) this.settle(c);
        },
        drop: (ids) => {
          const gone = new Set(ids);
          for (const c of this.all.values())
            if (c.stream === stream) c.messages = c.messages.filter((m) => !gone.has(m.id));
          this.on.changed();
        },
      });
    return stream;
  }

  insert(owner, m, fresh) {
    const message = {
      id: m.message_id,
      sender: m.sender,
      text: m.message,
      date: new Date(m.timestamp ?? Date.now()),
      mine: owner.kind !== 'everyone' && this.isMine(m),
    };
    owner.messages.push(message);
    if (message.mine) this.outbox?.claim(owner, message);
    else if (fresh) this.on.arrived(owner, message);
    return owner;
  }

  settle(owner) {
    owner.messages.sort((a, b) => a.id - b.id);
    this.on.changed();
  }

  markRead(conversation) {
    if (!conversation.last || conversation.read >= conversation.last) return;
    this.mark(conversation);
    keep(placeOf(this.session), '-marks', this.marks);
    this.on.changed();
  }

  mark(conversation) {
    this.marks[conversation.key] = conversation.read = conversation.last;
  }

  // The end of the first visit's reading.
  markAll() {
    const all = [...this.all.values()];
    for (const c of all) if (c.read === null && c.stream.known) this.mark(c);
    const direct = Math.max(0, ...all.map((c) => (c.kind === 'direct' ? c.last : 0)));
    Object.assign(this.marks, { direct, channel: 0, everyone: 0 });
    keep(placeOf(this.session), '-marks', this.marks);
  }

  async syncChannels() {
    const turn = ++this.asked;
    const { channels, admin } = await this.call('listchannels');
    // a late answer to an older request is out of date
    if (turn < this.answered) return;
    this.answered = turn;
    this.admin = admin;
    const there = new Set();
    for (const c of channels) {
      const channel = this.find('channel', c.channel_name);
      Object.assign(channel, { name: c.channel_name, about: c.description, public: c.public, member: c.member });
      there.add(channel);
    }
    for (const c of this.channels) if (!there.has(c)) this.forget(c);
    this.on.changed();
  }

  // Everything, the open conversation first. Only channels one is a member of are read ahead.
  async sync(open) {
    const first = open && open.kind !== 'direct' && !open.gone && this.read(open);
    await Promise.all([first, this.syncChannels(), this.read(this.everyone), this.directs.sync()]);
    const rest = this.channels.filter((c) => c.member && c !== open).slice(0, AHEAD);
    this.on.listed();
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      while (rest.length) await this.read(rest.shift());
    }));
    if (!('direct' in this.marks)) this.markAll();
    for (const c of this.all.values()) c.read ??= c.last;
    this.booted = true;
    this.on.changed();
  }

  // The newest messages of one conversation. A channel that was deleted meanwhile is no failure.
  async read(conversation) {
    try {
      await conversation.stream.sync();
      this.on.changed();
    } catch (e) {
      if (e.status !== 404 && (e.status !== 401 || e.signedOut)) throw e;
      if (conversation.kind === 'channel') this.forget(conversation);
    }
  }

  // A few more of conversation C, going back.
  async older(c) {
    const before = c.messages.length;
    const size = c.kind === 'direct' ? OLDER_DIRECT : undefined;
    for (let i = 0; i < OLDER_ROUNDS && c.messages.length < before + 20; i++)
      if (!(await c.stream.older(size))) break;
    // direct messages may be far back, after those of other people: continue only on request
    c.tired = c.messages.length === before;
    this.on.changed();
  }

  // Without events: the open conversation each time, the others in turn.
  async poll(open, turn) {
    const joined = this.channels.filter((c) => c.member && c !== open);
    const next = joined.length ? [joined[turn % joined.length]] : [];
    if (open?.kind === 'channel') next.push(open);
    await Promise.all([
      this.directs.sync(),
      ...next.map((c) => this.read(c)),
      turn % 4 === 0 && this.syncChannels(),
      turn % 4 === 2 && this.read(this.everyone),
    ]);
  }

  get streams() {
    return new Set([this.directs, ...[...this.all.values()].map((c) => c.stream)]);
  }

  doubt() {
    for (const stream of this.streams) stream.doubt();
  }

  async event(name, data) {
    const id = data?.message_id;
    if (name === 'new_message') {
      const channel = this.find('channel', data.channel);
      channel.stream.push(data);
      if (channel.member === undefined) await this.syncChannels();
    } else if (name === 'new_dm' || name === 'announcement') {
      const stream = name === 'new_dm' ? this.directs : this.everyone.stream;
      if (id) stream.push(data);
      else await stream.sync();
    } else if (name === 'message_deleted') {
      for (const stream of this.streams) stream.remove(id);
    } else if (name === 'channel_added' || name === 'channel_removed') {
      await this.syncChannels();
      if (name === 'channel_added') await this.read(this.find('channel', data.channel ?? data.channel_name));
    }
  }
}
