// First starts on a PostgreSQL database: many at once, and this release beside the one before.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { BUILD, PASSWORD } = require('../lib/server.js');
const { listen, until } = require('../realtime/chat/site.js');
const { node, params, people, secretOf, skip, sql } = require('./lib.js');

test('fifty begin at once on an empty database', { skip, timeout: 200000 }, async () => {
  sql('CREATE DATABASE fresh');
  const codes = await Promise.all([...Array(50)].map((_, n) => new Promise((resolve) => {
    const child = spawn(path.join(BUILD, 'chatctl'), ['--database', `pgsql:${params('fresh')}`, 'channel', 'add', `channel ${n}`]);
    let text = '';
    child.stderr.on('data', (data) => { text += data; });
    child.once('exit', (code) => resolve(`${code}${text}`));
  })));
  assert.deepEqual([...new Set(codes)], ['0']);
  assert.equal(sql("SELECT count(*) FROM channel WHERE name LIKE 'channel %'", 'fresh'), '50');
  assert.equal(sql('SELECT count(*) FROM schema_version', 'fresh'), '1');
  assert.equal(sql('SELECT count(*) FROM chatroom', 'fresh'), '1');
});

test('fifty web servers begin at once on an empty database', { skip, timeout: 500000 }, async (t) => {
  sql('CREATE DATABASE crowded');
  const sites = await Promise.all([...Array(50)].map(() => node(t, 'crowded', { patience: 300000 })));
  await people(sites[0]);
  const answers = await Promise.all(sites.map((site, n) => site.request('POST', '/api/v3/register/',
    { fresh: true, body: JSON.stringify({ username: `user${n}`, password: PASSWORD }) })));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201]);
  assert.equal(sql('SELECT count(*) FROM schema_version', 'crowded'), '1');
  assert.equal(sql('SELECT count(*) FROM chatroom', 'crowded'), '1');
  assert.equal(sql('SELECT count(*) FROM account', 'crowded'), '52');
  for (const site of sites) assert.ok(!/CHAT0141|CHAT0201|CHAT0202/.test(site.log()), site.log());
});

const BEFORE = path.join(BUILD, 'before/build');

test('the release before and this one serve side by side', { skip, timeout: 300000 }, async (t) => {
  if (!fs.existsSync(path.join(BEFORE, 'chatd'))) return t.skip('the release before is not built (make upgrade)');
  sql('CREATE DATABASE paired');
  const old = await node(t, 'paired', { build: BEFORE });
  const { anna, bob } = await people(old);
  const clients = [await listen(old.http, bob)];
  await old.send(anna, 'room', 'before');
  const site = await node(t, 'paired', { secret: secretOf(old) });
  clients.push(await listen(site.http, bob));
  const said = ['before'];
  for (let n = 0; n < 10; n++) for (const [name, where] of [['old', old], ['new', site]]) { said.push(`${name} ${n}`); await where.send(anna, 'room', `${name} ${n}`); }
  for (const where of [old, site]) {
    const page = await where.button('readmessagesfromchannel', { token: bob.token, name: 'room', count: 50 });
    assert.deepEqual(page.messages.map(({ message }) => message), said);
    await where.button('register', { username: `carl${where === old}`, password: PASSWORD }, 201);
    await where.button('makechannel', { token: anna.token, name: `of ${where === old}` });
    await where.button('senddm', { token: bob.token, username: 'anna', message: 'back' });
  }
  for (const [n, client] of clients.entries()) {
    const heard = () => client.ear.all.filter(([name]) => name === 'new_message').map(([, { message }]) => message);
    await until(`each message, ${n}`, () => heard().length >= said.length - n);
    assert.deepEqual(heard(), said.slice(n));
  }
  for (const where of [old, site]) assert.ok(!/CHAT0201|CHAT0202|CHAT0703/.test(where.log()), where.log());
});
