// nodes.sh's measures, and what the model of docs/growing.md says of them. Rounds are interleaved, medians are printed; CPU time is of
// /proc, so shared cores do not matter much.
'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { Site, listen, sleep, until } = require('../realtime/chat/site.js');
const { SOCKETS, node, secretOf, sql } = require('../faults/lib.js');

const ROUNDS = Number(process.env.BENCH_ROUNDS || 3);
const SECONDS = Number(process.env.BENCH_SECONDS || 4);
const CONNECTIONS = 16; // to each web server: a second one comes with requests of its own
const LISTENERS = 200;
// Connections of writers and of readers to each web server, and messages a second that LISTENERS hear: the mixes that the model's costs come
// from, and the one that it is tried with.
const MIXES = [[12, 4, 5], [4, 12, 5], [4, 4, 40]];
const OTHER = [8, 8, 20];
const PROBES = 200;
const TICK = 10000; // microseconds of /proc's clock
const PG_NODE = path.join(__dirname, '.build/node/node_modules');

const ends = [];
const t = { after: (end) => ends.unshift(end) };
const share = (list, part) => [...list].sort((x, y) => x - y)[Math.min(list.length - 1, Math.floor(list.length * part))];
const median = (list) => share(list, 0.5);

// Microseconds that the processes ROOTS and all their descendants used.
function cpu(roots) {
  const all = new Map();
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
      const field = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number);
      all.set(Number(pid), { parent: field[1], used: field[11] + field[12] + field[13] + field[14] });
    } catch { /* it has ended */ }
  }
  const under = (pid) => roots.includes(pid) || (all.has(pid) && all.get(pid).parent > 1 && under(all.get(pid).parent));
  return [...all.keys()].filter(under).reduce((sum, pid) => sum + all.get(pid).used * TICK, 0);
}

function wrk(url, { path: where, body, headers = {} }, seconds, connections) {
  const lines = Object.entries({ 'Content-Type': 'application/json', ...headers }).map(([name, value]) => `${name}: ${value}`).join('\n');
  const child = spawn('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', path.join(__dirname, 'wrk.lua'), url],
    { env: { ...process.env, BENCH_METHOD: 'POST', BENCH_PATH: where, BENCH_BODY: body, BENCH_HEADERS: lines } });
  let text = '';
  child.stdout.on('data', (data) => { text += data; });
  return new Promise((resolve) => { child.once('close', () => resolve(JSON.parse(text.trim().split('\n').pop()))); });
}

// Microseconds of CPU time for each of the things that WORK did, in the web servers' processes ROOTS and in PostgreSQL's.
async function cost(roots, database, work) {
  const before = [cpu(roots), cpu(database)], began = Date.now();
  const done = await work();
  const seconds = (Date.now() - began) / 1000;
  return { web: (cpu(roots) - before[0]) / done, database: (cpu(database) - before[1]) / done, rate: done / seconds };
}

async function load(urls, what, connections = CONNECTIONS) {
  const all = await Promise.all(urls.map((url) => wrk(url, what, SECONDS, connections)));
  const wrong = all.reduce((sum, one) => sum + one.errors, 0);
  if (wrong) console.log(`${what.path}: ${wrong} errors`);
  return all.reduce((sum, one) => sum + one.requests, 0);
}

const text = 'x'.repeat(175);
const sends = (token) => ({ path: '/api/v3/sendmessage/', body: JSON.stringify({ token, channel: '@', message: text }) });
const pages = (token) => ({ path: '/api/v3/readmessagesfromchannel/', body: JSON.stringify({ token, name: '@', count: 50 }) });

async function fill(site) {
  const anna = await site.account('anna');
  for (let n = 1; n <= 16; n++) await site.button('makechannel', { token: anna.token, name: String(n) });
  return anna;
}

// What MEASURE says of a function that lets LISTENERS sockets, spread over SITES, hear messages, and gives how many events that were.
async function fanOut(sites, listeners, anna, measure, rate = 20) {
  const clients = await Promise.all([...Array(LISTENERS)].map((_, n) => listen(sites[n % sites.length].http, listeners[n % listeners.length])));
  const messages = rate * SECONDS;
  const got = () => clients.reduce((sum, client) => sum + client.ear.all.filter(([name]) => name === 'new_message').length, 0);
  const result = await measure(async () => {
    const began = Date.now();
    for (let n = 0; n < messages; n++) {
      await sleep(Math.max(0, began + n * 1000 / rate - Date.now()));
      await sites[n % sites.length].send(anna, 'fan', text);
    }
    await until('every message', () => got() === messages * LISTENERS);
    return messages * LISTENERS;
  });
  for (const client of clients) client.close();
  return result;
}

