// Web servers of a PostgreSQL database: clocks that differ, a database that is away while chatd dies, and one that is silent.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { PASSWORD, REMOTE } = require('../lib/server.js');
const { listen, sleep, until } = require('../realtime/chat/site.js');
const { PG, cables, node, people, postgres, say, secretOf, skip, sql, stayer } = require('./lib.js');

const AHEAD = 3600; // seconds

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

const turnedAway = (client) => until('its socket ends', () => client.ear.all.some(([name, why]) => name === 'error' && why.message === 'Invalid token!'));

test('who is signed in on one machine is on the other, until it ends on either', { skip, timeout: 200000 }, async (t) => {
  sql('CREATE DATABASE signed_in');
  const a = await node(t, 'signed_in');
  const b = await node(t, 'signed_in', { secret: secretOf(a) });
  const { bob } = await people(a);
  const entered = await a.request('POST', '/api/v1/users/login', { headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ json: JSON.stringify({ email: 'bob', password: PASSWORD }) }).toString() });
  const { user_name, user_id, session_id } = JSON.parse(entered.text);
  const withSession = async (site) => (await site.request('GET', `/api/v1/users/bob/?${new URLSearchParams({ user_name, user_id, session_id })}`)).status;
  const withToken = async (site) => (await site.request('POST', '/api/v3/getchannels/', { body: JSON.stringify({ token: bob.token }) })).status;
  const client = stayer(t, b, bob, 'websocket');
  await client.ready;
  for (const site of [a, b]) assert.deepEqual([await withSession(site), await withToken(site)], [200, 200]);

  const { sessions } = await b.button('listsessions', { token: bob.token });
  await b.button('endsession', { token: bob.token, session_id: sessions.find(({ dialect }) => dialect === 'kinglet').session_id });
  for (const site of [a, b]) assert.deepEqual([await withSession(site), await withToken(site)], [403, 200], 'at the next request');
  await a.button('endsession', { token: bob.token, session_id: 'token' });
  for (const site of [b, a]) assert.equal(await withToken(site), 401, 'at the next request');
  await turnedAway(client);
});

test('what moderators do on one machine holds on the other, and after a restart', { skip, timeout: 200000 }, async (t) => {
  sql('CREATE DATABASE kept_order');
  const a = await node(t, 'kept_order', { conf: REMOTE });
  const b = await node(t, 'kept_order', { conf: REMOTE, secret: secretOf(a) });
  const { anna, bob } = await people(a);
  const from = async (address) => (await b.request('POST', '/api/v3/listchannels/',
    { headers: { 'x-client': address }, body: JSON.stringify({ token: bob.token }) })).status;
  let longest = 0;
  const answers = async (what, status) => {
    const began = Date.now();
    await until(`${what}: ${status}`, async () => (await what()) === status);
    longest = Math.max(longest, Date.now() - began);
  };
  const says = async () => (await b.request('POST', '/api/v3/sendmessage/', { body: JSON.stringify({ token: bob.token, channel: 'room', message: '1' }) })).status;
  const registers = async () => (await b.request('POST', '/api/v3/register/', { body: JSON.stringify({ username: `new${Math.random()}`.slice(0, 12), password: 'Passw0rd!' }) })).status;
  const banned = stayer(t, b, bob, 'websocket');
  await banned.ready;

  await a.button('setchannel', { token: anna.token, name: 'room', slow_seconds: 600 });
  await a.send(bob, 'room', '0');
  assert.equal(await says(), 429, 'slow mode counts what was said on the other');
  await a.button('setchannel', { token: anna.token, name: 'room', slow_seconds: 0 });
  a.chatctl('mute', 'bob');
  await answers(says, 403);
  a.chatctl('network', 'ban', '192.0.2.0/24');
  a.chatctl('network', 'ban', '2001:db8:7::/48');
  await answers(() => from('192.0.2.9'), 403);
  await answers(() => from('2001:db8:7:8::9'), 403);
  assert.deepEqual([await from('192.0.3.9'), await from('2001:db8:8::9')], [200, 200]);
  a.chatctl('emergency', 'on');
  await answers(registers, 403);

  await b.halt();
  await b.start();
  assert.deepEqual([await says(), await registers(), await from('192.0.2.9'), await from('192.0.3.9')], [403, 403, 403, 200], 'after a restart');
  for (const undo of [['unmute', 'bob'], ['network', 'unban', '192.0.2.0/24'], ['emergency', 'off']]) a.chatctl(...undo);
  await answers(says, 200);
  await answers(registers, 201);
  await answers(() => from('192.0.2.9'), 200);
  a.chatctl('account', 'ban', 'bob');
  await answers(says, 401);
  await turnedAway(banned);
  t.diagnostic(`the longest until it held on the other: ${longest} ms`);
});

