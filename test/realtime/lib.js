// Starts rt-echo and gives the tests small clients: HTTP polls, WebSockets, bare sockets.
'use strict';
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const WebSocket = require('ws');
const { BUILD, sleep, until, withPatience } = require('../lib/server.js');

// Times that no machine is too slow for: what is not about the end of a client's time is tried with them.
const LONG = '60000';
const CALM = ['--eio3', '--ping', LONG, LONG, '--wait', LONG];

async function startEcho(...args) {
  const child = spawn(path.join(BUILD, 'rt-echo'), ['--port', '0', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  const port = Number(/^ready .*:(\d+)\/$/m.exec(line)[1]);
  const stop = async () => {
    if (child.exitCode !== null) return child.exitCode;
    child.kill('SIGTERM');
    const [code, signal] = await once(child, 'exit');
    return signal || code;
  };
  return { port, url: `http://127.0.0.1:${port}`, child, stop };
}

// One request on a connection of its own (agent: false) unless an agent is given.
function request(echo, target, options = {}) {
  const { body, agent = false, onRequest, ...rest } = options;
  return withPatience(new Promise((resolve, reject) => {
    const req = http.request(echo.url + target, { agent, ...rest }, (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('end', () => {
        const bytes = Buffer.concat(chunks);
        resolve({ status: res.statusCode, headers: res.headers, bytes, text: bytes.toString() });
      });
      res.on('error', reject);
    });
    req.on('error', reject);
    if (onRequest) onRequest(req);
    req.end(body);
  }), `${rest.method || 'GET'} ${target}`);
}

const post = (echo, target, body, options = {}) =>
  request(echo, target, { method: 'POST', body, headers: { 'Content-Type': 'text/plain' }, ...options });

async function openPolling(echo, where, revision = 4, more = '') {
  const res = await request(echo, `/${where}/?EIO=${revision}&transport=polling${more}`);
  const open = JSON.parse(res.text.slice(res.text.indexOf('{'), res.text.indexOf('}') + 1));
  return { sid: open.sid, open, res, at: `/${where}/?EIO=${revision}&transport=polling&sid=${open.sid}` };
}

// Waits for the end of the session at AT. Its existence is asked for with a method that changes nothing.
const gone = (echo, at) => until('the end of the session', async () => JSON.parse((await request(echo, at, { method: 'PUT' })).text).code === 1);

// A WebSocket whose messages wait in a queue until they are asked for. Engine.IO 4 pings
// are answered unless told otherwise.
class Socket {
  constructor(echo, where, query = 'EIO=4&transport=websocket', { pong = true, ...options } = {}) {
    this.queue = [];
    this.waiting = [];
    this.ws = new WebSocket(`ws://127.0.0.1:${echo.port}/${where}/?${query}`, options);
    this.ws.binaryType = 'nodebuffer';
    this.ws.on('message', (data, binary) => {
      const message = binary ? data : data.toString();
      if (pong && message === '2') {
        this.ws.send('3');
        return;
      }
      this.deliver(message);
    });
    this.ws.on('error', (error) => { this.error = error; });
    this.closed = new Promise((resolve) => {
      this.ws.on('close', (code, reason) => {
        this.code = code;
        this.deliver(null);
        resolve({ code, reason: reason.toString() });
      });
    });
    this.opened = withPatience(new Promise((resolve) => { this.ws.once('open', resolve); this.ws.once('close', resolve); }), 'a WebSocket');
  }
  deliver(message) {
    if (this.waiting.length) this.waiting.shift()(message);
    else this.queue.push(message);
  }
  // The next message; null when the socket closed.
  next() {
    if (this.queue.length) return Promise.resolve(this.queue.shift());
    return withPatience(new Promise((resolve) => { this.waiting.push(resolve); }), 'a message');
  }
  send(data) { this.ws.send(data); }
  close() { this.ws.terminate(); }
  end() { return withPatience(this.closed, 'the close'); }
}

async function openSocketIO(echo, options) {
  const socket = new Socket(echo, 'socket.io', undefined, options);
  await socket.next();
  socket.send('40');
  await socket.next();
  await socket.next();
  return socket;
}

// A TCP connection; text() waits until it is closed or `until` was seen.
class Raw {
  constructor(echo) {
    this.bytes = Buffer.alloc(0);
    this.socket = net.connect(echo.port, '127.0.0.1');
    this.wakers = [];
    this.socket.on('data', (chunk) => {
      this.bytes = Buffer.concat([this.bytes, chunk]);
      this.wake();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => { this.over = true; this.wake(); });
  }
  wake() { for (const waker of this.wakers.splice(0)) waker(); }
  // Done when the system has the bytes, or the connection is over.
  write(data) { return new Promise((resolve) => { this.socket.write(data, resolve); }); }
  async until(test, what) {
    while (!test()) {
      await withPatience(new Promise((resolve) => { this.wakers.push(resolve); }), what);
    }
    return this.bytes;
  }
  seen(text) { return this.until(() => this.over || this.bytes.includes(text), `"${text}"`); }
  ended() { return this.until(() => this.over, 'the end of the connection'); }
  close() { this.socket.destroy(); }
}

const HANDSHAKE = (where, query = 'EIO=4&transport=websocket') =>
  `GET /${where}/?${query} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

// A client frame; every part of it can be made wrong.
function frame(opcode, payload = '', { fin = 1, rsv = 0, mask = true, length } = {}) {
  const data = Buffer.from(payload);
  const size = length === undefined ? data.length : length;
  const head = [(fin << 7) | (rsv << 4) | opcode];
  const bit = mask ? 0x80 : 0;
  if (size < 126) head.push(bit | size);
  else if (size < 65536) head.push(bit | 126, size >> 8, size & 255);
  else head.push(bit | 127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (size >>> shift) & 255));
  const key = [1, 2, 3, 4];
  if (mask) head.push(...key);
  const body = mask ? data.map((byte, i) => byte ^ key[i & 3]) : data;
  return Buffer.concat([Buffer.from(head), body]);
}

// The frames in what the server sent behind its 101 answer.
function serverFrames(bytes) {
  const frames = [];
  let at = bytes.indexOf('\r\n\r\n') + 4;
  while (at + 2 <= bytes.length) {
    let size = bytes[at + 1] & 127;
    let head = 2;
    if (size === 126) { size = bytes.readUInt16BE(at + 2); head = 4; }
    else if (size === 127) { size = Number(bytes.readBigUInt64BE(at + 2)); head = 10; }
    if (at + head + size > bytes.length) break;
    const payload = bytes.subarray(at + head, at + head + size);
    frames.push({ fin: bytes[at] >> 7, opcode: bytes[at] & 15, masked: bytes[at + 1] >> 7, payload, text: payload.toString() });
    at += head + size;
  }
  return frames;
}

module.exports = { LONG, CALM, startEcho, request, post, openPolling, gone, Socket, openSocketIO, Raw, HANDSHAKE, frame, serverFrames, until };
