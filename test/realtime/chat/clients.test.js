// The clients people use, through httpd: socket.io-client 4.8, 3.1 and 2.5 from npm and
// python3-socketio from Debian, each over polling, WebSocket and the upgrade, over http
// and https.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { Site, NPM, WAYS, READY, open, listen, hasPython, until } = require('./site.js');

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

// One conversation: login, a message, a direct one, one that is nobody's business here.
async function converse(site, people, kind, url, way) {
  const { anna, bob, channel, secret } = people;
  const client = open(kind, url, way);
  const witness = await listen(site.http, bob);
  const words = `${kind} ${way} "é€😀\n`;
  try {
    await client.connected();
    client.emit('api_v3_connect', { token_api_v3: anna.token });
    assert.deepEqual(await client.ear.next('ready'), ['ready', READY + anna.name]);
    await client.upgraded();
    assert.equal(client.transport(), WAYS[way].at(-1));

    await site.send(bob, secret, 'not for anna');
    await witness.ear.next();
    await site.send(anna, channel, words);
    for (const ear of [client.ear, witness.ear]) {
      const [name, said, ...rest] = await ear.next('new_message');
      assert.equal(name, 'new_message');
      assert.match(said.timestamp, TIME);
      assert.deepEqual(said, { sender: anna.name, message: words, channel, timestamp: said.timestamp });
      assert.deepEqual(Object.keys(said), ['sender', 'message', 'channel', 'timestamp']);
      assert.deepEqual(rest, []);
    }
    await site.direct(anna, bob.name, 'to bob');
    await site.direct(bob, anna.name, words);
    assert.deepEqual(await client.ear.next('new_dm'), ['new_dm', { sender: bob.name, message: words, recipient: anna.name }]);
    assert.deepEqual(await witness.ear.next('new_dm'), ['new_dm', { sender: anna.name, message: 'to bob', recipient: bob.name }]);

    // a burst keeps its order; python-engineio hands each message to a thread of its own
    // (client.py, run_async), so what its handlers see is in no order
    const burst = [...Array(20).keys()];
    const got = [];
    for (const i of burst) await site.send(bob, channel, `burst ${i}`);
    while (got.length < burst.length) got.push(Number((await client.ear.next('the burst'))[1].message.slice(6)));
    if (!NPM[kind]) got.sort((a, b) => a - b);
    assert.deepEqual(got, burst);
    assert.deepEqual(client.ear.heard, []);
  }
  finally {
    client.close();
    witness.close();
  }
}

test('clients', async (t) => {
  const site = await Site.start({ conf: 'ChatRealtimePing 500ms 30s\n' });
  t.after(() => site.stop());
  const people = { anna: await site.account('anna'), bob: await site.account('bob'), channel: 'tea "room" é', secret: 'secret' };
  const { anna, bob } = people;
  await site.button('makechannel', { token: anna.token, name: people.channel });
  await site.button('addusertochannel', { token: anna.token, name: people.channel, username: bob.name });
  await site.button('makechannel', { token: bob.token, name: people.secret });
  const python = hasPython();
  // with the host's name in its handshake a WebSocket is handed over, with a bare address it stays in httpd
  const urls = { http: site.http, https: site.https, 'https by name': site.https.replace('127.0.0.1', 'localhost') };
  for (const [scheme, url] of Object.entries(urls)) {
    for (const kind of [...Object.keys(NPM), 'python3-socketio']) {
      for (const way of Object.keys(WAYS)) {
        const skip = kind === 'python3-socketio' && !python && 'python3-socketio is not installed';
        await t.test(`${kind}, ${way}, ${scheme}`, { skip, timeout: 120000 }, () => converse(site, people, kind, url, way));
      }
    }
  }

  await t.test('heartbeats keep them', { timeout: 120000 }, async () => {
    const clients = [];
    for (const kind of Object.keys(NPM)) {
      for (const way of Object.keys(WAYS)) {
        for (const url of Object.values(urls)) {
          const client = await listen(url, anna, { kind, way });
          client.beats = 0;
          // pings of the server (in revision 3: its answers): each says that it got the one before
          client.socket.io.engine.on('packet', ({ type }) => { client.beats += type === 'ping' || type === 'pong'; });
          clients.push(client);
        }
      }
    }
    await until('heartbeats', () => clients.every(({ beats }) => beats >= 5));
    await site.send(bob, people.channel, 'still there?');
    for (const client of clients) {
      assert.equal((await client.ear.next())[1].message, 'still there?');
      client.close();
    }
    await until('a line for each session', () => (site.log().match(/CHAT0705/g) || []).length >= clients.length);
  });
});
