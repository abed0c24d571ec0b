// Convergence: 20 clients say, edit, delete, react, mark, answer and reconnect while chatd and httpd's children are killed;
// afterwards what each client made of history and events, by the rules of docs/conversation.md, is what the database has.
//
// CHAT_SEEDS seeds from CHAT_FIRST on, on CHAT_ENGINE (sqlite, pgsql; else both); one server serves all of them, each in a
// channel of its own. What each client does follows from the seed; when it happens does not.
'use strict';
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const assert = require('node:assert');
const WebSocket = require('../realtime/node_modules/ws');
const { Site, BUILD, sleep, until } = require('../realtime/chat/site.js');

const PG = process.env.CHAT_TEST_PG;
const SEEDS = Number(process.env.CHAT_SEEDS || 3);
const FIRST = Number(process.env.CHAT_FIRST || 1);
const ACCOUNTS = 10;
const CLIENTS = 20; // two devices of each account
const ACTS = 8; // of each client
const LATER = 25; // ms between tries
const EMOJI = ['\u{1f44d}', '\u2764\ufe0f', '\u{1f1eb}\u{1f1f7}', '\u{1f469}\u200d\u{1f4bb}'];

// A generator of numbers below N (mulberry32).
function random(seed) {
  let a = seed >>> 0;
  return (n) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

// What one client knows: messages by id, and how far each conversation is read.
class State {
  constructor(me) { this.me = me; this.messages = new Map(); this.marks = new Map(); }

  // A message of a list or an event; what an event does not have stays.
  put(m) {
    const known = this.messages.get(m.message_id)?.reactions || new Map(); // one that history has as deleted has none
    const place = m.channel ? { channel: m.channel } : { recipient: m.recipient };
    const next = { sender: m.sender, message: m.message, edited_at: m.edited_at, reply_to: m.reply_to, mentions: m.mentions, ...place };
    next.reactions = m.reactions ? new Map(m.reactions.map((r) => [r.emoji, { count: r.count, mine: r.mine }])) : known;
    this.messages.set(m.message_id, m.deleted ? { deleted: true, reply_to: m.reply_to } : next);
  }

  // Markers that still mean a message: one that was deleted may have been its conversation's last, which no list has then.
  listed() { return new Map([...this.marks].filter(([, id]) => !id || this.messages.get(id)?.deleted === undefined && this.messages.has(id))); }
  forget(listed) { for (const key of this.marks.keys()) if (!listed.has(key)) this.marks.delete(key); }

  mark(key, id) { this.marks.set(key, Math.max(id, this.marks.get(key) || 0)); }

  hear(name, b) {
    const m = this.messages.get(b.message_id);
    if (name === 'new_message' || name === 'new_dm') this.put(b);
    else if (name === 'read') this.mark(b.channel ? `#${b.channel}` : b.username, b.message_id);
    else if (!m) return;
    else if (name === 'message_deleted') this.messages.set(b.message_id, { deleted: true, reply_to: m.reply_to });
    else if (name === 'message_edited' && !m.deleted) Object.assign(m, { message: b.message, edited_at: b.edited_at, mentions: b.mentions });
    else if (name === 'reaction' && !m.deleted) {
      const mine = b.username === this.me ? b.on : Boolean(m.reactions.get(b.emoji)?.mine);
      if (b.count) m.reactions.set(b.emoji, { count: b.count, mine });
      else m.reactions.delete(b.emoji);
    }
  }

  // In a form to be compared: messages above FIRST, a deleted one only while it has answers, which are counted.
  plain(first) {
    const answers = new Map();
    for (const m of this.messages.values()) if (!m.deleted && m.reply_to) answers.set(m.reply_to, (answers.get(m.reply_to) || 0) + 1);
    const messages = {};
    for (const [id, m] of [...this.messages].sort(([a], [b]) => a - b)) {
      const replies = answers.get(id) || 0;
      if (id <= first || (m.deleted && (!replies || !m.channel))) continue;
      messages[id] = m.deleted ? { deleted: true, reply_to: m.reply_to, replies }
        : { ...m, replies, mentions: [...m.mentions].sort(), reactions: Object.fromEntries([...m.reactions].sort(([a], [b]) => (a < b ? -1 : 1))) };
    }
    return { messages, marks: Object.fromEntries([...this.marks].sort(([a], [b]) => (a < b ? -1 : 1))) };
  }
}

// POST until there is an answer that is not the fault of a killed process.
async function ask(site, name, body, headers = {}) {
  for (let n = 0; ; n++) {
    try {
      const res = await site.request('POST', `/api/v3/${name}/`, { body: JSON.stringify(body), headers, fresh: n > 0 });
      if (res.status < 500) return { status: res.status, ...JSON.parse(res.text) };
    }
    catch (error) { if (!error.code) throw error; }
    if (n > 400) throw new Error(`${name} is not answered`);
    await sleep(LATER);
  }
}

// History as a client reads it, into STATE.
async function read(site, token, channel, state) {
  const list = async (name, more) => ask(site, name, { token, extended: true, count: 200, ...more });
  const [channels, received, sent, unread] = await Promise.all([list('readmessagesfromchannel', { name: channel }), list('getdms'),
    list('getmysentmessages'), list('getunread')]);
  for (const m of [...(channels.messages || []).map((one) => ({ ...one, channel })), ...(received.dms || []), ...(sent.sent_messages || [])]) {
    if (!m.channel || m.channel === channel) state.put(m);
  }
  for (const c of unread.conversations) if (!c.channel || c.channel === channel) state.mark(c.channel ? `#${c.channel}` : c.username, c.last_read);
}

class Client {
  constructor(seed, account, number) {
    Object.assign(this, seed, { account, number });
    this.random = random(seed.seed * 1000 + number);
    this.state = new State(account.name);
    this.waiting = []; // events, until history is read
    this.acks = new Map();
    this.asked = 0;
    this.open();
  }

  open() {
    const ws = new WebSocket(`ws://127.0.0.1:${this.site.port}/socket.io/?EIO=4&transport=websocket`);
    this.ws = ws;
    ws.on('message', (data) => { if (ws === this.ws) this.receive(String(data)); });
    ws.on('error', () => {});
    ws.on('close', () => {
      for (const answer of this.acks.values()) answer(null);
      this.acks.clear();
      this.ready = false;
      if (ws === this.ws && !this.ended) setTimeout(() => this.open(), LATER);
    });
  }

  receive(packet) {
    if (packet[0] === '0') {
      const known = this.pid ? { pid: this.pid, offset: this.offset } : {};
      this.ws.send(`40${JSON.stringify({ token_api_v3: this.account.token, extended: true, recover: true, ...known })}`);
    }
    else if (packet === '2') this.ws.send('3');
    else if (packet.startsWith('40')) this.connected(JSON.parse(packet.slice(2)).pid);
    else if (packet.startsWith('42')) this.event(JSON.parse(packet.slice(2)));
    else if (packet.startsWith('43')) {
      const [, id, args] = /^43(\d+)(.*)$/s.exec(packet);
      this.acks.get(Number(id))?.(JSON.parse(args)[0]);
      this.acks.delete(Number(id));
    }
    else if (packet.startsWith('44') || packet.startsWith('41')) this.ws.terminate();
  }

  // With the former pid everything that was missed follows; else history has it.
  connected(pid) {
    this.recovered += pid === this.pid;
    this.ready = pid === this.pid;
    if (this.ready) return;
    this.pid = pid;
    this.whole = false;
  }

  event([name, body, offset]) {
    if (typeof offset === 'string') this.offset = offset;
    if (name === 'ready') {
      this.ready = true;
      if (!this.whole) this.load(this.pid);
    }
    else if (this.whole) this.hear(name, body);
    else this.waiting.push([name, body]);
  }

  async load(pid) {
    const state = new State(this.account.name);
    await read(this.site, this.account.token, this.channel, state);
    if (pid !== this.pid) return; // another session reads it again
    this.state = state;
    this.whole = true;
    for (const [name, body] of this.waiting.splice(0)) this.hear(name, body);
  }

  hear(name, body) {
    if (name === this.lose && this.number === 0) return;
    if (name.startsWith('new_') && body.message === 'the end') this.done = true;
    if (!body.channel || body.channel === this.channel) this.state.hear(name, body);
  }

  // A message that it knows of, or 0.
  any(test) {
    const all = [...this.state.messages].filter(([id, m]) => id > this.first && !m.deleted && test(m));
    return all.length ? all[this.random(all.length)] : [0, {}];
  }

  emit(name, body) {
    return new Promise((resolve) => {
      this.acks.set(++this.asked, resolve);
      this.ws.send(`42${this.asked}${JSON.stringify([name, body])}`);
    });
  }

  async act() {
    const { random: dice, account: { name: me, token } } = this;
    const call = (name, body, headers) => ask(this.site, name, { token, extended: true, ...body }, headers);
    const say = (message) => `${message} ${['', '@channel', '@user1', '@user3 @user4'][dice(4)]}`;
    const key = { 'Idempotency-Key': `${this.seed}-${this.number}-${this.acted++}` };
    const what = dice(10);
    if (what < 2) await call('sendmessage', { channel: this.channel, message: say('said') }, key);
    else if (what === 2) await call('senddm', { username: `user${dice(ACCOUNTS)}`, message: say('between us') }, key);
    else if (what === 3) {
      const [reply_to] = this.any((m) => m.channel);
      await call('sendmessage', { channel: this.channel, message: say('answered'), ...(reply_to && { reply_to }) }, key);
    }
    else if (what === 4) await call('editmessage', { message_id: this.any((m) => m.sender === me)[0], message: say(`edited ${this.acted}`) });
    else if (what === 5) await call('deletemessage', { message_id: this.any((m) => m.sender === me)[0] });
    else if (what < 8) await call('react', { message_id: this.any(() => true)[0], emoji: EMOJI[dice(EMOJI.length)], on: dice(3) > 0 });
    else if (what === 8) await this.read();
    else this.ws.terminate();
    await sleep(dice(60));
  }

  async read() {
    const [message_id, m] = this.any(() => true);
    const body = { message_id, ...(m.channel ? { name: m.channel } : { username: m.sender === this.account.name ? m.recipient : m.sender }) };
    if (!message_id) return;
    if (this.ready && this.ws.readyState === WebSocket.OPEN && this.random(2)) await this.emit('markread', body);
    else await ask(this.site, 'markread', { token: this.account.token, ...body });
  }

  async run() {
    await until('the first history', () => this.whole);
    while (this.acted < ACTS) await this.act();
  }

  close() { this.ended = true; this.ws.terminate(); }
}
Object.assign(Client.prototype, { recovered: 0, acted: 0 });

// chatd of the test, which starts again at once whenever it is killed.
class Daemon {
  constructor(dir) { this.dir = dir; }

  start() {
    const { uid, gid } = fs.statSync(path.join(this.dir, 'chatd.conf'));
    const program = path.join(this.dir, 'chatd'); // its user may not reach the build
    if (!fs.existsSync(program)) fs.copyFileSync(path.join(BUILD, 'chatd'), program);
    fs.chownSync(this.dir, uid, gid);
    const args = ['--config', `${this.dir}/chatd.conf`, '--intake-path', `${this.dir}/chatd-intake.sock`, '--listen-path', `${this.dir}/chatd-http.sock`];
    this.child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], uid, gid });
    this.child.stderr.on('data', (text) => { this.log = `${this.log}${text}`.slice(-20000); });
    this.child.once('exit', (code, signal) => {
      if (this.ended) return;
      if (signal !== 'SIGKILL') this.crashed = `chatd ended by itself: ${code} ${signal}\n${this.log}`;
      this.start();
    });
  }

  stop() { this.ended = true; this.child.kill('SIGTERM'); }
}
Daemon.prototype.log = '';

