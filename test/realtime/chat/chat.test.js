// What the chat says on its sockets: who gets which event, with which keys, and when no more.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const { Site, READY, PASSWORD, open, listen } = require('./site.js');

const KIND = 'socket.io-client 4.8';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const INVALID = ['error', { message: 'Invalid token!' }];

let site, anna, bob, eve, root;
const took = []; // ms until each event came

async function soon(ear, what) {
  const start = Date.now();
  const event = await ear.next(what);
  took.push(Date.now() - start);
  return event;
}

// Nothing is left in the ears of CLIENTS, all of one account, also when everything that was
// sent has arrived.
async function silent(...clients) {
  await site.direct(root, clients[0].user, 'silence');
  for (const { ear } of clients) {
    const [event, { message }] = await ear.next('silence');
    assert.deepEqual([event, message], ['new_dm', 'silence']);
    assert.deepEqual(ear.heard, []);
  }
}

async function user(account, options) {
  const client = await listen(site.http, account, options);
  client.user = account.name;
  return client;
}

// Refused: what it was told, and then the end.
async function refused(client) {
  assert.deepEqual(await soon(client.ear, 'the error'), INVALID);
  assert.equal((await soon(client.ear, 'the end'))[0], 'disconnect');
}

async function channel(owner, name, ...members) {
  const { channel_id } = await site.button('makechannel', { token: owner.token, name });
  for (const { name: username } of members) await site.button('addusertochannel', { token: owner.token, name, username });
  return channel_id;
}

