// The clients people use, against rt-echo: socket.io-client 4.8, 3.1 and 2.5 from npm and
// python3-socketio from Debian, each over polling, WebSocket and the upgrade.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { once } = require('node:events');
const { spawn, spawnSync } = require('node:child_process');
const path = require('node:path');
const { LONG, startEcho } = require('./lib.js');

const CLIENTS = { 'socket.io-client 4.8': 'sio4', 'socket.io-client 3.1': 'sio3', 'socket.io-client 2.5': 'sio2' };
const WAYS = { polling: ['polling'], websocket: ['websocket'], upgrade: ['polling', 'websocket'] };
const PYTHON = '/usr/bin/python3';

const until = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));

// Pings of the server (in revision 3: its answers): each says that it got the one before.
const heartbeats = (engine, count) => new Promise((resolve) => {
  engine.on('packet', ({ type }) => { if ((type === 'ping' || type === 'pong') && --count === 0) resolve(); });
});

async function converse(io, url, transports, old) {
  const socket = io(url, { transports, forceNew: true, reconnection: false, auth: { token: 'é' } });
  try {
    // in the order they are registered; "auth" comes with "connect"
    const auth = until(socket, 'auth');
    await until(socket, 'connect');
    assert.deepEqual(await auth, [old ? {} : { token: 'é' }]);
    const engine = socket.io.engine;
    const beats = heartbeats(engine, 3);
    if (transports.length === 2 && engine.transport.name !== 'websocket') await until(engine, 'upgrade');
    assert.equal(engine.transport.name, transports[transports.length - 1]);

    let back = until(socket, 'message-back');
    socket.emit('message', 1, 'é€😀', { a: [true, null] });
    assert.deepEqual(await back, [1, 'é€😀', { a: [true, null] }]);

    back = until(socket, 'message-back');
    socket.emit('message', Buffer.from([1, 2, 3]), { deep: [Buffer.alloc(3000, 7)] });
    const [one, two] = await back;
    assert.deepEqual(Buffer.from(one), Buffer.from([1, 2, 3]));
    assert.deepEqual(Buffer.from(two.deep[0]), Buffer.alloc(3000, 7));

    const answer = await new Promise((resolve) => socket.emit('message-with-ack', 'x', Buffer.from([9]), (...args) => resolve(args)));
    assert.equal(answer[0], 'x');
    assert.deepEqual(Buffer.from(answer[1]), Buffer.from([9]));

    const custom = socket.io.socket('/custom', { auth: {} });
    const joined = until(custom, 'connect');
    await joined;
    back = until(custom, 'message-back');
    custom.emit('message', 'custom');
    assert.deepEqual(await back, ['custom']);

    const unknown = socket.io.socket('/unknown');
    const refused = until(unknown, old ? 'error' : 'connect_error');
    const [error] = await refused;
    assert.match(old ? String(error) : error.message, /Invalid namespace/);

    await beats;
    assert.ok(socket.connected);
    const burst = [];
    const done = new Promise((resolve) => socket.on('message-back', (i) => { if (burst.push(i) === 200) resolve(); }));
    for (let i = 0; i < 200; i++) socket.emit('message', i);
    await done;
    assert.deepEqual(burst, [...Array(200).keys()]);
  } finally {
    socket.disconnect();
  }
}

test('clients', async (t) => {
  const echo = await startEcho('--eio3', '--ping', '300', LONG, '--wait', LONG);
  t.after(async () => assert.equal(await echo.stop(), 0));
  for (const [name, module] of Object.entries(CLIENTS)) {
    for (const [way, transports] of Object.entries(WAYS)) {
      await t.test(`${name}, ${way}`, { timeout: 120000 }, () => converse(require(module), echo.url, transports, module === 'sio2'));
    }
  }
  const python = spawnSync(PYTHON, ['-c', 'import socketio, requests, websocket']);
  for (const way of Object.keys(WAYS)) {
    await t.test(`python3-socketio, ${way}`, { skip: python.status !== 0 && 'python3-socketio is not installed' }, async () => {
      const child = spawn(PYTHON, [path.join(__dirname, 'client.py'), echo.url, way], { stdio: 'inherit' });
      const [code] = await once(child, 'exit');
      assert.equal(code, 0);
    });
  }
});
