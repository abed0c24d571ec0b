// Servers of their own for tests of realtime through httpd, and small clients.
'use strict';
const { spawn } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');

const BUILD = path.resolve(process.env.CHAT_BUILD || path.join(__dirname, '../../build'));
const DAEMON = path.join(BUILD, 'test/fake-chatd');
// How long to wait for what must come; never a measure of anything.
const PATIENCE = 30000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what, test, patience = PATIENCE) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await test();
    if (value) return value;
    if (Date.now() > end) throw new Error(`did not happen: ${what}`);
    await sleep(50);
  }
}

// `chatctl serve` with the stand-in daemon. options: mpm, conf (lines), files (ulimit -n), daemon
// (null: conf says).
async function serve(options = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-rt-'));
  fs.chmodSync(dir, 0o755);
  const conf = path.join(dir, 'more.conf');
  // the run user need not be able to enter the build directory
  const daemon = path.join(dir, 'chatd');
  let lines = 'LogLevel chat:info\n';
  if (options.daemon !== null) {
    fs.copyFileSync(options.daemon || DAEMON, daemon);
    fs.chmodSync(daemon, 0o755);
    lines += `ChatDaemon auto ${daemon}\n`;
  }
  fs.writeFileSync(conf, `${lines}${options.conf || ''}\n`);
  const args = ['serve', '--state', `${dir}/state`, '--port', '0', '--tls-port', '0', '--conf', conf];
  if (options.mpm) args.push('--mpm', options.mpm);
  const command = `ulimit -n ${options.files || '$(ulimit -Hn)'}; exec ${BUILD}/chatctl "$@"`;
  const env = { ...process.env };
  // httpd is not instrumented: the sanitizer's library goes in front of it
  if (env.CHAT_PRELOAD) Object.assign(env, { LD_PRELOAD: env.CHAT_PRELOAD, ASAN_OPTIONS: 'detect_leaks=0' });
  const child = spawn('bash', ['-c', command, 'chatctl', ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let said = '';
  child.stdout.on('data', (d) => { said += d; });
  child.stderr.on('data', (d) => { said += d; });
  await until('chatctl serve', () => /ready https:.*\n/.test(said) || child.exitCode !== null);
  const ports = [...said.matchAll(/ready https?:\/\/.*:(\d+)\//g)].map((m) => +m[1]);
  if (ports.length !== 2) throw new Error(`chatctl serve said ${said}`);
  const log = () => fs.readFileSync(`${dir}/state/logs/error.log`, 'utf8');
  const httpd = () => +fs.readFileSync(`${dir}/state/run/httpd.pid`, 'utf8');
  const daemonPid = () => {
    const pids = [...log().matchAll(/CHAT0600: .* has pid (\d+)/g)];
    return +pids[pids.length - 1][1];
  };
  const stop = async () => {
    let told = Infinity; // where the log stood when it was to stop
    if (child.exitCode === null) {
      // httpd's event MPM has a race of its own: at a hard stop it closes the sockets of its worker threads, and a
      // child crashes if a connection is just then at its end. So the ends come first, and such a crash is not ours.
      await sleep(400);
      told = log().length;
      child.kill('SIGTERM');
      await until('the end of chatctl serve', () => child.exitCode !== null);
    }
    const lines = (text, pattern) => text.split('\n').filter((line) => pattern.test(line));
    const bad = [...lines(log(), /Sanitizer|runtime error:/), ...lines(log().slice(0, told), /exit signal|Segmentation/)];
    fs.rmSync(dir, { recursive: true, force: true });
    if (bad.length) throw new Error(bad.slice(0, 20).join('\n'));
    return child.exitCode;
  };
  return { dir, port: ports[0], tlsPort: ports[1], url: `http://127.0.0.1:${ports[0]}`, tlsUrl: `https://127.0.0.1:${ports[1]}`, log, httpd, daemonPid, stop };
}

// One request; agent: false is a connection of its own.
function request(server, target, { secure = false, body, agent = false, method, headers } = {}) {
  return new Promise((resolve, reject) => {
    const req = (secure ? https : http).request({
      host: '127.0.0.1', port: secure ? server.tlsPort : server.port, path: target, agent,
      method: method || (body === undefined ? 'GET' : 'POST'), headers: { ...(body === undefined ? {} : { 'Content-Type': 'text/plain' }), ...headers },
      rejectUnauthorized: false, timeout: PATIENCE,
    }, (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, text: Buffer.concat(chunks).toString(), port: req.socket.localPort }));
      res.on('error', reject);
    });
    req.on('timeout', () => req.destroy(new Error(`no answer to ${target}`)));
    req.on('error', reject);
    req.end(body);
  });
}

async function status(server) {
  const { text } = await request(server, '/chat-status?auto');
  const values = {};
  for (const [, name, value] of text.matchAll(/^(\w+): (\d+)$/gm)) values[name] = +value;
  return values;
}

function frame(opcode, text) {
  const bytes = Buffer.from(text);
  const head = bytes.length < 126 ? [0x80 | opcode, 0x80 | bytes.length] : [0x80 | opcode, 0xfe, bytes.length >> 8, bytes.length & 255];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), bytes]);
}

// A WebSocket client on a bare socket, small enough for thousands: resolves when "hello" has come or
// with `refused` set to the answer.
function connect(server, { secure = false, patience = PATIENCE, headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const client = { shouted: 0, closed: false, refused: null };
    let buffer = '';
    let state = 0;
    const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const go = () => socket.write('GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n'
      + `Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${crypto.randomBytes(16).toString('base64')}\r\n${more}\r\n`);
    const socket = secure
      ? tls.connect({ port: server.tlsPort, host: '127.0.0.1', rejectUnauthorized: false }, go)
      : net.connect(server.port, '127.0.0.1', go);
    const timer = setTimeout(() => { socket.destroy(); reject(new Error('no WebSocket')); }, patience);
    client.socket = socket;
    client.emit = (...args) => socket.write(frame(1, `42${JSON.stringify(args)}`));
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      buffer += data.toString('latin1');
      if (state === 0 && buffer.includes('\r\n\r\n')) {
        if (!buffer.startsWith('HTTP/1.1 101')) return;
        state = 1;
        socket.write(frame(1, '40'));
      }
      if (state === 1 && /"hello",\{.*?\}/.test(buffer)) {
        state = 2;
        client.hello = JSON.parse(/"hello",(\{.*?\})/.exec(buffer)[1]);
        clearTimeout(timer);
        resolve(client);
      }
      if (state === 2) {
        client.shouted += buffer.split('["shouted"').length - 1;
        if (buffer.includes('\x81\x012')) socket.write(frame(1, '3'));
        buffer = buffer.slice(-9).replace('["shouted"', '');
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      client.closed = true;
      clearTimeout(timer);
      if (state === 0) {
        client.refused = buffer;
        resolve(client);
      }
      else if (state === 1) reject(new Error('closed before hello'));
    });
  });
}

async function connectMany(server, count, options) {
  const clients = [];
  let begun = 0;
  await Promise.all(Array.from({ length: 40 }, async () => {
    while (begun < count) {
      begun++;
      clients.push(await connect(server, options));
    }
  }));
  return clients;
}

module.exports = { BUILD, connect, connectMany, frame, request, serve, sleep, status, until };