test('chat', { concurrency: false }, async (t) => {
  site = await Site.start();
  t.after(() => site.stop());
  [anna, bob, eve, root] = await Promise.all(['anna', 'bob', 'eve', 'root'].map((name) => site.account(name)));
  const room = await channel(anna, 'room', bob);
  const step = (name, fn) => t.test(name, { timeout: 120000 }, fn);
  const clients = [];
  const as = async (...args) => { const client = await user(...args); clients.push(client); return client; };
  const leave = () => { for (const client of clients.splice(0)) client.close(); };

  await step('members and the sender hear a channel, outsiders do not', async () => {
    const [a, a2, b, e] = [await as(anna), await as(anna, { way: 'polling' }), await as(bob), await as(eve)];
    await site.send(anna, 'room', 'hello');
    for (const { ear } of [a, a2, b]) {
      const [name, said, ...rest] = await soon(ear, 'the message');
      assert.deepEqual([name, said, rest], ['new_message', { sender: 'anna', message: 'hello', channel: 'room', timestamp: said.timestamp }, []]);
      assert.match(said.timestamp, TIME);
    }
    await silent(e);
    leave();
  });

  await step('direct messages reach the recipient alone, on every device', async () => {
    const [a, b, b2, e] = [await as(anna), await as(bob), await as(bob, { way: 'polling' }), await as(eve)];
    await site.direct(anna, 'bob', 'psst');
    for (const { ear } of [b, b2])
      assert.deepEqual(await soon(ear, 'the message'), ['new_dm', { sender: 'anna', message: 'psst', recipient: 'bob' }]);
    await silent(a);
    await silent(e);
    // to oneself: the recipient is the sender
    await site.direct(anna, 'anna', 'note');
    assert.deepEqual(await a.ear.next(), ['new_dm', { sender: 'anna', message: 'note', recipient: 'anna' }]);
    leave();
  });

  await step('ids for those who ask', async () => {
    const [a, plain] = [await as(anna, { auth: { ids: true } }), await as(anna)];
    await site.send(bob, 'room', 'one');
    const [, said] = await a.ear.next();
    assert.deepEqual(said, { sender: 'bob', message: 'one', channel: 'room', timestamp: said.timestamp, message_id: said.message_id, channel_id: room });
    assert.ok(Number.isInteger(said.message_id));
    const { messages: [stored] } = await site.button('readmessagesfromchannel', { token: anna.token, message_id: said.message_id });
    assert.equal(stored.message, 'one');
    assert.equal(stored.timestamp, said.timestamp);

    await site.direct(bob, 'anna', 'two');
    const [dm, direct] = await a.ear.next();
    assert.equal(dm, 'new_dm');
    assert.deepEqual(direct, { sender: 'bob', message: 'two', recipient: 'anna', message_id: direct.message_id, timestamp: direct.timestamp });
    assert.match(direct.timestamp, TIME);

    await site.button('deletemessage', { token: bob.token, message_id: said.message_id });
    assert.deepEqual(await soon(a.ear, 'the deletion'), ['message_deleted', { message_id: said.message_id, channel: 'room', channel_id: room }]);
    await site.button('deletemessage', { token: bob.token, message_id: direct.message_id });
    assert.deepEqual(await soon(a.ear, 'the deletion'), ['message_deleted', { message_id: direct.message_id }]);

    site.chatctl('account', 'rank', 'root', '2');
    site.chatctl('announce', 'tea at five');
    const [name, news] = await soon(a.ear, 'the announcement');
    assert.equal(name, 'announcement');
    assert.deepEqual(news, { sender: news.sender, message: 'tea at five', message_id: news.message_id, timestamp: news.timestamp });

    assert.equal((await plain.ear.next())[1].message, 'one');
    assert.equal((await plain.ear.next())[1].message, 'two');
    await silent(plain);
    leave();
  });

  await step('ids go with true only', async () => {
    for (const ids of [1, 'true', {}, [true], null, false]) {
      const a = await as(anna, { auth: { ids } });
      await site.send(bob, 'room', 'x');
      assert.deepEqual(Object.keys((await a.ear.next())[1]), ['sender', 'message', 'channel', 'timestamp']);
    }
    leave();
  });

  await step('channels that come and go', async () => {
    const [a, e, plain] = [await as(anna, { auth: { ids: true } }), await as(eve, { auth: { ids: true } }), await as(eve)];
    const id = await channel(anna, 'den');
    assert.deepEqual(await soon(a.ear, 'the new channel'), ['channel_added', { channel_name: 'den', channel_id: id }]);
    await site.button('addusertochannel', { token: anna.token, name: 'den', username: 'eve' });
    assert.deepEqual(await soon(e.ear, 'membership'), ['channel_added', { channel_name: 'den', channel_id: id }]);
    await site.send(anna, 'den', 'welcome');
    assert.equal((await soon(e.ear, 'a message'))[1].message, 'welcome');
    assert.equal((await plain.ear.next())[1].message, 'welcome');
    assert.equal((await a.ear.next())[1].message, 'welcome');
    await site.button('leavechannel', { token: eve.token, name: 'den' });
    assert.deepEqual(await soon(e.ear, 'the end of it'), ['channel_removed', { channel_name: 'den', channel_id: id }]);
    await site.send(anna, 'den', 'gone?');
    assert.equal((await a.ear.next())[1].message, 'gone?');
    await silent(e, plain);
    site.chatctl('channel', 'delete', 'den');
    assert.deepEqual(await soon(a.ear, 'the deletion'), ['channel_removed', { channel_name: 'den', channel_id: id }]);
    await silent(a);
    leave();
  });

  await step('public channels are everybody\'s', async () => {
    const [a, e] = [await as(anna), await as(eve, { auth: { ids: true } })];
    site.chatctl('channel', 'add', 'square');
    const [name, news] = await soon(e.ear, 'the new channel');
    assert.deepEqual([name, news], ['channel_added', { channel_name: 'square', channel_id: news.channel_id }]);
    await site.send(bob, 'square', 'all');
    assert.equal((await a.ear.next())[1].message, 'all');
    assert.equal((await e.ear.next())[1].message, 'all');

    // who may not read there hears nothing, all others do
    site.chatctl('channel', 'revoke', 'square', 'eve', 'r');
    assert.equal((await soon(e.ear, 'the end of it'))[0], 'channel_removed');
    await site.send(bob, 'square', 'some');
    assert.equal((await a.ear.next())[1].message, 'some');
    await silent(e);
    const late = await as(eve);
    await site.send(bob, 'square', 'still some');
    assert.equal((await a.ear.next())[1].message, 'still some');
    await silent(late, e);
    site.chatctl('channel', 'grant', 'square', 'eve', 'r');
    assert.equal((await soon(e.ear, 'it is back'))[0], 'channel_added');
    await site.send(bob, 'square', 'all again');
    for (const { ear } of [a, e, late]) assert.equal((await ear.next())[1].message, 'all again');
    leave();
  });

  await step('rights in a private channel', async () => {
    const [b, e] = [await as(bob), await as(eve, { auth: { ids: true } })];
    site.chatctl('channel', 'grant', 'room', 'eve', 'r');
    assert.equal((await soon(e.ear, 'the right'))[0], 'channel_added');
    await site.send(anna, 'room', 'eve reads');
    assert.equal((await e.ear.next())[1].message, 'eve reads');
    assert.equal((await b.ear.next())[1].message, 'eve reads');
    site.chatctl('channel', 'revoke', 'room', 'eve', 'r');
    assert.equal((await soon(e.ear, 'the loss'))[0], 'channel_removed');
    await site.send(anna, 'room', 'eve does not');
    assert.equal((await b.ear.next())[1].message, 'eve does not');
    await silent(e);
    leave();
  });

  await step('bad tokens are refused', async () => {
    const uuid = '8e27530f-309d-44c6-93c9-650b6fddf025';
    const bad = [{ token_api_v3: uuid }, { token_api_v3: '' }, { token_api_v3: `${anna.token} ` },
      { token_api_v3: 1 }, { token_api_v3: null }, { token_api_v3: [anna.token] }, { token_api_v3: { token: anna.token } },
      { token_api_v3: 'x'.repeat(10000) }, { token_api_v3: `${anna.token}\0` }, { token_api_v3: `\u0000${anna.token}` }, { token: anna.token }, {}, [], 'x', anna.token, 1, null, [anna.token], [[[[]]]],
      { token_api_v3: Buffer.from(anna.token) }, Buffer.from('x')];
    for (const way of ['websocket', 'polling']) {
      for (const data of bad) {
        const client = open(KIND, site.http, way);
        await client.connected();
        client.emit('api_v3_connect', data);
        await refused(client).catch((error) => { throw new Error(`${JSON.stringify(data).slice(0, 100)}: ${error.message}`); });
        client.close();
      }
    }
    const client = open(KIND, site.http, 'websocket');
    await client.connected();
    client.emit('api_v3_connect');
    await refused(client);
    client.close();
    // in the CONNECT
    for (const token of [uuid, '', 'x'.repeat(10000)]) {
      const early = open(KIND, site.http, 'websocket', { auth: { token_api_v3: token } });
      await refused(early);
      early.close();
    }
  });

  await step('a token in the CONNECT', async () => {
    for (const way of ['websocket', 'polling', 'upgrade']) {
      const client = open(KIND, site.https, way, { auth: { token_api_v3: anna.token } });
      assert.deepEqual(await client.ear.next(), ['ready', READY + 'anna']);
      client.close();
    }
  });

  await step('what is no login says nothing', async () => {
    const client = open(KIND, site.http, 'websocket');
    await client.connected();
    for (const args of [['new_message', 'x'], ['api_v3_connect2', {}], ['', {}], ['message', Buffer.alloc(10)], ['ready', 'x'], ['constructor'], ['x'.repeat(10000)]])
      client.emit(...args);
    client.emit('api_v3_connect', { token_api_v3: anna.token });
    assert.deepEqual(await client.ear.next(), ['ready', READY + 'anna']);
    // again, as another: the socket is that one's now
    client.emit('api_v3_connect', { token_api_v3: bob.token });
    assert.deepEqual(await client.ear.next(), ['ready', READY + 'bob']);
    await site.direct(root, 'anna', 'for anna');
    client.user = 'bob';
    await silent(client);
    client.close();
  });

  await step('a new token ends the sockets of the old one', async () => {
    const a = await as(anna);
    const b = await as(bob);
    anna.token = await site.token('anna');
    await refused(a);
    await silent(b);
    const again = await as(anna);
    site.chatctl('token', 'revoke', 'anna');
    await refused(again);
    anna.token = await site.token('anna');
    const third = await as(anna, { way: 'polling' });
    site.chatctl('account', 'passwd', 'anna', '--password-stdin');
    await refused(third);
    anna.token = await site.token('anna');
    leave();
  });

  await step('bans, deletions', async () => {
    const e = await as(eve);
    const b = await as(bob);
    site.chatctl('account', 'ban', 'eve');
    await refused(e);
    const early = open(KIND, site.http, 'websocket', { auth: { token_api_v3: eve.token } });
    await refused(early);
    site.chatctl('account', 'unban', 'eve');
    eve.token = await site.token('eve');
    const banned = await as(eve);
    site.chatctl('account', 'rank', 'root', '2');
    const { accounts: [{ id, sockets }] } = await site.button('adminlistaccounts', { token: root.token, prefix: 'eve' });
    assert.equal(sockets, 1);
    await site.button('adminsetaccount', { token: root.token, id, rank: 1 });
    const { account } = await site.button('adminsetaccount', { token: root.token, id, banned: true });
    assert.deepEqual([account.rank, account.banned], [1, true]);
    await refused(banned);
    const { sockets: all } = await site.button('adminoverview', { token: root.token });
    assert.equal(all.running, true);
    assert.equal(all.websocket + all.polling, all.total);
    await site.button('adminsetaccount', { token: root.token, id, rank: 0, banned: false });
    site.chatctl('account', 'rank', 'root', '0');
    eve.token = await site.token('eve');
    const back = await as(eve);
    await site.button('deleteaccount', { username: 'eve', password: PASSWORD });
    await refused(back);
    await silent(b);
    leave();
  });

  await step('messages of every dialect', async () => {
    site.chatctl('channel', 'add', 'agora');
    const [id] = site.chatctl('--json', 'channel', 'list').split('\n').filter(Boolean).flatMap((line) => JSON.parse(line))
      .filter((each) => each.name === 'agora').map((each) => each.id);
    const a = await as(anna, { auth: { ids: true } });
    await teendevops(id, a);
    await chatroom(a);
    await kinglet(a);
    leave();
  });

  await step('other programs of its user cannot look into chatd', () => {
    if (process.env.CHAT_PRELOAD) return; // a leak checker has to
    assert.equal(fs.statSync(`/proc/${site.daemon()}/environ`).uid, 0);
  });
  took.sort((x, y) => x - y);
  t.diagnostic(`${took.length} events came after a median of ${took[took.length >> 1]} ms, the last after ${took.at(-1)} ms`);
});

