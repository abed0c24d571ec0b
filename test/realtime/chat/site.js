// A whole server for the tests (chatctl serve: httpd and chatd), and clients of every kind.
'use strict';
const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');

const BUILD = path.resolve(process.env.CHAT_BUILD || path.join(__dirname, '../../../build'));
const PYTHON = '/usr/bin/python3';
const PASSWORD = 'Passw0rd!';
// How long to wait for what must come; never a measure of anything.
const PATIENCE = process.env.CHAT_PRELOAD ? 60000 : 20000;
const QUIET = 'ChatRateLimit button:sends off\nChatRateLimit button:registrations off\nChatRateLimit teendevops off\nLogLevel chat:info\n';
const NPM = { 'socket.io-client 4.8': 'sio4', 'socket.io-client 3.1': 'sio3', 'socket.io-client 2.5': 'sio2' };
const WAYS = { polling: ['polling'], websocket: ['websocket'], upgrade: ['polling', 'websocket'] };
const TLS = { rejectUnauthorized: false };

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function withPatience(promise, what, ms = PATIENCE) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came: ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function until(test, what, ms = PATIENCE) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await test();
    if (value) return value;
    if (Date.now() > end) throw new Error(`never true: ${what}`);
    await sleep(20);
  }
}

// A sanitizer's library has to be there before httpd's own; httpd's leaks are not ours.
const ENVIRONMENT = process.env.CHAT_PRELOAD
  ? { ...process.env, LD_PRELOAD: process.env.CHAT_PRELOAD, ASAN_OPTIONS: 'detect_leaks=0' } : process.env;

class Site {
  static async start({ conf = '', args = [], before } = {}) {
    const site = new Site();
    site.base = fs.mkdtempSync(path.join(os.tmpdir(), 'mod_chat-rt.'));
    fs.chmodSync(site.base, 0o755);
    site.state = path.join(site.base, 'state');
    const file = path.join(site.base, 'test.conf');
    fs.writeFileSync(file, QUIET + conf.replaceAll('@BASE@', site.base));
    if (before) before(site);
    site.child = spawn(path.join(BUILD, 'chatctl'),
      ['serve', '--state', site.state, '--port', '0', '--tls-port', '0', '--conf', file, ...args],
      { stdio: ['ignore', 'pipe', 'inherit'], env: ENVIRONMENT });
    site.agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true, ...TLS }) };
    const exit = once(site.child, 'exit').then(() => { throw new Error(`chatctl serve ended\n${site.log()}`); });
    exit.catch(() => {});
    const lines = readline.createInterface({ input: site.child.stdout })[Symbol.asyncIterator]();
    while (!site.http || !site.https) {
      const { value, done } = await Promise.race([withPatience(lines.next(), 'ready'), exit]);
      if (done) await exit;
      const match = /^ready ((https?):.*)\/$/.exec(value || '');
      if (match) site[match[2]] = match[1];
    }
    return site;
  }

  log() {
    const file = path.join(this.state, 'logs/error.log');
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  }

  async stop() {
    let told = Infinity; // where the log stood when httpd was to stop
    for (const agent of Object.values(this.agents)) agent.destroy();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      // httpd's event MPM may crash at a hard stop if a connection is just then at its end
      await new Promise((resolve) => { setTimeout(resolve, 400); });
      told = this.log().length;
      this.child.kill('SIGTERM');
      await withPatience(once(this.child, 'exit'), 'the end of httpd', 60000);
    }
    const log = this.log();
    if (process.env.CHAT_KEEP) console.log(this.base);
    else fs.rmSync(this.base, { recursive: true, force: true });
    const bad = [...(log.match(/^.*(AddressSanitizer|runtime error|assert).*$/gm) ?? []), ...(log.slice(0, told).match(/^.*exit signal.*$/gm) ?? [])];
    if (bad.length) throw new Error(`${bad.join('\n')}\n${log.slice(log.indexOf(bad[0]), 6000)}`);
    return log;
  }

  // The daemon's process; 0: none.
  daemon() {
    return Number(fs.readdirSync('/proc').find((pid) => {
      if (!/^\d+$/.test(pid)) return false;
      try { return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`chatd\0--config\0${this.state}/`); }
      catch { return false; }
    }) || 0);
  }

  // httpd's parent.
  httpd() { return Number(fs.readFileSync(path.join(this.state, 'run/httpd.pid'), 'utf8')); }

  chatctl(...args) {
    const done = spawnSync(path.join(BUILD, 'chatctl'), ['--state', this.state, ...args],
      { encoding: 'utf8', input: `${PASSWORD}\n`, env: ENVIRONMENT });
    if (done.status !== 0) throw new Error(`chatctl ${args.join(' ')}: ${done.status} ${done.stderr}`);
    return done.stdout;
  }

  request(method, target, { base = this.http, headers = {}, body, fresh } = {}) {
    const url = new URL(target, base);
    const options = { method, headers, agent: fresh ? false : this.agents[url.protocol] };
    return withPatience(new Promise((resolve, reject) => {
      const req = (url.protocol === 'https:' ? https : http).request(url, options, (res) => {
        const chunks = [];
        res.on('data', (chunk) => chunks.push(chunk));
        res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, text: Buffer.concat(chunks).toString() }));
        res.on('error', reject);
      });
      req.on('error', reject);
      req.end(body);
    }), `${method} ${target}`);
  }

  async button(name, body, status = 200) {
    const res = await this.request('POST', `/api/v3/${name}/`, { body: JSON.stringify(body), fresh: this.fresh });
    if (res.status !== status) throw new Error(`${name}: ${res.status} ${res.text}`);
    return JSON.parse(res.text);
  }

  async account(name) {
    await this.button('register', { username: name, password: PASSWORD }, 201);
    const { token } = await this.button('generatetoken', { username: name, password: PASSWORD });
    return { name, token };
  }

  send(user, channel, message) { return this.button('sendmessage', { token: user.token, channel, message }); }
  direct(user, username, message) { return this.button('senddm', { token: user.token, username, message }); }
}

