// Web servers of one PostgreSQL database, for the tests.
'use strict';
const assert = require('node:assert');
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { BUILD, Site, open, sleep, until } = require('../realtime/chat/site.js');

const PG = process.env.CHAT_TEST_PG;

const SOCKETS = PG && /host=(\S+)/.exec(PG)[1];
const STANDBY = `${SOCKETS}/standby`;

// pg.sh's ACTION at the server whose folder is SERVER; whether it worked.
function control(action, server = SOCKETS, other = '') {
  const [program, mode] = process.env.CHAT_TEST_PG_CTL.split(' ');
  return spawnSync(program, [mode, server, action, other], { env: { ...process.env, CHAT_TEST_PG_LISTEN: addresses(server) } }).status === 0;
}

function postgres(action, ...where) {
  assert.ok(control(action, ...where), `PostgreSQL: ${action}`);
}

const params = (database, host) => PG.replace('dbname=postgres', `dbname=${database}`).replace(/host=\S+/, (own) => (host ? `host=${host}` : own));

function sql(command, database = 'postgres', host = SOCKETS) {
  const done = spawnSync('psql', ['-qAt', params(database, host), '-c', command], { encoding: 'utf8' });
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

// A client that comes back by itself, the numbers that it heard and when, and each step of its connection.
function stayer(t, site, user, way) {
  const client = open('socket.io-client 4.8', site.http, way, { auth: { recover: true, token_api_v3: user.token }, ...AGAIN });
  t.after(() => client.close());
  client.got = [];
  client.at = [];
  client.steps = [];
  client.fresh = 0;
  const step = (what) => client.steps.push([Date.now(), what]);
  client.socket.on('disconnect', (why) => step(`lost (${why})`));
  client.socket.on('connect', () => step('back'));
  client.socket.io.on('reconnect_attempt', () => step('tries'));
  client.socket.io.on('reconnect_error', (error) => step(`${error.message} ${error.description?.message || error.description || ''}`.trim()));
  client.socket.io.on('open', () => step('open'));
  client.socket.on('connect', () => { if (!client.socket.recovered) client.fresh++; });
  client.socket.on('new_message', ({ message }) => { client.got.push(Number(message)); client.at.push(Date.now()); });
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

// A network of its own for PostgreSQL, and links from the web servers to it. On each link: this end, the server, its standby.
const NET = { name: `chat${process.pid}`, links: 0 };
const address = (link, n) => `198.18.${process.pid % 256}.${8 * link + n}`;
const numbers = (count) => [...Array(count).keys()];
const addresses = (server) => numbers(NET.links).map((link) => address(link, server === STANDBY ? 3 : 2)).join();

function network(links) {
  const inside = ['ip', '-n', NET.name];
  return process.getuid() === 0 && [['ip', 'netns', 'add', NET.name], ...numbers(links).flatMap((link) => {
    const name = `${NET.name}-${link}`, far = `eth${link}`;
    return [['ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', far, 'netns', NET.name],
      ['ip', 'addr', 'add', `${address(link, 1)}/29`, 'dev', name], ['ip', 'link', 'set', name, 'up'],
      ...[2, 3].map((n) => [...inside, 'addr', 'add', `${address(link, n)}/29`, 'dev', far]), [...inside, 'link', 'set', far, 'up']];
  })].every((line) => run(...line).status === 0);
}

const restart = () => { control('stop'); postgres('start'); };

// COUNT ways to the server that can be cut, so that packets vanish; null without root.
async function cables(t, count) {
  let moved = false;
  t.after(() => {
    delete process.env.CHAT_TEST_PG_NET;
    NET.links = 0;
    if (moved) restart();
    for (const link of numbers(count)) run('ip', 'link', 'del', `${NET.name}-${link}`);
    run('ip', 'netns', 'del', NET.name);
  });
  if (!network(count)) return null;
  process.env.CHAT_TEST_PG_NET = NET.name;
  NET.links = count;
  restart();
  moved = true;
  const route = (...what) => assert.equal(run('ip', '-n', NET.name, 'route', ...what).status, 0);
  return numbers(count).map((link) => ({ server: address(link, 2), standby: address(link, 3),
    cut: () => route('add', 'blackhole', `${address(link, 1)}/32`), mend: () => route('del', 'blackhole', `${address(link, 1)}/32`) }));
}

// SERVER becomes one that follows PRIMARY, and that commits wait for.
async function follow(server, primary) {
  postgres('follow', server, primary);
  sql("ALTER SYSTEM SET synchronous_standby_names = '*'", 'postgres', primary);
  sql('SELECT pg_reload_conf()', 'postgres', primary);
  await until('a standby that is waited for', () => sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')", 'postgres', primary) === '1');
}

async function standby(t) {
  t.after(() => { postgres('end', STANDBY); postgres('start'); sql('ALTER SYSTEM RESET synchronous_standby_names'); sql('SELECT pg_reload_conf()'); });
  await follow(STANDBY, SOCKETS);
}

// It takes over from PRIMARY, and waits for no third one.
function takeOver(server = STANDBY, primary = SOCKETS) {
  postgres('crash', primary);
  postgres('promote', server);
  for (const line of ['ALTER SYSTEM RESET synchronous_standby_names', 'SELECT pg_reload_conf()']) sql(line, 'postgres', server);
}

const skip = PG && spawnSync('psql', ['--version']).status === 0 ? false : 'PostgreSQL is not installed';

module.exports = { PG, SOCKETS, STANDBY, cables, follow, held, node, params, people, postgres, run, say, secretOf, skip, sql, standby, stayer, takeOver };
