// Clients that mean harm, by what the chat makes of them: nobody else is to notice.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const WebSocket = require('ws');
const { Site, READY, TLS, listen, sleep, until, withPatience } = require('./site.js');

const STRANGERS = 256; // of one address

// A bare Engine.IO 4 socket: { ws, heard, closed, refused }.
function bare(url, options = {}) {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, { ...TLS, ...options });
  const self = { ws, heard: [], status: 0, closed: false };
  self.over = new Promise((resolve) => ws.on('close', () => { self.closed = true; resolve(); }));
  self.open = new Promise((resolve) => {
    ws.on('message', (data) => { self.heard.push(String(data)); resolve(true); });
    ws.on('unexpected-response', (req, res) => { self.status = res.statusCode; req.destroy(); resolve(false); });
    ws.on('error', () => resolve(false));
    ws.on('close', () => resolve(false));
  });
  return self;
}

const connectFrame = (token) => `42${JSON.stringify(['api_v3_connect', { token_api_v3: token }])}`;

test('hostile clients', { concurrency: false }, async (t) => {
  const site = await Site.start();
  t.after(() => site.stop());
  const [anna, bob] = [await site.account('anna'), await site.account('bob')];
  await site.button('makechannel', { token: anna.token, name: 'room' });
  const witnesses = [await listen(site.http, anna), await listen(site.https, anna)];
  t.after(() => witnesses.forEach((witness) => witness.close()));
  const daemon = site.daemon();
  let n = 0;
  const fine = async () => {
    const text = `still fine ${n++}`;
    await site.send(anna, 'room', text);
    for (const { ear } of witnesses) {
      for (;;) if ((await ear.next(text))[1].message === text) break;
    }
    assert.equal(site.daemon(), daemon, 'the daemon is the same');
  };
  const step = (name, fn) => t.test(name, { timeout: 120000 }, async () => { await fn(); await fine(); });

  await step('packets that are none', async () => {
    const packets = ['40[]', '40"x"', '401', '40{', '40{"recover":true,"pid":{},"offset":[]}', '40{"ids":{"ids":true}}', '40{"token_api_v3":[1]}',
      `40${'['.repeat(100000)}`, `40{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`, '40/nowhere,', `40/${'x'.repeat(5000)},`, '40?x=1', '4', '41', '42', '42[]', '42{}', '42[1]', '42[null]',
      '42["api_v3_connect"', '42["api_v3_connect",]', '42["api_v3_connect",{"token_api_v3":"\ud800"}]', `42["api_v3_connect",{"token_api_v3":"${'x'.repeat(900000)}"}]`,
      `42["api_v3_connect",${'['.repeat(3000)}${']'.repeat(3000)}]`, '42999999999999999999999["api_v3_connect"]', '43["x"]', '430["x"]', '44{}', '45', '451-["api_v3_connect",{"_placeholder":true,"num":0}]',
      '459-["api_v3_connect",{"_placeholder":true,"num":0}]', '45999999999-["x"]', '461-0[]', '47', '4x', '6', '9', 'b', '', '\0', '1'];
    for (const url of [site.http, site.https]) {
      for (const first of [true, false]) {
        for (const packet of packets) {
          const client = bare(url);
          assert.ok(await client.open);
          if (!first) client.ws.send('40');
          client.ws.send(packet);
          client.ws.send(Buffer.from([1, 2, 3]));
          client.ws.send('40');
          client.ws.send(packet);
          await Promise.race([client.over, sleep(5)]);
          client.ws.terminate();
        }
      }
    }
  });

  await step('a flood of logins on one socket', async () => {
    const client = bare(site.http);
    await client.open;
    client.ws.send('40');
    for (let i = 0; i < 3000; i++) client.ws.send(connectFrame(i % 2 ? bob.token : anna.token));
    await fine();
    await until('an answer to each, or the end', () => client.closed || client.heard.filter((each) => each.includes(READY)).length === 3000);
    client.ws.terminate();
    const wrong = bare(site.http);
    await wrong.open;
    wrong.ws.send('40');
    for (let i = 0; i < 1000; i++) wrong.ws.send(connectFrame('8e27530f-309d-44c6-93c9-650b6fddf025'));
    await withPatience(wrong.over, 'the end');
    assert.ok(wrong.heard.filter((each) => each.includes('Invalid token!')).length <= 1, 'one try');
  });

  await step('unknown events, binary ones, before and after the login', async () => {
    const client = bare(site.http);
    await client.open;
    client.ws.send('40');
    const noise = (size) => {
      for (let i = 0; i < 500; i++) client.ws.send(`42["x${i}",${JSON.stringify('y'.repeat(i))}]`);
      client.ws.send('452-["up",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
      client.ws.send(Buffer.alloc(size));
      client.ws.send(Buffer.alloc(size));
    };
    noise(5000); // all that a stranger may send in one message is 16 kB
    client.ws.send(connectFrame(bob.token));
    noise(50000);
    await until('ready', () => client.heard.some((each) => each.includes(READY)));
    await site.direct(anna, 'bob', 'hello');
    await until('the message', () => client.heard.some((each) => each.includes('hello')));
    client.ws.terminate();
  });

  await step('who does not read is dropped, others go on', async () => {
    const slow = bare(site.http);
    await slow.open;
    slow.ws.send('40');
    slow.ws.send(connectFrame(anna.token));
    await until('ready', () => slow.heard.some((each) => each.includes(READY)));
    slow.ws.pause();
    const big = 'x'.repeat(60000);
    for (let i = 0; i < 300 && !/too slow|slow/i.test(site.log()); i++) await site.send(anna, 'room', big);
    await until('its end in the log', () => /CHAT0705.*slow/i.test(site.log()));
    slow.ws.terminate();
  });

  await step('strangers of one address are limited in number and time', async () => {
    const sockets = [];
    const isIn = (client) => client.heard.length;
    // some may end meanwhile, when their time is over
    const fill = async () => {
      do sockets.push(...await Promise.all([...Array(50)].map(async () => { const client = bare(site.http); await client.open; return client; })));
      while (sockets.every(isIn));
    };
    await fill();
    await fine();
    const inside = sockets.filter(isIn), ended = inside.filter((client) => client.closed);
    assert.ok(inside.length - ended.length <= STRANGERS && inside.length > STRANGERS - 20, `${inside.length} came in, ${ended.length} ended`);
    const others = sockets.filter((client) => !isIn(client)).map((client) => client.status);
    assert.ok(others.every((status) => [403, 429, 503].includes(status)), `the others are told: ${[...new Set(others)]}`);
    // another address is not concerned
    const other = bare(site.http, { localAddress: '127.0.0.2' });
    assert.ok(await other.open);
    other.ws.terminate();
    // neither is polling a way around
    await until('a poll is refused', async () => {
      const { status } = await site.request('GET', '/socket.io/?EIO=4&transport=polling');
      if (status === 200) await fill();
      else assert.ok([403, 429, 503].includes(status), String(status));
      return status !== 200;
    });
    for (const client of sockets.filter(isIn)) await withPatience(client.over, 'the end of a stranger', 60000);
    const back = await listen(site.http, bob);
    back.close();
    for (const client of sockets) client.ws.terminate();
  });
});
