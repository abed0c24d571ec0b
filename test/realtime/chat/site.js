// A whole server for the tests (chatctl serve: httpd and chatd), and clients of every kind.
'use strict';
const { spawn, spawnSync } = require('node:child_process');
const { randomUUID } = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const readline = require('node:readline');
const { BUILD, PASSWORD, Server, sleep, until, withPatience } = require('../../lib/server.js');

const PYTHON = '/usr/bin/python3';
const NPM = { 'socket.io-client 4.8': 'sio4', 'socket.io-client 3.1': 'sio3', 'socket.io-client 2.5': 'sio2' };
const WAYS = { polling: ['polling'], websocket: ['websocket'], upgrade: ['polling', 'websocket'] };
const TLS = { rejectUnauthorized: false };

class Site extends Server {
  static start(options) { return new Site(options).start(); }

  async start() {
    this.agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true, ...TLS }) };
    return super.start();
  }

  async stop() {
    for (const agent of Object.values(this.agents)) agent.destroy();
    return super.stop();
  }

  // The daemon's process; 0: none.
  daemon() {
    return Number(fs.readdirSync('/proc').find((pid) => {
      if (!/^\d+$/.test(pid)) return false;
      try { return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`chatd\0--config\0${this.state}/`); }
      catch { return false; }
    }) || 0);
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

  async button(name, body, status = 200, headers = {}) {
    const res = await this.request('POST', `/api/v3/${name}/`, { body: JSON.stringify(body), fresh: this.fresh, headers });
    if (res.status !== status) throw Object.assign(new Error(`${name}: ${res.status} ${res.text}`), { res });
    return JSON.parse(res.text);
  }

  // What is refused because there is much to do (503) is asked again when the refusal says, under the key that lets it happen
  // once: a machine may be too slow for passwords that wait for each other.
  insist(name, body, status) {
    const headers = { 'Idempotency-Key': randomUUID() };
    return until(name, () => this.button(name, body, status, headers).catch(async (error) => {
      if (error.res?.status !== 503) throw error;
      await sleep(1000 * Number(error.res.headers['retry-after']));
    }));
  }

  async token(name) { return (await this.insist('generatetoken', { username: name, password: PASSWORD })).token; }

  async account(name) {
    await this.insist('register', { username: name, password: PASSWORD }, 201);
    return { name, token: await this.token(name) };
  }

  send(user, channel, message) { return this.button('sendmessage', { token: user.token, channel, message }); }
  direct(user, username, message) { return this.button('senddm', { token: user.token, username, message }); }
}

// Appends an event to those that test/description checks; "error" and "disconnect" may be the client's own words.
function record(event, asked, args) {
  if (!process.env.CHAT_RECORD || event === 'disconnect' || (event === 'error' && !args[0]?.message)) return;
  fs.appendFileSync(path.join(process.env.CHAT_RECORD, 'events'), `${JSON.stringify({ event, asked, args })}\n`);
}

// What a client heard, in its order; next() takes it.
class Ear {
  // auth: of CONNECT
  constructor(auth) {
    this.heard = []; this.wakers = []; this.all = [];
    this.asked = Object.keys(auth || {}).filter((key) => auth[key] === true);
  }
  hear(name, args) {
    record(name, this.asked, args);
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

const EVENTS = ['ready', 'error', 'new_message', 'new_dm', 'message_deleted', 'announcement', 'channel_added', 'channel_removed',
  'message_edited', 'reaction', 'read', 'typing', 'presence', 'channel_changed', 'muted', 'reported', 'report_closed', 'emergency',
  'disconnect'];

// A socket of one of the npm clients: { ear, socket, login, close }.
function openNpm(name, url, way, { auth, ...options } = {}) {
  const io = require(name);
  const socket = io(url, { transports: WAYS[way], forceNew: true, reconnection: false, auth, ...TLS, ...options });
  const ear = new Ear(auth);
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
      if (WAYS[way].length === 2) await until('the upgrade', () => engine.transport.name === 'websocket');
    },
    close: () => { socket.disconnect(); },
  };
}

// The same for python3-socketio, in a process of its own.
function openPython(name, url, way, { auth = {} } = {}) {
  const child = spawn(PYTHON, [path.join(__dirname, 'client.py'), url, way, JSON.stringify(auth)],
    { stdio: ['pipe', 'pipe', 'inherit'] });
  const ear = new Ear(auth);
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

module.exports = { Site, Ear, record, NPM, WAYS, READY, PASSWORD, BUILD, TLS, open, openNpm, listen, hasPython, sleep, until, withPatience };
