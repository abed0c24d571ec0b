// What was refused is in the logs: origins, handshakes, and the status that each client really got.
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const tls = require('node:tls');
const { test } = require('node:test');
const { request, until, withServer } = require('./lib.js');

const POLL = '/socket.io/?EIO=4&transport=polling';
const WEBSOCKET = '/socket.io/?EIO=4&transport=websocket';
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

// The statuses of the access log's realtime lines, in order, as soon as there are COUNT of those that TEST takes: a line is
// written behind its answer, and that of a tunnel at its end.
async function logged(server, count, test = () => true) {
  const statuses = () => [...fs.readFileSync(path.join(server.state, 'logs/access.log'), 'utf8')
    .matchAll(/"\w+ (?:\/socket\.io\/|\/index\.html)[^"]*" (\d+) /g)].map((m) => +m[1]);
  await until('every line', () => statuses().filter(test).length >= count);
  return statuses();
}

// A request that asks for a WebSocket, and the status of its answer. HEADERS replace the right ones; a second request
// follows on the same connection with AGAIN, and the text of both answers is returned.
function upgrade(server, { secure = false, target = WEBSOCKET, headers = {}, again = '' } = {}) {
  return new Promise((resolve) => {
    const all = { Host: 'localhost', Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': KEY, ...headers };
    const lines = Object.entries(all).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const socket = secure ? tls.connect({ port: server.tlsPort, host: '127.0.0.1', rejectUnauthorized: false }) : net.connect(server.port, '127.0.0.1');
    let said = '';
    socket.on('data', (data) => {
      said += data.toString('latin1');
      if (again && said.includes('\r\n\r\n')) {
        socket.write(again);
        again = '';
      }
      else if (!again && said.startsWith('HTTP/1.1 101')) socket.destroy();
      else if (!again && /\r\n\r\n[^]*\}/.test(said)) socket.end();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve({ status: +said.slice(9, 12), said }));
    socket.write(`GET ${target} HTTP/1.1\r\n${lines}\r\n`);
  });
}

test('pages of other origins: 403, one line that names the directive', () => withServer({ conf: 'ChatAllowOrigin https://app.example.org' }, async (server) => {
  const ask = async (origin, more) => (await request(server, POLL, { headers: { Host: 'localhost:8080', Origin: origin }, ...more })).status;
  for (const secure of [false, true]) {
    for (const good of ['http://localhost:8080', 'http://localhost:8080/', 'https://localhost:8080/a/page', 'https://app.example.org',
      'https://app.example.org/', 'https://APP.example.org:443/x']) assert.strictEqual(await ask(good, { secure }), 200, good);
    for (const bad of ['http://evil.example', 'http://evil.example/', 'https://app.example.org.evil', 'null', 'http://localhost:81', 'http://localhost']) {
      assert.strictEqual(await ask(bad, { secure }), 403, bad);
      assert.strictEqual((await upgrade(server, { secure, headers: { Host: 'localhost:8080', Origin: bad } })).status, 403, bad);
    }
  }
  const refused = await request(server, POLL, { headers: { Origin: 'http://evil.example' } });
  assert.strictEqual(refused.text, '{"code":4,"message":"Forbidden"}');
  // a minute may end in between
  const lines = server.log().match(/CHAT0640: refused a realtime client of Origin http:\/\/evil\.example at 127\.0\.0\.1: ChatAllowOrigin does not list it/g);
  assert.ok(lines.length >= 1 && lines.length <= 2, `${lines.length} lines`);
  assert.strictEqual((await logged(server, 25, (status) => status === 403)).filter((status) => status === 403).length, 25);
}));

test('other origins cannot fill the log', () => withServer({}, async (server) => {
  for (let i = 0; i < 300; i++) assert.strictEqual((await request(server, POLL, { headers: { Origin: `http://${i}.example` } })).status, 403);
  const lines = server.log().match(/CHAT0640/g).length;
  assert.ok(lines >= 30 && lines <= 128, `${lines} lines of 300`);
}));

for (const conf of ['', 'ChatRealtime park', 'ChatRealtime handover', 'ChatRealtime proxy']) {
  test(`wrong handshakes never leave httpd: ${conf || 'auto'}`, () => withServer({ conf }, async (server) => {
    const table = [
      [426, { 'Sec-WebSocket-Version': '12' }],
      [426, { 'Sec-WebSocket-Version': null }],
      [400, { 'Sec-WebSocket-Key': null }],
      [400, { 'Sec-WebSocket-Key': 'short' }],
      [400, { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZR==' }],
    ];
    for (const secure of [false, true]) {
      for (const [status, headers] of table) {
        // what follows on the connection is httpd's to answer and to log, or to refuse
        const { said } = await upgrade(server, { secure, headers, again: 'GET /index.html HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' });
        assert.match(said, new RegExp(`^HTTP/1\\.1 ${status} `));
        assert.match(said, /\{"code":3,"message":"Bad request"\}/);
        assert.strictEqual(/Sec-WebSocket-Version: 13\r\n/.test(said), status === 426);
      }
    }
    const all = await logged(server, 10, (status) => status >= 400 && status !== 404);
    assert.strictEqual(all.filter((status) => status === 426).length, 4);
    assert.strictEqual(all.filter((status) => status === 400).length, 6);
    assert.ok(!all.includes(101));
  }));
}

// chatd's own refusals are logged as such on every way.
for (const [mpm, conf] of [['event', ''], ['event', 'ChatRealtime park'], ['event', 'ChatRealtime handover'], ['event', 'ChatRealtime proxy'], ['worker', ''], ['prefork', '']]) {
  test(`the access log has the status that the client got: ${mpm}, ${conf || 'auto'}`, () => withServer({ mpm, conf }, async (server) => {
    const got = [];
    for (const secure of [false, true]) {
      const ask = async (target, more) => {
        const answer = await request(server, target, { secure, ...more });
        got.push(answer.status);
        return answer;
      };
      const first = await ask(POLL);
      const at = `${POLL}&sid=${JSON.parse(first.text.slice(1)).sid}`;
      await ask(at, { body: '40' });
      await ask(at);
      await ask(`${at}no`);
      await ask(`${at}no`, { body: '40' });
      await ask('/socket.io/?EIO=4&transport=other');
      await ask('/socket.io/?EIO=9&transport=polling');
      await ask(POLL, { method: 'OPTIONS' });
      await ask(POLL, { method: 'PUT' });
      for (const target of [`${WEBSOCKET}&sid=no`, '/socket.io/?EIO=9&transport=websocket', POLL, WEBSOCKET]) {
        const { status } = await upgrade(server, { secure, target });
        got.push(status);
      }
    }
    assert.deepStrictEqual(got.slice(0, 9), [200, 200, 200, 400, 400, 400, 400, 204, 400]);
    assert.strictEqual(got.filter((status) => status === 101).length, 2);
    assert.deepStrictEqual((await logged(server, got.length)).sort(), got.sort());
  }));
}
