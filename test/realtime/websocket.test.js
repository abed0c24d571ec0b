// RFC 6455 as the server has it, case by case like the Autobahn suite: framing, control
// frames, reserved bits and opcodes, fragmentation, UTF-8, close codes, handshake, limits.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { CALM, startEcho, Raw, HANDSHAKE, frame, serverFrames, Socket } = require('./lib.js');

const ONLINE = '0{';
const data = (frames) => frames.filter((f) => f.opcode < 8 && !f.text.startsWith(ONLINE) && f.text !== '2');

async function exchange(echo, pieces, done) {
  const raw = new Raw(echo);
  raw.write(HANDSHAKE('engine.io'));
  await raw.seen('maxPayload');
  for (const piece of pieces) raw.write(piece);
  await raw.until(() => raw.over || done(serverFrames(raw.bytes)), 'the answer');
  const frames = serverFrames(raw.bytes);
  raw.close();
  return frames;
}
const closed = (frames) => frames.some((f) => f.opcode === 8);
const closeCode = (frames) => {
  const f = frames.find((x) => x.opcode === 8);
  return f && f.payload.length >= 2 ? f.payload.readUInt16BE(0) : undefined;
};

test('websocket', async (t) => {
  const echo = await startEcho(...CALM);
  t.after(async () => assert.equal(await echo.stop(), 0));

  const sizes = [0, 1, 124, 125, 126, 127, 65534, 65535, 65536, 200000];
  for (const size of sizes) {
    await t.test(`text of ${size} bytes comes back`, async () => {
      const text = 'x'.repeat(size);
      const frames = await exchange(echo, [frame(1, '4' + text)], (f) => data(f).length === 1);
      const [answer] = data(frames);
      assert.equal(answer.text, '4' + text);
      assert.equal(answer.opcode, 1);
      assert.equal(answer.masked, 0);
    });
    await t.test(`binary of ${size} bytes comes back`, async () => {
      const bytes = Buffer.alloc(size, 0xfe);
      const frames = await exchange(echo, [frame(2, bytes)], (f) => data(f).length === 1);
      assert.deepEqual(data(frames)[0].payload, bytes);
      assert.equal(data(frames)[0].opcode, 2);
    });
  }

  await t.test('a frame may come byte by byte', async () => {
    const bytes = frame(1, '4hello €');
    const frames = await exchange(echo, [...bytes].map((b) => Buffer.from([b])), (f) => data(f).length === 1);
    assert.equal(data(frames)[0].text, '4hello €');
  });

  const pings = { empty: '', text: 'hello', binary: Buffer.from([0, 255, 254]), longest: 'p'.repeat(125) };
  for (const [name, payload] of Object.entries(pings)) {
    await t.test(`ping is answered: ${name}`, async () => {
      const frames = await exchange(echo, [frame(9, payload)], (f) => f.some((x) => x.opcode === 10));
      assert.deepEqual(frames.find((x) => x.opcode === 10).payload, Buffer.from(payload));
    });
  }
  await t.test('ten pings get ten pongs in order', async () => {
    const all = Buffer.concat([...Array(10).keys()].map((i) => frame(9, `n${i}`)));
    const frames = await exchange(echo, [all], (f) => f.filter((x) => x.opcode === 10).length === 10);
    assert.deepEqual(frames.filter((x) => x.opcode === 10).map((x) => x.text), [...Array(10).keys()].map((i) => `n${i}`));
  });
  await t.test('an unasked pong is ignored', async () => {
    const frames = await exchange(echo, [frame(10, 'why'), frame(1, '4a')], (f) => data(f).length === 1);
    assert.equal(closed(frames), false);
  });

  const good = {
    'two fragments': [frame(1, '4ab', { fin: 0 }), frame(0, 'cd')],
    'many fragments': [frame(1, '4', { fin: 0 }), ...[...'abc'].map((c) => frame(0, c, { fin: 0 })), frame(0, 'd')],
    'empty fragments': [frame(1, '', { fin: 0 }), frame(0, '4abcd', { fin: 0 }), frame(0, '')],
    'control frames between fragments': [frame(1, '4ab', { fin: 0 }), frame(9, 'x'), frame(10, ''), frame(0, 'cd')],
  };
  for (const [name, pieces] of Object.entries(good)) {
    await t.test(`fragmentation: ${name}`, async () => {
      const frames = await exchange(echo, pieces, (f) => data(f).length === 1);
      assert.equal(data(frames)[0].text, '4abcd');
    });
  }
  await t.test('a character split over fragments', async () => {
    const euro = Buffer.from('4€');
    const frames = await exchange(echo, [frame(1, euro.subarray(0, 2), { fin: 0 }), frame(0, euro.subarray(2))], (f) => data(f).length === 1);
    assert.equal(data(frames)[0].text, '4€');
  });

  const bad = {
    'unmasked frame': [1002, [frame(1, '4a', { mask: false })]],
    'RSV1': [1002, [frame(1, '4a', { rsv: 4 })]],
    'RSV2': [1002, [frame(1, '4a', { rsv: 2 })]],
    'RSV3': [1002, [frame(9, '', { rsv: 1 })]],
    'opcode 3': [1002, [frame(3, '4a')]],
    'opcode 7': [1002, [frame(7, '')]],
    'opcode 11': [1002, [frame(11, '')]],
    'opcode 15': [1002, [frame(15, '')]],
    'ping of 126 bytes': [1002, [frame(9, 'p'.repeat(126))]],
    'fragmented ping': [1002, [frame(9, 'p', { fin: 0 })]],
    'fragmented close': [1002, [frame(8, '', { fin: 0 })]],
    'continuation of nothing': [1002, [frame(0, '4a')]],
    'continuation after the end': [1002, [frame(1, '4a'), frame(0, 'b')]],
    'text inside a fragmented message': [1002, [frame(1, '4a', { fin: 0 }), frame(1, 'b')]],
    'length not in shortest form': [1002, [Buffer.from([0x81, 0xfe, 0, 5, 1, 2, 3, 4])]],
    'length with the highest bit': [1002, [Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])]],
    'invalid UTF-8': [1007, [frame(1, Buffer.from([0x34, 0xff]))]],
    'surrogate in UTF-8': [1007, [frame(1, Buffer.from([0x34, 0xed, 0xa0, 0x80]))]],
    'overlong UTF-8': [1007, [frame(1, Buffer.from([0x34, 0xc0, 0xaf]))]],
    'beyond U+10FFFF': [1007, [frame(1, Buffer.from([0x34, 0xf4, 0x90, 0x80, 0x80]))]],
    'half a character at the end': [1007, [frame(1, Buffer.from([0x34, 0xe2, 0x82]))]],
    'invalid UTF-8 before the message is complete': [1007, [frame(1, Buffer.from([0x34, 0xff]), { fin: 0 })]],
    'message over the limit': [1009, [frame(1, '', { length: 1000001 })]],
    'fragments over the limit together': [1009, [frame(2, Buffer.alloc(600000), { fin: 0 }), frame(0, Buffer.alloc(600000))]],
    'flood of empty fragments': [1009, [frame(1, '4', { fin: 0 }), Buffer.concat(Array(2000).fill(frame(0, '', { fin: 0 })))]],
    'close with one byte': [1002, [frame(8, 'x')]],
    'close reason not UTF-8': [1007, [frame(8, Buffer.from([3, 232, 0xff]))]],
  };
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]) {
    bad[`close code ${code}`] = [1002, [frame(8, Buffer.from([code >> 8, code & 255]))]];
  }
  for (const [name, [code, pieces]] of Object.entries(bad)) {
    await t.test(`refused with ${code}: ${name}`, async () => {
      assert.equal(closeCode(await exchange(echo, pieces, closed)), code);
    });
  }
  for (const code of [1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999]) {
    await t.test(`close ${code} is echoed`, async () => {
      assert.equal(closeCode(await exchange(echo, [frame(8, Buffer.from([code >> 8, code & 255, 0x62]))], closed)), code);
    });
  }
  await t.test('an empty close is answered', async () => {
    assert.equal(closeCode(await exchange(echo, [frame(8, '')], closed)), 1000);
  });
  await t.test('nothing is read behind a close', async () => {
    const frames = await exchange(echo, [Buffer.concat([frame(8, ''), frame(1, '4late')])], closed);
    assert.equal(data(frames).length, 0);
  });

  const handshakes = {
    'version 8': [426, /Version: 13/, 'Version: 8'],
    'no key': [400, /Sec-WebSocket-Key: .*\r\n/, ''],
    'short key': [400, /dGhlIHNhbXBsZSBub25jZQ==/, 'c2hvcnQ='],
    'HTTP/1.0': [400, /HTTP\/1.1/, 'HTTP/1.0'],
    'POST': [400, /^GET/, 'POST'],
    'no Upgrade': [400, /Upgrade: websocket\r\n/, ''],
  };
  for (const [name, [status, pattern, replacement]] of Object.entries(handshakes)) {
    await t.test(`handshake refused: ${name}`, async () => {
      const raw = new Raw(echo);
      raw.write(HANDSHAKE('engine.io').replace(pattern, replacement));
      const text = String(await raw.seen('\r\n\r\n'));
      raw.close();
      assert.match(text, new RegExp(`^HTTP/1.1 ${status} `));
    });
  }
  await t.test('the answer to the handshake of RFC 6455', async () => {
    const raw = new Raw(echo);
    raw.write(HANDSHAKE('engine.io').replace('Connection: Upgrade', 'Connection: keep-alive, Upgrade'));
    const text = String(await raw.seen('\r\n\r\n'));
    raw.close();
    assert.match(text, /^HTTP\/1.1 101 .*\r\n/);
    assert.match(text, /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/);
  });
  await t.test('frames that come with the handshake are not lost', async () => {
    const raw = new Raw(echo);
    raw.write(Buffer.concat([Buffer.from(HANDSHAKE('engine.io')), frame(1, '4early')]));
    await raw.seen('4early');
    raw.close();
  });
  await t.test('extensions and subprotocols that are offered are not taken', async () => {
    const socket = new Socket(echo, 'engine.io', undefined, { perMessageDeflate: true });
    await socket.opened;
    assert.equal(socket.ws.extensions, '');
    socket.close();
  });
});
