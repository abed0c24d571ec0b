// How waiting requests end: answered, idle, or because the daemon is gone.
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const https = require('node:https');
const path = require('node:path');
const tls = require('node:tls');
const { test } = require('node:test');
const { connectMany, request, sleep, until, withServer } = require('./lib.js');

const POLL = '/socket.io/?EIO=4&transport=polling';
const GONE = '{"code":4,"message":"Realtime is not available"}';

// A session's poll that waits for an event: none comes before the heartbeat. An address has few threads.
async function waitingPoll(server, secure, from) {
  const first = await request(server, POLL, { secure, from });
  const at = `${POLL}&sid=${JSON.parse(first.text.slice(1)).sid}`;
  await request(server, at, { secure, from, body: '40' });
  await request(server, at, { secure, from });
  const poll = { ended: false, answer: null };
  poll.end = request(server, at, { secure, from }).then((answer) => { poll.answer = answer; }, (error) => { poll.error = error; })
    .finally(() => { poll.ended = true; });
  return poll;
}

// handed over: the daemon's own socket breaks; elsewhere httpd has the client and says what happened
const ways = [
  { name: 'auto, event', conf: '', http: 503, https: 503 },
  { name: 'auto, worker', mpm: 'worker', conf: '', http: 'broken', https: 503 },
  { name: 'park', conf: 'ChatRealtime park', http: 503, https: 503 },
  { name: 'handover', conf: 'ChatRealtime handover', http: 'broken', https: 503 },
  { name: 'proxy', conf: 'ChatRealtime proxy', http: 502, https: 502 },
];
for (const way of ways) {
  test(`a daemon that is killed ends every waiting client: ${way.name}`, () => withServer({ mpm: way.mpm, conf: `ChatRealtimePing 5mi 5mi\n${way.conf}` }, async (server) => {
    const polls = [];
    for (let i = 0; i < 8; i++) polls.push({ secure: i % 2 === 1, poll: await waitingPoll(server, i % 2 === 1, `127.5.0.${i + 1}`) });
    const sockets = [...await connectMany(server, 4), ...await connectMany(server, 4, { secure: true })];
    await until('the polls are there', () => { sockets[0].emit('polls'); return sockets[0].polls === 2 * polls.length; });
    assert.ok(polls.every(({ poll }) => !poll.ended), 'they wait');
    // some come while it does not answer any more
    const pid = server.daemonPid();
    process.kill(pid, 'SIGSTOP');
    const late = [false, true, false, true].map((secure) => request(server, POLL, { secure }).then((answer) => answer.status, () => 'broken'));
    await sleep(300);
    process.kill(pid, 'SIGKILL');
    await until('the end of all', () => polls.every(({ poll }) => poll.ended) && sockets.every((s) => s.closed));
    for (const { secure, poll } of polls) {
      assert.strictEqual(poll.answer ? poll.answer.status : 'broken', way[secure ? 'https' : 'http'], `${secure}`);
      if (poll.answer && poll.answer.status === 503) assert.strictEqual(poll.answer.text, GONE);
    }
    // those found another daemon, or heard that there is none
    for (const status of await Promise.all(late)) assert.ok([200, 502, 503, 'broken'].includes(status), `${status}`);
    await until('another daemon', async () => (await request(server, POLL).catch(() => ({}))).status === 200);
  }));
}

test('what waits for a daemon that does not come up is told so', async () => {
  const dir = fs.mkdtempSync(path.join(require('node:os').tmpdir(), 'chat-idle-'));
  const program = path.join(dir, 'idle');
  fs.chmodSync(dir, 0o755);
  fs.writeFileSync(program, '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
  await withServer({ daemon: program }, async (server) => {
    const waiting = [false, true].map((secure) => request(server, POLL, { secure }).then((answer) => answer.status, () => 'broken'));
    const parked = request(server, POLL, { secure: true });
    // a parked one is in the log
    await until('they wait', () => fs.readFileSync(path.join(server.state, 'logs/access.log'), 'utf8').split('"GET /socket.io/').length === 4);
    // the next one is 2 s away after two that did not live for 3 s, and would not answer either
    while (!/restarting in [2-9] s/.test(server.log())) {
      const pid = server.daemonPid();
      await until('its program', () => fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('sleep'));
      process.kill(pid, 'SIGKILL');
      await until('another one', () => server.daemonPid() !== pid);
    }
    const answer = await parked;
    assert.deepStrictEqual([answer.status, answer.text], [503, GONE]);
    assert.deepStrictEqual((await Promise.all(waiting)), [503, 503]);
  });
  fs.rmSync(dir, { recursive: true, force: true });
});

test('a connection whose poll was answered is idle like any other', () => withServer({ conf: 'KeepAliveTimeout 5\nTimeout 100' }, async (server) => {
  const socket = tls.connect({ port: server.tlsPort, host: '127.0.0.1', rejectUnauthorized: false });
  let said = '', closed = false;
  socket.on('data', (d) => { said += d; });
  socket.on('close', () => { closed = true; });
  socket.on('error', () => {});
  const ask = () => socket.write(`GET ${POLL} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n`);
  for (let i = 1; i <= 3; i++) {
    ask();
    await until('the answer', () => said.split('"sid"').length === i + 1);
    assert.strictEqual(said.split('Keep-Alive: timeout=5').length, i + 1);
  }
  await until('its end after KeepAliveTimeout, not Timeout', () => closed);
}));

test('answered polls leave room for others', () => withServer({ files: 640, conf: 'KeepAliveTimeout 80\nTimeout 200\nMaxKeepAliveRequests 0' }, async (server) => {
  // more than all children may park
  const agents = [], answers = [];
  for (let i = 0; i < 10; i++) {
    // each from an address of its own, which has a bound as well
    const agent = new https.Agent({ keepAlive: true, maxFreeSockets: 43 });
    agents.push(agent);
    answers.push(...await Promise.all(Array.from({ length: 43 }, (_, n) => request(server, POLL, { secure: true, agent, from: `127.4.${i}.${n + 1}` }))));
  }
  assert.deepStrictEqual([...new Set(answers.map((a) => (a.status === 200 ? 200 : a.text)))], [200]);
  const clients = await connectMany(server, 20, { secure: true });
  assert.ok(clients.every((c) => !c.refused), 'none is refused');
  for (const c of clients) c.socket.destroy();
  for (const agent of agents) agent.destroy();
}));
