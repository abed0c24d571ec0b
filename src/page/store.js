// The page's model: conversations, their messages and unread counts, kept up to date by events
// and requests.

import { keep, meta, placeOf, stored, tab } from './api.js';
import { ChatClient, fold } from './chat-client.js';

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

// What of a message may change.
const look = ({ message, edited_at: edited, reply_to: replyTo, replies, reactions, mentions, system }) => ({
  text: message, edited, replyTo, replies, reactions, mentions, system,
});

// new Store(session, { current, changed(), arrived(conversation, message), gone(conversation), listed() })
export class Store extends ChatClient {
  all = new Map();
  asked = 0;
  answered = 0;

  constructor(session, on) {
    super({ api: meta('api'), live: meta('live'), token: session.token, name: session.name, storage: tab });
    this.session = session;
    // {key: id read}, and for the conversations of a kind that are not named {kind: id}: what
    // was there at the first visit counts as read, what came since does not
    this.marks = stored(placeOf(session), '-marks') ?? {};
    this.page = on;
    this.direct = this.directs(this.watcher((m) => this.find('direct', this.isMine(m) ? m.recipient : m.sender)));
    this.everyone = this.find('everyone', 'Announcements');
    this.on('event', (name, data) => this.event(name, data).catch((e) => this.trouble(e)));
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
      channel: () => this.channel(name, this.watcher(() => made)),
      direct: () => this.direct,
      everyone: () => this.list('getmessagesforeveryone', {}, this.watcher(() => made)),
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
    this.page.gone(conversation);
    this.page.changed();
  }

  // Keeps messages in their conversations; owner(m): the conversation of a message.
  watcher(owner) {
    const drop = (ids) => {
      const gone = new Set(ids);
      for (const c of this.all.values()) c.messages = c.messages.filter((m) => !gone.has(m.id));
      this.page.changed();
    };
    return {
      drop,
      take: (list, fresh) => {
        for (const c of new Set(list.filter((m) => !m.deleted).map((m) => this.insert(owner(m), m, fresh)))) this.settle(c);
      },
      change: (m) => {
        if (m.deleted) return drop([m.message_id]);
        const old = owner(m).messages.find(({ id }) => id === m.message_id);
        if (old) Object.assign(old, look(m));
        this.page.changed();
      },
    };
  }

  insert(owner, m, fresh) {
    const message = {
      id: m.message_id,
      sender: m.sender,
      date: new Date(m.timestamp ?? Date.now()),
      mine: owner.kind !== 'everyone' && this.isMine(m),
      ...look(m),
    };
    owner.messages.push(message);
    if (!message.mine && fresh) this.page.arrived(owner, message);
    return owner;
  }

  settle(owner) {
    owner.messages.sort((a, b) => a.id - b.id);
    this.page.changed();
  }

  markRead(conversation) {
    if (!conversation.last || conversation.read >= conversation.last) return;
    this.mark(conversation);
    keep(placeOf(this.session), '-marks', this.marks);
    this.page.changed();
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
    this.page.changed();
  }

  // Everything, the open conversation first. Only channels one is a member of are read ahead.
  async sync(open) {
    const first = open && open.kind !== 'direct' && !open.gone && this.read(open);
    await Promise.all([first, this.syncChannels(), this.read(this.everyone), this.direct.sync()]);
    const rest = this.channels.filter((c) => c.member && c !== open).slice(0, AHEAD);
    this.page.listed();
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      while (rest.length) await this.read(rest.shift());
    }));
    if (!('direct' in this.marks)) this.markAll();
    for (const c of this.all.values()) c.read ??= c.last;
    this.booted = true;
    this.page.changed();
  }

  // The newest messages of one conversation. A channel that was deleted meanwhile is no failure.
  async read(conversation) {
    try {
      await conversation.stream.sync();
      this.page.changed();
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
    this.page.changed();
  }

  // Without events: the open conversation each time, the others in turn.
  async poll(open, turn) {
    const joined = this.channels.filter((c) => c.member && c !== open);
    const next = joined.length ? [joined[turn % joined.length]] : [];
    if (open?.kind === 'channel') next.push(open);
    await Promise.all([
      this.direct.sync(),
      ...next.map((c) => this.read(c)),
      turn % 4 === 0 && this.syncChannels(),
      turn % 4 === 2 && this.read(this.everyone),
    ]);
  }

  refresh(whole, turn) {
    const { current } = this.page;
    return whole ? this.sync(current) : this.poll(current, turn);
  }

  // Before the client applies it: a new channel's message needs its channel.
  async event(name, data) {
    if (name === 'new_message') {
      if (this.find('channel', data.channel).member === undefined) await this.syncChannels();
    } else if (name === 'channel_added' || name === 'channel_removed') {
      await this.syncChannels();
      if (name === 'channel_added') await this.read(this.find('channel', data.channel ?? data.channel_name));
    }
  }
}
