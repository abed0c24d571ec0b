// Servers of their own for tests of realtime through httpd, and small clients.
'use strict';
const assert = require('node:assert');
const crypto = require('node:crypto');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const path = require('node:path');
const { Duplex } = require('node:stream');
const tls = require('node:tls');
const { BUILD, PATIENCE, Server, sleep, until } = require('../lib/server.js');

// A server with the stand-in daemon. options: those of Server, and mpm; daemon null: conf says.
async function serve({ mpm, daemon = process.env.CHAT_FAKE || path.join(BUILD, 'test/fake-chatd'), ...options } = {}) {
  const server = new Server({ ...options, daemon, args: ['--host', 'chat.example.org', ...(mpm ? ['--mpm', mpm] : [])] });
  server.daemonPid = () => +[...server.log().matchAll(/CHAT0600: started chatd .*, pid (\d+)/g)].at(-1)[1];
  await server.start();
  return Object.assign(server, { url: server.http, tlsUrl: server.https });
}

async function withServer(options, run) {
  const server = await serve(options);
  try {
    await run(server);
  }
  finally {
    assert.strictEqual(await server.stop(), 0);
  }
}

// One request; agent: false is a connection of its own. FROM: the client's address.
function request(server, target, { secure = false, body, agent = false, method, headers, from } = {}) {
  return new Promise((resolve, reject) => {
    const req = (secure ? https : http).request({
      host: '127.0.0.1', port: secure ? server.tlsPort : server.port, path: target, agent, localAddress: from,
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
// with `refused` set to the answer. FROM is the client's own address; NAME what it says in its handshake, without which
// httpd keeps it. THROUGH: a program that speaks TLS in its place, its input and output.
function connect(server, { secure = false, patience = PATIENCE, headers = {}, from, name, through } = {}) {
  return new Promise((resolve, reject) => {
    const client = { shouted: 0, polls: 0, closed: false, refused: null };
    let buffer = '';
    let state = 0;
    const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const go = () => socket.write('GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n'
      + `Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${crypto.randomBytes(16).toString('base64')}\r\n${more}\r\n`);
    let socket;
    if (through) {
      socket = Duplex.from({ writable: through.stdin, readable: through.stdout });
      process.nextTick(go);
    }
    else if (secure) socket = tls.connect({ port: server.tlsPort, host: '127.0.0.1', localAddress: from, rejectUnauthorized: false, servername: name }, go);
    else socket = net.connect({ port: server.port, host: '127.0.0.1', localAddress: from }, go);
    const timer = setTimeout(() => { socket.destroy(); reject(new Error('no WebSocket')); }, patience);
    client.socket = socket;
    client.emit = (...args) => socket.write(frame(1, `42${JSON.stringify(args)}`));
    if (!through) socket.setNoDelay(true);
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
        client.polls = Number(/\["polls",(\d+)\]/.exec(buffer)?.[1] ?? client.polls);
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

// Each from an address of its own, unless FROM is given.
async function connectMany(server, count, options) {
  const clients = [];
  let begun = 0;
  await Promise.all(Array.from({ length: 40 }, async () => {
    while (begun < count) {
      begun++;
      clients.push(await connect(server, { from: `127.1.${begun >> 8}.${begun & 255}`, ...options }));
    }
  }));
  return clients;
}

module.exports = { BUILD, connect, connectMany, frame, request, serve, sleep, status, until, withServer };
