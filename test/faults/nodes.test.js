// Two web servers of one PostgreSQL database: clocks that differ, and a database that is away while chatd dies.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { Site, BUILD, open, sleep, until } = require('../realtime/chat/site.js');

const PG = process.env.CHAT_TEST_PG;
const AHEAD = 3600; // seconds
const AGAIN = { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 200, timeout: 5000 };

function postgres(action) {
  const [program, ...args] = process.env.CHAT_TEST_PG_CTL.split(' ');
  const done = spawnSync(program, [...args, action]);
  assert.equal(done.status, 0, `PostgreSQL: ${action}`);
}

function sql(command) {
  const done = spawnSync('psql', ['-qAt', PG, '-c', command], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
}

const secretOf = (site) => /^secret (.*)$/m.exec(fs.readFileSync(path.join(site.state, 'run/chatd.conf'), 'utf8'))[1];

// A node; SECRET: of the first one. Its chatd has the clock of CLOCK seconds later.
async function node(t, database, { secret, clock } = {}) {
  const before = ({ dir, conf }) => {
    if (secret) {
      fs.copyFileSync(secret, path.join(dir, 'secret'));
      fs.appendFileSync(conf, `ChatSecretFile ${dir}/secret\n`);
    }
    if (!clock) return;
    fs.copyFileSync(path.join(BUILD, 'chatd'), path.join(dir, 'real'));
    fs.copyFileSync(path.join(BUILD, 'test/clock.so'), path.join(dir, 'clock.so'));
    fs.writeFileSync(path.join(dir, 'chatd'), `#!/bin/bash\nexport LD_PRELOAD=${dir}/clock.so CHAT_CLOCK=${clock}\nexec -a chatd ${dir}/real "$@"\n`);
    for (const name of ['real', 'clock.so', 'chatd']) fs.chmodSync(path.join(dir, name), 0o755);
    fs.appendFileSync(conf, `ChatDaemon auto ${dir}/chatd\n`);
  };
  const site = await Site.start({ tls: false, args: ['--database', `pgsql:${PG.replace('dbname=postgres', `dbname=${database}`)}`], before });
  t.after(() => site.stop());
  return site;
}

async function people(site) {
  const [anna, bob] = [await site.account('anna'), await site.account('bob')];
  await site.button('makechannel', { token: anna.token, name: 'room' });
  await site.button('addusertochannel', { token: anna.token, name: 'room', username: 'bob' });
  return { anna, bob };
}

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

const skip = PG && spawnSync('psql', ['--version']).status === 0 ? false : 'PostgreSQL is not installed';

test('events come whatever the clock of a machine says', { skip, timeout: 200000 }, async (t) => {
  sql('CREATE DATABASE clocks');
  const a = await node(t, 'clocks');
  const b = await node(t, 'clocks', { secret: secretOf(a), clock: AHEAD });
  const { anna, bob } = await people(a);
  const client = stayer(t, b, bob, 'websocket');
  await client.ready;
  for (let n = 0; n < 20; n++) await a.send(anna, 'room', String(n));
  await until('all messages', () => client.got.length === 20);
  assert.deepEqual(client.got, [...Array(20).keys()]);
  assert.equal((b.log().match(/CHAT0741/g) || []).length, 1, 'the clock is in the log, once');
});

test('chatd dies while the database is away: clients lose nothing', { skip, timeout: 300000 }, async (t) => {
  sql('CREATE DATABASE away');
  const a = await node(t, 'away');
  const { anna, bob } = await people(a);
  const clients = ['websocket', 'polling'].map((way) => stayer(t, a, bob, way));
  for (const client of clients) await client.ready;
  await a.send(anna, 'room', '0');
  for (const client of clients) await until('the first message', () => client.got.length === 1);

  postgres('crash');
  const old = a.daemon();
  process.kill(old, 'SIGKILL');
  await until('another chatd', () => a.daemon() && a.daemon() !== old);
  const refused = await until('its answer', async () => {
    const res = await a.request('GET', '/socket.io/?EIO=4&transport=polling', { fresh: true });
    return res.status === 503 && /CHAT0702/.test(a.log()) && res;
  });
  assert.ok(Number(refused.headers['retry-after']) > 0);
  await sleep(3000); // clients try again and again meanwhile
  assert.equal((a.log().match(/CHAT0702/g) || []).length, 1, 'one line when it begins');

  postgres('start');
  await until('service', async () => {
    const res = await a.request('POST', '/api/v3/sendmessage/', { fresh: true, body: JSON.stringify({ token: anna.token, channel: 'room', message: '1' }) });
    return res.status === 200;
  });
  await a.send(anna, 'room', '2');
  for (const client of clients) {
    await until('the last message', () => client.got.includes(2));
    assert.deepEqual(client.got, [0, 1, 2]);
    assert.equal(client.fresh, 1, 'the session of before goes on');
  }
  assert.equal((a.log().match(/CHAT0740/g) || []).length, 1, 'one line when it ends');
});
