// The page's model: conversations, their messages and unread counts, kept up to date by events
// and requests.

import { keep, meta, placeOf, stored, tab } from './api.js';
import { ChatClient, fold } from './chat-client.js';

const OLDER_DIRECT = 200; // direct messages come mixed: one page for several people
const OLDER_ROUNDS = 8;
const AT_ONCE = 4; // requests side by side
const AHEAD = 100; // channels that are read before they are opened
const REACH = 10; // pages of 200 that are fetched to get to one message
const MARKING = 600; // ms in which marks are gathered

export class Conversation {
  messages = []; // by id
  read = null; // id of the newest that was read; null: not known yet
  served = 0; // the same as the server knows it
  newest = 0; // id, as the server counted with
  counted = { unread: 0, mentions: 0 };
  draft = '';

  constructor(kind, name) {
    this.kind = kind; // 'channel', 'direct' or 'everyone'
    this.name = name;
    this.key = `${kind}:${fold(name)}`;
  }

  // Messages to several people come from another API and cannot be answered here.
  get answerable() {
    return this.kind === 'channel' || (this.kind === 'direct' && !this.name.includes(', '));
  }

  get writable() {
    return this.answerable && (this.rights?.includes('w') ?? true);
  }

  get last() {
    return Math.max(this.messages.at(-1)?.id ?? 0, this.newest);
  }

  // Messages after what was read: those that are here or, where not all are, as the server counted.
  newer(counted, wanted) {
    if (this.read === null || (this.kind === 'channel' && !this.member)) return 0;
    const from = this.messages.findLastIndex((m) => m.id <= this.read) + 1;
    const here = this.messages.slice(from).filter((m) => !m.mine && !m.deleted && wanted(m)).length;
    return from || (this.stream.known && this.stream.end) ? here : Math.max(here, counted);
  }

  get unread() {
    return this.newer(this.counted.unread, () => true);
  }

  get mentions() {
    return this.newer(this.counted.mentions, (m) => m.forMe);
  }

  get to() {
    return this.kind === 'channel' ? { channel: this.name } : { username: this.name };
  }
}

// What of a message may change.
const look = ({ message = '', edited_at: edited, reply_to: replyTo, replies = 0, reactions = [], mentions = [], system, deleted }) => ({
  text: message, edited, replyTo, replies, reactions, mentions, system, deleted,
});

// new Store(session, { current, changed(), arrived(conversation, message), listed() })
export class Store extends ChatClient {
  all = new Map();
  asked = 0;
  answered = 0;
  online = new Set(); // folded names
  rank = 0;

