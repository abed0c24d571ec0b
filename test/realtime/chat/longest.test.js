// The longest packet of every event costs chatd no more than its length: no shape of it is more than linear, before
// login and after it, and none is kept.
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
  assert.ok(grown < MEMORY, `${grown} kB more`);
});