const childrenOf = (pid) => fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

// Kills while the clients work: chatd, one of httpd's children, or both.
async function kill(site, daemon, dice) {
  for (let n = 1 + dice(2); n > 0; n--) {
    await sleep(100 + dice(250));
    if (dice(2)) daemon.child.kill('SIGKILL');
    else {
      const children = childrenOf(site.httpd());
      try { if (children.length > 1) process.kill(children[dice(children.length)], 'SIGKILL'); }
      catch { /* it has ended */ }
    }
  }
}

async function one(site, daemon, accounts, seed, lose) {
  const dice = random(seed);
  const [owner] = accounts;
  const channel = `room ${seed}`;
  assert.equal((await ask(site, 'makechannel', { token: owner.token, name: channel })).status, 200);
  for (const { name } of accounts.slice(1)) await ask(site, 'addusertochannel', { token: owner.token, name: channel, username: name });
  const { message_id } = await ask(site, 'sendmessage', { token: owner.token, channel, message: 'the beginning', extended: true });
  const about = { site, seed, channel, lose, first: message_id - 1 };
  const clients = Array.from({ length: CLIENTS }, (_, n) => new Client(about, accounts[n % ACCOUNTS], n));
  try {
    await Promise.all([...clients.map((client) => client.run()), kill(site, daemon, dice)]);
    // all events have numbers in one order: who has this one has all of them
    await ask(site, 'sendmessage', { token: owner.token, channel, message: 'the end' }, { 'Idempotency-Key': `end ${seed}` });
    const has = (client) => client.whole && (client.done || [...client.state.messages.values()].some((m) => m.message === 'the end'));
    await until('the end at every client', () => clients.every(has));
    for (const account of accounts) {
      const truth = new State(account.name);
      await read(site, account.token, channel, truth);
      const listed = truth.listed();
      truth.forget(listed);
      for (const client of clients.filter((c) => c.account === account)) {
        for (const key of listed.keys()) client.state.mark(key, 0);
        client.state.forget(listed);
        assert.deepStrictEqual(client.state.plain(about.first), truth.plain(about.first), `client ${client.number} of ${account.name}`);
      }
    }
  }
  finally { for (const client of clients) client.close(); }
  await ask(site, 'deletechannel', { token: owner.token, name: channel });
  return clients.reduce((sum, client) => sum + client.recovered, 0);
}

