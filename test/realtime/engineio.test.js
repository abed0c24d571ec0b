// Engine.IO 4 and 3: handshake, polling, WebSocket, upgrade, heartbeat, close, errors.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const http = require('node:http');
const { LONG, CALM, startEcho, request, post, openPolling, gone, Socket, Raw } = require('./lib.js');

const error = (code, message) => ({ code, message });

test('engine.io', async (t) => {
  const echo = await startEcho(...CALM);
  const beating = await startEcho('--eio3', '--ping', '300', LONG, '--wait', LONG);
  const strict = await startEcho('--eio3', '--ping', '300', '300', '--wait', LONG);
  t.after(async () => {
    for (const one of [echo, beating, strict]) assert.equal(await one.stop(), 0);
  });
  const get = (target, options) => request(echo, target, options);

  await t.test('handshake object', async () => {
    const { open, res } = await openPolling(echo, 'engine.io');
    assert.match(open.sid, /^[A-Za-z0-9_-]{20}$/);
    assert.deepEqual({ ...open, sid: 0 }, { sid: 0, upgrades: ['websocket'], pingInterval: Number(LONG), pingTimeout: Number(LONG), maxPayload: 1000000 });
    assert.equal(res.headers['content-type'], 'text/plain; charset=UTF-8');
    assert.equal(res.headers['cache-control'], 'no-store');
  });

  const refused = [
    ['GET', 'EIO=4', error(0, 'Transport unknown')],
    ['GET', 'EIO=4&transport=abc', error(0, 'Transport unknown')],
    ['GET', 'EIO=4&transport=constructor', error(0, 'Transport unknown')],
    ['GET', 'EIO=4&transport=polling&sid=unknown', error(1, 'Session ID unknown')],
    ['GET', 'EIO=4&transport=polling&sid=aaaaaaaaaaaaaaaaaaaa', error(1, 'Session ID unknown')],
    ['POST', 'EIO=4&transport=polling&sid=aaaaaaaaaaaaaaaaaaaa', error(1, 'Session ID unknown')],
    ['POST', 'EIO=4&transport=polling', error(2, 'Bad handshake method')],
    ['PUT', 'EIO=4&transport=polling', error(2, 'Bad handshake method')],
    ['DELETE', 'EIO=4&transport=polling', error(2, 'Bad handshake method')],
    ['GET', 'EIO=4&transport=websocket', error(3, 'Bad request')],
    ['GET', 'EIO=4&transport=polling&j=0', error(3, 'JSONP polling (the parameter j) is not supported: use polling or websocket')],
    ['GET', 'EIO=5&transport=polling', error(5, 'Unsupported protocol version')],
    ['GET', 'EIO=abc&transport=polling', error(5, 'Unsupported protocol version')],
  ];
  for (const [method, query, body] of refused) {
    await t.test(`refused: ${method} ?${query}`, async () => {
      const res = await get(`/engine.io/?${query}`, { method });
      assert.equal(res.status, 400);
      assert.equal(res.headers['content-type'], 'application/json');
      assert.deepEqual(JSON.parse(res.text), body);
    });
  }
  for (const query of ['transport=polling', 'EIO=2&transport=polling', 'EIO=3&transport=polling']) {
    await t.test(`revision 3: ${query}`, async () => {
      const res = await get(`/engine.io/?${query}`);
      assert.equal(res.status, 200);
      assert.match(res.text, /^\d+:0\{"sid":/);
      assert.equal(res.headers['x-content-type-options'], 'nosniff');
      assert.match(res.headers.date, / GMT$/);
    });
  }
  await t.test('another path is not found', async () => {
    assert.equal((await get('/other/')).status, 404);
  });
  await t.test('HEAD gets no body', async () => {
    const res = await get('/engine.io/?EIO=4&transport=polling', { method: 'HEAD' });
    assert.equal(res.status, 400);
    assert.equal(res.text, '');
  });
  await t.test('a method that a session does not know', async () => {
    const { at } = await openPolling(echo, 'engine.io');
    assert.deepEqual(JSON.parse((await get(at, { method: 'PUT' })).text), error(3, 'Bad request'));
  });
  await t.test('cross-origin: preflight and answers', async () => {
    const headers = { Origin: 'http://page.example' };
    const pre = await get('/engine.io/?EIO=4&transport=polling', { method: 'OPTIONS', headers });
    assert.equal(pre.status, 204);
    assert.match(pre.headers['access-control-allow-methods'], /POST/);
    const res = await get('/engine.io/?EIO=4&transport=polling', { headers });
    assert.equal(res.headers['access-control-allow-origin'], 'http://page.example');
    assert.equal(res.headers['access-control-allow-credentials'], 'true');
    assert.equal(res.headers.vary, 'Origin');
  });
  await t.test('keep-alive: one connection serves a whole session', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const first = await get('/engine.io/?EIO=4&transport=polling', { agent });
    const at = `/engine.io/?EIO=4&transport=polling&sid=${JSON.parse(first.text.slice(1)).sid}`;
    for (let i = 0; i < 5; i++) {
      assert.equal((await post(echo, at, `4m${i}`, { agent })).text, 'ok');
      assert.equal((await get(at, { agent })).text, `4m${i}`);
    }
    agent.destroy();
  });
  await t.test('pipelined requests are answered in order', async () => {
    const { at } = await openPolling(echo, 'engine.io');
    const raw = new Raw(echo);
    const one = (body) => `POST ${at} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    raw.write(one('4first') + one('4second') + `GET ${at} HTTP/1.1\r\nHost: a\r\n\r\nGET ${at} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await raw.seen('4second');
    await post(echo, at, '4third');
    const text = String(await raw.seen('4third'));
    raw.close();
    assert.match(text, /^HTTP\/1\.1 200 [^]*ok[^]*ok[^]*4first\x1e4second[^]*\r\n\r\n4third$/);
  });

  // [what is posted, how it comes back]
  const payloads4 = {
    'one packet': ['4hello', '4hello'],
    'several': ['4a\x1e4b\x1e4c', '4a\x1e4b\x1e4c'],
    'binary': ['bAQIDBA==', 'bAQIDBA=='],
    'binary, a line as Java ends it': ['bAQIDBA==\n', 'bAQIDBA=='],
    'both': ['4hello\x1ebAQIDBA==', '4hello\x1ebAQIDBA=='],
    'characters of all sizes': ['4aé€😀', '4aé€😀'],
    'an empty message': ['4', '4'],
    'upgrade and noop mean nothing': ['5\x1e6\x1e4x', '4x'],
  };
  const payloads3 = {
    'one packet': ['6:4hello', '6:4hello'],
    'several': ['2:4a2:4b', '2:4a2:4b'],
    'length in UTF-16 units': ['6:4aé€😀', '6:4aé€😀'],
    'empty packets are skipped by none': ['1:4', '1:4'],
    'base64': ['10:b4AQIDBA==', '10:b4AQIDBA=='],
  };
  for (const [revision, payloads, more] of [[4, payloads4, ''], [3, payloads3, '&b64=1']]) {
    for (const [name, [sent, expected]] of Object.entries(payloads)) {
      await t.test(`revision ${revision} polling: ${name}`, async () => {
        const { at } = await openPolling(echo, 'engine.io', revision, more);
        const res = await post(echo, at, sent);
        assert.equal(res.text, 'ok');
        assert.equal((await get(at)).text, expected);
      });
    }
    const malformed = revision === 4
      ? ['', 'abc', '9', '4a\x1e', '\x1e4a', 'b!!!!', Buffer.from([0x34, 0xff])]
      : ['', 'abc', '5:4a', 'x:4a', ':4', '2:4a9', '4:b2AA', '99999999999:4', '2:4😀'];
    for (const body of malformed) {
      await t.test(`revision ${revision} polling: ${JSON.stringify(String(body))} ends the session`, async () => {
        const { at } = await openPolling(echo, 'engine.io', revision, more);
        assert.equal((await post(echo, at, body)).status, 400);
        assert.equal((await get(at)).status, 400);
      });
    }
  }
  await t.test('revision 3 binary payloads, both ways', async () => {
    const { at } = await openPolling(echo, 'engine.io', 3);
    const payload = Buffer.from([0, 6, 255, ...Buffer.from('4hello'), 1, 5, 255, 4, 1, 2, 3, 4]);
    const res = await post(echo, at, payload, { headers: { 'Content-Type': 'application/octet-stream' } });
    assert.equal(res.text, 'ok');
    const answer = await get(at);
    assert.equal(answer.headers['content-type'], 'application/octet-stream');
    assert.deepEqual(answer.bytes, payload);
  });
  await t.test('revision 4 takes no octet-stream', async () => {
    const { at } = await openPolling(echo, 'engine.io');
    assert.equal((await post(echo, at, '4a', { headers: { 'Content-Type': 'application/octet-stream' } })).status, 400);
    assert.equal((await get(at)).status, 400);
  });
  await t.test('a chunked body', async () => {
    const { at } = await openPolling(echo, 'engine.io');
    const res = await post(echo, at, undefined, { onRequest: (req) => { req.write('4ch'); req.write('unked'); } });
    assert.equal(res.text, 'ok');
    assert.equal((await get(at)).text, '4chunked');
  });
  await t.test('Expect: 100-continue', async () => {
    const { at } = await openPolling(echo, 'engine.io');
    const raw = new Raw(echo);
    raw.write(`POST ${at} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n`);
    await raw.seen('100 Continue\r\n\r\n');
    raw.write('4x');
    await raw.seen('ok');
    raw.close();
  });
  await t.test('a body over maxPayload is refused', async () => {
    const { at } = await openPolling(echo, 'engine.io');
    const raw = new Raw(echo);
    raw.write(`POST ${at} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000001\r\n\r\n4`);
    assert.match(String(await raw.seen('\r\n\r\n')), /^HTTP\/1.1 413 /);
    raw.close();
    assert.equal((await get(at)).status, 400);
  });
  await t.test('a payload of just maxPayload', async () => {
    const { at } = await openPolling(echo, 'engine.io');
    const text = '4' + 'm'.repeat(999999);
    assert.equal((await post(echo, at, text)).text, 'ok');
    assert.equal((await get(at)).text, text);
  });

  await t.test('a second poll ends the session', async () => {
    const { at } = await openPolling(echo, 'engine.io');
    const answers = await Promise.all([get(at), get(at)]); // the second is that which comes second
    const [first, second] = answers[0].status === 200 ? answers : answers.reverse();
    assert.deepEqual([first.status, first.text, second.status], [200, '1', 400]);
    assert.equal((await get(at)).status, 400);
  });
  await t.test('a second post ends the session', async () => {
    const { at } = await openPolling(echo, 'engine.io');
    const raw = new Raw(echo);
    raw.write(`POST ${at} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n`);
    await raw.seen('100 Continue\r\n\r\n');
    assert.equal((await post(echo, at, '4a')).status, 400);
    raw.write('412345678');
    assert.match(String(await raw.seen('Session ID unknown')), /\r\n\r\nHTTP\/1.1 400 /);
    raw.close();
    assert.equal((await get(at)).status, 400);
  });
  const poll = async (at) => {
    const raw = new Raw(echo);
    await raw.write(`GET ${at} HTTP/1.1\r\nHost: a\r\n\r\n`);
    return raw;
  };
  await t.test('a poll that the client gives up ends the session', async () => {
    const { at } = await openPolling(echo, 'engine.io');
    (await poll(at)).close();
    await gone(echo, at);
  });
  await t.test('a close packet: the waiting poll gets a noop', async () => {
    const { at } = await openPolling(echo, 'engine.io');
    const waiting = await poll(at);
    assert.equal((await post(echo, at, '1')).text, 'ok');
    assert.match(String(await waiting.seen('\r\n\r\n6')), /\r\n\r\n6$/);
    waiting.close();
    assert.equal((await get(at)).status, 400);
  });
  await t.test('a close packet: so does the poll that comes after it', async () => {
    const { at } = await openPolling(echo, 'engine.io');
    assert.equal((await post(echo, at, '1')).text, 'ok');
    assert.equal((await get(at)).text, '6');
    assert.equal((await get(at)).status, 400);
  });

  await t.test('websocket only: no upgrades offered, text and binary', async () => {
    const socket = new Socket(echo, 'engine.io');
    assert.deepEqual(JSON.parse((await socket.next()).slice(1)).upgrades, []);
    socket.send('4hé');
    assert.equal(await socket.next(), '4hé');
    socket.send(Buffer.from([1, 2, 3]));
    assert.deepEqual(await socket.next(), Buffer.from([1, 2, 3]));
    socket.close();
  });
  await t.test('revision 3 over websocket: the type byte before binary', async () => {
    const socket = new Socket(echo, 'engine.io', 'EIO=3&transport=websocket');
    await socket.next();
    socket.send(Buffer.from([4, 1, 2, 3]));
    assert.deepEqual(await socket.next(), Buffer.from([4, 1, 2, 3]));
    socket.close();
  });
  for (const message of ['abc', '', '7', '2']) {
    await t.test(`websocket: ${JSON.stringify(message)} ends the session`, async () => {
      const socket = new Socket(echo, 'engine.io');
      await socket.next();
      socket.send(message);
      assert.equal((await socket.end()).code, 1000);
    });
  }
  await t.test('websocket: a close packet ends the session', async () => {
    const socket = new Socket(echo, 'engine.io');
    await socket.next();
    socket.send('1');
    await socket.end();
  });

  await t.test('heartbeat 4: the server pings, silence ends it', async () => {
    const socket = new Socket(beating, 'engine.io', undefined, { pong: false });
    await socket.next();
    for (let i = 0; i < 3; i++) {
      assert.equal(await socket.next(), '2');
      socket.send('3');
    }
    socket.close();
    const silent = new Socket(strict, 'engine.io', undefined, { pong: false });
    await silent.next();
    assert.equal(await silent.next(), '2');
    assert.equal(await silent.next(), null);
  });
  await t.test('heartbeat 4 over polling', async () => {
    const { at } = await openPolling(beating, 'engine.io');
    for (let i = 0; i < 3; i++) {
      assert.equal((await request(beating, at)).text, '2');
      assert.equal((await post(beating, at, '3')).text, 'ok');
    }
    await gone(strict, (await openPolling(strict, 'engine.io')).at);
  });
  await t.test('heartbeat 3: the client pings, silence ends it', async () => {
    const socket = new Socket(beating, 'engine.io', 'EIO=3&transport=websocket');
    await socket.next();
    for (let i = 0; i < 3; i++) {
      socket.send('2');
      assert.equal(await socket.next(), '3');
    }
    socket.close();
    const silent = new Socket(strict, 'engine.io', 'EIO=3&transport=websocket');
    await silent.next();
    assert.equal(await silent.next(), null);
  });
  await t.test('heartbeat 3: a pong from the client is an error', async () => {
    const socket = new Socket(beating, 'engine.io', 'EIO=3&transport=websocket');
    await socket.next();
    socket.send('3');
    assert.equal(await socket.next(), null);
  });

  for (const revision of [4, 3]) {
    const noop = revision === 4 ? '6' : '1:6';
    const probe = async () => {
      const session = await openPolling(echo, 'engine.io', revision);
      const socket = new Socket(echo, 'engine.io', `EIO=${revision}&transport=websocket&sid=${session.sid}`);
      await socket.opened;
      return { ...session, socket };
    };
    await t.test(`upgrade ${revision}: probe, noop for the poll, then messages`, async () => {
      const { at, socket } = await probe();
      const waiting = await poll(at);
      socket.send('2probe');
      assert.equal(await socket.next(), '3probe');
      assert.match(String(await waiting.seen(`\r\n\r\n${noop}`)), new RegExp(`\r\n\r\n${noop}$`));
      waiting.close();
      socket.send('5');
      socket.send('4over');
      assert.equal(await socket.next(), '4over');
      assert.equal((await get(at)).status, 400);
      socket.close();
    });
    await t.test(`upgrade ${revision}: what waited for a poll comes over the websocket`, async () => {
      const { at, socket } = await probe();
      socket.send('2probe');
      assert.equal(await socket.next(), '3probe');
      await post(echo, at, revision === 4 ? '4waiting' : '8:4waiting');
      socket.send('5');
      assert.equal(await socket.next(), '4waiting');
      socket.close();
    });
    await t.test(`upgrade ${revision}: a second websocket is closed, the first goes on`, async () => {
      const { sid, socket } = await probe();
      socket.send('2probe');
      await socket.next();
      socket.send('5');
      const second = new Socket(echo, 'engine.io', `EIO=${revision}&transport=websocket&sid=${sid}`);
      await second.end();
      socket.send('4still');
      assert.equal(await socket.next(), '4still');
      socket.close();
    });
    await t.test(`upgrade ${revision}: a wrong probe leaves the polling session alone`, async () => {
      const { at, socket } = await probe();
      socket.send('4no probe');
      await socket.end();
      const hello = revision === 4 ? '4hello' : '6:4hello';
      assert.equal((await post(echo, at, hello)).text, 'ok');
      assert.equal((await get(at)).text, hello);
    });
  }
  await t.test('upgrade of an unknown session is refused', async () => {
    const socket = new Socket(echo, 'engine.io', 'EIO=4&transport=websocket&sid=aaaaaaaaaaaaaaaaaaaa');
    await socket.end();
    assert.match(String(socket.error), /400/);
  });

  await t.test('without --eio3 revision 3 is not spoken', async () => {
    const four = await startEcho();
    const res = await request(four, '/engine.io/?EIO=3&transport=polling');
    assert.deepEqual(JSON.parse(res.text), error(5, 'Unsupported protocol version'));
    await four.stop();
  });
});
