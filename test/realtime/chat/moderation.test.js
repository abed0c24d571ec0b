// Acts of moderation as sockets hear and feel them, live and after an absence.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { REMOTE } = require('../../lib/server.js');
const { Site, listen, openNpm, until } = require('./site.js');

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
let site, anna, bob, mod, room, square;

const call = (who, name, body, status) => site.button(name, { token: who.token, ...body }, status);

async function as(account, auth, options) {
  const client = await listen(site.http, account, { auth, ...options });
  client.user = account.name;
  return client;
}

// What CLIENT heard up to the direct message that is sent to it now.
async function heard(client) {
  const text = `the end ${Math.random()}`;
  await call(client.user === 'anna' ? mod : anna, 'senddm', { username: client.user, message: text });
  const all = [];
  for (;;) {
    const [name, body] = await client.ear.next(text);
    if (name === 'new_dm' && body.message === text) return all;
    if (name !== 'presence' && !(name === 'new_dm' && body.message.startsWith('the end'))) all.push([name, body]);
  }
}

// All acts on bob and the channel. Channels and rights are told as they are when they are told, so each act waits until
// WITNESS, an extended socket of bob's, has heard of it.
async function acts(witness) {
  const act = async (who, name, body, status) => {
    const answer = await call(who, name, body, status);
    if (witness) await witness.ear.next(name);
    return answer;
  };
  const ctl = async (...args) => { site.chatctl(...args); if (witness) await witness.ear.next(args.join(' ')); };
  const say = async (channel) => (await act(anna, 'sendmessage', { channel, message: 'rude', extended: true })).message_id;
  const report = async (message_id) => (await call(bob, 'report', { message_id, reason: 'rude' }, 201)).report_id;
  await act(anna, 'setchannel', { name: 'room', description: 'all of it', slow_seconds: 7 });
  await act(anna, 'setchannel', { name: 'room', new_name: 'hall' });
  await act(anna, 'setchannel', { name: 'hall', public: true });
  await act(anna, 'setchannel', { name: 'hall', new_name: 'room', public: false, slow_seconds: 0, description: '' });
  const { until: end } = await act(mod, 'mute', { username: 'bob', seconds: 600, reason: 'flood' });
  await act(mod, 'unmute', { username: 'bob' });
  await act(anna, 'mute', { username: 'bob', name: 'room' });
  await act(anna, 'unmute', { username: 'bob', name: 'room' });
  const inside = await say('room');
  const hidden = await report(inside); // a moderator cannot read that channel
  await ctl('report', 'close', String(hidden), 'none');
  const open = await say('square');
  const report_id = await report(open);
  await act(mod, 'closereport', { report_id, action: 'none' });
  await ctl('emergency', 'on', '--reason', 'a raid');
  await ctl('emergency', 'off');
  const { channel_id } = await call(anna, 'makechannel', { name: 'cellar' });
  await act(anna, 'addusertochannel', { name: 'cellar', username: 'bob' });
  await act(anna, 'deletechannel', { name: 'cellar' });
  await act(anna, 'removefromchannel', { name: 'room', username: 'bob' });
  await act(anna, 'addusertochannel', { name: 'room', username: 'bob' });
  await act(anna, 'grant', { name: 'room', username: 'bob', rights: '' });
  await act(anna, 'grant', { name: 'room', username: 'bob', rights: 'rw' });
  await act(anna, 'grant', { name: 'room', username: 'bob', rights: 'r' });
  await act(anna, 'grant', { name: 'room', username: 'bob', rights: 'rw' });
  return { end, inside, hidden, open, report_id, cellar: { channel_name: 'cellar', channel_id } };
}