test('limits hold for all machines together', { skip, timeout: 200000 }, async (t) => {
  sql('CREATE DATABASE limits');
  const conf = 'ChatRateLimit teendevops 600/3600\nChatRateLimit button:registrations 6/3600\n';
  const a = await node(t, 'limits', { conf });
  const b = await node(t, 'limits', { conf, secret: secretOf(a) });
  await people(a);
  const sites = [a, b];
  let asked = 0, answered = 0;
  await Promise.all([...Array(8)].map(async () => {
    while (asked < 640) {
      const res = await sites[asked++ % 2].request('GET', '/api/v1/channels/get/');
      if (!/rate limit/.test(res.text)) answered++;
    }
  }));
  assert.equal(answered, 600);
  for (const site of sites) assert.match((await site.request('GET', '/api/v1/channels/get/')).text, /rate limit/);

  const register = (site, username) => site.insist('register', { username, password: PASSWORD }, 201).then(() => 201, (error) => error.res?.status ?? error.message);
  for (const site of sites) assert.equal(await register(site, 'anna'), 401, 'nothing is created, so nothing counts');
  const registered = await Promise.all([...Array(10)].map((_, n) => register(sites[n % 2], `new${n}`)));
  assert.equal(registered.filter((status) => status === 201).length, 4, `${registered}`);
  for (const site of sites) assert.equal(await register(site, 'late'), 429);

  const logIn = async (site, password) => (await site.request('POST', '/api/v3/generatetoken/', { body: JSON.stringify({ username: 'bob', password }) })).status;
  for (let n = 0; n < 10; n++) assert.equal(await logIn(sites[n % 2], `Guessed${n}!`), 401, `${n}`);
  assert.equal(await logIn(a, PASSWORD), 200, 'a right one starts the count over');
  for (let n = 0; n < 11; n++) assert.equal(await logIn(sites[n % 2], `Guessed${n}!`), 401, `${n}`);
  for (const site of sites) assert.equal(await logIn(site, PASSWORD), 429);
});

test('what an account sends on several machines adds up', { skip, timeout: 200000 }, async (t) => {
  const COUNT = 200, HERE = 150;
  sql('CREATE DATABASE joint');
  const conf = `ChatRateLimit button:sends ${COUNT}/3600\n`;
  const a = await node(t, 'joint', { conf });
  const b = await node(t, 'joint', { conf, secret: secretOf(a) });
  const { anna, bob } = await people(a);
  const status = async (site, who) => (await site.request('POST', '/api/v3/sendmessage/', { body: JSON.stringify({ token: who.token, channel: 'room', message: 'x' }) })).status;
  const refused = async (site) => {
    for (let n = 0; ; n++) {
      const got = await status(site, anna);
      if (got === 429) return n;
      assert.equal(got, 200);
      await sleep(50);
    }
  };
  for (let n = 0; n < HERE; n++) assert.equal(await status(a, anna), 200);
  const there = await refused(b);
  t.diagnostic(`of ${COUNT} a machine accepted ${HERE}, the other ${there}`);
  assert.ok(there >= COUNT - HERE, `${there}: no less than the limit allows`);
  assert.ok(there < COUNT, `${there}: what the other machine accepted counts`);
  assert.ok(await refused(a) < COUNT - HERE);
  assert.equal(await status(b, bob), 200, 'another account has its own counter');
  await b.halt();
  await b.start();
  assert.ok(await refused(b) < COUNT, 'a machine that begins hears what was counted');
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
  for (const n of [1, 2]) await say(a, anna, n); // the second may meet a process that still waits for the database
  for (const client of clients) {
    await until('the last message', () => client.got.includes(2));
    assert.deepEqual(client.got, [0, 1, 2]);
    assert.equal(client.fresh, 1, 'the session of before goes on');
  }
  assert.equal((a.log().match(/CHAT0740/g) || []).length, 1, 'one line when it ends');
});

test('writers that meet in one chatroom do not wait for each other without end', { skip, timeout: 200000 }, async (t) => {
  sql('CREATE DATABASE crowd');
  const site = await node(t, 'crowd');
  const { anna } = await people(site);
  let made = 0;
  await Promise.all([...Array(20)].map(async () => {
    while (made < 200) await site.insist('makechannel', { token: anna.token, name: `crowd ${made++}` });
  }));
  assert.equal(sql("SELECT deadlocks FROM pg_stat_database WHERE datname = 'crowd'"), '0');
});

// How often each process says so.
function linesOf(site, id) {
  const counts = {};
  for (const [, pid] of site.log().matchAll(new RegExp(`\\[pid (\\d+).*${id}`, 'g'))) counts[pid] = (counts[pid] || 0) + 1;
  return counts;
}

