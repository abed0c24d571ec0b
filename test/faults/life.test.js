// A PostgreSQL database in use: its disk is full, it is slow, sessions end, another server takes over, a pooler stands in front.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { listen, sleep, until } = require('../realtime/chat/site.js');
const { SOCKETS, STANDBY, held, node, params, people, postgres, run, say, skip, sql, standby, takeOver } = require('./lib.js');

test('a disk that is full', { skip, timeout: 200000 }, async (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mod_chat-disk.'));
  let site;
  t.after(async () => {
    if (site) {
      await site.halt();
      sql('DROP DATABASE small WITH (FORCE)');
      sql('DROP TABLESPACE small');
    }
    run('umount', dir);
    fs.rmSync(dir, { recursive: true, force: true });
  });
  if (process.getuid() !== 0 || run('mount', '-t', 'tmpfs', '-o', 'size=48m,mode=0777', 'none', dir).status !== 0) return t.skip('a disk of its own takes root');
  fs.mkdirSync(path.join(dir, 'space'));
  run('chown', 'nobody:nogroup', path.join(dir, 'space'));
  sql(`CREATE TABLESPACE small LOCATION '${path.join(dir, 'space')}'`);
  sql('CREATE DATABASE small TABLESPACE small');
  site = await node(t, 'small');
  const { anna, bob } = await people(site);
  const ask = (what, body) => site.request('POST', `/api/v3/${what}/`, { fresh: true, body: JSON.stringify({ token: anna.token, ...body }) });
  const write = () => ask('sendmessage', { channel: 'room', message: 'x'.repeat(8000) });
  assert.equal((await write()).status, 200);
  assert.notEqual(run('dd', 'if=/dev/zero', `of=${dir}/ballast`, 'bs=64k').status, 0, 'it is full');
  let accepted = 1, res;
  while ((res = await write()).status === 200) accepted++;
  assert.equal(res.status, 507, res.text);
  assert.equal((await ask('readmessagesfromchannel', { name: 'room' })).status, 200, 'reads go on');
  assert.ok(/CHAT0201.*53100/.test(site.log()), site.log());
  fs.rmSync(path.join(dir, 'ballast'));
  assert.equal((await write()).status, 200, 'there is room again');
  const page = await site.button('readmessagesfromchannel', { token: bob.token, name: 'room', count: 1000 });
  assert.equal(page.messages.length, accepted + 1, 'what was accepted, and nothing else');
});

// Writers side by side until UNTIL is done; all that was acknowledged, in the end, is there once and is heard once, in one order.
async function writers(t, site, database, fault, host) {
  const { anna, bob } = await people(site);
  const client = await listen(site.http, bob, { auth: { recover: true } });
  let next = 0, over = false;
  const all = [...Array(4)].map(async () => { while (!over) { await say(site, anna, next++); await sleep(5); } });
  await until('some messages', () => next > 20);
  await fault(() => next);
  const after = next, back = Date.now();
  await until('more messages', () => next > after + 20);
  t.diagnostic(`20 more messages took ${Date.now() - back} ms`);
  over = true;
  await Promise.all(all);
  await until('every message', () => client.ear.all.filter(([name]) => name === 'new_message').length >= next);
  const heard = client.ear.all.filter(([name]) => name === 'new_message').map(([, { message }]) => Number(message));
  const rows = held(database, host);
  assert.deepEqual([...rows].sort((a, b) => a - b), [...Array(next).keys()], 'acknowledged: there, and once');
  assert.deepEqual(heard, rows, 'and heard in the order of the table');
}

test('sessions of the server are ended again and again', { skip, timeout: 200000 }, async (t) => {
  sql('CREATE DATABASE ended');
  const site = await node(t, 'ended');
  await writers(t, site, 'ended', async (count) => {
    for (let n = 0; n < 10; n++) {
      const before = count();
      sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'ended'");
      await until('the next message', () => count() > before + 8);
    }
  });
});

test('a server that is slow', { skip, timeout: 300000 }, async (t) => {
  sql('CREATE DATABASE slow');
  const site = await node(t, 'slow');
  await writers(t, site, 'slow', async (count) => {
    for (let n = 0, before = count(); n < 20 || count() < before + 20; n++) {
      postgres('freeze');
      await sleep(400);
      postgres('thaw');
      await sleep(100);
    }
    sql(`CREATE FUNCTION doze() RETURNS trigger AS 'BEGIN PERFORM pg_sleep(0.5); RETURN NEW; END' LANGUAGE plpgsql`, 'slow');
    sql('CREATE TRIGGER doze BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION doze()', 'slow');
    const before = count();
    await until('some messages', () => count() > before + 10);
    sql('DROP TRIGGER doze ON message', 'slow');
  });
});

for (const mode of ['session', 'transaction']) {
  test(`PgBouncer in front, in ${mode} mode`, { skip, timeout: 200000 }, async (t) => {
    const program = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((file) => fs.existsSync(file));
    if (!program) return t.skip('PgBouncer is not installed (Debian: pgbouncer)');
    const database = `bounced_${mode}`;
    sql(`CREATE DATABASE ${database}`);
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mod_chat-bouncer.'));
    fs.writeFileSync(path.join(dir, 'users'), '"chat" ""\n');
    fs.writeFileSync(path.join(dir, 'ini'), `[databases]\n* = host=${SOCKETS}\n[pgbouncer]\nlisten_addr =\nlisten_port = 5432\n`
      + `unix_socket_dir = ${dir}\nauth_type = trust\nauth_file = ${dir}/users\npool_mode = ${mode}\ndefault_pool_size = ${mode === 'session' ? 60 : 5}\n`);
    fs.chmodSync(dir, 0o777);
    const as = process.getuid() === 0 ? ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'] : [];
    let bouncer;
    const begin = async () => {
      const [command, ...args] = [...as, program, '-q', path.join(dir, 'ini')];
      bouncer = spawn(command, args, { stdio: 'ignore' });
      await until('PgBouncer', () => fs.existsSync(path.join(dir, '.s.PGSQL.5432')) && spawnSync('psql', ['-qAt', params(database, dir), '-c', 'SELECT 1']).status === 0);
    };
    const end = () => new Promise((resolve) => { bouncer.once('exit', resolve); bouncer.kill('SIGKILL'); });
    await begin();
    t.after(async () => { await end(); fs.rmSync(dir, { recursive: true, force: true }); });
    const site = await node(t, database, { host: dir });
    await writers(t, site, database, async () => { await end(); fs.rmSync(path.join(dir, '.s.PGSQL.5432'), { force: true }); await begin(); });
    assert.ok(!/CHAT0202/.test(site.log()));
  });
}

test('another server takes over', { skip, timeout: 300000 }, async (t) => {
  sql('CREATE DATABASE handed');
  await standby(t);
  const both = `${SOCKETS},${STANDBY} target_session_attrs=read-write`;
  const site = await node(t, 'handed', { host: both });
  assert.equal(sql('SELECT pg_is_in_recovery()', 'handed', STANDBY), 't');
  await writers(t, site, 'handed', () => takeOver(), STANDBY);
});