  constructor(session, on) {
    super({ api: meta('api'), live: meta('live'), token: session.token, name: session.name, storage: tab });
    this.session = session;
    this.guest = session.name.startsWith('~');
    // {key: id read}, also of what the server was not told yet; and for conversations that it does
    // not count, {kind: id}: what was there at the first visit is read, what came since is not
    this.marks = stored(placeOf(session), '-marks') ?? {};
    this.page = on;
    this.direct = this.directs(this.watcher((m) => this.find('direct', this.isMine(m) ? m.recipient : m.sender)));
    this.everyone = this.find('everyone', 'Announcements');
    this.on('event', (name, data) => this.event(name, data).catch((e) => this.trouble(e)));
    // what is not recovered after a break
    this.on('state', (state) => {
      if (state !== 'live' || !this.booted) return;
      this.tell();
      this.syncPresence().catch((e) => this.trouble(e));
    });
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
      ready: () => this.page.changed(),
      take: (list, fresh) => {
        for (const c of new Set(list.map((m) => this.insert(owner(m), m, fresh)))) this.settle(c);
      },
      change: (m) => {
        const old = owner(m).messages.find(({ id }) => id === m.message_id);
        if (old) Object.assign(old, this.message(m));
        this.page.changed();
      },
    };
  }

  // What the views show of a message of the API.
  message(m, kind) {
    const mine = kind !== 'everyone' && Boolean(m.sender) && this.isMine(m);
    const forMe = !mine && (m.mentions ?? []).some((name) => name === 'channel' || fold(name) === this.me);
    return { id: m.message_id, sender: m.sender, date: new Date(m.timestamp ?? Date.now()), mine, forMe, ...look(m) };
  }

  insert(owner, m, fresh) {
    const message = this.message(m, owner.kind);
    owner.messages.push(message);
    if (message.mine || message.deleted || !fresh) return owner;
    owner.counted.unread++;
    if (message.forMe) owner.counted.mentions++;
    this.page.arrived(owner, message);
    return owner;
  }

  settle(owner) {
    owner.messages.sort((a, b) => a.id - b.id);
    this.page.changed();
  }

  markRead(c) {
    const last = c.messages.at(-1)?.id;
    if (!last || c.read >= last) return;
    this.mark(c, last);
    keep(placeOf(this.session), '-marks', this.marks);
    this.tell();
    this.page.changed();
  }

  mark(c, id) {
    this.marks[c.key] = c.read = id;
    c.counted = { unread: 0, mentions: 0 };
  }

  // Tells the server what was read; and what it cannot hear now, when it answers again.
  tell() {
    this.telling ??= setTimeout(async () => {
      const due = (c) => c.answerable && (c.member || c.kind === 'direct') && c.read > c.served;
      for (const c of this.guest ? [] : [...this.all.values()].filter(due)) {
        const { read } = c;
        try {
          await this.call('markread', { ...(c.kind === 'channel' ? { name: c.name } : { username: c.name }), message_id: read });
        } catch (e) {
          if (e.later || e.signedOut) break;
        }
        c.served = read;
      }
      this.telling = null;
    }, MARKING);
  }

  // How far the account has read, on whatever device.
  async syncUnread() {
    if (this.guest) return;
    const { conversations } = await this.call('getunread');
    for (const { channel, username, unread, mentions, last_read: read, last_message_id: newest } of conversations) {
      const c = channel ? this.find('channel', channel) : this.find('direct', username);
      c.served = read;
      c.newest = newest;
      if ((this.marks[c.key] ?? 0) > read) c.read = this.marks[c.key];
      else {
        this.mark(c, read);
        c.counted = { unread, mentions };
      }
    }
    this.tell();
    this.page.changed();
  }

  async syncPresence() {
    if (this.guest || this.state !== 'live') return;
    this.online = new Set((await this.call('listpresence')).online.map(fold));
    this.page.changed();
  }

  // The end of the first visit's reading.
  markAll() {
    const all = [...this.all.values()];
    for (const c of all) if (c.read === null && c.stream.known) this.mark(c, c.last);
    const direct = Math.max(0, ...all.map((c) => (c.kind === 'direct' ? c.last : 0)));
    Object.assign(this.marks, { direct, channel: 0, everyone: 0 });
    keep(placeOf(this.session), '-marks', this.marks);
  }

  // A request is on its way with a token that ends while another one comes: a changed password.
  call(endpoint, body, key) {
    const { token } = this;
    return super.call(endpoint, body, key).catch((e) => {
      if (!e.signedOut || token === this.token) throw e;
      return this.call(endpoint, body, key);
    });
  }

  async syncChannels() {
    const turn = ++this.asked;
    const { channels, rank } = await this.call('listchannels', { extended: true });
    // a late answer to an older request is out of date
    if (turn < this.answered) return;
    this.answered = turn;
    this.rank = rank;
    this.admin = rank > 0;
    const there = new Set();
    for (const c of channels) {
      const channel = this.find('channel', c.channel_name);
      Object.assign(channel, {
        id: c.channel_id, name: c.channel_name, about: c.description, public: c.public, member: c.member, rights: c.rights, slow: c.slow_seconds,
      });
      there.add(channel);
    }
    for (const c of this.channels.filter((known) => !there.has(known))) {
      c.renamed = channels.find(({ channel_id: id }) => id === c.id)?.channel_name;
      this.forget(c);
    }
    this.tell(); // what was read before it was known that one is a member
    this.page.changed();
  }

  // Everything, the open conversation first. Only channels one is a member of are read ahead.
  async sync(open) {
    const first = open && open.kind !== 'direct' && !open.gone && this.read(open);
    await Promise.all([first, this.syncChannels(), this.read(this.everyone), this.direct.sync(), this.syncUnread()]);
    const rest = this.channels.filter((c) => c.member && c !== open).slice(0, AHEAD);
    this.page.listed();
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      while (rest.length) await this.read(rest.shift());
    }));
    // one that began since the server counted
    if ([...this.all.values()].some((c) => c.read === null && c.kind === 'direct' && c.answerable)) await this.syncUnread();
    if (!('direct' in this.marks)) this.markAll();
    for (const c of this.all.values()) c.read ??= c.last;
    this.booted = true;
    this.page.changed();
    await this.syncPresence();
  }

  // The newest messages of one conversation. A channel that was deleted or renamed meanwhile is no failure.
  async read(conversation) {
    try {
      await conversation.stream.sync();
      this.page.changed();
    } catch (e) {
      if (e.status !== 404 && (e.status !== 401 || e.signedOut)) throw e;
      if (conversation.kind !== 'channel') return;
      await this.syncChannels();
      if (!conversation.gone) this.forget(conversation);
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

  // Loads back to the message ID of conversation C; whether it is there.
  async reach(c, id) {
    for (let i = 0; i < REACH && !(Math.min(...c.stream.byId.keys()) <= id); i++)
      if (!(await c.stream.older(OLDER_DIRECT))) break;
    return c.messages.some((m) => m.id === id);
  }

  // The messages of M's thread, the newest COUNT replies.
  async thread({ id }, count) {
    const { messages } = await this.call('getthread', { message_id: id, count });
    for (const m of messages) if (m.sender && this.isMine(m)) this.outbox.claim(m);
    return messages.map((m) => this.message(m));
  }

  // Whether the account may keep order in conversation C.
  keepsOrder(c) {
    return this.rank > 0 || Boolean(c.rights?.includes('x'));
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
      turn % 4 === 1 && this.syncUnread(),
      turn % 4 === 2 && this.read(this.everyone),
    ]);
  }

  refresh(whole, turn) {
    const { current } = this.page;
    return whole ? this.sync(current) : this.poll(current, turn);
  }

  // Before the client applies it: a new channel's message needs its channel.
  async event(name, data) {
    const does = this.events[name];
    if (does) await does.call(this, data);
  }

  events = {
    async new_message({ channel }) {
      if (this.find('channel', channel).member === undefined) await this.syncChannels();
    },
    async channel_added(data) {
      await this.syncChannels();
      await this.read(this.find('channel', data.channel ?? data.channel_name));
      await this.syncUnread();
    },
    channel_removed: this.syncChannels,
    channel_changed: this.syncChannels,
    presence({ username, online }) {
      this.online[online ? 'add' : 'delete'](fold(username));
      this.page.changed();
    },
    async read({ channel, username, message_id: id }) {
      const c = channel ? this.find('channel', channel) : this.find('direct', username);
      c.served = Math.max(c.served, id);
      if (id <= c.read) return;
      if (id < c.last) return this.syncUnread();
      this.mark(c, id);
      this.page.changed();
    },
  };
}
