// Who the visitor is to the boxes of a page: they share one connection and one sign-on.

import { ChatClient, fold } from './chat-client.js';

const KEEP = 400; // messages of a channel
const AGAIN = 10000; // ms between two sign-ons without a click
const KEPT = 'mod_chat-box'; // in the tab's storage: guests and accounts with a password

function storage() {
  try {
    return globalThis.sessionStorage;
  } catch {
    return null; // blocked: the visit ends with the page
  }
}

class Client extends ChatClient {
  // An empty channel brings no message to draw.
  async refresh(whole, turn) {
    await super.refresh(whole, turn);
    this.emit('state', this.state);
  }
}

// A channel and the boxes that show it.
class Room {
  boxes = new Set();
  read = 0; // id of the newest that was seen

  constructor(visit, name) {
    this.visit = visit;
    this.name = name;
    this.enter();
  }

  enter() {
    const { visit } = this;
    const changed = () => this.boxes.forEach((box) => box.changed());
    this.why = ''; // there is no such channel for the visitor
    this.stream = visit.client.channel(this.name, {
      drop: changed,
      change: changed,
      ready: changed,
      take: (list, fresh) => {
        if (fresh) this.boxes.forEach((box) => box.arrived(list));
        else if (!this.read) this.read = visit.markers.get(fold(this.name)) ?? list.at(-1).message_id;
        changed();
      },
    });
  }

  get unread() {
    return this.stream.messages.filter((m) => m.message_id > this.read && !m.deleted && !this.visit.isMine(m)).length;
  }

  markRead() {
    const last = this.stream.messages.at(-1)?.message_id ?? 0;
    if (this.boxes.size && this.stream.byId.size > 2 * KEEP) this.stream.trim(KEEP);
    if (last <= this.read) return;
    this.read = last;
    if (this.visit.markers.has(fold(this.name))) this.visit.client.call('markread', { name: this.name, message_id: last }).catch(() => {});
    this.boxes.forEach((box) => box.changed());
  }
}

export class Visit {
  static all = new Map();
  boxes = new Set();
  rooms = new Map();
  names = new Set(); // under which the visitor has written
  markers = new Map(); // what was read of channels that the account has joined
  state = 'out'; // coming, in
  why = '';
  came = 0;

  // The visit for what BOX asks for.
  static of({ api, live, assertionUrl }) {
    const key = [api, live, assertionUrl].join(' ');
    if (!Visit.all.has(key)) Visit.all.set(key, new Visit(key, { api, live, assertionUrl }));
    return Visit.all.get(key);
  }

  constructor(key, place) {
    this.key = key;
    this.place = place;
    this.storage = storage();
  }

  isMine({ sender }) {
    return Boolean(sender) && this.names.has(fold(sender));
  }

  get guest() {
    return this.client?.name.startsWith('~');
  }

  add(box) {
    this.boxes.add(box);
    if (this.state === 'in') this.enterRoom(box);
    else if (this.boxes.size === 1) this.comeIn();
  }

  remove(box) {
    this.boxes.delete(box);
    box.room?.boxes.delete(box);
    if (this.boxes.size) return;
    this.client?.close();
    Visit.all.delete(this.key);
  }

  set(state, why = '') {
    Object.assign(this, { state, why });
    for (const box of this.boxes) box.show();
  }

  make(session) {
    this.client = new Client({ ...this.place, ...session, storage: this.storage });
    return this.client;
  }

  // A guest or a password of before, else the site's own login.
  async comeIn() {
    const { assertionUrl } = this.place;
    let kept;
    try {
      kept = JSON.parse(this.storage.getItem(KEPT))?.[this.key];
    } catch {} // none
    this.came = Date.now();
    this.set('coming');
    this.keeps = Boolean(kept && !assertionUrl);
    if (this.keeps) return this.begin(this.make(kept));
    try {
      await this.enter('signon', assertionUrl && { assertion: await this.assertion(assertionUrl) });
    } catch (e) {
      // no user of the site, or no such login here; a refused assertion is the site's fault
      this.set('out', [401, 404].includes(e.status) && !/assertion/.test(e.said) ? '' : e.message);
    }
  }

  async assertion(url) {
    const response = await fetch(url, { credentials: 'include', headers: { Accept: 'application/json' } });
    if (!response.ok) throw Object.assign(new Error(`${url}: ${response.status}`), { status: response.status });
    return (await response.json()).assertion;
  }

  async enter(how, body) {
    const client = this.make();
    await client.enter(how, body);
    if (how === 'guest') this.keep(client);
    return this.begin(client);
  }

  async signIn({ username, password }, register) {
    const client = this.make();
    const account = { username, password };
    if (register) await client.call('register', account);
    let answer;
    try {
      answer = await client.call('gettoken', account);
    } catch (e) {
      if (e.said !== 'No token!') throw e;
      answer = await client.call('generatetoken', account);
    }
    Object.assign(client, { token: answer.token, name: username });
    this.keep(client);
    return this.begin(client);
  }

  // The guest becomes an account, with the same token and what was said.
  async become({ username, password }) {
    await this.client.call('register', { username, password });
    this.client.name = username;
    this.names.add(fold(username));
    this.keep(this.client);
    for (const box of this.boxes) box.show();
  }

  keep({ token, name } = {}) {
    this.keeps = Boolean(token);
    try {
      const all = { ...JSON.parse(this.storage.getItem(KEPT)), [this.key]: token && { token, name } };
      this.storage.setItem(KEPT, JSON.stringify(all));
    } catch {} // the visit ends with the page
  }

  async begin(client) {
    this.names = new Set([client.me]);
    client.on('failure', (e) => this.failed(e));
    client.on('state', () => this.boxes.forEach((box) => box.show()));
    client.on('outbox', () => this.boxes.forEach((box) => box.changed()));
    client.on('event', (name, data) => {
      const room = this.rooms.get(fold(data?.channel ?? data?.channel_name ?? ''));
      if (name === 'typing') room?.boxes.forEach((box) => box.types(data.sender));
      else if (room && name.startsWith('channel_')) {
        if (room.why) room.enter();
        client.update(true);
      }
    });
    if (!this.guest) await this.readMarkers(client);
    for (const box of this.boxes) this.enterRoom(box);
    this.set('in');
    client.connect();
  }

  async readMarkers(client) {
    try {
      const { conversations } = await client.call('getunread');
      for (const c of conversations) if (c.channel) this.markers.set(fold(c.channel), c.last_read);
    } catch (e) {
      this.failed(e);
    }
  }

  enterRoom(box) {
    const key = fold(box.channel);
    if (!this.rooms.has(key)) {
      this.rooms.set(key, new Room(this, box.channel));
      if (this.client.booted) this.client.update(true);
    }
    box.room = this.rooms.get(key);
    box.room.boxes.add(box);
  }

  leave(why) {
    this.client?.close();
    this.keep();
    this.rooms.clear();
    this.markers.clear();
    for (const box of this.boxes) box.room = null;
    this.set('out', why);
  }

  signOut() {
    this.client.call('signoff').catch(() => {});
    this.leave('');
  }

  // The token ended: a user who is still signed in at the site comes in again.
  failed(e) {
    const lost = [...this.rooms.values()].find((room) => room.stream === e.stream);
    if (e.signedOut && Date.now() - this.came > AGAIN) {
      this.leave('');
      this.comeIn();
    } else if (e.signedOut) this.leave('ended');
    else if (lost) {
      lost.why = e.message;
      lost.boxes.forEach((box) => box.show());
    } else if (!e.later) for (const box of this.boxes) box.say(e.message);
  }
}
