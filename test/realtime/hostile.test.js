// Clients that mean harm or are broken: the server ends them, stays small and goes on.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const { LONG, CALM, startEcho, request, post, openPolling, gone, Socket, openSocketIO, Raw, HANDSHAKE, frame, until } = require('./lib.js');

const residentKB = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
const openFiles = (pid) => fs.readdirSync(`/proc/${pid}/fd`).length;

test('hostile', async (t) => {
  const echo = await startEcho(...CALM);
  const hasty = await startEcho('--eio3', '--ping', LONG, LONG, '--wait', '3000'); // with requests
  const strict = await startEcho('--ping', '300', '300', '--wait', LONG); // with heartbeats
  t.after(async () => {
    for (const one of [echo, hasty, strict]) assert.equal(await one.stop(), 0);
  });
  const files = openFiles(echo.child.pid);
  const alive = async () => assert.equal((await openPolling(echo, 'socket.io')).res.status, 200);

  const heads = {
    'a body that never ends is not waited for': [404, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n'],
    'a head over 16 kB': [431, 'GET / HTTP/1.1\r\nHost: a\r\nX: ' + 'x'.repeat(20000)],
    'too many header lines': [431, 'GET / HTTP/1.1\r\n' + 'A: b\r\n'.repeat(100) + '\r\n'],
    'a bare line feed': [400, 'GET / HTTP/1.1\nHost: a\n\n\r\n\r\n'],
    'a folded header line': [400, 'GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n'],
    'space before the colon': [400, 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'],
    'no Host': [400, 'GET / HTTP/1.1\r\n\r\n'],
    'two Hosts': [400, 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    'two lengths': [400, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    'length and chunked': [400, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
    'a signed length': [400, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n'],
    'an unknown coding': [501, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n'],
    'HTTP/2.0': [505, 'GET / HTTP/2.0\r\nHost: a\r\n\r\n'],
    'a zero byte': [400, 'GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n'],
    'garbage': [400, '\x16\x03\x01\x02\0\x01\0\r\n\r\n'],
  };
  for (const [name, [status, text]] of Object.entries(heads)) {
    await t.test(`request: ${name}`, async () => {
      const raw = new Raw(echo);
      raw.write(text);
      assert.match(String(await raw.seen('\r\n\r\n')), new RegExp(`^HTTP/1.1 ${status} `));
      raw.close();
    });
  }
  await t.test('request: a head that never ends is cut off', async () => {
    const raw = new Raw(hasty);
    raw.write('GET / HTTP/1.1\r\nHost: a\r\n');
    assert.match(String(await raw.seen('\r\n\r\n')), /^HTTP\/1.1 408 /);
    raw.close();
  });
  await t.test('slowloris: a byte now and then does not keep a head alive', async () => {
    const raw = new Raw(hasty);
    raw.write('GET / HTTP/1.1\r\n');
    const timer = setInterval(() => raw.write('X'), 100);
    await raw.ended();
    clearInterval(timer);
  });
  await t.test('a post whose body stops ends its session', async () => {
    const { at } = await openPolling(hasty, 'engine.io', 3);
    const raw = new Raw(hasty);
    raw.write(`POST ${at} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n4`);
    await raw.ended();
    assert.equal((await request(hasty, at)).status, 400);
  });
  await t.test('a thousand silent connections are closed', async () => {
    const raws = Array.from({ length: 1000 }, () => new Raw(hasty));
    await Promise.all(raws.map((raw) => raw.ended()));
    await alive();
  });
  await t.test('half-open polls: sessions that never poll again go away', async () => {
    const sessions = await Promise.all(Array.from({ length: 300 }, () => openPolling(strict, 'engine.io')));
    for (const { at } of sessions.slice(0, 20)) await gone(strict, at);
  });

  await t.test('thousands of namespaces end the connection', async () => {
    const socket = await openSocketIO(echo);
    for (let i = 0; i < 5000; i++) socket.send(`40/n${i},`);
    let refusals = 0;
    while ((await socket.next()) !== null) refusals++;
    assert.ok(refusals < 64);
  });
  await t.test('joining and leaving for ever ends the connection', async () => {
    const socket = await openSocketIO(echo);
    for (let i = 0; i < 1000; i++) { socket.send('40/custom,'); socket.send('41/custom,'); }
    let messages = 0;
    while ((await socket.next()) !== null) messages++;
    assert.ok(messages < 200);
  });
  await t.test('attachments over maxPayload together end the connection', async () => {
    const socket = await openSocketIO(echo);
    socket.send('4510-["message",{"_placeholder":true,"num":0}]');
    for (let i = 0; i < 10; i++) socket.send(Buffer.alloc(300000));
    assert.equal(await socket.next(), null);
  });
  await t.test('more packets in a payload than a client has reason to send', async () => {
    const { at } = await openPolling(echo, 'engine.io');
    assert.equal((await post(echo, at, Array(20000).fill('6').join('\x1e'))).status, 400);
  });

  await t.test('a slow reader is dropped at the backlog limit, memory stays bounded', async () => {
    const before = residentKB(echo.child.pid);
    const raw = new Raw(echo);
    raw.write(HANDSHAKE('engine.io'));
    await raw.seen('maxPayload');
    raw.socket.pause();
    const big = frame(2, Buffer.alloc(500000));
    // more than the backlog (1 MiB) and all socket buffers on the way
    for (let i = 0; i < 100; i++) raw.write(big);
    await raw.ended();
    // the memory of a process under AddressSanitizer says nothing
    if (!process.env.CHAT_PRELOAD) assert.ok(residentKB(echo.child.pid) - before < 8000);
    await alive();
  });
  await t.test('a session that gets more than the backlog and never polls is dropped', async () => {
    const { at } = await openPolling(echo, 'engine.io', 3);
    const body = '900001:4' + 'm'.repeat(900000);
    assert.equal((await post(echo, at, body)).status, 200);
    await post(echo, at, body);
    assert.equal((await request(echo, at)).status, 400);
  });
  await t.test('a flood of pings without reading the pongs is dropped', async () => {
    const raw = new Raw(echo);
    raw.write(HANDSHAKE('engine.io'));
    await raw.seen('maxPayload');
    raw.socket.pause();
    const pings = Buffer.concat(Array(2000).fill(frame(9, 'x'.repeat(125))));
    for (let i = 0; i < 100; i++) raw.write(pings);
    await raw.ended();
    await alive();
  });

  await t.test('three thousand connects and disconnects leave nothing behind', async () => {
    for (let round = 0; round < 10; round++) {
      const sockets = Array.from({ length: 200 }, () => new Socket(echo, 'socket.io'));
      await Promise.all(sockets.map((s) => s.next()));
      for (const socket of sockets) socket.send('40');
      await Promise.all(sockets.map((s) => s.next()));
      for (const [i, socket] of sockets.entries()) {
        if (i % 3 === 0) socket.close();
        else if (i % 3 === 1) socket.ws.close();
        else socket.send('1');
      }
      await Promise.all(sockets.map((s) => s.end()));
      await Promise.all(Array.from({ length: 100 }, () => openPolling(echo, 'socket.io')));
    }
    await until('no more open files than before', () => openFiles(echo.child.pid) === files);
  });
});
