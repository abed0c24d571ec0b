// A client of mod_chat for browsers and Node: requests, events with recovery, history, and an
// outbox whose messages are stored once. One file, so that a site can copy it: at most 6 kB compressed. docs/client.md

/**
 * @typedef {{ channel: string } | { username: string }} To
 * @typedef {{ message_id: number, sender?: string, message?: string, timestamp: string, channel?: string,
 *   recipient?: string, edited_at?: string | null, reply_to?: number | null, replies?: number,
 *   reactions?: { emoji: string, count: number, mine: boolean }[], mentions?: string[],
 *   system?: boolean, deleted?: boolean }} Message
 * @typedef {{ key: string, of: string, to: To, text: string, more: { reply_to?: number }, time: number,
 *   state: 'waiting' | 'sending' | 'failed', error?: Omit<Failure, 'name' | 'stack'> }} Entry
 * @typedef {'connecting' | 'live' | 'asking' | 'offline'} State
 * @typedef {'api' | 'unreachable' | 'foreign' | 'busy' | 'firewall'} Kind of a failure; but for 'api' it was not the chat that refused
 * @typedef {{ take?(messages: Message[], fresh: boolean): void, drop?(ids: number[]): void,
 *   change?(message: Message): void, ready?(): void }} Watcher
 */

const OPENING = 6000; // ms until the server says ready
const RETRY_MIN = 700;
const RETRY_MAX = 30000;
const RETRY_NONE = 60000;
const BETTER = 30000; // ms after which a poll tries once more to be a WebSocket; then twice, …
const START = 800; // ms that the first reading waits for the events, so that it is done once
const ASK = 3000; // ms between questions when there are no events
const ASK_HIDDEN = 15000;
const PAGE = 50; // messages
const GAP_PAGE = 200;
const GAP_PAGES = 20;
const SEND_AGAIN = 2000; // ms
const FIREWALL_TRIES = 3; // what a firewall of the site refused is sent so often
const TYPING = 3000; // ms

/** @param {string} name */
export const fold = (name) => name.normalize('NFKC').toLowerCase();
const keyOf = ({ channel, username }) => (channel ? `channel:${fold(channel)}` : `direct:${fold(username ?? '')}`);
const seen = () => globalThis.document?.visibilityState !== 'hidden';

/** The server refused (status), or did not answer (0). `later`: it may succeed; `wait`: seconds. */
export class Failure extends Error {
  /** @type {object | undefined} the Stream that it refuses */
  stream;
  constructor(/** @type {string} */ said, status = 0, wait = 0, /** @type {Kind} */ kind = 'api') {
    super(said);
    this.said = said;
    this.status = status;
    this.wait = wait;
    this.kind = kind;
    this.later = !status || status === 408 || status === 429 || status >= 500;
    this.signedOut = status === 401 && said === 'Invalid token!';
  }
}

/** Posts BODY to URL. @returns {Promise<any>} the answer; throws a Failure */
export async function request(/** @type {string | URL} */ url, /** @type {object} */ body, /** @type {string=} */ key) {
  let response, answer;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(key && { 'Idempotency-Key': key }) },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(20000),
    });
    answer = await response.text();
  } catch {
    throw new Failure('The server cannot be reached.', 0, 0, 'unreachable');
  }
  const { ok, status } = response;
  try {
    answer = JSON.parse(answer);
  } catch {
    // from a proxy, a firewall or a limiter of the site, which may let the same pass a little later
    if (ok) throw new Failure('This answer is not from the chat.', 502, 5, 'foreign');
    if (status !== 403 && status !== 406) throw new Failure('The server is not ready.', status, 5, 'busy');
    throw new Failure('A firewall refused this.', status, 10, 'firewall');
  }
  if (ok) return answer;
  throw new Failure(String(answer?.message), status, Number(response.headers.get('Retry-After')) || 0);
}

// Transports: send(packet), close(); they call on.packet(text) and on.lost(status).

