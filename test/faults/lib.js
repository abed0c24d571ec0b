// Web servers of one PostgreSQL database, for the tests.
'use strict';
const assert = require('node:assert');
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { BUILD, Site, open, sleep, until } = require('../realtime/chat/site.js');

const PG = process.env.CHAT_TEST_PG;

function postgres(action) {
  const [program, ...args] = process.env.CHAT_TEST_PG_CTL.split(' ');
  const done = spawnSync(program, [...args, action]);
  assert.equal(done.status, 0, `PostgreSQL: ${action}`);
}

const params = (database, host) => PG.replace('dbname=postgres', `dbname=${database}`).replace(/host=\S+/, (own) => (host ? `host=${host}` : own));

function sql(command, database = 'postgres') {
  const done = spawnSync('psql', ['-qAt', params(database), '-c', command], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout.trim();
}

const secretOf = (site) => /^secret (.*)$/m.exec(fs.readFileSync(path.join(site.state, 'run/chatd.conf'), 'utf8'))[1];

// A node; SECRET: of the first one. Its chatd has the clock of CLOCK seconds later. BUILD: of another release.
async function node(t, database, { secret, clock, host, ...options } = {}) {
  const before = (site) => {
    const { dir } = site;
    // limits that it does not know
    if (options.build) fs.writeFileSync(site.conf, fs.readFileSync(site.conf, 'utf8').replace(/.*:(kilobytes|changes).*\n/g, ''));
    if (secret) {
      fs.copyFileSync(secret, path.join(dir, 'secret'));
      fs.appendFileSync(site.conf, `ChatSecretFile ${dir}/secret\n`);
    }
    if (!clock) return;
    fs.copyFileSync(path.join(BUILD, 'chatd'), path.join(dir, 'real'));
    fs.copyFileSync(path.join(BUILD, 'test/clock.so'), path.join(dir, 'clock.so'));
    fs.writeFileSync(path.join(dir, 'chatd'), `#!/bin/bash\nexport LD_PRELOAD=${dir}/clock.so CHAT_CLOCK=${clock}\nexec -a chatd ${dir}/real "$@"\n`);
    for (const name of ['real', 'clock.so', 'chatd']) fs.chmodSync(path.join(dir, name), 0o755);
    fs.appendFileSync(site.conf, `ChatDaemon auto ${dir}/chatd\n`);
  };
  const site = await Site.start({ tls: false, args: ['--database', `pgsql:${params(database, host)}`], before, ...options });
  t.after(() => site.stop());
  return site;
}

async function people(site) {
  const [anna, bob] = [await site.account('anna'), await site.account('bob')];
  await site.button('makechannel', { token: anna.token, name: 'room' });
  await site.button('addusertochannel', { token: anna.token, name: 'room', username: 'bob' });
  return { anna, bob };
}

const AGAIN = { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 200, timeout: 5000 };

// A client that comes back by itself, and the numbers that it heard.
function stayer(t, site, user, way) {
  const client = open('socket.io-client 4.8', site.http, way, { auth: { recover: true, token_api_v3: user.token }, ...AGAIN });
  t.after(() => client.close());
  client.got = [];
  client.fresh = 0;
  client.socket.on('connect', () => { if (!client.socket.recovered) client.fresh++; });
  client.socket.on('new_message', ({ message }) => client.got.push(Number(message)));
  client.ready = until('ready', () => client.ear.all.some(([name]) => name === 'ready'));
  return client;
}

// A message under an idempotency key until it is acknowledged; how often it was asked for.
async function say(site, user, message) {
  for (let n = 1; ; n++) {
    const res = await site.request('POST', '/api/v3/sendmessage/', { fresh: true, headers: { 'Idempotency-Key': `life-${message}` },
      body: JSON.stringify({ token: user.token, channel: 'room', message: String(message) }) }).catch((error) => error);
    if (res.status === 200) return n;
    if (res.status) assert.equal(res.status, 503, res.text);
    assert.ok(n < 2000, `message ${message} is not accepted`);
    await sleep(20);
  }
}

// What the channel holds, oldest first.
const held = (database, host) => {
  const done = spawnSync('psql', ['-qAt', params(database, host), '-c', 'SELECT body FROM message ORDER BY id'], { encoding: 'utf8' });
  return done.stdout.trim().split('\n').map(Number);
};

const run = (...args) => spawnSync(args[0], args.slice(1), { encoding: 'utf8' });
const NET = { name: `chat${process.pid}`, ours: `198.18.${process.pid % 256}.1`, theirs: `198.18.${process.pid % 256}.2` };

// A network of its own, where a relay stands for the server; 0: that takes root.
function network() {
  const inside = ['ip', '-n', NET.name];
  return process.getuid() === 0 && [['ip', 'netns', 'add', NET.name],
    ['ip', 'link', 'add', NET.name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', NET.name],
    ['ip', 'addr', 'add', `${NET.ours}/30`, 'dev', NET.name], ['ip', 'link', 'set', NET.name, 'up'],
    [...inside, 'addr', 'add', `${NET.theirs}/30`, 'dev', 'eth0'], [...inside, 'link', 'set', 'eth0', 'up']].every((line) => run(...line).status === 0);
}

// A way to the server that can be cut, so that packets vanish; null without root.
async function cable(t) {
  t.after(() => { run('ip', 'link', 'del', NET.name); run('ip', 'netns', 'del', NET.name); });
  if (!network()) return null;
  const relay = spawn('ip', ['netns', 'exec', NET.name, process.execPath, '-e', `
    const net = require('net'), to = '${/host=(\S+)/.exec(PG)[1]}/.s.PGSQL.5432';
    net.createServer((s) => { const c = net.connect(to); for (const x of [s, c]) x.on('error', () => { s.destroy(); c.destroy(); }); s.pipe(c).pipe(s); })
      .listen(5432, '${NET.theirs}', () => console.log('ready'));`]);
  t.after(() => relay.kill());
  await new Promise((resolve) => { relay.stdout.once('data', resolve); });
  const route = (...what) => assert.equal(run('ip', '-n', NET.name, 'route', ...what).status, 0);
  return { host: NET.theirs, cut: () => route('add', 'blackhole', `${NET.ours}/32`), mend: () => route('del', 'blackhole', `${NET.ours}/32`) };
}

const SOCKETS = PG && /host=(\S+)/.exec(PG)[1];

// A server that follows, and that commits wait for.
async function standby(t) {
  postgres('standby');
  t.after(() => { postgres('end'); postgres('start'); sql('ALTER SYSTEM RESET synchronous_standby_names'); sql('SELECT pg_reload_conf()'); });
  sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
  sql('SELECT pg_reload_conf()');
  await until('a standby that is waited for', () => sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')") === '1');
}

// It takes over, and waits for no third one.
function takeOver() {
  postgres('crash');
  postgres('promote');
  for (const line of ['ALTER SYSTEM RESET synchronous_standby_names', 'SELECT pg_reload_conf()']) {
    assert.equal(run('psql', '-qAt', params('postgres', `${SOCKETS}/standby`), '-c', line).status, 0);
  }
}

const skip = PG && spawnSync('psql', ['--version']).status === 0 ? false : 'PostgreSQL is not installed';

module.exports = { PG, SOCKETS, cable, held, node, params, people, postgres, run, say, secretOf, skip, sql, standby, stayer, takeOver };