// What a client heard, in its order; next() takes it.
class Ear {
  constructor() { this.heard = []; this.wakers = []; this.all = []; }
  hear(name, args) {
    this.heard.push([name, ...args]);
    this.all.push([name, ...args]);
    for (const waker of this.wakers.splice(0)) waker();
  }
  async next(what = 'an event') {
    while (!this.heard.length) {
      await withPatience(new Promise((resolve) => { this.wakers.push(resolve); }), what);
    }
    return this.heard.shift();
  }
}

const EVENTS = ['ready', 'error', 'new_message', 'new_dm', 'message_deleted', 'announcement', 'channel_added', 'channel_removed', 'disconnect'];

// A socket of one of the npm clients: { ear, socket, login, close }.
function openNpm(name, url, way, { auth, ...options } = {}) {
  const io = require(name);
  const socket = io(url, { transports: WAYS[way], forceNew: true, reconnection: false, auth, ...TLS, ...options });
  const ear = new Ear();
  for (const event of EVENTS) {
    // the clients of revision 3 use "error" for errors of their own, too
    socket.on(event, (...args) => ear.hear(event, args));
  }
  return {
    ear, socket,
    connected: () => withPatience(new Promise((resolve) => {
      if (socket.connected) resolve();
      else socket.once('connect', resolve);
    }), `${name} ${way} connects`),
    emit: (...args) => socket.emit(...args),
    transport: () => socket.io.engine.transport.name,
    upgraded: async () => {
      const engine = socket.io.engine;
      if (WAYS[way].length === 2) await until(() => engine.transport.name === 'websocket', 'the upgrade');
    },
    close: () => { socket.disconnect(); },
  };
}

// The same for python3-socketio, in a process of its own.
function openPython(name, url, way, { auth = {} } = {}) {
  const child = spawn(PYTHON, [path.join(__dirname, 'client.py'), url, way, JSON.stringify(auth)],
    { stdio: ['pipe', 'pipe', 'inherit'] });
  const ear = new Ear();
  let transport, tell;
  const connected = new Promise((resolve) => { tell = resolve; });
  readline.createInterface({ input: child.stdout }).on('line', (line) => {
    const [event, ...args] = JSON.parse(line);
    if (event === 'connected') { [transport] = args; tell(); }
    else ear.hear(event, args);
  });
  return {
    ear,
    connected: () => withPatience(connected, 'python3-socketio connects'),
    emit: (...args) => child.stdin.write(`${JSON.stringify(args)}\n`),
    transport: () => transport,
    upgraded: async () => {},
    close: () => { child.stdin.end(); },
  };
}

const hasPython = () => spawnSync(PYTHON, ['-c', 'import socketio, requests, websocket']).status === 0;
const open = (kind, ...args) => (NPM[kind] ? openNpm(NPM[kind], ...args) : openPython(kind, ...args));

const READY = 'Server has accepted the connection and registered you as : ';

// Connected and logged in; what is left in its ear is news.
async function listen(url, user, { kind = 'socket.io-client 4.8', way = 'websocket', ...options } = {}) {
  const client = open(kind, url, way, options);
  await client.connected();
  if (!options.auth || !options.auth.token_api_v3) client.emit('api_v3_connect', { token_api_v3: user.token });
  const [event, text] = await client.ear.next(`ready of ${user.name}`);
  if (event !== 'ready' || text !== READY + user.name) throw new Error(`instead of ready: ${event} ${JSON.stringify(text)}`);
  return client;
}

module.exports = { Site, Ear, NPM, WAYS, READY, PASSWORD, BUILD, TLS, ENVIRONMENT, open, openNpm, listen, hasPython, sleep, until, withPatience };