test('moderation', { concurrency: false }, async (t) => {
  site = await Site.start({ conf: REMOTE });
  t.after(() => site.stop());
  [anna, bob, mod] = await Promise.all(['anna', 'bob', 'mod'].map((name) => site.account(name)));
  site.chatctl('account', 'rank', 'mod', '1');
  const { channel_id } = await call(anna, 'makechannel', { name: 'room' });
  room = { channel_name: 'room', channel_id };
  await call(anna, 'addusertochannel', { name: 'room', username: 'bob' });
  square = { channel: 'square', channel_id: Number(JSON.parse(site.chatctl('channel', 'add', 'square', '--creator', 'anna', '--json')).id) };
  const step = (name, fn) => t.test(name, { timeout: 120000 }, fn);

  const place = { channel: 'room', channel_id };
  const changed = (body) => ['channel_changed', { channel_id, ...body }];
  // what bob's sockets that ask for ids hear
  const basic = ({ cellar, inside, open }) => [
    ['new_message', { message_id: inside, sender: 'anna', message: 'rude', ...place }],
    ['new_message', { message_id: open, sender: 'anna', message: 'rude', ...square }],
    ['channel_added', cellar], ['channel_removed', cellar], ['channel_removed', room], ['channel_added', room],
    ['channel_removed', room], ['channel_added', room], ['channel_added', room], ['channel_added', room]];
  const strip = (events) => events.map(([name, { timestamp, edited_at, reply_to, mentions, system, ...body }]) => [name, body]);

  await step('extended sockets hear of them, others only of what they may read', async () => {
    const plain = await as(bob, {});
    const ids = await as(bob, { ids: true });
    const b = await as(bob, { extended: true });
    const m = await as(mod, { extended: true });
    const witness = await as(bob, { extended: true });
    const done = await acts(witness);
    witness.close();
    assert.match(done.end, TIME);
    assert.deepEqual(strip(await heard(b)), [
      changed({ channel: 'room', new_name: 'room', description: 'all of it', public: false, slow_seconds: 7 }),
      changed({ channel: 'room', new_name: 'hall', description: 'all of it', public: false, slow_seconds: 7 }),
      changed({ channel: 'hall', new_name: 'hall', description: 'all of it', public: true, slow_seconds: 7 }),
      changed({ channel: 'hall', new_name: 'room', description: null, public: false, slow_seconds: 0 }),
      ['muted', { muted: true, until: done.end.replace(/\.\d+Z/, '.000000Z') }],
      ['muted', { muted: false, until: null }],
      ['muted', { ...place, muted: true, until: null }],
      ['muted', { ...place, muted: false, until: null }],
      basic(done)[0],
      ['report_closed', { report_id: done.hidden, action: 'none' }],
      basic(done)[1],
      ['report_closed', { report_id: done.report_id, action: 'none' }],
      ['emergency', { on: true, reason: 'a raid' }],
      ['emergency', { on: false, reason: null }],
      ...basic(done).slice(2),
    ]);
    assert.deepEqual(strip(await heard(ids)), basic(done), 'with ids');
    assert.deepEqual((await heard(plain)).map(([name]) => name), ['new_message', 'new_message'], 'as documented');
    assert.deepEqual(strip(await heard(m)), [
      ['channel_added', { channel_name: 'hall', channel_id }], ['channel_removed', { channel_name: 'hall', channel_id }],
      basic(done)[1],
      ['reported', { report_id: done.report_id }],
      ['emergency', { on: true, reason: 'a raid' }], ['emergency', { on: false, reason: null }],
    ], 'a moderator');
    for (const client of [plain, ids, b, m]) client.close();
  });

  await step('who was away recovers them', async () => {
    const b = await as(bob, { extended: true, recover: true });
    const m = await as(mod, { extended: true, recover: true });
    for (const client of [b, m]) {
      await call(anna, 'senddm', { username: client.user, message: 'before' });
      assert.equal((await client.ear.next())[0], 'new_dm');
      client.socket.io.engine.close();
      await client.ear.next('the end');
    }
    const done = await acts();
    for (const client of [b, m]) {
      await new Promise((resolve) => { client.socket.once('connect', resolve); client.socket.connect(); });
      assert.ok(client.socket.recovered);
    }
    const now = { new_name: 'room', description: null, public: false, slow_seconds: 0 };
    const missed = strip(await heard(b));
    assert.deepEqual(missed.slice(0, 4), ['room', 'room', 'hall', 'hall'].map((channel) => changed({ channel, ...now })));
    assert.deepEqual(missed.slice(4).map(([name]) => name), ['muted', 'muted', 'muted', 'muted', 'new_message', 'report_closed',
      'new_message', 'report_closed',      'emergency', 'emergency', 'channel_removed', 'channel_removed', 'channel_removed', 'channel_added', 'channel_added', 'channel_added', 'channel_added', 'channel_added']);
    assert.deepEqual(missed[14], ['channel_removed', done.cellar], 'a private channel that is deleted');
    const known = (await heard(m)).filter(([name]) => name.startsWith('channel')).map(([name]) => name);
    assert.deepEqual(known, ['channel_added', 'channel_removed'], 'a channel that was public for a while');
    for (const client of [b, m]) client.close();
  });

  await step('who is muted types for no one', async () => {
    const [a, b] = [await as(anna, { extended: true }), await as(bob, { extended: true })];
    await call(anna, 'mute', { username: 'bob', name: 'room' });
    assert.equal((await b.ear.next())[0], 'muted');
    b.emit('typing', { channel: 'room' });
    assert.deepEqual(await heard(b), []);
    assert.deepEqual(await heard(a), []);
    await call(anna, 'unmute', { username: 'bob', name: 'room' });
    b.close();
    const again = await as(bob, { extended: true });
    again.emit('typing', { channel: 'room' });
    let word;
    do word = await a.ear.next(); while (word[0] === 'presence');
    assert.deepEqual(word, ['typing', { sender: 'bob', channel: 'room' }]);
    for (const client of [a, again]) client.close();
  });

  await step('who comes in an emergency hears of it, and types nothing as a new account', async () => {
    site.chatctl('emergency', 'on', '--reason', 'a raid');
    const [b, plain] = [await as(bob, { extended: true }), await as(bob, { ids: true })];
    assert.deepEqual(await b.ear.next(), ['emergency', { on: true, reason: 'a raid' }]);
    const m = await as(mod, { extended: true });
    assert.deepEqual(await m.ear.next(), ['emergency', { on: true, reason: 'a raid' }]);
    b.emit('typing', { username: 'mod' });
    await new Promise((resolve) => { b.emit('markread', {}, resolve); });
    site.chatctl('emergency', 'off');
    for (const client of [b, m]) assert.deepEqual(await heard(client), [['emergency', { on: false, reason: null }]]);
    assert.deepEqual(await heard(plain), []);
    for (const client of [b, m, plain]) client.close();
  });

  await step('a ban ends the sockets', async () => {
    const clients = [await as(bob, {}), await as(bob, { extended: true }), await as(bob, {}, { way: 'polling' })];
    await call(mod, 'banuser', { username: 'bob', seconds: 600 });
    for (const client of clients) {
      assert.deepEqual(await client.ear.next(), ['error', { message: 'Invalid token!' }]);
      assert.equal((await client.ear.next())[0], 'disconnect');
    }
    site.chatctl('account', 'unban', 'bob');
    bob.token = await site.token('bob');
  });

  await step('a refused network has no sockets', async () => {
    const from = (address) => ({ extraHeaders: { 'x-client': address } });
    const inside = [await as(bob, {}, from('192.0.2.7')), await as(bob, {}, { way: 'polling', ...from('192.0.2.8') }),
      await as(anna, { extended: true }, from('2001:db8:1:2::3'))];
    const outside = [await as(bob, {}, from('192.0.3.7')), await as(mod, {}, from('2001:db8:2::1'))];
    const late = openNpm('sio4', site.http, 'websocket', from('192.0.2.9')); // connected, and not logged in
    await late.connected();
    site.chatctl('network', 'ban', '192.0.2.0/24');
    site.chatctl('network', 'ban', '2001:db8:1::/48');
    for (const client of inside) assert.equal((await client.ear.next('the end'))[0], 'disconnect');
    late.emit('api_v3_connect', { token_api_v3: bob.token });
    assert.deepEqual(await late.ear.next(), ['error', { message: 'Your network is not allowed here!' }]);
    const res = await site.request('GET', '/socket.io/?EIO=4&transport=polling', { headers: { 'x-client': '192.0.2.77' } });
    assert.deepEqual([res.status, res.text.trim()], [403, 'Your network is not allowed here!']);
    for (const client of outside) assert.deepEqual(await heard(Object.assign(client, { user: client === outside[0] ? 'bob' : 'mod' })), []);
    site.chatctl('network', 'unban', '192.0.2.0/24');
    await until('the network is let in again', async () =>
      (await site.request('GET', '/socket.io/?EIO=4&transport=polling', { headers: { 'x-client': '192.0.2.77' } })).status === 200);
    for (const client of outside) client.close();
  });
});
