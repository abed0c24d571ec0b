// CHAT_ROUNDS rounds of faults, chosen from seed CHAT_FIRST: two web servers and PostgreSQL, one behind a link of its own, while
// writers and clients of both go on. What was acknowledged is there once; each client heard all of it, once, in one order.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { sleep, until } = require('../realtime/chat/site.js');
const { cable, held, node, people, postgres, run, say, secretOf, skip, sql, stayer } = require('./lib.js');

const ROUNDS = Number(process.env.CHAT_ROUNDS || 10);
const FIRST = Number(process.env.CHAT_FIRST || 1);
const PATIENCE = 90000; // ms

// A generator of numbers below N (Lehmer).
function random(seed) {
  let state = seed;
  return (n) => (state = state * 48271 % 0x7fffffff) % n;
}

const kill = (pid) => { try { process.kill(pid, 'SIGKILL'); } catch { /* it has ended */ } };

const faults = (sites, link) => ({
  'a chatd is killed': (dice) => kill(sites[dice(2)].daemon()),
  'the processes of a web server are killed': (dice) => run('pgrep', '-P', String(sites[dice(2)].httpd()), 'apache2|httpd').stdout.split('\n').filter(Boolean).map(Number).forEach(kill),
  'sessions end': () => sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'rounds'"),
  'PostgreSQL crashes': () => { postgres('crash'); postgres('start'); },
  'PostgreSQL stands still': async () => { postgres('freeze'); await sleep(3000); postgres('thaw'); },
  'the link is cut for 5 s': async () => { link.cut(); await sleep(5000); link.mend(); },
  'the link is cut for 30 s': async () => { link.cut(); await sleep(30000); link.mend(); },
});

test(`${ROUNDS} rounds of faults`, { skip, timeout: ROUNDS * 200000 }, async (t) => {
  const link = await cable(t);
  if (!link) return t.skip('a network of its own takes root');
  sql('CREATE DATABASE rounds');
  const a = await node(t, 'rounds');
  const b = await node(t, 'rounds', { host: link.host, secret: secretOf(a) });
  const sites = [a, b];
  const { anna, bob } = await people(a);
  const clients = sites.flatMap((site) => ['websocket', 'polling'].map((way) => stayer(t, site, bob, way)));
  for (const client of clients) await client.ready;
  let next = 0, over = false;
  const said = [0, 0];
  const writers = sites.flatMap((site, which) => [0, 1].map(async () => {
    while (!over) { await say(site, anna, next++); said[which]++; await sleep(20); }
  }));
  const kinds = Object.entries(faults(sites, link)), counts = {}, back = [];
  const dice = random(FIRST);
  for (let round = 0; round < ROUNDS; round++) {
    // the long one is a tenth as frequent
    const [name, begin] = kinds[dice(10) ? dice(kinds.length - 1) : kinds.length - 1];
    counts[name] = (counts[name] || 0) + 1;
    await begin(dice);
    const began = Date.now(), before = [...said], mark = next;
    await until(`${name}: both go on`, () => said.every((n, which) => n > before[which] + 5), PATIENCE);
    await until(`${name}: each client hears`, () => clients.every((client) => client.got.some((n) => n >= mark)), PATIENCE);
    back.push(Date.now() - began);
  }
  over = true;
  await Promise.all(writers);
  await until('every message', () => clients.every((client) => client.got.length >= next), PATIENCE);
  const rows = held('rounds');
  assert.deepEqual([...rows].sort((x, y) => x - y), [...Array(next).keys()], 'acknowledged: there, and once');
  for (const client of clients) {
    assert.deepEqual(client.got, rows, 'heard: all, once, in the order of the table');
    assert.equal(client.fresh, 1, 'one session from the beginning to the end');
  }
  back.sort((x, y) => x - y);
  t.diagnostic(`${next} messages; ${JSON.stringify(counts)}; both nodes and all clients go on after, ms: median ${back[back.length >> 1]}, longest ${back.at(-1)}`);
});
