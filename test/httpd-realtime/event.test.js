// The event MPM: plaintext sockets are handed over, polls parked, and TLS without a host's name.
'use strict';
const assert = require('node:assert');
const https = require('node:https');
const http = require('node:http');
const tls = require('node:tls');
const { test, before, after, describe } = require('node:test');
const { connect, connectMany, frame, request, serve, sleep, status, until, withServer } = require('./lib.js');

const POLL = '/socket.io/?EIO=4&transport=polling';

describe('event MPM', () => {
  let server;
  before(async () => {
    server = await serve({ conf: 'KeepAliveTimeout 60\nTimeout 60' });
  });
  after(async () => assert.strictEqual(await server.stop(), 0));

  test('the choice is in the log, with its reason and bounds', () => {
    assert.match(server.log(), /CHAT0630: realtime at \/socket\.io\/ \(\d hosts?\): auto: WebSockets are handed over; those with TLS: parked \(mod_ssl does not serve this host\); polls: parked.* at most \d+ parked in a child/);
  });

  for (const secure of [false, true]) {
    test(`polls and other requests share a connection${secure ? ' with TLS' : ''}`, async () => {
      const agent = new (secure ? https : http).Agent({ keepAlive: true, maxSockets: 1 });
      const ask = (target, more) => request(server, target, { secure, agent, ...more });
      const first = await ask(POLL);
      assert.strictEqual(first.status, 200);
      const at = `${POLL}&sid=${JSON.parse(first.text.slice(1)).sid}`;
      assert.strictEqual((await ask(at, { body: '40' })).text, 'ok');
      assert.match((await ask(at)).text, /^40\{.*"hello"/);
      const pending = ask(at);
      await sleep(300);
      await request(server, at, { secure, body: '42["message","x"]' });
      const answers = [await pending];
      const big = 'x'.repeat(700000);
      answers.push(await ask(at, { body: `42["message","${big}"]` }), await ask(at), await ask('/index.html'),
        await ask(POLL, { method: 'OPTIONS' }), await ask(POLL, { method: 'HEAD' }), await ask(`${at}no`));
      assert.deepStrictEqual(answers.map((a) => a.status), [200, 200, 200, (await ask('/index.html')).status, 204, 400, 400]);
      assert.strictEqual(answers[0].text, '42["message-back","x"]');
      assert.strictEqual(answers[2].text, `42["message-back","${big}"]`);
      assert.deepStrictEqual([...new Set(answers.map((a) => a.port))], [first.port]);
      agent.destroy();
    });
  }

  test('a thousand requests in a row lose nothing', async () => {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 4 });
    let left = 1000;
    await Promise.all(Array.from({ length: 4 }, async () => {
      while (left-- > 0) assert.strictEqual((await request(server, POLL, { secure: true, agent })).status, 200);
    }));
    agent.destroy();
  });

  test('the answer to a request of HTTP/1.0, and to a pipelined one, ends the connection', async () => {
    const talk = (text) => new Promise((resolve) => {
      let said = '';
      const socket = tls.connect({ port: server.tlsPort, host: '127.0.0.1', rejectUnauthorized: false }, () => socket.write(text));
      socket.on('data', (d) => { said += d; });
      socket.on('close', () => resolve(said));
      socket.on('error', () => {});
    });
    assert.match(await talk(`GET ${POLL} HTTP/1.0\r\nHost: localhost\r\n\r\n`), /^HTTP\/1\.1 200 [^]*Connection: close\r\n\r\n0\{.*\}$/);
    const text = `GET ${POLL} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    assert.match(await talk(text + text), /^HTTP\/1\.1 200 [^]*Connection: close\r\n\r\n0\{.*\}$/);
  });

  test('idle clients hold no thread', async () => {
    const clients = await connectMany(server, 200, { secure: true });
    await until('the threads are free', async () => (await status(server)).BusyWorkers <= 4);
    clients[0].emit('shout', 'x');
    await until('the push to all', () => clients.every((c) => c.shouted === 1));
    for (const c of clients) c.socket.destroy();
  });

  test('a client that does not read holds nobody up', async () => {
    const slow = await connect(server, { secure: true });
    const others = await connectMany(server, 20, { secure: true });
    slow.socket.pause();
    const text = 'x'.repeat(30000);
    for (let i = 1; i <= 300; i++) {
      others[0].emit('shout', text);
      if (i % 10 === 0) await until('the messages of the others', () => others.every((c) => c.shouted === i));
    }
    assert.strictEqual((await request(server, '/chat-status?auto')).status, 200);
    for (const c of [slow, ...others]) c.socket.destroy();
  });

  test('a message in the API is hinted to the daemon', async () => {
    const ask = async (path, data) => JSON.parse((await request(server, `/api/v3/${path}/`, { body: JSON.stringify(data), headers: { 'Content-Type': 'application/json' } })).text);
    const user = { username: `u${process.pid}`, password: 'Passw0rd!' };
    await ask('register', user);
    const { token } = await ask('generatetoken', user);
    await ask('makechannel', { token, name: 'hinted' });
    const client = await connect(server, { secure: true });
    let heard = '';
    client.socket.on('data', (d) => { heard += d; });
    await ask('sendmessage', { token, channel: 'hinted', message: 'x' });
    await until('the hint', () => /\["hint",\{"site":\d+,"room":1\}\]/.test(heard));
    client.socket.destroy();
  });

  test('a graceful restart keeps handed-over sockets and parts with parked ones', async () => {
    const handed = await connectMany(server, 20);
    const parked = await connectMany(server, 50, { secure: true });
    const pid = server.daemonPid();
    process.kill(server.httpd(), 'SIGUSR1');
    await until('the end of the parked connections', () => parked.every((c) => c.closed));
    assert.strictEqual((await request(server, POLL)).status, 200);
    const again = await connect(server, { secure: true });
    again.emit('shout', 'x');
    await until('the push to all', () => handed.every((c) => c.shouted === 1) && again.shouted === 1);
    assert.ok(handed.every((c) => !c.closed));
    assert.strictEqual(server.daemonPid(), pid);
    await until('the end of the old children', async () => (await status(server)).Stopping === 0);
    for (const c of [again, ...handed]) c.socket.destroy();
  });

  test('a daemon that dies is started again, its clients come again', async () => {
    const clients = [...await connectMany(server, 10), ...await connectMany(server, 10, { secure: true })];
    const pid = server.daemonPid();
    process.kill(pid, 'SIGKILL');
    await until('the end of the connections', () => clients.every((c) => c.closed));
    await until('another daemon', () => server.daemonPid() !== pid);
    const again = await connect(server, { secure: true });
    assert.strictEqual((await request(server, POLL)).status, 200);
    assert.match(server.log(), /CHAT0602: chatd \(pid \d+\) ended with signal 9/);
    again.socket.destroy();
  });

  test('a client that goes in the middle of everything', async () => {
    for (let i = 0; i < 60; i++) {
      const socket = tls.connect({ port: server.tlsPort, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        socket.write(`GET ${POLL} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
        setTimeout(() => socket.destroy(), i % 6);
      });
      socket.on('error', () => {});
      if (i % 10 === 0) await sleep(20);
    }
    const client = await connect(server, { secure: true });
    client.socket.write(frame(8, ''));
    await until('the end', () => client.closed);
    assert.doesNotMatch(server.log(), /Segmentation|AH00052|exit signal/);
  });
});

