// Two web servers on one PostgreSQL database are one site: news, who is online, who is typing, what an administrator sees.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { listen, until } = require('../realtime/chat/site.js');
const { node, params, people, postgres, say, secretOf, skip, sql } = require('./lib.js');

async function pair(t, database, conf) {
  sql(`CREATE DATABASE ${database}`);
  const a = await node(t, database, { conf });
  const b = await node(t, database, { conf, secret: secretOf(a) });
  return [a, b];
}

// Texts that are told on the database, as they come.
async function wire(t, database) {
  const child = spawn('psql', ['-qAt', params(database)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const told = [];
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
    for (let m; (m = /payload "([^"]*)"[^\n]*\n/.exec(text)); text = text.slice(m.index + m[0].length)) told.push(m[1].split('\n'));
  });
  child.stdin.write('LISTEN mod_chat;\n');
  const timer = setInterval(() => child.stdin.write('SELECT;\n'), 100); // psql prints what came behind a statement
  t.after(() => { clearInterval(timer); child.kill(); });
  return told;
}

const heard = (client, name, test = () => true) => client.ear.all.some(([event, body]) => event === name && test(body));
const online = async (site, user) => (await site.button('listpresence', { token: user.token, name: 'room' })).online;
const EXTENDED = { auth: { extended: true } };

test('a message to one is an event on the other', { skip, timeout: 120000 }, async (t) => {
  const [a, b] = await pair(t, 'woken');
  const told = await wire(t, 'woken');
  const { anna, bob } = await people(a);
  const client = await listen(b.http, bob);
  await until('both know of each other', () => new Set(told.map(([, who]) => who)).size === 2);
  const took = [];
  for (let n = 0; n < 300; n++) {
    const began = process.hrtime.bigint();
    await a.send(anna, 'room', String(n));
    await client.ear.next(`message ${n}`);
    took.push(Number(process.hrtime.bigint() - began) / 1e6);
  }
  took.sort((x, y) => x - y);
  t.diagnostic(`from a send on A to a socket on B, ms: median ${took[150].toFixed(1)}, p99 ${took[296].toFixed(1)}, longest ${took[299].toFixed(1)}`);
  assert.ok(told.some(([, , kind, room]) => kind === 'r' && room === '1'), 'the chatroom with news is named');
  assert.ok(!/CHAT1070/.test(a.log() + b.log()));
});

test('presence, typing and counts are of the whole site', { skip, timeout: 120000 }, async (t) => {
  const [a, b] = await pair(t, 'together', 'ChatAdmin On\n');
  const { anna, bob } = await people(a);
  const root = await a.account('root');
  a.chatctl('account', 'rank', 'root', '2');
  const sockets = async (site) => (await site.button('adminoverview', { token: root.token })).sockets?.total;
  const first = await listen(a.http, anna, EXTENDED);
  await until('B knows of the socket on A', async () => (await online(b, bob)).includes('anna'));
  const second = await listen(b.http, bob, EXTENDED);
  await until('bob is online, on A', () => heard(first, 'presence', ({ username, online: yes }) => username === 'bob' && yes));
  await until('and in its list', async () => (await online(a, anna)).includes('bob'));
  for (const site of [a, b]) await until('two sockets in all', async () => await sockets(site) === 2);

  first.emit('typing', { channel: 'room' });
  await until('typing, on B', () => heard(second, 'typing', ({ sender, username, channel }) => (sender ?? username) === 'anna' && channel === 'room'));
  second.emit('typing', { username: 'anna' });
  await until('typing to a user, on A', () => heard(first, 'typing', ({ sender }) => sender === 'bob'));

  // the same account on both: it goes with its last socket, wherever that is
  const other = await listen(a.http, bob, EXTENDED);
  await until('three sockets', async () => await sockets(b) === 3);
  other.close();
  await until('two sockets', async () => await sockets(b) === 2);
  assert.ok(!heard(first, 'presence', ({ username, online: yes }) => username === 'bob' && !yes), 'bob is still there');
  second.close();
  await until('bob is gone, on A', () => heard(first, 'presence', ({ username, online: yes }) => username === 'bob' && !yes));

  // a machine that dies says nothing
  const third = await listen(b.http, bob, EXTENDED);
  await until('bob again', () => first.ear.all.filter(([name, { online: yes } = {}]) => name === 'presence' && yes).length === 2);
  const died = b.daemon();
  process.kill(b.httpd(), 'SIGKILL');
  process.kill(died, 'SIGKILL');
  third.close();
  await until('bob is gone with his machine', () => first.ear.all.filter(([name, { online: yes } = {}]) => name === 'presence' && !yes).length === 2, 60000);
  await until('one socket', async () => await sockets(a) === 1);
});

// A polling session of USER, and what it heard until it was logged in, or refused.
async function enter(site, user) {
  const base = '/socket.io/?EIO=4&transport=polling';
  const { sid } = JSON.parse((await site.request('GET', base)).text.slice(1));
  await site.request('POST', `${base}&sid=${sid}`, { body: `40${JSON.stringify({ token_api_v3: user.token })}` });
  const at = `${base}&sid=${sid}`;
  let heard = '';
  while (!/"ready"|"error"/.test(heard)) {
    const { status, text } = await site.request('GET', at);
    assert.equal(status, 200, text);
    heard += text;
  }
  return { site, at, heard };
}

test('sockets of an account and of a chatroom are counted on all machines', { skip, timeout: 200000 }, async (t) => {
  const MOST = 1000; // of an account
  const [a, b] = await pair(t, 'counted', 'ChatAdmin On\nChatRealtimePing 10mi 10mi\n'); // no one polls meanwhile
  const { anna } = await people(a);
  const root = await a.account('root');
  a.chatctl('account', 'rank', 'root', '2');
  const counts = async (site) => {
    const [{ sockets: total }, { rooms: [room] }, { accounts: [account] }] = [await site.button('adminoverview', { token: root.token }),
      await site.button('adminlistrooms', { token: root.token }), await site.button('adminlistaccounts', { token: root.token, prefix: 'anna' })];
    return [total.total, room.sockets, account.sockets];
  };
  const sessions = [];
  await Promise.all([a, b, a, b, a, b].map(async (site, n) => { for (; n < MOST; n += 6) sessions.push(await enter(site, anna)); }));
  for (const site of [a, b]) await until('all are counted', async () => `${await counts(site)}` === `${[MOST, MOST, MOST]}`);
  for (const site of [a, b]) {
    assert.match((await enter(site, anna)).heard, /Too many connections of this account!/);
  }
  const { site, at } = sessions.find((one) => one.site === a);
  await site.request('POST', at, { body: '1' });
  await until('room for one on the other machine', async () => !/Too many/.test((await enter(b, anna)).heard));
});

test('without notices events come by looking', { skip, timeout: 120000 }, async (t) => {
  const [a, b] = await pair(t, 'deaf');
  const { anna, bob } = await people(a);
  const client = await listen(b.http, bob);
  sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'deaf' AND (query ~ 'notify|LISTEN')");
  await say(a, anna, 1);
  await client.ear.next('a message');
  postgres('crash');
  await until('its loss', () => /CHAT0703/.test(b.log()));
  postgres('start');
  await say(a, anna, 2);
  await client.ear.next('the next message');
  for (const site of [a, b]) await until('notices again', () => /CHAT1071/.test(site.log()));
});
