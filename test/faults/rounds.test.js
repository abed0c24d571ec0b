// CHAT_ROUNDS rounds of faults, chosen from seed CHAT_FIRST: three web servers and PostgreSQL, one behind a link of its own, while
// writers and clients of all go on; in the end another PostgreSQL takes over. What was acknowledged is there once; each client heard
// all of it, once, in one order.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { sleep, until } = require('../realtime/chat/site.js');
const { SOCKETS, cable, held, node, people, postgres, run, say, secretOf, skip, sql, standby, stayer, takeOver } = require('./lib.js');

const ROUNDS = Number(process.env.CHAT_ROUNDS || 10);
const FIRST = Number(process.env.CHAT_FIRST || 1);
const PATIENCE = 90000; // ms

// A generator of numbers below N (Lehmer).
function random(seed) {
  let state = seed;
  return (n) => (state = state * 48271 % 0x7fffffff) % n;
}

const kill = (pid) => { try { process.kill(pid, 'SIGKILL'); } catch { /* it has ended */ } };

const children = (pid) => run('pgrep', '-P', String(pid)).stdout.split('\n').filter(Boolean).map(Number);

// As a machine that loses its power does, and starts again.
async function lose(site) {
  const parent = site.httpd();
  [site.child.pid, parent, ...children(parent), site.daemon()].forEach(kill);
  await until('its end', () => !site.daemon() && site.child.signalCode);
  await site.start();
}

const faults = (sites, link) => ({
  'a chatd is killed': (dice) => kill(sites[dice(3)].daemon()),
  'the processes of a web server are killed': (dice) => children(sites[dice(3)].httpd()).forEach(kill),
  'a machine is lost': (dice) => lose(sites[dice(3)]),
  'sessions end': () => sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'rounds'"),
  'PostgreSQL crashes': () => { postgres('crash'); postgres('start'); },
  'PostgreSQL stands still': async () => { postgres('freeze'); await sleep(3000); postgres('thaw'); },
  'the link is cut for 5 s': async () => { link.cut(); await sleep(5000); link.mend(); },
  'the link is cut for 30 s': async () => { link.cut(); await sleep(30000); link.mend(); },
});

const part = (list, share) => [...list].sort((x, y) => x - y)[Math.min(list.length - 1, Math.floor(list.length * share))];

test(`${ROUNDS} rounds of faults`, { skip, timeout: ROUNDS * 200000 }, async (t) => {
  const link = await cable(t);
  if (!link) return t.skip('a network of its own takes root');
  process.setMaxListeners(0); // each start of a site adds one
  sql('CREATE DATABASE rounds');
  // the relay accepts for a server that is away, and libpq stops there: so it comes last
  const hosts = (last) => `${SOCKETS}/standby,${last} target_session_attrs=read-write`;
  const a = await node(t, 'rounds', { host: hosts(SOCKETS) });
  const b = await node(t, 'rounds', { host: hosts(link.host), secret: secretOf(a) });
  const c = await node(t, 'rounds', { host: hosts(SOCKETS), secret: secretOf(a) });
  const sites = [a, b, c];
  const { anna, bob } = await people(a);
  const clients = sites.flatMap((site) => ['websocket', 'polling'].map((way) => stayer(t, site, bob, way)));
  for (const client of clients) await client.ready;
  let next = 0, over = false;
  const said = sites.map(() => 0);
  const writers = sites.flatMap((site, which) => [0, 1].map(async () => {
    while (!over) { await say(site, anna, next++); said[which]++; await sleep(20); }
  }));
  const back = {};
  const round = async (name, begin) => {
    await begin();
    const began = Date.now(), before = [...said], mark = next, took = [];
    await until(`${name}: all go on`, () => said.every((n, which) => n > before[which] + 5), PATIENCE);
    const serves = Date.now() - began;
    await until(`${name}: each client hears`, () => {
      clients.forEach((client, n) => { if (!took[n] && client.got.some((m) => m >= mark)) took[n] = Date.now() - began; });
      return took.filter(Boolean).length === clients.length;
    }, PATIENCE);
    ((back[name] ||= { rounds: 0, serves: 0, clients: [] }).clients).push(...took);
    back[name].rounds++;
    back[name].serves = Math.max(back[name].serves, serves);
  };
  const kinds = Object.entries(faults(sites, link));
  const dice = random(FIRST);
  for (let n = 0; n < ROUNDS; n++) {
    // the long one is a tenth as frequent
    const [name, begin] = kinds[dice(10) ? dice(kinds.length - 1) : kinds.length - 1];
    await round(name, () => begin(dice));
  }
  await standby(t);
  await round('another PostgreSQL takes over', takeOver);
  over = true;
  await Promise.all(writers);
  await until('every message', () => clients.every((client) => client.got.length >= next), PATIENCE);
  const rows = held('rounds', `${SOCKETS}/standby`);
  assert.deepEqual([...rows].sort((x, y) => x - y), [...Array(next).keys()], 'acknowledged: there, and once');
  for (const client of clients) {
    assert.deepEqual(client.got, rows, 'heard: all, once, in the order of the table');
    assert.equal(client.fresh, 1, 'one session from the beginning to the end');
  }
  const all = Object.values(back).flatMap((kind) => kind.clients);
  t.diagnostic(`${next} messages; a client hears again after, ms: median ${part(all, 0.5)}, p90 ${part(all, 0.9)}, p99 ${part(all, 0.99)}, longest ${part(all, 1)}`);
  for (const [name, kind] of Object.entries(back)) t.diagnostic(`${next} messages; ${kind.rounds} x ${name}: longest ${part(kind.clients, 1)}, all web servers serve after ${kind.serves}`);
});