async function heard(client, event, message, sender) {
  const [name, said] = await soon(client.ear, message);
  assert.equal(name, event);
  assert.equal(said.message, message);
  assert.equal(said.sender, sender);
  return said;
}

const form = (fields) => new URLSearchParams(fields).toString();
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

async function teendevops(id, client) {
  let cookie = '';
  const call = async (path, fields) => {
    const res = await site.request(fields ? 'POST' : 'GET', `/api/v1/${path}`, { headers: { ...FORM, Cookie: cookie }, body: fields && form(fields) });
    const set = (res.headers['set-cookie'] || [])[0];
    if (set) [cookie] = set.split(';');
    return JSON.parse(res.text);
  };
  const { csrf } = await call('auth/csrf/');
  const login = await call('auth/login/', { username: 'bob', password: PASSWORD, csrf });
  assert.ok(login.success, JSON.stringify(login));
  const sent = await call('chat/send/', { channel: id, message: 'from teendevops', csrf: login.csrf });
  assert.ok(sent.success, JSON.stringify(sent));
  await heard(client, 'new_message', 'from teendevops', 'bob');
}

async function chatroom(client) {
  const { uuid } = JSON.parse(site.chatctl('--json', 'room', 'show'));
  const login = await site.request('POST', `/api/v0/login/${uuid}`, { body: JSON.stringify({ userID: 'bob', password: PASSWORD }) });
  assert.equal(login.status, 200, login.text);
  const { channels, userID } = JSON.parse(login.text);
  const { channelID } = channels.find((each) => each.channel_name === 'agora');
  const sent = await site.request('POST', `/api/v0/messages/${uuid}`, {
    headers: { Cookie: login.headers['set-cookie'][0].split(';')[0] },
    body: JSON.stringify({ userID, channelID, data: 'from the chatroom' }),
  });
  assert.ok(sent.status === 200 || sent.status === 201, sent.text);
  await heard(client, 'new_message', 'from the chatroom', 'bob');
}

async function kinglet(client) {
  const call = (path, fields, json) => site.request('POST', `/api/v1/${path}`,
    { headers: FORM, body: form({ ...fields, json: JSON.stringify(json) }) }).then((res) => JSON.parse(res.text));
  const me = await call('users/login', {}, { email: 'bob', password: PASSWORD });
  assert.equal(me.status, 200, JSON.stringify(me));
  const { user_id, user_name, session_id } = me;
  const sent = await call('messages', { user_id, user_name, session_id }, { message_text: 'hello @anna from kinglet' });
  assert.equal(sent.status, 201, JSON.stringify(sent));
  const said = await heard(client, 'new_dm', 'hello @anna from kinglet', 'bob');
  assert.equal(said.recipient, 'anna');
}
