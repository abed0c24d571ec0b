// CHAT_ROUNDS rounds of faults, chosen from seed CHAT_FIRST: three web servers, each with a link of its own to PostgreSQL and the standby
// that follows it, while writers and clients of all go on. What was acknowledged is there once; each client heard all of it, once, in
// one order.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { sleep, until } = require('../realtime/chat/site.js');
const { SOCKETS, STANDBY, cables, follow, held, node, people, postgres, run, say, secretOf, skip, sql, stayer, takeOver } = require('./lib.js');

const ROUNDS = Number(process.env.CHAT_ROUNDS || 10);
const FIRST = Number(process.env.CHAT_FIRST || 1);
const PATIENCE = 90000; // ms
const SLOW = 3000; // ms: of a client that takes longer, each step is shown

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

async function cut(link, ms) {
  link.cut();
  await sleep(ms);
  link.mend();
}

// A fault lasts as long as its function; what that gives is done when all have got over it.
function faults(sites, links) {
  let [primary, other] = [SOCKETS, STANDBY];
  return {
    'a chatd is killed': (dice) => kill(sites[dice(3)].daemon()),
    'the processes of a web server are killed': (dice) => children(sites[dice(3)].httpd()).forEach(kill),
    'a machine is lost': (dice) => lose(sites[dice(3)]),
    'sessions end': () => { sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'rounds'", 'postgres', primary); },
    'PostgreSQL crashes': () => { postgres('crash', primary); postgres('start', primary); },
    'PostgreSQL stands still': async () => { postgres('freeze', primary); await sleep(3000); postgres('thaw', primary); },
    'another PostgreSQL takes over': () => {
      takeOver(other, primary);
      [primary, other] = [other, primary];
      return () => follow(other, primary);
    },
    'the link is cut for 5 s': (dice) => cut(links[dice(3)], 5000),
    'the link is cut for 30 s': (dice) => cut(links[dice(3)], 30000),
  };
}

const part = (list, share) => [...list].sort((x, y) => x - y)[Math.min(list.length - 1, Math.floor(list.length * share))];

test(`${ROUNDS} rounds of faults`, { skip, timeout: ROUNDS * 200000 }, async (t) => {
  const links = await cables(t, 3);
  if (!links) return t.skip('a network of its own takes root');
  process.setMaxListeners(0); // each start of a site adds one
  sql('CREATE DATABASE rounds');
  await follow(STANDBY, SOCKETS);
  const sites = [];
  for (const link of links) {
    sites.push(await node(t, 'rounds', { host: `${link.server},${link.standby} target_session_attrs=read-write`, secret: sites[0] && secretOf(sites[0]) }));
  }
  const { anna, bob } = await people(sites[0]);
  const clients = sites.flatMap((site) => ['websocket', 'polling'].map((way) => stayer(t, site, bob, way)));
  for (const client of clients) await client.ready;
  let next = 0, over = false;
  const said = sites.map(() => 0);
  const writers = sites.flatMap((site, which) => [0, 1].map(async () => {
    while (!over) { await say(site, anna, next++); said[which]++; await sleep(20); }
  }));
  const back = {}, tell = (text) => t.diagnostic(`${next} messages; ${text}`);
  const round = async (name, begin) => {
    const from = Date.now();
    const then = await begin();
    const began = Date.now(), before = [...said], mark = next;
    const kind = back[name] ||= { rounds: 0, serves: 0, clients: [], lost: [] };
    kind.rounds++;
    const serve = until(`${name}: all go on`, () => said.every((n, which) => n > before[which] + 5), PATIENCE).then(() => {
      kind.serves = Math.max(kind.serves, Date.now() - began);
    });
    await until(`${name}: each client hears`, () => clients.every((client) => client.got.some((m) => m >= mark)), PATIENCE);
    await serve;
    for (const [n, client] of clients.entries()) {
      const took = client.at[client.got.findIndex((m) => m >= mark)] - began;
      const steps = client.steps.filter(([at]) => at >= from);
      kind.clients.push(took);
      if (steps.length) kind.lost.push(took);
      if (took > SLOW) tell(`${name}: client ${n} hears again after ${took} ms: ${steps.map(([at, what]) => `${at - began} ${what}`).join(', ')}`);
    }
    await then?.();
  };
  const kinds = Object.entries(faults(sites, links));
  const dice = random(FIRST);
  for (let n = 0; n < ROUNDS; n++) {
    // the long one is a tenth as frequent
    const [name, begin] = kinds[dice(10) ? dice(kinds.length - 1) : kinds.length - 1];
    await round(name, () => begin(dice));
  }
  over = true;
  await Promise.all(writers);
  await until('every message', () => clients.every((client) => client.got.length >= next), PATIENCE);
  const rows = held('rounds', `${links[0].server},${links[0].standby} target_session_attrs=read-write`);
  assert.deepEqual([...rows].sort((x, y) => x - y), [...Array(next).keys()], 'acknowledged: there, and once');
  for (const client of clients) {
    assert.deepEqual(client.got, rows, 'heard: all, once, in the order of the table');
    assert.equal(client.fresh, 1, 'one session from the beginning to the end');
  }
  const times = (list) => `median ${part(list, 0.5)}, p90 ${part(list, 0.9)}, p99 ${part(list, 0.99)}, longest ${part(list, 1)} ms (${list.length})`;
  const all = (which) => Object.values(back).flatMap((kind) => kind[which]);
  tell(`a client hears again after ${times(all('clients'))}; of those that lost their connection ${times(all('lost'))}`);
  for (const [name, kind] of Object.entries(back)) tell(`${kind.rounds} x ${name}: longest ${part(kind.clients, 1)}, all web servers serve after ${kind.serves}`);
});