// Milliseconds from a send on the first site to a socket there, and to one on the second.
async function latency(sites, anna, carl) {
  const clients = await Promise.all(sites.map((site) => listen(site.http, carl)));
  const began = [], took = clients.map(() => []);
  clients.forEach((client, n) => client.socket.on('new_message', ({ message }) => took[n].push(Number(process.hrtime.bigint() - began[Number(message)]) / 1e6)));
  for (let n = 0; n < PROBES; n++) {
    began[n] = process.hrtime.bigint();
    await sites[0].send(anna, 'probe', String(n));
    await sleep(5);
  }
  await until('every probe', () => took.every((list) => list.length === PROBES));
  for (const client of clients) client.close();
  return took;
}

function say(name, list) {
  const of = (key) => median(list.map((one) => one[key]));
  console.log(`${name.padEnd(34)} ${of('rate').toFixed(0).padStart(8)}/s  CPU µs each: web ${of('web').toFixed(1)}, database ${of('database').toFixed(1)}`);
  return { web: of('web'), database: of('database'), rate: of('rate') };
}

function sayTimes(name, [here, there]) {
  const p = (list) => `p50 ${share(list, 0.5).toFixed(1)}, p99 ${share(list, 0.99).toFixed(1)}`;
  console.log(`${name.padEnd(34)} ms: same machine ${p(here)}; the other ${p(there)}; p99 ${(share(there, 0.99) / share(here, 0.99)).toFixed(2)} x`);
}

const percent = (n) => `${n < 0 ? '' : '+'}${(n * 100).toFixed(0)} %`;

// x of A x = B, where A is positive definite.
function solved(A, B) {
  const rows = A.map((row, i) => [...row, B[i]]);
  for (let i = 0; i < rows.length; i++) {
    for (let k = 0; k < rows.length; k++) if (k !== i) rows[k] = rows[k].map((value, j) => value - rows[i][j] * rows[k][i] / rows[i][i]);
  }
  return rows.map((row, i) => row[rows.length] / row[i]);
}

// What one message, page and event cost of KEY's processors, from mixes of them: least squares, each run counts the same.
function costsOf(list, key) {
  const rows = list.map((one) => one.counts.map((count) => count / one[key]));
  const each = list[0].counts.map((_, i) => i);
  return solved(each.map((i) => each.map((j) => rows.reduce((sum, row) => sum + row[i] * row[j], 0))), each.map((i) => rows.reduce((sum, row) => sum + row[i], 0)));
}

// CPU time of a mix beside what the model says of it.
function sayModel(name, costs, list) {
  const told = ['web', 'database'].map((key) => {
    const predicted = median(list.map((one) => costs[key].reduce((sum, each, n) => sum + each * one.counts[n], 0)));
    return { key, predicted, measured: median(list.map((one) => one[key])) };
  });
  told.push(told.reduce((one, two) => ({ key: 'together', predicted: one.predicted + two.predicted, measured: one.measured + two.measured })));
  console.log(`${name.padEnd(34)} CPU ms: ${told.map(({ key, predicted, measured }) => `${key} predicted ${(predicted / 1000).toFixed(0)}, `
    + `measured ${(measured / 1000).toFixed(0)} (${percent(measured / predicted - 1)})`).join('; ')}`);
}

async function nodePg() {
  if (!fs.existsSync(path.join(PG_NODE, 'pg'))) return null;
  sql('CREATE DATABASE peer');
  const port = 20000 + process.pid % 20000;
  const child = spawn('node', [path.join(__dirname, 'peers/chat-node-pg.js'), String(port), '1'], { stdio: 'ignore',
    env: { ...process.env, NODE_ENV: 'production', NODE_PATH: PG_NODE, PGHOST: SOCKETS, PGUSER: 'chat', PGDATABASE: 'peer', CHAT_SQL: path.join(__dirname, 'peers/chat-pg.sql') } });
  t.after(() => child.kill());
  const url = `http://127.0.0.1:${port}`;
  await until('Node with pg', () => fetch(url).then(() => true, () => false));
  return { url, root: child.pid };
}

