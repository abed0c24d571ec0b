// The ways that are chosen by hand, and hosts without realtime.
'use strict';
const assert = require('node:assert');
const { test } = require('node:test');
const { connect, connectMany, request, serve, status, until } = require('./lib.js');

const POLL = '/socket.io/?EIO=4&transport=polling';

async function withServer(conf, run, daemon) {
  const server = await serve({ conf, daemon });
  try {
    await run(server);
  }
  finally {
    assert.strictEqual(await server.stop(), 0);
  }
}

// Polls and WebSockets, with and without TLS; what the daemon is told of the client is right.
async function everything(server) {
  for (const secure of [false, true]) {
    const first = await request(server, POLL, { secure });
    const at = `${POLL}&sid=${JSON.parse(first.text.slice(1)).sid}`;
    await request(server, at, { secure, body: '40' });
    const { text } = await request(server, at, { secure });
    const hello = JSON.parse(text.slice(text.indexOf('[')))[1];
    assert.strictEqual(hello.tls, secure);
    assert.strictEqual(hello.address, '127.0.0.1');
    const client = await connect(server, { secure });
    client.emit('shout', 'x');
    await until('the push', () => client.shouted === 1);
    client.socket.destroy();
  }
}

test('park: plaintext too', () => withServer('ChatRealtime park', async (server) => {
  assert.match(server.log(), /CHAT0630: realtime at \/socket\.io\/: park, as configured/);
  await everything(server);
  const parked = await connectMany(server, 20);
  process.kill(server.httpd(), 'SIGUSR1');
  await until('the end of the parked connections', () => parked.every((c) => c.closed));
}));

test('handover: TLS holds threads', () => withServer('ChatRealtime handover', async (server) => {
  await everything(server);
  const clients = await connectMany(server, 10, { secure: true });
  assert.ok((await status(server)).BusyWorkers >= 10);
  for (const c of clients) c.socket.destroy();
}));

test('proxy: every client holds a thread, half of them at most', () => withServer('ChatRealtime proxy', async (server) => {
  await everything(server);
  const clients = await connectMany(server, 100);
  const refused = clients.filter((c) => c.refused);
  assert.ok(refused.length >= 30 && clients.length - refused.length >= 30, `${refused.length} of 100 refused`);
  assert.strictEqual((await request(server, '/chat-status?auto')).status, 200);
  for (const c of clients) c.socket.destroy();
}));

test('a header that a client makes up is not believed', () => withServer('ChatRealtime proxy', async (server) => {
  const headers = { 'X-Chat-Client': '7 1 192.0.2.1' };
  const first = await request(server, POLL, { headers });
  const at = `${POLL}&sid=${JSON.parse(first.text.slice(1)).sid}`;
  await request(server, at, { body: '40' });
  assert.match((await request(server, at)).text, /"tls":false,"address":"127\.0\.0\.1"/);
}));

// By the real daemon, which compares Origin with Host.
test('proxy: a page of the host itself may, another may not', () => withServer(
  'ChatRealtime proxy', async (server) => {
    for (const host of ['chat.example.org', 'localhost:8080', '[::1]:8080']) {
      const own = { Host: host, Origin: `http://${host}` };
      assert.strictEqual((await request(server, POLL, { headers: own })).status, 200, host);
      const other = { Host: host, Origin: 'http://evil.example.org' };
      assert.strictEqual((await request(server, POLL, { headers: other })).status, 403, host);
    }
  }, `${process.env.CHAT_BUILD}/chatd`));

test('off, and another path', async () => {
  await withServer('ChatRealtime off', async (server) => {
    assert.strictEqual((await request(server, POLL)).status, 404);
  });
  await withServer('ChatRealtime auto /other', async (server) => {
    assert.strictEqual((await request(server, POLL)).status, 404);
    assert.match(server.log(), /CHAT0630: realtime at \/other\//);
  });
});

test('access control is httpd\'s', () => withServer('<Location "/socket.io/">\nRequire all denied\n</Location>', async (server) => {
  assert.strictEqual((await request(server, POLL)).status, 403);
  assert.match((await connect(server)).refused, /^HTTP\/1\.1 403 /);
}));
