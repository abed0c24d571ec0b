// The longest packet of every event costs chatd no more than its length: no shape of it is more than linear, before
// login and after it, and none is kept. The dearest packets of all are a bounded number of cheap ones.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const WebSocket = require('ws');
const { Site, TLS, until } = require('./site.js');

const TICKS = 5; // of a hundredth of a second: less is not told apart from nothing
const FRAMES = { stranger: 40, member: 4 };
const LONGEST = { stranger: 15000, member: 900000 };
const MEMORY = 96 * 1024; // kB that chatd may have grown by

// Fillers of JSON, SIZE bytes long.
const SHAPES = {
  text: (size) => `"${'x'.repeat(size - 2)}"`,
  escapes: (size) => `"${'\\u0041'.repeat(size / 6)}"`,
  marks: (size) => `"${'\u0301'.repeat(size / 2)}"`,
  lists: (size) => `[${'[],'.repeat(size / 3 - 1)}0]`,
  numbers: (size) => `[${'1,'.repeat(size / 2 - 1)}1]`,
  nested: (size) => '['.repeat(size / 2) + ']'.repeat(size / 2),
  members: (size) => `{${Array.from({ length: size / 12 }, (_, i) => `"${String(i).padStart(7, '0')}":0`).join()}}`,
  same: (size) => `{${'"a":0,'.repeat(size / 6 - 1)}"a":0}`,
};

// Packets with a filler; a function for each event and kind of packet that chatd knows.
const EVENTS = {
  connect: (fill) => [`40{"recover":true,"ids":true,"pid":${fill},"offset":"1"}`],
  'connect with a token': (fill) => [`40{"token_api_v3":${fill}}`],
  'another namespace': (fill) => [`40/${fill.replace(/[,"]/g, '')},`],
  api_v3_connect: (fill) => [`42["api_v3_connect",{"token_api_v3":${fill}}]`],
  'api_v3_connect acknowledged': (fill) => [`421["api_v3_connect",{"token_api_v3":"x","more":${fill}}]`],
  'an unknown event': (fill) => [`42["unknown",${fill}]`],
  'an acknowledgement': (fill) => [`431[${fill}]`],
  'a binary event': (fill) => [`451-["unknown",{"_placeholder":true,"num":0},${fill}]`, Buffer.alloc(100)],
  'a binary event that stays alone': (fill) => [`451-["unknown",{"_placeholder":true,"num":0},${fill}]`],
  'no packet': (fill) => [`47${fill}`],
};

const ticks = (pid) => fs.readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /s, '').split(' ').slice(11, 13)
  .reduce((sum, word) => sum + Number(word), 0);
const memory = (pid) => Number(fs.readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);

async function open(url, token) {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, TLS);
  ws.heard = [];
  ws.on('error', () => {});
  ws.on('message', (data) => ws.heard.push(String(data)));
  await until('open', () => ws.readyState === WebSocket.OPEN && ws.heard.length);
  if (token) {
    ws.send(`40${JSON.stringify({ token_api_v3: token })}`);
    await until('logged in', () => ws.heard.some((each) => each.includes('"ready"')));
  }
  return ws;
}

// Logged-in sockets that are still open serve again: logins are limited.
const members = [];

// What COUNT times PACKETS cost, each on a socket of its own.
async function cost(site, token, packets, count) {
  const pid = site.daemon();
  const old = token ? members.splice(0).filter((ws) => ws.readyState === WebSocket.OPEN) : [];
  const sockets = await Promise.all(Array.from({ length: count }, (_, i) => old[i] ?? open(site.http, token)));
  for (const ws of sockets) ws.heard.length = 0;
  const before = ticks(pid);
  for (const ws of sockets) {
    for (const packet of packets) ws.send(packet);
    ws.send('2probe'); // answered behind them, unless the socket was closed
  }
  await until('read', () => sockets.every((ws) => ws.readyState !== WebSocket.OPEN || ws.heard.includes('3probe')));
  const used = ticks(pid) - before;
  if (token) members.push(...sockets);
  else for (const ws of sockets) ws.terminate();
  return used;
}