function webSocket(url, on) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}?EIO=4&transport=websocket`);
  socket.onmessage = (e) => typeof e.data === 'string' && on.packet(e.data);
  socket.onclose = () => on.lost();
  return socket;
}

function polling(base, on) {
  const gone = new AbortController();
  const { signal } = gone;
  const queue = [];
  let url = `${base}?EIO=4&transport=polling`;
  let posting = false;

  async function ask(options) {
    const response = await fetch(url, { cache: 'no-store', signal, ...options });
    if (!response.ok) throw response;
    return response.text();
  }

  function fail(e) {
    if (signal.aborted) return;
    gone.abort();
    on.lost(e.status);
  }

  async function poll() {
    for (;;) {
      for (const packet of (await ask()).split('\x1e')) {
        if (signal.aborted) return;
        if (packet[0] === '0') url += `&sid=${encodeURIComponent(JSON.parse(packet.slice(1)).sid)}`;
        on.packet(packet);
      }
    }
  }

  async function post() {
    posting = true;
    while (queue.length) await ask({ method: 'POST', body: queue.splice(0).join('\x1e') });
    posting = false;
  }

  poll().catch(fail);
  return {
    send(packet) {
      queue.push(packet);
      if (!posting) post().catch(fail);
    },
    close() {
      if (url.includes('&sid=')) fetch(url, { method: 'POST', body: '1', keepalive: true }).catch(() => {});
      gone.abort();
    },
  };
}

// Socket.IO 5 over Engine.IO 4: WebSocket, else long polling. on: { token, hear(name, data), refused(),
// liveChanged('connecting', 'live', 'down' or 'none', gap: events may have been missed) }
class Live {
  failures = 0; // in a row
  blocked = 0; // times in a row that only polling worked
  until = 0; // so long polls come first

  constructor(url, on) {
    this.url = url;
    this.on = on;
  }

  nudge() {
    if (this.transport && this.ready && Date.now() - this.heard > this.patience) this.lost();
    if (this.transport) return;
    this.failures = 0;
    this.connect();
  }

  connect() {
    this.drop();
    this.ready = this.opened = false;
    this.polling = this.fallBack || Date.now() < this.until;
    const current = (this.current = {});
    const mine = (name) => (arg) => current === this.current && this[name](arg);
    this.on.liveChanged('connecting');
    this.watch(OPENING);
    try {
      this.transport = (this.polling ? polling : webSocket)(this.url, { packet: mine('packet'), lost: mine('lost') });
    } catch {
      this.lost();
    }
  }

  drop() {
    this.current = null;
    for (const timer of [this.alarm, this.better, this.retry]) clearTimeout(timer);
    this.transport?.close();
    this.transport = null;
  }

  watch(ms) {
    clearTimeout(this.alarm);
    this.alarm = setTimeout(() => this.lost(), ms);
  }

  // STATUS: of a poll that was refused. A WebSocket that never opened is followed by a poll.
  lost(status) {
    this.drop();
    this.ready = false;
    this.fallBack = !this.opened && !this.polling;
    if (this.fallBack) return this.connect();
    const none = !this.opened && [404, 501, 503].includes(status);
    const wait = none && status === 404 ? RETRY_NONE : Math.min(RETRY_MAX, RETRY_MIN * 2 ** this.failures++);
    this.on.liveChanged(none ? 'none' : 'down');
    this.retry = setTimeout(() => this.connect(), wait * (0.5 + Math.random()));
  }

  packet(text) {
    this.heard = Date.now();
    if (this.ready) this.watch(this.patience);
    const [, kind, data] = text.match(/^(4?.?)(.*)/s);
    if (kind === '0') this.open(JSON.parse(data));
    else if (kind === '2') this.transport.send(`3${data}`);
    else if (kind === '40') this.connected(JSON.parse(data || '{}'));
    else if (kind === '42') this.event(JSON.parse(data));
    else if (['1', '41', '44'].includes(kind)) this.lost();
  }

  open({ pingInterval, pingTimeout }) {
    this.opened = true;
    if (!this.polling) this.blocked = 0;
    else if (this.fallBack) this.until = Date.now() + BETTER * 2 ** this.blocked++;
    this.fallBack = false;
    this.patience = pingInterval + pingTimeout;
    const { pid, offset } = this;
    this.send('40', { extended: true, recover: true, ...(pid && offset && { pid, offset }) });
  }

  send(kind, data) {
    this.transport.send(kind + JSON.stringify(data));
  }

  connected({ pid }) {
    if (pid && pid === this.pid) return this.begin(false);
    this.pid = pid;
    this.offset = undefined;
    this.send('42', ['api_v3_connect', { token_api_v3: this.on.token }]);
  }

  begin(gap) {
    this.ready = true;
    this.failures = 0;
    this.watch(this.patience);
    if (this.polling) this.better = setTimeout(() => this.connect(), this.until - Date.now());
    this.on.liveChanged('live', gap);
  }

  event([name, ...args]) {
    // with recovery, the last argument is the event's offset
    if (this.pid && args.length > 1 && typeof args.at(-1) === 'string') this.offset = args.pop();
    if (name === 'ready') this.begin(true);
    if (this.ready || name !== 'error') return this.on.hear(name, args[0]);
    this.pid = undefined;
    this.on.refused();
  }
}

/** A list of messages of the server. It knows which of them are here, and fetches the others. */
export class Stream {
  /** @type {Map<number, Message>} */
  byId = new Map();
  deleted = new Set();
  changed = new Set(); // ids, since the last reading began
  solid = 0; // nothing is missing between the oldest and this one
  known = false; // was read once
  stale = true; // events may have been missed
  doubts = 0;
  end = false; // there is nothing older

  /**
   * @param {(page: { count: number, before?: number }) => Promise<Message[]>} read oldest first
   * @param {Watcher} on take: new ones, oldest first; fresh: they came after what was known.
   *   drop: deleted or unloaded. change: edited, reacted to, answered, or `deleted` with replies.
   *   ready: the newest are here for the first time
   */
  constructor(read, on = {}) {
    this.read = read;
    this.on = on;
  }

  /** Oldest first. @returns {Message[]} */
  get messages() {
    return [...this.byId.values()].sort((a, b) => a.message_id - b.message_id);
  }

  // Events may have been missed from here on.
  doubt() {
    this.stale = true;
    this.doubts++;
  }

  accept(list, fresh) {
    const more = [];
    for (const m of list) {
      const old = this.byId.get(m.message_id);
      // an event that came while it was read is newer
      if (!this.changed.has(m.message_id)) this.patch(m);
      if (old || (this.deleted.has(m.message_id) && !m.deleted)) continue;
      this.byId.set(m.message_id, m);
      more.push(m);
    }
    if (more.length) this.on.take?.(more, fresh);
  }

  // A message from an event, or an EARLY one: others before it may be on their way.
  push(message, early) {
    const { message_id: id, reply_to: parent } = message;
    if (!this.stale && !early) this.solid = Math.max(this.solid, id);
    if (!this.byId.has(id) && !this.deleted.has(id)) this.answered(parent, 1);
    this.accept([message], true);
  }

  answered(id, by) {
    const { replies = 0 } = this.byId.get(id) ?? {};
    this.patch({ message_id: id, replies: Math.max(0, replies + by) });
  }

  patch(news) {
    const old = this.byId.get(news.message_id);
    if (!old || Object.keys(news).every((k) => JSON.stringify(old[k]) === JSON.stringify(news[k]))) return;
    Object.assign(old, news);
    this.changed.add(news.message_id);
    this.on.change?.(old);
  }

  drop(gone) {
    const ids = gone.filter((id) => this.byId.delete(id));
    if (ids.length) this.on.drop?.(ids);
  }

  remove(id) {
    const { replies, reply_to: parent } = this.byId.get(id) ?? {};
    if (!this.deleted.has(id)) this.answered(parent, -1);
    this.deleted.add(id);
    if (replies) this.patch({ message_id: id, deleted: true, message: '', reactions: [] });
    else this.drop([id]);
  }

  /** Brings the newest end up to date. Callers share one that is under way. @returns {Promise<void>} */
  sync() {
    return (this.syncing ??= this.bring().finally(() => (this.syncing = null)));
  }

  async bring() {
    for (let doubts; doubts !== this.doubts; ) {
      doubts = this.doubts;
      await this.bringOnce();
    }
    this.stale = false;
  }

  async bringOnce() {
    const before = [...this.byId.keys()];
    const fresh = this.known;
    this.changed = new Set();
    let page = await this.read({ count: PAGE });
    let whole = page.length < PAGE;
    for (let i = 0; this.solid && !whole && page[0].message_id > this.solid; i++) {
      if (i === GAP_PAGES) {
        this.forget(page[0].message_id);
        break;
      }
      const older = await this.read({ count: GAP_PAGE, before: page[0].message_id });
      whole = older.length < GAP_PAGE;
      page = older.concat(page);
    }
    const first = whole ? 0 : page[0].message_id;
    const there = new Set(page.map((m) => m.message_id));
    this.drop(before.filter((id) => id >= first && !there.has(id)));
    this.end ||= whole;
    this.known = true;
    this.solid = Math.max(this.solid, page.at(-1)?.message_id ?? 0);
    this.accept(page, fresh);
    if (!fresh) this.on.ready?.();
  }

  // Messages older than FIRST are read again when they are scrolled to.
  forget(first) {
    const old = [...this.byId.keys()].filter((id) => id < first);
    if (old.length) this.end = false;
    this.drop(old);
  }

  /** Keeps the newest N or a few more: a page that is open for weeks stays small. */
  trim(/** @type {number} */ n) {
    if (this.byId.size > 2 * n) this.forget(this.messages.at(-n).message_id);
  }

  /** One page further back. @returns {Promise<boolean>} whether there may be more */
  async older(count = PAGE) {
    if (!this.known) await this.sync();
    if (this.end || !this.byId.size) return false;
    const page = await this.read({ count, before: this.messages[0].message_id });
    this.end = page.length < count;
    this.accept(page, false);
    return !this.end;
  }
}

// Messages being sent. Each has a key that goes with every attempt, so the server stores the
// message once however often it is sent.
class Outbox {
  taken = new Set(); // ids of messages that are one of ours
  failures = 0;
  /** @type {Entry[]} */
  list = [];

  constructor(chat, storage) {
    this.chat = chat;
    this.storage = storage;
    try {
      const { me, list } = JSON.parse(storage.getItem('mod_chat-outbox'));
      if (me === chat.me) this.list = list;
    } catch {} // none, or not ours
    for (const entry of this.list) if (entry.state === 'sending') entry.state = 'waiting';
  }

  /**
   * Those of a conversation that are to be shown. EARLY, before its history, which would move them, only those that
   * met an error. @param {boolean} [early] @returns {Entry[]}
   */
  of(/** @type {string} */ key, early) {
    return this.list.filter((e) => e.of === key && !e.id && (!early || e.error));
  }

  get waiting() {
    return this.list.find((e) => e.state === 'waiting');
  }

  again(/** @type {Entry} */ entry) {
    entry.state = 'waiting';
    entry.tries = 0;
    this.changed();
    this.pump();
  }

  remove(/** @type {Entry} */ entry) {
    this.list = this.list.filter((e) => e !== entry);
    this.changed();
  }

  changed() {
    try {
      if (this.list.length) this.storage.setItem('mod_chat-outbox', JSON.stringify({ me: this.chat.me, list: this.list }));
      else this.storage.removeItem('mod_chat-outbox');
    } catch {} // it is kept by this page alone
    this.chat.emit('outbox');
  }

  // One of our own messages came from the server: is it one of these?
  claim({ message_id: id, message, channel, recipient }) {
    const entry = this.of(keyOf({ channel, username: recipient })).find((e) => e.tried && e.text === message && id > e.after);
    if (!entry || this.taken.has(id)) return;
    this.taken.add(id);
    entry.id = id;
    this.changed();
  }

  // Sends waiting messages, one after the other.
  async pump() {
    clearTimeout(this.timer);
    if (this.busy) return;
    this.busy = true;
    for (let wait = 0; this.waiting && !wait && !this.chat.closed; ) {
      wait = await this.send(this.waiting);
      if (wait) this.timer = setTimeout(() => this.pump(), wait);
    }
    this.busy = false;
  }

  // Returns 0, or how long to wait before the next attempt.
  async send(entry) {
    const { chat } = this;
    const { to, text, more } = entry;
    entry.state = 'sending';
    entry.tries++;
    entry.tried = true;
    this.changed();
    try {
      const answer = await chat.call(to.channel ? 'sendmessage' : 'senddm', { ...to, ...more, message: text, extended: true }, entry.key);
      this.taken.add(answer.message_id);
      chat.sent(entry, answer);
    } catch (e) {
      e.later ||= e.kind === 'firewall' && entry.tries < FIREWALL_TRIES;
      chat.trouble(e, entry);
      entry.state = e.later || e.signedOut ? 'waiting' : 'failed';
      entry.error = { ...e, message: e.message };
      if (entry.state === 'failed' && entry.id) this.remove(entry);
      else this.changed();
      if (!e.later) return e.signedOut ? RETRY_MAX : 0;
      return Math.max(e.wait * 1000, Math.min(RETRY_MAX, SEND_AGAIN * 2 ** this.failures++));
    }
    this.failures = 0;
    this.remove(entry);
    return 0;
  }
}

/** One account's connection. Events: 'state' (State), 'event' (name, data; before it is applied), 'failure' (Failure, Entry?), 'outbox' (). */
export class ChatClient {
  /** @type {Map<string, Stream>} by endpoint and folded name */
  streams = new Map();
  listeners = {};
  liveState = 'connecting';
  reachable = true;
  failures = 0;
  turn = 0;

  /**
   * @param {{ api?: string, live?: string, token?: string, name?: string, storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null }} options
   *   api and live: URLs, in Node absolute ones; storage: keeps unsent messages
   */
  constructor({ api = '/api/v3/', live = '/socket.io/', token, name = '', storage } = {}) {
    const url = new URL(api, globalThis.location?.href);
    this.api = url.href;
    this.token = token;
    this.name = name;
    this.live = new Live(new URL(live, url).href, this);
    this.outbox = new Outbox(this, storage);
  }

  get me() {
    return fold(this.name);
  }

  /** @returns {State} */
  get state() {
    const state = this.liveState;
    return state === 'live' ? state : !this.reachable ? 'offline' : state === 'connecting' ? state : 'asking';
  }

  /** Calls LISTENER at each event of that type. @returns {() => void} that ends it */
  on(/** @type {'state' | 'event' | 'failure' | 'outbox'} */ type, /** @type {(...args: any[]) => void} */ listener) {
    const all = (this.listeners[type] ??= new Set());
    all.add(listener);
    return () => all.delete(listener);
  }

  emit(type, ...args) {
    for (const listener of this.listeners[type] ?? []) listener(...args);
  }

  /** Any endpoint, with the token; KEY makes a repetition harmless. @returns {Promise<any>} */
  call(/** @type {string} */ endpoint, /** @type {object=} */ body, /** @type {string=} */ key) {
    return request(`${this.api}${endpoint}/`, { token: this.token, ...body }, key);
  }

  /** Comes in by 'signon' or 'guest'; the answer's token and name are used from then on. */
  async enter(/** @type {'signon' | 'guest'} */ endpoint, /** @type {object=} */ body) {
    const { token, username: name } = await this.call(endpoint, { ...body, token: undefined });
    Object.assign(this, { token, name });
  }

  /** What ENDPOINT lists, kept up to date: readmessagesfromchannel with `name`, getdms,
   * getmessagesforeveryone. @param {Watcher} on */
  list(/** @type {string} */ endpoint, /** @type {{ name?: string }} */ body, on = {}) {
    const read = async (page) => {
      try {
        const answer = await this.call(endpoint, { extended: true, ...body, ...page });
        return answer.dms ?? answer.messages;
      } catch (e) {
        // the API answers 404 for an empty list
        if (e.status === 404 && /^No |not in any/.test(e.said)) return [];
        throw e;
      }
    };
    const stream = new Stream(read, {
      ...on,
      take: (list, fresh) => {
        for (const m of list) if (m.sender && fold(m.sender) === this.me) this.outbox.claim(m);
        on.take?.(list, fresh);
      },
    });
    this.streams.set(endpoint + fold(body.name ?? ''), stream);
    return stream;
  }

  /** The messages of a channel. @param {Watcher=} on */
  channel(/** @type {string} */ name, on) {
    return this.list('readmessagesfromchannel', { name }, on);
  }

  /** Direct messages, of all people. @param {Watcher=} on */
  directs(on) {
    return this.list('getdms', {}, on);
  }

  /** Sends now or when it can; it is stored once. @param {{ reply_to?: number }} more @returns {Entry} */
  send(/** @type {To} */ to, /** @type {string} */ text, more = {}) {
    const of = keyOf(to);
    const after = Math.max(0, ...(this.streamOf(to)?.byId.keys() ?? []));
    const key = crypto.getRandomValues(new Uint32Array(4)).join('-');
    const entry = { key, of, to, text, more, after, time: Date.now() };
    this.outbox.list.push(entry);
    this.outbox.again(entry);
    return entry;
  }

  streamOf({ channel }) {
    return this.streams.get(channel ? `readmessagesfromchannel${fold(channel)}` : 'getdms');
  }

  // The event may come before, or never.
  sent({ to, text, more }, { message_id: id, timestamp }) {
    const where = to.channel ? to : { recipient: to.username };
    const stream = this.streamOf(to);
    const m = { message_id: id, sender: this.name, message: text, timestamp, replies: 0, reactions: [], mentions: [], ...more, ...where };
    if (!stream?.byId.has(id)) stream?.push(m, true);
  }

  /** Shows others that the user types; one in 3 seconds is sent. */
  typing(/** @type {To} */ to) {
    if (!this.live.ready || Date.now() - (this.typed ?? 0) < TYPING) return;
    this.typed = Date.now();
    this.live.send('42', ['typing', to]);
  }

  connect() {
    this.gone = new AbortController();
    for (const type of ['online', 'offline', 'pageshow', 'visibilitychange'])
      globalThis.addEventListener?.(type, (e) => this.back(e), this.gone);
    this.starting = setTimeout(() => this.update(true), START);
    this.live.connect();
    this.outbox.pump();
  }

  close() {
    this.closed = true;
    this.gone?.abort();
    this.live.drop();
    for (const timer of [this.starting, this.asking, this.outbox.timer]) clearTimeout(timer);
  }

  // The browser's view of the network is only a hint: a server on this machine needs no network.
  back({ type, persisted }) {
    if (type === 'visibilitychange' ? !seen() : type === 'pageshow' && !persisted) return;
    // an open connection may be dead without notice
    if (type !== 'offline') this.live.nudge();
    else if (this.live.opened) this.live.lost();
    if (type === 'visibilitychange') return this.schedule();
    this.failures = 0;
    if (this.liveState !== 'live') this.update(true);
    this.outbox.pump();
  }

  hear(name, data) {
    this.emit('event', name, data);
    const { message_id: id, channel, message, edited_at, mentions } = data ?? {};
    if (name === 'new_message' || name === 'new_dm') this.streamOf({ channel })?.push(data);
    else if (name === 'announcement') this.streams.get('getmessagesforeveryone')?.push(data);
    for (const stream of this.streams.values()) {
      if (name === 'message_deleted') stream.remove(id);
      else if (name === 'message_edited') stream.patch({ message_id: id, message, edited_at, mentions });
      else if (name === 'reaction') this.reacted(stream, data);
    }
  }

  reacted(stream, { message_id, emoji, count, on, username }) {
    const list = stream.byId.get(message_id)?.reactions ?? [];
    const old = list.find((r) => r.emoji === emoji);
    const now = { emoji, count, mine: fold(username) === this.me ? on : old?.mine ?? false };
    const reactions = old ? list.map((r) => (r === old ? now : r)) : [...list, now];
    stream.patch({ message_id, reactions: reactions.filter((r) => r.count) });
  }

  liveChanged(state, gap) {
    if (this.closed) return;
    if (state !== 'connecting' || this.liveState === 'live') this.liveState = state;
    if (state === 'live') {
      this.setReachable(true);
      this.outbox.pump();
      if (gap) {
        for (const stream of this.streams.values()) stream.doubt();
        this.update(true);
      }
    }
    this.show();
    this.schedule();
  }

  // The events may be another chatroom's than the API: only the API's word ends the session.
  refused() {
    this.live.lost();
    this.update(true);
  }

  setReachable(now) {
    if (this.reachable === now) return;
    this.reachable = now;
    this.show();
    if (now) this.outbox.pump();
  }

  show() {
    if (this.shown === this.state) return;
    this.shown = this.state;
    this.emit('state', this.state);
  }

  // What a failed request means for the connection.
  trouble(e, entry) {
    if (this.closed) return;
    if (e.later && (!e.status || e.status >= 502)) this.setReachable(false);
    this.emit('failure', e, entry);
  }

  /** What is read again: everything after a gap, else what is due in this turn without events. */
  async refresh(/** @type {boolean} */ whole, /** @type {number} */ turn) {
    await Promise.all([...this.streams].map(async ([key, stream]) => {
      try {
        await stream.sync();
      } catch (e) {
        if (e.later) throw e;
        this.streams.delete(key);
        e.stream = stream;
        this.trouble(e);
      }
    }));
  }

  async update(all) {
    clearTimeout(this.starting);
    this.due ||= all;
    if (this.busy || this.closed) return;
    this.busy = true;
    try {
      do {
        const whole = Boolean(this.due || this.failures || !this.booted);
        this.due = false;
        await this.refresh(whole, whole ? 0 : this.turn++);
        this.booted = true;
        this.failures = 0;
        this.setReachable(true);
      } while (this.due && !this.closed);
    } catch (e) {
      this.failures++;
      this.trouble(e);
    }
    this.busy = false;
    this.schedule();
  }

  schedule() {
    clearTimeout(this.asking);
    const { booted, failures } = this;
    if (this.closed || !(booted || this.busy || failures) || (this.liveState === 'live' && booted && !failures)) return;
    const wait = Math.min(RETRY_MAX, (seen() ? ASK : ASK_HIDDEN) * 2 ** Math.min(failures, 4));
    this.asking = setTimeout(() => this.update(), wait * (0.8 + Math.random() * 0.4));
  }
}