test('what a parked client hears after two keep-alive time-outs', () => withServer({ conf: 'KeepAliveTimeout 1\nTimeout 60' }, async (server) => {
  const parked = await connect(server, { secure: true });
  const handed = await connect(server);
  await sleep(2500);
  assert.ok(!parked.closed && !handed.closed);
  handed.emit('shout', 'x');
  await until('the push', () => parked.shouted === 1 && handed.shouted === 1);
  // and it is heard
  parked.emit('shout', 'y');
  await until('the answer', () => parked.shouted === 2 && handed.shouted === 2);
  parked.socket.destroy();
  handed.socket.destroy();
}));

describe('bounds', () => {
  test('over the bound new clients get 503, others and plain requests do not notice', async () => {
    // (640 - 128 - 128) / 2 connections in each of two children
    const server = await serve({ files: 640 });
    try {
      const clients = await connectMany(server, 480, { secure: true });
      const refused = clients.filter((c) => c.refused);
      const open = clients.filter((c) => !c.refused);
      assert.ok(refused.length > 0 && open.length >= 192, `${open.length} open, ${refused.length} refused`);
      assert.match(refused[0].refused, /^HTTP\/1\.1 503 [^]*Content-Type: application\/json[^]*\{"code":4,"message":"Too many realtime connections"\}/);
      for (let i = 0; i < 20; i++) assert.strictEqual((await request(server, '/chat-status?auto')).status, 200);
      open[0].emit('shout', 'x');
      await until('the push to all', () => open.every((c) => c.shouted === 1));
      for (const c of clients) c.socket.destroy();
      await until('room again', async () => {
        const c = await connect(server, { secure: true });
        c.socket.destroy();
        return !c.refused;
      });
    }
    finally {
      await server.stop();
    }
  });

  test('a daemon that cannot run: 503, and the rest works', async () => {
    const server = await serve({ daemon: '/bin/false' });
    try {
      await until('the second try', () => /ended with exit code 1; restarting in 2 s/.test(server.log()));
      await until('503', async () => {
        const answer = await request(server, POLL);
        return answer.status === 503 && answer.text === '{"code":4,"message":"Realtime is not available"}';
      });
      assert.strictEqual((await request(server, '/chat-status?auto')).status, 200);
    }
    finally {
      await server.stop();
    }
  });

  test('what will hurt is named at start', async () => {
    const server = await serve({ conf: 'ChatRealtimePing 50s 20s' });
    try {
      assert.match(server.log(), /CHAT0631: Timeout 65 is not above the heartbeat of ChatRealtimePing \(70000 ms\)/);
    }
    finally {
      await server.stop();
    }
  });
});
