// TLS: sockets go to the daemon with their record keys. CHAT_TLS_ALL=1 tries every cut, CHAT_TLS_MANY=N so many sockets.
'use strict';
const assert = require('node:assert');
const { execFile, spawn, spawnSync } = require('node:child_process');
const path = require('node:path');
const { describe, test } = require('node:test');
const { BUILD, connect, connectMany, status, until, withServer } = require('./lib.js');

const AES_128 = 'TLS_AES_128_GCM_SHA256';
const OLD = (suite) => ['RSA', 'ECDSA'].map((key) => `ECDHE-${key}-${suite}`).join(':');
const SUITES = [AES_128, 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256',
  OLD('AES128-GCM-SHA256'), OLD('AES256-GCM-SHA384'), OLD('CHACHA20-POLY1305')];

// Runs tls_tests.c; HANDED: whether the daemon has to hold the sockets.
async function talk(server, suite, { handed = true, tests = [], cert } = {}) {
  const env = { ...process.env, ...(cert && { TLS_CERT: cert }), ...(process.env.CHAT_TLS_ALL && { TLS_ALL: '1' }) };
  const args = [server.tlsPort, handed ? server.daemonPid() : 0, suite, ...tests];
  const said = await new Promise((resolve) => {
    execFile(path.join(BUILD, 'test/tls-client'), args, { env }, (error, out) => resolve(`${out}${error && error.signal ? error.signal : ''}`));
  });
  const lines = said.trim().split('\n');
  assert.deepStrictEqual(lines.filter((line) => !line.startsWith('ok ')), [], suite);
  assert.ok(lines.length >= (tests.length || 10), said);
}

for (const mpm of ['event', 'worker', 'prefork']) {
  describe(`${mpm} MPM`, () => {
    test('every suite, and every way to cut its bytes', () => withServer({ mpm }, async (server) => {
      assert.match(server.log(), /CHAT0630: realtime at \/socket\.io\/ \(1 host\): auto: WebSockets are handed over; those with TLS: handed over/);
      for (const suite of SUITES) await talk(server, suite);
      assert.doesNotMatch(server.log(), /CHAT0920|CHAT0706/);
    }));

    test('sockets hold no thread and outlive graceful restarts', () => withServer({ mpm }, async (server) => {
      const clients = await connectMany(server, 150, { secure: true, name: 'localhost' });
      await until('the threads are free', async () => (await status(server)).BusyWorkers <= 8);
      for (let i = 1; i <= 2; i++) {
        process.kill(server.httpd(), 'SIGUSR1');
        await until('the new generation', () => server.log().split('raceful restart').length > i);
        clients[i].emit('shout', 'x');
        await until('the push to all', () => clients.every((c) => c.shouted === i));
      }
      clients.push(await connect(server, { secure: true, name: 'localhost' }));
      assert.ok(clients.every((c) => !c.closed));
      for (const c of clients) c.socket.destroy();
    }));
  });
}

test('a location that asks for a client certificate', () => withServer({
  conf: '<Location "/socket.io/">\nSSLVerifyClient optional_no_ca\n</Location>',
  before: (server) => {
    server.cert = path.join(server.dir, 'client.pem');
    assert.strictEqual(spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', server.cert, '-out', `${server.cert}.crt`, '-subj', '/CN=client']).status, 0);
    require('node:fs').appendFileSync(server.cert, require('node:fs').readFileSync(`${server.cert}.crt`));
  },
}, async (server) => {
  const tests = ['plain', 'a-byte-a-record', 'long-message', 'close-notify', 'close-frame', 'forgery'];
  for (const suite of SUITES) await talk(server, suite, { tests, cert: server.cert });
}));

const PROGRAMS = {
  GnuTLS: (port, version) => ['gnutls-cli', '--insecure', '--logfile=/dev/null', '--sni-hostname=localhost', `--priority=NORMAL:-VERS-ALL:+VERS-TLS1.${version}`, '-p', port, '127.0.0.1'],
  OpenSSL: (port, version) => ['openssl', 's_client', '-quiet', '-servername', 'localhost', `-tls1_${version}`, '-connect', `127.0.0.1:${port}`],
};
for (const [name, command] of Object.entries(PROGRAMS)) {
  const skip = spawnSync('which', [command()[0]]).status !== 0 && `${command()[0]} is not installed`;
  test(`${name}'s client: its sockets outlive a graceful restart`, { skip }, () => withServer({}, async (server) => {
    const clients = [];
    for (const version of [2, 3]) {
      const [program, ...args] = command(server.tlsPort, version);
      clients.push(await connect(server, { through: spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] }) }));
    }
    process.kill(server.httpd(), 'SIGUSR1');
    await until('the new generation', () => server.log().includes('raceful restart'));
    for (const i of [1, 2]) {
      clients[i % 2].emit('shout', 'x'.repeat(20000 * i));
      await until('the push to both', () => clients.every((c) => c.shouted === i));
    }
    assert.ok(clients.every((c) => !c.closed));
    for (const c of clients) c.socket.destroy();
  }));
}

const TALK = ['plain', 'frame-in-the-record-of-the-request', 'a-byte-a-segment', 'long-message', 'resumption', 'second-request'];

test('what cannot be handed over stays in httpd and works', async () => {
  await withServer({}, async (server) => {
    for (const suite of ['AES128-SHA', 'AES256-SHA384']) await talk(server, OLD(suite), { handed: false, tests: TALK });
    assert.strictEqual((await connect(server, { secure: true })).refused, null, 'no name in the handshake');
  });
  await withServer({ mpm: 'worker' }, (server) => talk(server, OLD('AES128-SHA'), { handed: false, tests: TALK }));
});

for (const way of ['plain', 'park', 'proxy']) {
  test(`ChatRealtime ${way}: keys stay in httpd`, () => withServer({ conf: `ChatRealtime ${way}` }, async (server) => {
    if (way === 'plain') assert.match(server.log(), /CHAT0630: .*plain: WebSockets are handed over; those with TLS: parked \(as configured\)/);
    for (const suite of [SUITES[0], SUITES[3]]) await talk(server, suite, { handed: false, tests: TALK });
  }));
}

test('ChatRealtime handover: TLS too', () => withServer({ conf: 'ChatRealtime handover' }, (server) => talk(server, AES_128, { tests: TALK })));

const MANY = Number(process.env.CHAT_TLS_MANY || 0);
test('many sockets, which several threads seal for', { skip: !MANY && 'CHAT_TLS_MANY is not set' }, () => withServer({}, async (server) => {
  const clients = await connectMany(server, MANY, { secure: true, name: 'localhost' });
  for (let i = 1; i <= 5; i++) {
    clients[i].emit('shout', 'x'.repeat(i * 300));
    await until('the push to all', () => clients.every((c) => c.shouted === i), 300000);
  }
  assert.ok(clients.every((c) => !c.closed));
  for (const c of clients) c.socket.destroy();
}));

test('a daemon that dies is started again, its clients come again', () => withServer({}, async (server) => {
  const clients = await connectMany(server, 20, { secure: true, name: 'localhost' });
  const pid = server.daemonPid();
  process.kill(pid, 'SIGKILL');
  await until('the end of the connections', () => clients.every((c) => c.closed));
  await until('another daemon', () => server.daemonPid() !== pid);
  await talk(server, AES_128, { tests: ['plain'] });
}));