test('the longest packets', { concurrency: false }, async (t) => {
  const site = await Site.start({ tls: false });
  t.after(() => site.stop());
  const { token } = await site.account('anna');
  const pid = site.daemon();
  const before = memory(pid);
  for (const who of ['stranger', 'member']) {
    for (const [event, packets] of Object.entries(EVENTS)) {
      if (who === 'member' && event === 'no packet') continue; // it ends each socket, and logins are limited
      await t.test(`${who}: ${event}`, async () => {
        for (const [shape, fill] of Object.entries(SHAPES)) {
          const [count, size] = [FRAMES[who], LONGEST[who]];
          const used = (length) => cost(site, who === 'member' && token, packets(fill(length - (length % 12))), count);
          const [quarter, whole] = [await used(size / 4), await used(size)];
          assert.ok(whole <= 8 * Math.max(quarter, TICKS), `${shape}: ${quarter} and ${whole} ticks for a quarter and the whole`);
        }
        assert.equal(site.daemon(), pid, 'chatd is the same');
      });
    }
  }
  const grown = memory(pid) - before;
  if (!process.env.CHAT_PRELOAD) assert.ok(grown < MEMORY, `${grown} kB more`);
});

// A turn of a connection ends after 2 ms, so what may hold others for longer is one packet. docs/limits.md promises
// 50 ms, and that a cheap packet costs 1 us: the dearest one may cost as much as 48,000 of these.
const CHEAP = 20000, DEAREST = 48000, MEMBERSHIPS = 1000, CREATED = 500, MISSED = 4990;

// Nanoseconds of a processor that chatd's loop has used.
const spent = (pid) => Number(fs.readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]);

async function dear(site, ws, packets, over) {
  const pid = site.daemon(), before = spent(pid);
  ws.heard.length = 0;
  for (const packet of packets) ws.send(packet);
  await until('answered', () => over(ws.heard) || ws.readyState !== WebSocket.OPEN);
  return spent(pid) - before;
}

async function all(count, act) {
  for (let i = 0; i < count; i += 20) await Promise.all(Array.from({ length: Math.min(20, count - i) }, (_, k) => act(i + k)));
}

test('the dearest packets', { timeout: 300000 }, async (t) => {
  const limits = ['sends', 'kilobytes', 'changes'].map((kind) => `ChatRateLimit button:${kind} off\n`).join('');
  const site = await Site.start({ tls: false, conf: limits });
  t.after(() => site.stop());
  const bob = await site.account('bob');
  const costs = {};
  const ready = (heard) => heard.some((each) => each.includes('"ready"'));
  const connect = (auth) => `40${JSON.stringify({ token_api_v3: bob.token, ...auth })}`;
  for (let i = 0; i < MEMBERSHIPS / CREATED; i++) {
    const creator = await site.account(`creator${i}`);
    await all(CREATED, async (k) => {
      await site.button('makechannel', { token: creator.token, name: `channel ${i} ${k}` });
      await site.button('addusertochannel', { token: creator.token, name: `channel ${i} ${k}`, username: 'bob' });
    });
  }
  costs['login with all memberships'] = await dear(site, await open(site.http), [connect({})], ready);

  const first = await open(site.http);
  await dear(site, first, [connect({ recover: true })], ready);
  const { pid } = JSON.parse(first.heard.find((each) => each.startsWith('40')).slice(2));
  const offset = first.heard.find((each) => each.includes('"ready"')).match(/"(\d+)"\]$/)[1];
  first.terminate();
  await all(MISSED, (i) => site.send(bob, 'channel 0 0', `message ${i}`));
  costs['the longest replay'] = await dear(site, await open(site.http), [connect({ recover: true, pid, offset })], (heard) => heard.length > MISSED);

  const member = await open(site.http, bob.token);
  const probe = (heard) => heard.includes('3probe');
  for (const [shape, fill] of Object.entries(SHAPES)) {
    const ws = member.readyState === WebSocket.OPEN ? member : await open(site.http, bob.token);
    costs[shape] = await dear(site, ws, [`42["unknown",${fill(LONGEST.member)}]`, '2probe'], probe);
  }
  const cheap = await open(site.http, bob.token);
  const unit = await dear(site, cheap, [...Array(CHEAP).fill('42["x"]'), '2probe'], probe) / CHEAP;
  t.diagnostic(`${Math.round(unit)} ns a cheap packet; ${Object.entries(costs).map(([what, cost]) => `${what} ${Math.round(cost / unit)}`).join(', ')} of these`);
  for (const [what, cost] of Object.entries(costs)) assert.ok(cost <= DEAREST * unit, `${what}: ${Math.round(cost / unit)} cheap packets`);
});
