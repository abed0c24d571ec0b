// Socket.IO 5 and its predecessor: connect, namespaces, events, acknowledgements, binary.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { LONG, CALM, startEcho, request, post, openPolling, Socket, openSocketIO } = require('./lib.js');

test('socket.io', async (t) => {
  const echo = await startEcho(...CALM);
  const strict = await startEcho('--ping', LONG, LONG); // a second to join a namespace
  t.after(async () => {
    for (const one of [echo, strict]) assert.equal(await one.stop(), 0);
  });

  const connects = [
    ['40', '40', '42["auth",{}]'],
    ['40{"token":"é"}', '40', '42["auth",{"token":"é"}]'],
    ['40/custom', '40/custom,', '42/custom,["auth",{}]'],
    ['40/custom,', '40/custom,', '42/custom,["auth",{}]'],
    ['40/custom,{"a":[1,null,1.5]}', '40/custom,', '42/custom,["auth",{"a":[1,null,1.5]}]'],
  ];
  for (const [sent, answer, auth] of connects) {
    await t.test(`connect: ${sent}`, async () => {
      const socket = new Socket(echo, 'socket.io');
      const eio = JSON.parse((await socket.next()).slice(1)).sid;
      socket.send(sent);
      const accepted = await socket.next();
      assert.ok(accepted.startsWith(answer));
      const { sid, ...rest } = JSON.parse(accepted.slice(answer.length));
      assert.match(sid, /^[A-Za-z0-9_-]{20}$/);
      assert.notEqual(sid, eio);
      assert.deepEqual(rest, {});
      assert.equal(await socket.next(), auth);
      socket.close();
    });
  }
  for (const name of ['/random', '/custom/', '/Custom', '/' + 'x'.repeat(100)]) {
    await t.test(`no such namespace: ${name}`, async () => {
      const socket = new Socket(echo, 'socket.io');
      await socket.next();
      socket.send(`40${name},`);
      assert.equal(await socket.next(), `44${name},{"message":"Invalid namespace"}`);
      socket.send('40');
      assert.match(await socket.next(), /^40\{/);
      socket.close();
    });
  }
  await t.test('two namespaces at a time, one left', async () => {
    const socket = await openSocketIO(echo);
    socket.send('40/custom');
    await socket.next();
    await socket.next();
    socket.send('42/custom,["message","c"]');
    assert.equal(await socket.next(), '42/custom,["message-back","c"]');
    socket.send('41/custom,');
    socket.send('42["message","main"]');
    assert.equal(await socket.next(), '42["message-back","main"]');
    socket.send('40/custom');
    assert.match(await socket.next(), /^40\/custom,/);
    socket.close();
  });

  const echoes = {
    '42["message"]': '42["message-back"]',
    '42["message",1,"2",{"3":[true]}]': '42["message-back",1,"2",{"3":[true]}]',
    '42["message",null,-1,1.5,""]': '42["message-back",null,-1,1.5,""]',
    '42["message","\\u0000 \\" \\\\ é € 😀"]': '42["message-back","\\u0000 \\" \\\\ é € 😀"]',
    '42456["message-with-ack",1,{"b":[false]}]': '43456[1,{"b":[false]}]',
    '420["message-with-ack"]': '430[]',
    '429007199254740991["message-with-ack"]': '439007199254740991[]',
  };
  for (const [sent, expected] of Object.entries(echoes)) {
    await t.test(`event: ${sent}`, async () => {
      const socket = await openSocketIO(echo);
      socket.send(sent);
      assert.equal(await socket.next(), expected);
      socket.close();
    });
  }
  await t.test('events without a handler, and answers to nothing, are ignored', async () => {
    const socket = await openSocketIO(echo);
    socket.send('42["unknown",1]');
    socket.send('42[7,1]');
    socket.send('4399["late"]');
    socket.send('42["message","after"]');
    assert.equal(await socket.next(), '42["message-back","after"]');
    socket.close();
  });
  for (const [head, answer] of [['452-["message"', '452-["message-back"'], ['452-7["message-with-ack"', '462-7[']]) {
    await t.test(`binary: ${head}`, async () => {
      const socket = await openSocketIO(echo);
      const holes = '{"_placeholder":true,"num":0},{"x":{"_placeholder":true,"num":1}}]';
      const blobs = [Buffer.from([1, 2, 3]), Buffer.alloc(70000, 9)];
      socket.send(`${head},${holes}`);
      for (const blob of blobs) socket.send(blob);
      assert.equal(await socket.next(), answer + (answer.endsWith('[') ? '' : ',') + holes);
      for (const blob of blobs) assert.deepEqual(await socket.next(), blob);
      socket.close();
    });
  }
  await t.test('binary over polling', async () => {
    const { at } = await openPolling(echo, 'socket.io');
    await post(echo, at, '40');
    const opened = (await request(echo, at)).text.split('\x1e');
    assert.match(opened[0], /^40\{/);
    assert.equal(opened[1], '42["auth",{}]');
    await post(echo, at, '451-["message",{"_placeholder":true,"num":0}]\x1ebAQIDBA==');
    assert.equal((await request(echo, at)).text, '451-["message-back",{"_placeholder":true,"num":0}]\x1ebAQIDBA==');
  });

  const invalid = {
    'unknown type': ['4abc'],
    'type 7': ['47'],
    'empty': ['4'],
    'event that is no array': ['42{}'],
    'event without a name': ['42[]'],
    'event with a bad name': ['42[{}]'],
    'reserved name': ['42["disconnect"]'],
    'broken JSON': ['42["message"'],
    'more behind the JSON': ['42["message"]x'],
    'bad acknowledgement number': ['42abc["message"]'],
    'acknowledgement number too large': ['429007199254740993["message"]'],
    'acknowledgement without a number': ['43["x"]'],
    'acknowledgement that is no array': ['431{}'],
    'auth that is no object': ['40/custom,[1]'],
    'auth that is a string': ['40/custom,"x"'],
    'connected twice': ['40'],
    'connect error from a client': ['44{"message":"x"}'],
    'disconnect with data': ['41{}'],
    'event to a namespace not joined': ['42/custom,["message"]'],
    'attachment count missing': ['45-["message"]'],
    'attachment count without a dash': ['451["message"]'],
    'too many attachments': ['4511-["message"]'],
    'huge attachment count': ['4599999999999999999999-["message"]'],
    'placeholder out of range': ['451-["message",{"_placeholder":true,"num":1}]'],
    'placeholder with a bad number': ['451-["message",{"_placeholder":true,"num":-1}]'],
    'placeholder number is text': ['451-["message",{"_placeholder":true,"num":"0"}]'],
    'text while attachments are due': ['451-["message",{"_placeholder":true,"num":0}]', '42["message"]'],
    'binary out of nowhere': [Buffer.from([1])],
    'namespace name too long': ['40/' + 'x'.repeat(200)],
    'nested too deep': ['42["message",' + '['.repeat(5000) + ']'.repeat(5000) + ']'],
  };
  for (const [name, messages] of Object.entries(invalid)) {
    await t.test(`invalid packet ends the connection: ${name}`, async () => {
      const socket = await openSocketIO(echo);
      for (const message of messages) socket.send(message);
      assert.equal(await socket.next(), null);
    });
  }
  for (const [who, ...said] of [['who joins no namespace is sent away'], ['who only tries unknown names, too', '40/nope'], ['who has left every namespace, too', '40', '41']]) {
    await t.test(who, async () => {
      const socket = new Socket(strict, 'socket.io');
      await socket.opened;
      for (const packet of said) socket.send(packet);
      await socket.end();
    });
  }

  await t.test('revision 3: / is joined by itself', async () => {
    const { res } = await openPolling(echo, 'socket.io', 3, '&b64=1');
    assert.match(res.text, /^\d+:0\{[^}]*\}2:4013:42\["auth",\{\}\]$/);
  });
  await t.test('revision 3: namespaces with a query, errors as text', async () => {
    const socket = new Socket(echo, 'socket.io', 'EIO=3&transport=websocket');
    await socket.next();
    assert.equal(await socket.next(), '40');
    assert.equal(await socket.next(), '42["auth",{}]');
    socket.send('40/custom?token=a%20b&c=+d,');
    assert.equal(await socket.next(), '40/custom,');
    assert.equal(await socket.next(), '42/custom,["auth",{"token":"a b","c":" d"}]');
    socket.send('40/nope,');
    assert.equal(await socket.next(), '44/nope,"Invalid namespace"');
    socket.send('4213["message-with-ack","x"]');
    assert.equal(await socket.next(), '4313["x"]');
    socket.close();
  });
});