// Asked again as late as a refusal says it is served, whichever process it comes to: the second time, unless the machine
// stood still meanwhile.
function again(ask) {
  return until('service', async () => {
    const res = await ask();
    if (res.status === 200) return res;
    assert.equal(res.status, 503, res.text);
    await sleep(1000 * Number(res.headers['retry-after']));
    return null;
  });
}

// Requests while a fault lasts, several at a time: each is answered 503, long before TCP would give up. Then it is over.
async function silence(t, site, begin, end) {
  const { anna, bob } = await people(site);
  const client = await listen(site.http, bob);
  const [write, read] = [
    () => site.request('POST', '/api/v3/sendmessage/', { fresh: true, body: JSON.stringify({ token: anna.token, channel: 'room', message: 'x' }) }),
    () => site.request('POST', '/api/v3/readmessagesfromchannel/', { fresh: true, body: JSON.stringify({ token: anna.token, name: 'room' }) }),
  ];
  assert.equal((await write()).status, 200);
  await begin();
  let over = false;
  t.after(() => over || end());
  let longest = 0;
  for (let round = 0; round < 3; round++) {
    const started = Date.now();
    await Promise.all([write, read, write, read, write, read, write, read].map(async (ask) => {
      const res = await ask();
      longest = Math.max(longest, Date.now() - started);
      assert.equal(res.status, 503, res.text);
      assert.ok(Number(res.headers['retry-after']) > 0);
    }));
    await sleep(300);
  }
  t.diagnostic(`the longest answer took ${longest} ms`);
  over = true;
  await end();
  await Promise.all([write, read, write, read, write, read, write, read].map(again));
  const number = JSON.parse((await again(read)).text).messages.length;
  for (let n = 0; n < number; n++) assert.equal((await client.ear.next('each message')).at(0), 'new_message');
}

// Each process says once when the fault begins and once when it ends, and begins anew only after an end: a machine that
// stands still may have one more.
function once(site) {
  const [begun, ended, failed] = ['CHAT0207', 'CHAT0208', 'AH00629'].map((id) => linesOf(site, id));
  assert.ok(Object.keys(begun).length > 0, 'the fault is in the log');
  for (const pid of Object.keys({ ...begun, ...ended, ...failed })) {
    const said = [...site.log().matchAll(new RegExp(`\\[pid ${pid}.*(CHAT020[78])`, 'g'))].map(([, id]) => id);
    assert.deepEqual(said, said.map((_, n) => (n % 2 ? 'CHAT0208' : 'CHAT0207')), `process ${pid}`);
    assert.ok((failed[pid] || 0) <= begun[pid], `process ${pid}: AH00629`);
  }
  assert.ok(!/CHAT0201/.test(site.log()), 'and nothing for each request');
}

test('a server that is stopped and started', { skip, timeout: 200000 }, async (t) => {
  sql('CREATE DATABASE stopped');
  const site = await node(t, 'stopped');
  await silence(t, site, () => postgres('crash'), () => postgres('start'));
  once(site);
});

test('a server that stands still', { skip, timeout: 200000 }, async (t) => {
  sql('CREATE DATABASE still');
  const site = await node(t, 'still');
  await silence(t, site, () => postgres('freeze'), () => postgres('thaw'));
  once(site);
});

test('a table that is locked', { skip, timeout: 200000 }, async (t) => {
  sql('CREATE DATABASE locked');
  const site = await node(t, 'locked');
  const psql = spawn('psql', ['-qAt', '-v', 'ON_ERROR_STOP=1', PG.replace('dbname=postgres', 'dbname=locked')]);
  t.after(() => psql.kill());
  await silence(t, site, async () => {
    const locked = new Promise((resolve, reject) => { psql.stdout.once('data', resolve); psql.once('exit', reject); });
    psql.stdin.write('BEGIN; LOCK TABLE message; SELECT 1;\n'); // a second one could meet chatd in a deadlock, and give way
    await locked;
  }, async () => {
    psql.stdin.end('COMMIT;\n');
    await new Promise((resolve) => { psql.once('exit', resolve); });
  });
  for (const [pid, count] of Object.entries(linesOf(site, 'CHAT0201'))) assert.ok(count <= 2, `process ${pid}: a line a minute`);
});

test('a link that is cut', { skip, timeout: 200000 }, async (t) => {
  const links = await cables(t, 1);
  if (!links) return t.skip('a network of its own takes root');
  const [link] = links;
  sql('CREATE DATABASE cut');
  const site = await node(t, 'cut', { host: link.server });
  await silence(t, site, link.cut, link.mend);
  once(site);
});
