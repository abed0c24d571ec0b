// Nothing is lost and nothing comes twice: the daemon is killed at random while messages are
// sent, httpd restarts, clients stay away too long.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { Site, BUILD, ENVIRONMENT, READY, open, listen, sleep, until } = require('./site.js');

const KIND = 'socket.io-client 4.8';
const KILLS = Number(process.env.CHAT_RT_KILLS || 30);
const AGAIN = { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 150, timeout: 5000 };

// A client that comes back by itself; `got` are the numbers it heard, in its order, `anew` its new sessions after the
// first login: on a slow machine a heartbeat may end it before that, and then there is nothing to resume.
function stayer(t, url, user, way, auth) {
  const client = open(KIND, url, way, { auth, ...AGAIN });
  t.after(() => client.close());
  client.got = [];
  client.recovered = client.anew = 0;
  const isIn = () => client.ear.all.some(([name]) => name === 'ready');
  client.socket.on('connect', () => {
    if (client.socket.recovered) client.recovered++;
    else {
      if (isIn()) client.anew++;
      if (!auth.token_api_v3) client.emit('api_v3_connect', { token_api_v3: user.token });
    }
  });
  client.socket.on('new_message', (said) => client.got.push(Number(said.message)));
  client.socket.on('new_dm', (said) => client.got.push(Number(said.message)));
  client.ready = until(`ready over ${way}`, isIn);
  return client;
}

// Sends 0, 1, 2...; every third as a direct message. Ends with the number of the last.
function talker(t, site, from, to, channel, pause) {
  const talk = { stop: false, n: 0 };
  t.after(() => { talk.stop = true; });
  talk.done = (async () => {
    while (!talk.stop) {
      if (talk.n % 3) await site.send(from, channel, String(talk.n));
      else await site.direct(from, to.name, String(talk.n));
      talk.n++;
      await sleep(pause);
    }
    return talk.n;
  })();
  return talk;
}

async function heardAll(clients, n) {
  const all = [...Array(n).keys()];
  for (const { name, client } of clients) {
    await until(`the last of ${n} at ${name}`, () => client.got.includes(n - 1)).catch((error) => {
      const { connected, io: { engine } } = client.socket;
      throw new Error(`${error.message}, which has ${client.got.at(-1)}; connected ${connected}, ${engine.transport.name} ${engine.transport.readyState}, upgrading ${engine.upgrading}`);
    });
    assert.deepEqual(client.got, all, name);
  }
}

async function people(site) {
  const [anna, bob] = [await site.account('anna'), await site.account('bob')];
  await site.button('makechannel', { token: anna.token, name: 'room' });
  await site.button('addusertochannel', { token: anna.token, name: 'room', username: 'bob' });
  return { anna, bob };
}