function database() {
  const name = `converge${process.pid}`;
  const done = spawnSync('psql', ['-qAt', PG, '-c', `CREATE DATABASE ${name}`], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  return ['--database', `pgsql:${PG.replace('dbname=postgres', `dbname=${name}`)}`];
}

// Runs COUNT seeds; gives what failed, and how many sessions were recovered.
async function run(engine, count, lose) {
  const site = await Site.start({ tls: false, daemon: null, conf: 'ChatDaemon external @BASE@\n', args: engine === 'pgsql' ? database() : [] });
  const daemon = new Daemon(site.dir);
  const failed = [];
  let recovered = 0;
  try {
    daemon.start();
    const accounts = [];
    for (let n = 0; n < ACCOUNTS; n++) accounts.push(await site.account(`user${n}`));
    for (let seed = FIRST; seed < FIRST + count && failed.length < 3; seed++) {
      try { recovered += await one(site, daemon, accounts, seed, lose); }
      catch (error) { failed.push(`seed ${seed}: ${error.message}`); }
      if (daemon.crashed) failed.push(`seed ${seed}: ${daemon.crashed}`);
      daemon.crashed = '';
    }
  }
  finally {
    daemon.stop();
    await site.stop().catch((error) => failed.push(`the end: ${error.message}`));
  }
  return { failed, recovered };
}

const skip = PG && spawnSync('psql', ['--version']).status === 0 ? false : 'PostgreSQL is not installed';
const ENGINES = process.env.CHAT_ENGINE ? [process.env.CHAT_ENGINE] : ['sqlite', 'pgsql'];
for (const engine of ENGINES) {
  test(`${SEEDS} seeds from ${FIRST} on converge: ${engine}`, { skip: engine === 'pgsql' && skip }, async (t) => {
    const { failed, recovered } = await run(engine, SEEDS);
    assert.deepEqual(failed, [], `CHAT_FIRST is the seed\n${failed.join('\n')}`);
    assert.ok(recovered > 0, 'sessions are recovered');
    t.diagnostic(`${recovered} sessions recovered`);
  });
}

test('a client that is deaf to reactions is noticed', { skip: Boolean(process.env.CHAT_ENGINE) }, async () => {
  assert.match((await run('sqlite', 3, 'reaction')).failed.join('\n'), /^seed /);
});
