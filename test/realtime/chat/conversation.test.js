// What extended sockets hear of messages that were sent, and that others hear what they always heard.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { Site, listen, record, sleep, withPatience } = require('./site.js');

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const EXCHANGES = path.join(__dirname, '../../data/exchanges');
const EMOJI = '\u{1f44d}';

let site, anna, bob, eve;

const call = (who, name, body, status) => site.button(name, { token: who.token, ...body }, status);
const said = (who, message, more) => call(who, 'sendmessage', { channel: 'room', message, extended: true, ...more });
const dm = (who, username, message, more) => call(who, 'senddm', { username, message, extended: true, ...more });

// Everything up to the direct message TEXT, which is sent now.
async function until(client, text, quiet) {
  await dm(eve, client.user, text);
  const heard = [];
  for (;;) {
    const event = await client.ear.next(text);
    if (event[0] === 'new_dm' && event[1].message === text) return heard;
    if (event[1].sender !== 'eve' && !(event[0] === 'presence' && quiet)) heard.push(event);
  }
}

async function as(account, auth) {
  const client = await listen(site.http, account, { auth });
  client.user = account.name;
  return client;
}

// All that can be done with messages, one after the other: a message is told as it is when it is told, so each act waits
// until WITNESS, an extended socket of bob's, has heard of it.
async function everything(witness) {
  const act = async (promise) => { const done = await promise; if (witness) await witness.ear.next('the act'); return done; };
  const one = await act(said(anna, 'one'));
  await act(call(anna, 'editmessage', { message_id: one.message_id, message: '@bob one!' }));
  const two = await act(said(bob, 'two', { reply_to: one.message_id }));
  await act(call(bob, 'react', { message_id: one.message_id, emoji: EMOJI }));
  await act(call(bob, 'react', { message_id: one.message_id, emoji: EMOJI, on: false }));
  await act(call(bob, 'markread', { name: 'room', message_id: two.message_id }));
  const direct = await act(dm(anna, 'bob', 'psst'));
  await act(call(anna, 'editmessage', { message_id: direct.message_id, message: 'psst!' }));
  await act(call(bob, 'markread', { username: 'anna', message_id: direct.message_id }));
  await act(call(bob, 'deletemessage', { message_id: two.message_id }));
  return { one, two, direct };
}