// A daemon under a supervisor of our own, which starts it again at once.
class Daemon {
  constructor(site) {
    this.site = site;
    this.dir = path.join(site.dir, 'daemon');
  }
  run() {
    const log = fs.openSync(path.join(this.dir, 'log'), 'a');
    const { uid, gid } = fs.statSync(path.join(this.dir, 'chatd.conf'));
    const program = path.join(this.dir, 'chatd'); // whoever serves may not reach the build
    if (!fs.existsSync(program)) fs.copyFileSync(path.join(BUILD, 'chatd'), program);
    this.child = spawn(program, ['--config', path.join(this.dir, 'chatd.conf'),
      '--intake-path', path.join(this.dir, 'chatd-intake.sock'), '--listen-path', path.join(this.dir, 'chatd-http.sock')],
    { stdio: ['ignore', log, log], env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=1' }, uid, gid });
    fs.closeSync(log);
  }
  async end(signal) {
    const over = once(this.child, 'exit');
    this.child.kill(signal);
    const [code] = await over;
    return code;
  }
  log() { return fs.readFileSync(path.join(this.dir, 'log'), 'utf8'); }
}

async function external() {
  const site = await Site.start({
    // npm's client stops to poll when the daemon dies between the answer to its probe and its
    // upgrade (its transport stays "paused"); only the heartbeat gets it out of that
    conf: 'ChatDaemon external @BASE@/daemon\nChatRealtimePing 1s 1s\n',
    before: ({ dir }) => { fs.mkdirSync(path.join(dir, 'daemon')); fs.chmodSync(path.join(dir, 'daemon'), 0o777); },
  });
  const daemon = new Daemon(site);
  daemon.run();
  await until('the daemon', () => daemon.log().includes('CHAT0701'));
  // whoever runs the daemon sees to it that httpd's user may connect
  for (const name of ['chatd-intake.sock', 'chatd-http.sock']) fs.chmodSync(path.join(daemon.dir, name), 0o777);
  return { site, daemon };
}

const skip = process.env.CHAT_ENGINE === 'pgsql' && 'it moves a file of SQLite';
test('hosts with one database report its loss once', { skip, timeout: 120000 }, async (t) => {
  const { site, daemon } = await external();
  t.after(async () => { await daemon.end('SIGTERM'); await site.stop(); });
  const conf = fs.readFileSync(path.join(daemon.dir, 'chatd.conf'), 'utf8');
  const file = conf.match(/^params (.*)$/m)[1];
  assert.ok(conf.match(/^params /mg).length > 1, 'several hosts');
  const count = (id) => (daemon.log().match(new RegExp(id, 'g')) || []).length;
  const service = async (code) => (await Promise.all([site.http, site.https].map((base) =>
    site.request('GET', '/socket.io/?EIO=4&transport=polling', { base })))).every(({ status }) => status === code);
  fs.renameSync(file, `${file}.away`);
  await until('its loss', () => count('CHAT0743'));
  await sleep(2500); // every host looks once a second
  fs.renameSync(`${file}.away`, file);
  await until('its return', () => count('CHAT0740') && service(200));
  assert.equal(count('CHAT0743'), 1);
  assert.equal(count('CHAT0740'), 1);
});

test(`${KILLS} kills lose nothing`, { timeout: 600000 }, async (t) => {
  const { site, daemon } = await external();
  t.after(async () => { await daemon.end('SIGTERM'); await site.stop(); });
  const { anna, bob } = await people(site);
  const clients = [];
  for (const scheme of ['http', 'https']) {
    for (const way of ['websocket', 'polling', 'upgrade']) {
      clients.push({ name: `${scheme} ${way}`, recover: true, client: stayer(t, site[scheme], bob, way, { recover: true }) });
      clients.push({ name: `${scheme} ${way} with token`, recover: true, client: stayer(t, site[scheme], bob, way, { recover: true, ids: true, token_api_v3: bob.token }) });
    }
  }
  const plain = [stayer(t, site.http, bob, 'websocket', {}), stayer(t, site.https, bob, 'polling', {})];
  for (const each of [...clients.map(({ client }) => client), ...plain]) await each.ready;
  const talk = talker(t, site, anna, bob, 'room', 3);
  for (let i = 0; i < KILLS; i++) {
    await sleep(50 + Math.random() * 500);
    await daemon.end('SIGKILL');
    await sleep(Math.random() < 0.5 ? 0 : Math.random() * 300);
    daemon.run();
    await until('its socket', () => fs.existsSync(path.join(daemon.dir, 'chatd-intake.sock')));
    for (const name of ['chatd-intake.sock', 'chatd-http.sock']) {
      await until(name, () => { try { fs.chmodSync(path.join(daemon.dir, name), 0o777); return true; } catch { return false; } });
    }
  }
  await sleep(500);
  talk.stop = true;
  const n = await talk.done;
  await heardAll(clients, n);
  for (const { name, client } of clients) {
    assert.equal(client.anew, 0, `${name} began anew`);
    assert.ok(client.recovered > 0, `${name} never resumed`);
  }
  // who did not ask for recovery comes back, too, and hears what is new
  for (const client of plain) {
    await until('reconnection', () => client.socket.connected);
    assert.ok(client.anew > 0);
    assert.equal(client.recovered, 0);
    assert.deepEqual([...client.got].sort((a, b) => a - b), [...new Set(client.got)].sort((a, b) => a - b), 'none twice');
    assert.deepEqual(client.got, [...client.got].sort((a, b) => a - b), 'in order');
  }
  t.diagnostic(`${n} messages, ${KILLS} kills, resumed ${clients.map(({ client }) => client.recovered).join(' ')}`);
  for (const { client } of clients) client.close();
  for (const client of plain) client.close();
});

test('a gap that is too old, and false claims', { timeout: 300000 }, async (t) => {
  const site = await Site.start();
  t.after(() => site.stop());
  const { anna, bob } = await people(site);
  const go = (auth, user = bob) => listen(site.http, user, { auth: { recover: true, ...auth } });
  const resume = (auth) => new Promise((resolve) => {
    // the id that the server answers tells whether it resumed
    const client = open(KIND, site.http, 'websocket', { auth: { recover: true, ...auth } });
    client.socket.on('connect', () => resolve(client));
  });
  const first = await go();
  const { _pid: pid, _lastOffset: offset } = first.socket;
  assert.match(pid, /^[\w-]{20}$/);
  assert.match(offset, /^\d+$/);
  first.close();
  await site.send(anna, 'room', 'missed');

  let client = await resume({ pid, offset });
  assert.equal(client.socket._pid, pid);
  const [name, said, at] = await client.ear.next();
  assert.deepEqual([name, said.message], ['new_message', 'missed']);
  assert.ok(Number(at) > Number(offset));
  client.close();

  // channels that came and went are news as well
  const fourth = await listen(site.http, bob, { auth: { recover: true, ids: true } });
  const before = { pid: fourth.socket._pid, offset: fourth.socket._lastOffset, ids: true };
  fourth.close();
  await site.button('makechannel', { token: anna.token, name: 'den' });
  await site.button('addusertochannel', { token: anna.token, name: 'den', username: 'bob' });
  await site.button('makechannel', { token: anna.token, name: 'secret' });
  site.chatctl('channel', 'add', 'square');
  await site.button('leavechannel', { token: bob.token, name: 'room' });
  await site.send(anna, 'room', 'not for bob');
  await site.send(anna, 'den', 'welcome');
  client = await resume(before);
  assert.equal(client.socket._pid, before.pid);
  const news = [];
  while (news.length < 4) news.push((await client.ear.next()).slice(0, 2));
  assert.deepEqual(news.map(([event, { channel_name, message }]) => [event, channel_name || message]),
    [['channel_added', 'den'], ['channel_added', 'square'], ['channel_removed', 'room'], ['new_message', 'welcome']]);
  client.close();
  await site.button('addusertochannel', { token: anna.token, name: 'room', username: 'bob' });

  // too far, from the future, odd, of nobody, of another
  const bad = [{ pid, offset: '999999999' }, { pid, offset: '-1' }, { pid, offset: Number(offset) }, { pid, offset: [offset] }, { pid, offset: '' }, { pid, offset: `${offset}x` },
    { pid, offset: '99999999999999999999999' }, { pid }, { pid: 'x'.repeat(20), offset }, { pid: '', offset }, { pid: 1, offset }, { pid: [pid], offset }, { pid: null, offset },
    { pid: 'x'.repeat(10000), offset }, { pid: `${pid}x`, offset }, { pid: { pid }, offset: {} }];
  for (const auth of bad) {
    client = await resume(auth);
    assert.notEqual(client.socket._pid, pid, JSON.stringify(auth).slice(0, 80));
    await site.send(anna, 'room', 'not for strangers');
    client.emit('api_v3_connect', { token_api_v3: bob.token });
    assert.equal((await client.ear.next())[0], 'ready');
    client.close();
  }
  // another's token beside the pid: what comes is what that one may see
  const eve = await site.account('eve');
  client = await resume({ pid, offset, token_api_v3: eve.token });
  await site.direct(anna, 'eve', 'hello');
  assert.deepEqual((await client.ear.next()).slice(0, 2), ['new_dm', { sender: 'anna', message: 'hello', recipient: 'eve' }]);
  client.close();
  // the token went meanwhile: neither the memory nor the client's claim helps
  const second = await go();
  const claim = { pid: second.socket._pid, offset: second.socket._lastOffset };
  second.close();
  site.chatctl('token', 'revoke', 'bob');
  client = await resume(claim);
  assert.notEqual(client.socket._pid, claim.pid);
  client.close();
  client = open(KIND, site.http, 'websocket', { auth: { recover: true, ...claim, token_api_v3: bob.token } });
  assert.deepEqual(await client.ear.next(), ['error', { message: 'Invalid token!' }]);
  client.close();

  // more than 5,000 events away
  bob.token = await site.token('bob');
  const third = await go();
  const old = { pid: third.socket._pid, offset: third.socket._lastOffset };
  third.close();
  for (let i = 0; i < 5010; i += 30)
    await Promise.all([...Array(30).keys()].map((k) => site.send(anna, 'room', `bulk ${i + k}`)));
  client = await resume(old);
  assert.notEqual(client.socket._pid, old.pid, 'too old, and said so');
  client.close();
  const late = await resume({ ...old, offset: String(Number(old.offset) + 100) });
  assert.equal(late.socket._pid, old.pid);
  await until('a long replay', () => late.ear.heard.length >= 4900);
  late.close();

  // few events, but more bytes than may wait for a client: it would be dropped as a slow one, again and again
  const fifth = await go();
  const light = { pid: fifth.socket._pid, offset: fifth.socket._lastOffset };
  fifth.close();
  for (let i = 0; i < 20; i++) await site.send(anna, 'room', 'x'.repeat(60000));
  client = await resume(light);
  assert.notEqual(client.socket._pid, light.pid, 'too much, and said so');
  client.close();
  const rest = await resume({ ...light, offset: String(Number(light.offset) + 8) });
  assert.equal(rest.socket._pid, light.pid);
  await until('what fits is sent again', () => rest.ear.heard.length === 12);
  rest.close();
});

test('deletions are replayed to whoever may still read there', { timeout: 120000 }, async (t) => {
  const site = await Site.start();
  t.after(() => site.stop());
  const { anna, bob } = await people(site);
  await site.button('makechannel', { token: anna.token, name: 'den' });
  await site.button('addusertochannel', { token: anna.token, name: 'den', username: 'bob' });
  const first = await listen(site.http, bob, { auth: { recover: true, ids: true } });
  const hear = async (channel, message) => {
    await site.send(anna, channel, message);
    return (await first.ear.next())[1].message_id;
  };
  const early = await hear('room', 'gone before he left');
  const late = await hear('room', 'gone after he left');
  const kept = await hear('den', 'gone where he stays');
  const before = { recover: true, ids: true, pid: first.socket._pid, offset: first.socket._lastOffset };
  first.close();
  const remove = (id) => site.button('deletemessage', { token: anna.token, message_id: id });
  await remove(early);
  await site.button('leavechannel', { token: bob.token, name: 'room' });
  await remove(late);
  await remove(kept);
  await site.direct(anna, 'bob', 'the last');
  const again = open(KIND, site.http, 'websocket', { auth: before });
  t.after(() => again.close());
  const news = [];
  while (!news.some(([event]) => event === 'new_dm')) news.push((await again.ear.next()).slice(0, 2));
  assert.equal(again.socket._pid, before.pid, 'it resumed');
  assert.deepEqual(news.map(([event, { channel_name, message_id, message }]) => [event, channel_name || (event === 'new_dm' ? message : message_id)]),
    [['channel_removed', 'room'], ['message_deleted', kept], ['new_dm', 'the last']]);
});

test('httpd restarts gracefully under load', { timeout: 300000 }, async (t) => {
  const site = await Site.start();
  t.after(() => site.stop());
  // a kept connection may be closed under a request: that is not what is tested here
  site.fresh = true;
  const { anna, bob } = await people(site);
  const kept = [...Array(20).keys()].map(() => stayer(t, site.http, bob, 'websocket', {}));
  const parked = [];
  for (const way of ['websocket', 'polling']) for (let i = 0; i < 5; i++) parked.push({ name: `parked ${way}`, client: stayer(t, site.https, bob, way, { recover: true }) });
  for (const client of [...kept, ...parked.map((each) => each.client)]) await client.ready;
  const pid = site.daemon();
  const talk = talker(t, site, anna, bob, 'room', 5);
  for (let i = 0; i < 4; i++) {
    await sleep(1500);
    process.kill(site.httpd(), 'SIGUSR1');
  }
  await sleep(7000);
  talk.stop = true;
  const n = await talk.done;
  await heardAll(kept.map((client, i) => ({ name: `handed over ${i}`, client })), n);
  await heardAll(parked, n);
  for (const client of kept) assert.equal(client.anew, 0, 'a handed-over socket was dropped');
  assert.equal(site.daemon(), pid, 'the daemon stays');
  t.diagnostic(`${n} messages, 4 restarts; parked ones resumed ${parked.map(({ client }) => client.recovered).join(' ')}`);
  for (const client of kept) client.close();
  for (const { client } of parked) client.close();
});

test('a daemon that is behind does not take those who read for slow ones', { timeout: 120000 }, async (t) => {
  const site = await Site.start();
  t.after(() => site.stop());
  const { anna, bob } = await people(site);
  const clients = [];
  for (const way of ['websocket', 'polling']) clients.push(await listen(site.http, bob, { way }));
  const texts = [...Array(40).keys()].map((n) => `${n} ${'x'.repeat(60000)}`); // twice what may wait for a client
  process.kill(site.daemon(), 'SIGSTOP');
  for (const text of texts) await site.send(anna, 'room', text);
  process.kill(site.daemon(), 'SIGCONT');
  for (const client of clients) {
    for (const text of texts) {
      const [event, said] = await client.ear.next(text.slice(0, 3));
      assert.equal(event, 'new_message', `instead of it: ${said}`);
      assert.equal(said.message, text);
    }
    client.close();
  }
});

test('httpd starts the daemon again', { timeout: 300000 }, async (t) => {
  const site = await Site.start();
  let log;
  t.after(async () => { if (!log) await site.stop(); });
  const { anna, bob } = await people(site);
  const clients = ['websocket', 'polling'].flatMap((way) => ['http', 'https'].map((scheme) =>
    ({ name: `${scheme} ${way}`, client: stayer(t, site[scheme], bob, way, { recover: true }) })));
  for (const { client } of clients) await client.ready;
  const talk = talker(t, site, anna, bob, 'room', 20);
  const ends = [];
  for (const life of [4000, 4000, 300]) {
    const pid = await until('a daemon', () => site.daemon());
    await sleep(life);
    process.kill(pid, 'SIGKILL');
    const died = Date.now();
    await until('its successor', () => site.daemon() && site.daemon() !== pid);
    await until('service', async () => (await site.request('GET', '/socket.io/?EIO=4&transport=polling')).status === 200);
    ends.push(Date.now() - died);
  }
  talk.stop = true;
  await heardAll(clients, await talk.done);
  const lines = site.log().match(/^.*CHAT0602.*$/gm) || [];
  assert.equal(lines.length, 3);
  assert.ok(lines.every((line) => /ended.*signal 9; restarting in \d s/.test(line)), lines.join('\n'));
  for (const line of lines.slice(0, 2)) assert.match(line, /restarting in 0 s/, 'it served, so it did not fail to start');
  t.diagnostic(`away for ${ends.join(', ')} ms`);

  // an orderly end: clients are told, a line for each session
  for (const { client } of clients) client.socket.io.reconnection(false);
  const pid = site.daemon();
  process.kill(pid, 'SIGTERM');
  for (const { client } of clients) await until('the end', () => client.ear.all.some(([name]) => name === 'disconnect') && !client.socket.connected);
  await until('session lines', () => (site.log().match(/CHAT0705.*shut/g) || []).length >= clients.length);
  assert.match(site.log(), /CHAT0705: \S+: session of 127\.0\.0\.1 ended after \d+ s: .*; (WebSocket|polling), \d+ packets in, \d+ out/);
  for (const { client } of clients) client.close();
  await site.halt();
  log = site.log();
  await site.stop();
  assert.doesNotMatch(log, new RegExp(`${anna.token}|${bob.token}`));
});
