// A chatd that stands still holds up neither the sites nor the end of a child.
'use strict';
const assert = require('node:assert');
const net = require('node:net');
const { test } = require('node:test');
const { connectMany, request, serve, sleep, status, until } = require('./lib.js');

const POLL = '/socket.io/?EIO=4&transport=polling';

for (const mpm of ['event', 'worker']) {
  test(`most threads are free while chatd stands still: ${mpm}`, async () => {
    const server = await serve({ mpm, conf: 'LimitRequestFieldSize 16000' });
    const pid = server.daemonPid();
    const sockets = [];
    process.kill(pid, 'SIGSTOP');
    try {
      // much more than the socket to chatd has room for
      const padding = 'x'.repeat(12000);
      let answered = 0;
      for (let i = 0; i < 400; i++) {
        const socket = net.connect({ port: server.port, host: '127.0.0.1', localAddress: `127.3.${i % 40}.1` });
        socket.on('data', () => { answered++; socket.destroy(); });
        socket.on('error', () => {});
        socket.write(`GET ${POLL} HTTP/1.1\r\nHost: localhost\r\nX-Padding: ${padding}\r\n\r\n`);
        sockets.push(socket);
      }
      await until('refusals', () => answered >= 50);
      for (let i = 0; i < 5; i++) {
        assert.strictEqual((await request(server, '/index.html')).status, 200);
        const { BusyWorkers, IdleWorkers } = await status(server);
        assert.ok(BusyWorkers <= 64 + 8 && IdleWorkers > 8, `${BusyWorkers} busy, ${IdleWorkers} idle`);
        await sleep(50);
      }
    }
    finally {
      process.kill(pid, 'SIGCONT');
      for (const socket of sockets) socket.destroy();
    }
    await until('realtime again', async () => (await request(server, POLL)).status === 200);
    assert.strictEqual(await server.stop(), 0);
  });
}

test('old children end while chatd stands still', async () => {
  const server = await serve({ conf: 'Timeout 600\nChatRealtimePing 200s 200s' });
  const clients = await connectMany(server, 40, { secure: true });
  const pid = server.daemonPid();
  process.kill(pid, 'SIGSTOP');
  try {
    // one that does not read
    clients[0].socket.pause();
    process.kill(server.httpd(), 'SIGUSR1');
    await until('the end of the parked connections', () => clients.slice(1).every((c) => c.closed));
    await until('the end of the old children', async () => (await status(server)).Stopping === 0);
  }
  finally {
    process.kill(pid, 'SIGCONT');
  }
  clients[0].socket.destroy();
  assert.strictEqual(await server.stop(), 0);
});