async function main() {
  const database = [Number(fs.readFileSync(`${SOCKETS}/data/postmaster.pid`, 'utf8').split('\n')[0])];
  sql('CREATE DATABASE bench');
  const a = await node(t, 'bench');
  const b = await node(t, 'bench', { secret: secretOf(a) });
  const alone = await Site.start({ tls: false });
  t.after(() => alone.stop());
  const peer = await nodePg();
  const anna = await fill(a), other = await fill(alone), carl = await a.account('carl');
  const listeners = [];
  for (let n = 0; n < 20; n++) listeners.push(await a.account(`listener${n}`)); // few passwords are hashed at a time
  for (const [name, who] of [['probe', [carl]], ['fan', listeners]]) {
    await a.button('makechannel', { token: anna.token, name });
    for (const { name: username } of who) await a.button('addusertochannel', { token: anna.token, name, username });
  }
  const roots = [a, b].map((site) => site.child.pid), urls = [a.http, b.http];
  const mixed = (sites, [writers, readers, heard]) => fanOut(sites, listeners, anna, async (work) => {
    const where = sites.map((site) => site.http);
    let counts;
    const all = await cost(roots, database, async () => {
      const [sent, read, events] = await Promise.all([load(where, sends(anna.token), writers), load(where, pages(anna.token), readers), work()]);
      counts = [sent + events / LISTENERS, read, events];
      return 1;
    });
    return { ...all, counts };
  }, heard);
  const runs = {
    'send, 1 web server': () => cost(roots, database, () => load([a.http], sends(anna.token))),
    'send, 2 web servers': () => cost(roots, database, () => load(urls, sends(anna.token))),
    'page of 50, 1 web server': () => cost(roots, database, () => load([a.http], pages(anna.token))),
    'page of 50, 2 web servers': () => cost(roots, database, () => load(urls, pages(anna.token))),
    'send, SQLite': () => cost([alone.child.pid], database, () => load([alone.http], sends(other.token))),
    ...(peer && { 'send, Node with pg': () => cost([peer.root], database, () => load([peer.url],
      { path: '/send', body: JSON.stringify({ channel: 1, text }), headers: { 'X-Token': 'token-7-0123456789abcdef0123456789abcdef' } })) }),
    'event to a socket, 1 web server': () => fanOut([a], listeners, anna, (work) => cost(roots, database, work)),
    'event to a socket, 2 web servers': () => fanOut([a, b], listeners, anna, (work) => cost(roots, database, work)),
    ...Object.fromEntries(MIXES.map((mix, n) => [`mix ${n + 1}, 1 web server`, () => mixed([a], mix)])),
    'another mix, 1 web server': () => mixed([a], OTHER),
    'another mix, 2 web servers': () => mixed([a, b], OTHER),
  };
  await load(urls, sends(anna.token)); // connections are made
  const results = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) for (const [name, run] of Object.entries(runs)) results[name].push(await run());
  const sums = Object.fromEntries(Object.entries(results).filter(([, [one]]) => !one.counts).map(([name, list]) => [name, say(name, list)]));
  const parts = ['send', 'page of 50', 'event to a socket'];
  for (const what of parts) {
    const [one, two] = [sums[`${what}, 1 web server`], sums[`${what}, 2 web servers`]];
    console.log(`${what}: two web servers do ${(2 * one.web / two.web).toFixed(2)} x one for the CPU time of each; with the database's, predicted `
      + `${(one.web + one.database).toFixed(1)} µs each, measured ${(two.web + two.database).toFixed(1)} (${percent((two.web + two.database) / (one.web + one.database) - 1)})`);
  }
  const learned = Object.entries(results).filter(([name]) => name.startsWith('mix')).flatMap(([, list]) => list);
  const costs = { web: costsOf(learned, 'web'), database: costsOf(learned, 'database') };
  parts.forEach((what, n) => console.log(`model, ${what.padEnd(27)} CPU µs each: web ${costs.web[n].toFixed(1)}, database ${costs.database[n].toFixed(1)}`));
  for (const [name, list] of Object.entries(results).filter(([, [one]]) => one.counts)) sayModel(name, costs, list);
  sayTimes('a send, heard; no load', await latency([a, b], anna, carl));
  const busy = urls.map((url) => wrk(url, sends(anna.token), 10, 4));
  await sleep(500);
  sayTimes('a send, heard; sends on both', await latency([a, b], anna, carl));
  await Promise.all(busy);
}

main().catch((error) => { console.error(error); process.exitCode = 1; }).finally(async () => { for (const end of ends) await end(); process.exit(); });
