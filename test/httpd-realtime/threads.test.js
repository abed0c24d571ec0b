// MPMs that cannot park: plaintext is handed over, TLS holds a thread each, within bounds.
'use strict';
const assert = require('node:assert');
const { test, before, after, describe } = require('node:test');
const { connect, connectMany, request, serve, status, until } = require('./lib.js');

const POLL = '/socket.io/?EIO=4&transport=polling';

for (const mpm of ['worker', 'prefork']) {
  describe(`${mpm} MPM`, () => {
    let server;
    before(async () => {
      server = await serve({ mpm });
    });
    after(async () => assert.strictEqual(await server.stop(), 0));

    test('the choice is in the log, with its reason', () => {
      assert.match(server.log(), /CHAT0630: realtime at \/socket\.io\/ \(\d hosts?\): auto: WebSockets are handed over; those with TLS: handed over; polls with TLS: a thread for each, because this MPM cannot park/);
    });

    test('plaintext sockets are handed over', async () => {
      const clients = await connectMany(server, 100);
      await until('the threads are free', async () => (await status(server)).BusyWorkers <= 8);
      clients[0].emit('shout', 'x');
      await until('the push to all', () => clients.every((c) => c.shouted === 1));
      process.kill(server.httpd(), 'SIGUSR1');
      await until('the new generation', async () => /Graceful|graceful/.test(server.log()));
      clients[1].emit('shout', 'x');
      await until('the push to all, again', () => clients.every((c) => c.shouted === 2));
      for (const c of clients) c.socket.destroy();
    });

    for (const secure of [false, true]) {
      test(`polls${secure ? ' with TLS' : ''}`, async () => {
        const ask = (target, more) => request(server, target, { secure, ...more });
        const first = await ask(POLL);
        const at = `${POLL}&sid=${JSON.parse(first.text.slice(1)).sid}`;
        assert.strictEqual((await ask(at, { body: '40' })).text, 'ok');
        assert.match((await ask(at)).text, /^40\{.*"hello",\{"site":\d,"tls":(true|false),"address":"127\.0\.0\.1"\}/);
        const pending = ask(at);
        await ask(at, { body: `42["message","${'x'.repeat(300000)}"]` });
        assert.strictEqual((await pending).text.length, 300000 + 21);
        assert.strictEqual((await ask(`${at}no`)).status, 400);
        assert.strictEqual((await ask(POLL, { method: 'OPTIONS' })).status, 204);
      });
    }

    test('one address gets its share, others get in', async () => {
      const share = +/of these \d+ and (\d+) by one address/.exec(server.log())[1];
      const clients = await connectMany(server, 3 * share, { secure: true, from: '127.2.0.1' });
      assert.strictEqual(clients.filter((c) => !c.refused).length, share);
      assert.match(clients.find((c) => c.refused).refused, /^HTTP\/1\.1 503 [^]*Retry-After: 5\r\n[^]*Too many realtime connections/);
      const others = await connectMany(server, 10, { secure: true });
      assert.ok(others.every((c) => !c.refused));
      assert.strictEqual(server.log().match(/CHAT0641: realtime client refused: 127\.2\.0\.1 has reached its limit of threads/g).length, 1);
      for (const c of [...clients, ...others]) c.socket.destroy();
    });

    test('WebSockets with TLS, up to the bound', async () => {
      const clients = await connectMany(server, 80, { secure: true });
      const open = clients.filter((c) => !c.refused);
      const refused = clients.filter((c) => c.refused);
      assert.ok(open.length >= 20 && refused.length >= 10, `${open.length} open, ${refused.length} refused`);
      assert.match(refused[0].refused, /^HTTP\/1\.1 503 [^]*Too many realtime connections/);
      assert.strictEqual((await request(server, '/chat-status?auto')).status, 200);
      open[0].emit('shout', 'x');
      await until('the push to all', () => open.every((c) => c.shouted === 1));
      for (const c of clients) c.socket.destroy();
      await until('room again', async () => {
        const c = await connect(server, { secure: true });
        c.socket.destroy();
        return !c.refused;
      });
    });
  });
}
