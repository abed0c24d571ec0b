// The ways that are chosen by hand, and hosts without realtime.
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const { test } = require('node:test');
const { REMOTE } = require('../lib/server.js');
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
  assert.match(server.log(), /CHAT0630: realtime at \/socket\.io\/ \(\d hosts?\): park, as configured/);
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

// httpd's children; the daemon is a child of httpd as well.
function children(server) {
  return fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).map(Number).filter((pid) => {
    try {
      const [, parent] = /\) \S (\d+) /.exec(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
      return +parent === server.httpd() && pid !== server.daemonPid() && !fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('chatd');
    }
    catch { return false; }
  });
}

// 64 threads in each of two children, 64 may be held: 56 of them in one child.
test('proxy: clients that all come to one child are not refused at half of its threads', () => withServer('ChatRealtime proxy', async (server) => {
  const others = (await until('both children', () => {
    const pids = children(server);
    return pids.length >= 2 && pids;
  })).slice(1);
  for (const pid of others) process.kill(pid, 'SIGSTOP');
  let clients;
  try {
    clients = await connectMany(server, 60);
    const open = clients.filter((c) => !c.refused);
    assert.strictEqual(open.length, 56);
    for (let i = 0; i < 10; i++) assert.strictEqual((await request(server, '/chat-status?auto')).status, 200);
    open[0].emit('shout', 'x');
    await until('the push to all', () => open.every((c) => c.shouted === 1));
  }
  finally {
    for (const pid of others) process.kill(pid, 'SIGCONT');
  }
  // and the bound of all is still half
  clients.push(...await connectMany(server, 60));
  assert.ok(clients.filter((c) => !c.refused).length <= 64);
  for (const c of clients) c.socket.destroy();
}));

// What the daemon limits by is who httpd says the client is.
for (const way of ['auto', 'park', 'handover', 'proxy']) {
  test(`behind a proxy of the owner's the client is whom mod_remoteip names: ${way}`, () => withServer(`${REMOTE}\nChatRealtime ${way}`, async (server) => {
    for (const secure of [false, true]) {
      for (const address of ['192.0.2.77', '2001:db8::7']) {
        const headers = { 'X-Client': address };
        const first = await request(server, POLL, { secure, headers });
        const at = `${POLL}&sid=${JSON.parse(first.text.slice(1)).sid}`;
        await request(server, at, { secure, headers, body: '40' });
        const { text } = await request(server, at, { secure, headers });
        assert.strictEqual(JSON.parse(text.slice(text.indexOf('[')))[1].address, address);
        const client = await connect(server, { secure, headers });
        assert.strictEqual(client.hello.address, address);
        client.socket.destroy();
      }
    }
  }));
}

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
    for (const host of ['localhost', 'localhost:8080']) {
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
    assert.match(server.log(), /CHAT0630: realtime at \/other\/ /);
  });
});

test('access control is httpd\'s', () => withServer('<Location "/socket.io/">\nRequire all denied\n</Location>', async (server) => {
  assert.strictEqual((await request(server, POLL)).status, 403);
  assert.match((await connect(server)).refused, /^HTTP\/1\.1 403 /);
}));