test('conversation', { concurrency: false }, async (t) => {
  site = await Site.start({ conf: 'ChatGuests On default\n' });
  t.after(() => site.stop());
  [anna, bob, eve] = await Promise.all(['anna', 'bob', 'eve'].map((name) => site.account(name)));
  const { channel_id } = await call(anna, 'makechannel', { name: 'room' });
  await call(anna, 'addusertochannel', { name: 'room', username: 'bob' });
  const step = (name, fn) => t.test(name, { timeout: 120000 }, fn);

  // what each event has, by the names that the test gives to numbers and times
  function plain(heard, { one, two, direct }) {
    const names = { [one.message_id]: 'ONE', [two.message_id]: 'TWO', [direct.message_id]: 'DIRECT', [channel_id]: 'ROOM' };
    return heard.map(([name, body, ...rest]) => [name, Object.fromEntries(Object.entries(body).map(([key, value]) => {
      if (/_id$|^reply_to$/.test(key) && value !== null) return [key, names[value]];
      return [key, TIME.test(value) ? 'TIME' : value];
    })), ...rest.map(() => 'OFFSET')]);
  }

  await step('sockets that do not ask hear what they always heard', async () => {
    const asked = { plain: {}, ids: { ids: true }, recover: { recover: true } };
    const clients = {};
    for (const [name, auth] of Object.entries(asked)) clients[name] = [await as(anna, auth), await as(bob, auth)];
    const witness = await as(bob, { extended: true });
    const done = await everything(witness);
    witness.close();
    for (const [name, both] of Object.entries(clients)) {
      const heard = {};
      for (const client of both) heard[client.user] = plain(await until(client, `the end ${name}`), done);
      assert.deepEqual(heard, JSON.parse(fs.readFileSync(path.join(EXCHANGES, `${name}.json`))), name);
      for (const client of both) client.close();
    }
  });

  let heard, done;
  await step('extended sockets hear all of it', async () => {
    const [a, b, e] = [await as(anna, { extended: true }), await as(bob, { extended: true }), await as(eve, { extended: true })];
    const witness = await as(bob, { extended: true });
    done = await everything(witness);
    witness.close();
    heard = { anna: plain(await until(a, 'the end of anna', true), done), bob: plain(await until(b, 'the end of bob', true), done) };
    const place = { channel: 'room', channel_id: 'ROOM' };
    const more = { edited_at: null, reply_to: null, mentions: [], system: false };
    const of = (message_id, body) => ({ message_id, ...body });
    const psst = of('DIRECT', { sender: 'anna', recipient: 'bob', message: 'psst', timestamp: 'TIME', ...more });
    const channel = [
      ['new_message', of('ONE', { sender: 'anna', message: 'one', timestamp: 'TIME', ...place, ...more })],
      ['message_edited', of('ONE', { sender: 'anna', message: '@bob one!', edited_at: 'TIME', mentions: ['bob'], ...place })],
      ['new_message', of('TWO', { sender: 'bob', message: 'two', timestamp: 'TIME', ...place, ...more, reply_to: 'ONE' })],
      ['reaction', of('ONE', { emoji: EMOJI, on: true, username: 'bob', count: 1, ...place })],
      ['reaction', of('ONE', { emoji: EMOJI, on: false, username: 'bob', count: 0, ...place })],
    ];
    const edited = ['message_edited', of('DIRECT', { sender: 'anna', message: 'psst!', edited_at: 'TIME', mentions: [] })];
    const gone = ['message_deleted', of('TWO', place)];
    assert.deepEqual(heard.anna, [...channel, ['new_dm', psst], edited, gone], 'the author hears own direct messages');
    assert.deepEqual(heard.bob, [...channel, ['read', of('TWO', place)], ['new_dm', psst], edited,
      ['read', of('DIRECT', { username: 'anna' })], gone]);
    await dm(anna, 'eve', 'silence');
    assert.equal((await e.ear.next())[1].sender, 'eve', 'her own two, and nothing of the others');
    assert.equal((await e.ear.next())[1].sender, 'eve');
    assert.equal((await e.ear.next())[1].message, 'silence');
    for (const client of [a, b, e]) client.close();
  });

  await step('what was missed is recovered', async () => {
    const io = require('sio4');
    const b = await as(bob, { extended: true, recover: true });
    const before = await said(anna, 'before');
    assert.equal((await b.ear.next())[1].message_id, before.message_id);
    b.socket.io.engine.close();
    await b.ear.next('the end');
    done = await everything();
    await new Promise((resolve) => { b.socket.once('connect', resolve); b.socket.connect(); });
    assert.ok(b.socket.recovered && io);
    const missed = plain(await until(b, 'the end of the missed', true), done).map(([name, body]) => [name, body]);
    // a message that is edited or deleted meanwhile comes as it is now, before the event that says so
    const now = heard.bob.map(([name, body]) => [name, body]);
    now[0] = ['new_message', { ...now[0][1], message: '@bob one!', edited_at: 'TIME', mentions: ['bob'] }];
    now[2] = ['new_message', { ...now[2][1], message: '' }];
    now[6] = ['new_dm', { ...now[6][1], message: 'psst!', edited_at: 'TIME' }];
    assert.deepEqual(missed, now);
    b.close();
  });

  await step('who types is shown to those who read it, once in three seconds', async () => {
    const [a, b, plain, e] = [await as(anna, { extended: true }), await as(bob, { extended: true }), await as(bob, { ids: true }), await as(eve, { extended: true })];
    for (const client of [a, b, e]) client.ear.heard.length = 0;
    for (const channel of [7, null, 'nowhere']) e.emit('typing', { channel });
    for (let i = 0; i < 3; i++) a.emit('typing', { channel: 'ROOM' });
    assert.deepEqual(await b.ear.next(), ['typing', { sender: 'anna', channel: 'ROOM' }]);
    e.emit('typing', { channel: 'room' });
    b.emit('typing', { username: 'Anna' });
    assert.deepEqual(await a.ear.next(), ['typing', { sender: 'bob', username: 'anna' }]);
    plain.emit('typing', { channel: 'room' });
    for (const client of [a, b, plain, e]) assert.deepEqual(await until(client, `typed ${client.user}`), [], client.user);
    for (const client of [a, b, plain, e]) client.close();
  });

  await step('a socket marks what its account has read, and is answered', async () => {
    const [a, b, other, plain] = [await as(anna, {}), await as(bob, { extended: true }), await as(bob, { extended: true }), await as(bob, { ids: true })];
    const mark = async (client, body) => {
      const answer = await withPatience(new Promise((resolve) => { client.emit('markread', body, resolve); }), 'the acknowledgement');
      record('acknowledgement of markread', client.ear.asked, [answer]);
      return answer;
    };
    const [one, two, direct] = [await said(anna, '1'), await said(anna, '2'), await dm(anna, 'bob', '3')];
    const unread = async (key, name) => (await call(bob, 'getunread', {})).conversations.find((c) => c[key] === name).unread;
    assert.equal(await unread('channel', 'room'), 2);
    assert.deepEqual(await mark(b, { name: 'room', message_id: two.message_id }), { message: 'Marked!', message_id: two.message_id });
    assert.deepEqual(await mark(b, { name: 'room', message_id: one.message_id }), { message: 'Marked!', message_id: two.message_id }, 'never backwards');
    assert.deepEqual(await mark(b, { username: 'anna', message_id: String(direct.message_id) }), { message: 'Marked!', message_id: direct.message_id });
    assert.deepEqual([await unread('channel', 'room'), await unread('username', 'anna')], [0, 0]);
    for (const [body, message] of [[{ name: 'nowhere', message_id: 1 }, 'Channel not found!'], [{ name: 'room', message_id: 0 }, 'Message not found!'],
      [{ username: 'nobody', message_id: 1 }, 'User not found!'], [{}, 'username is missing!'], [{ name: 7 }, 'name is not valid!'],
      [7, 'Body must be a JSON object: it is not one'], [{ name: 'x'.repeat(5000) }, 'Too long, the limit is 4096!']]) {
      assert.deepEqual(await mark(b, body), { message });
    }
    const three = await said(anna, '4');
    b.emit('markread', { name: 'room', message_id: three.message_id });
    while (await unread('channel', 'room')) await sleep(20);
    const read = (message_id, place) => ['read', { message_id, ...place }];
    for (const client of [b, other]) {
      assert.deepEqual((await until(client, `marked ${client === b}`, true)).filter(([name]) => name === 'read'),
        [read(two.message_id, { channel: 'room', channel_id }), read(direct.message_id, { username: 'anna' }), read(three.message_id, { channel: 'room', channel_id })]);
    }
    plain.emit('markread', { name: 'room', message_id: two.message_id }, () => assert.fail('it did not ask for more'));
    assert.deepEqual((await until(plain, 'nothing')).map(([name]) => name), ['new_message', 'new_message', 'new_dm', 'new_message'], 'who did not ask hears what it always heard');
    for (const client of [a, b, other, plain]) client.close();
  });

  await step('who comes and goes is shown to those who share a channel', async () => {
    const [b, e] = [await as(bob, { extended: true }), await as(eve, { extended: true })];
    const first = await as(anna, {});
    assert.deepEqual(await b.ear.next(), ['presence', { username: 'anna', online: true }]);
    const online = async (body) => (await call(bob, 'listpresence', body)).online;
    assert.deepEqual([await online({}), await online({ name: 'room' })], [['anna'], ['anna']]);
    await call(anna, 'setprofile', { invisible: true });
    assert.deepEqual(await b.ear.next(), ['presence', { username: 'anna', online: false }], 'who wants to be invisible is');
    assert.deepEqual(await online({}), []);
    await call(anna, 'setprofile', { invisible: false });
    assert.deepEqual(await b.ear.next(), ['presence', { username: 'anna', online: true }]);
    assert.deepEqual((await call(eve, 'listpresence', {})).online, [], 'nothing without a shared channel');
    const second = await as(anna, { extended: true });
    first.close();
    await first.ear.next('the end');
    second.close();
    assert.deepEqual(await b.ear.next(), ['presence', { username: 'anna', online: false }], 'with the last socket');
    for (const client of [b, e]) assert.deepEqual(await until(client, 'nothing more'), []);
    for (const client of [b, e]) client.close();
  });

  await step('the sockets of a token end with it', async () => {
    const e = await as(eve, { extended: true });
    await call(eve, 'endsession', { session_id: 'token' });
    assert.deepEqual(await e.ear.next(), ['error', { message: 'Invalid token!' }]);
    assert.equal((await e.ear.next())[0], 'disconnect');
  });

  await step('a guest types in its channels and, as it writes, to no account; and none to it', async () => {
    const { token, username } = JSON.parse((await site.request('POST', '/api/v3/guest/', { body: '{}', headers: { 'Content-Type': 'application/json' } })).text);
    const [a, visitor] = [await as(anna, { extended: true }), await as({ name: username, token }, { extended: true })];
    visitor.emit('typing', { username: 'anna' });
    visitor.emit('typing', { channel: 'default' }); // within three seconds
    a.emit('typing', { username });
    const again = await as({ name: username, token }, { extended: true });
    again.emit('typing', { channel: 'default' });
    const heard = async (client) => { for (;;) { const event = await client.ear.next('typing'); if (event[0] !== 'presence') return event; } };
    assert.deepEqual(await heard(a), ['typing', { sender: username, channel: 'default' }]);
    await call(bob, 'sendmessage', { channel: 'default', message: 'over' });
    for (;;) {
      const event = await heard(visitor);
      assert.notEqual(event[1].username, username, 'typing to a guest');
      if (event[0] === 'new_message') break;
    }
    for (const client of [a, visitor, again]) client.close();
  });
});
