// A PostgreSQL database from its first start on: many begin at once, sessions end, another server takes over, a pooler stands in front.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { BUILD, listen, sleep, until } = require('../realtime/chat/site.js');
const { PG, held, node, params, people, postgres, say, skip, sql } = require('./lib.js');

const SOCKETS = PG && /host=(\S+)/.exec(PG)[1];

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
  postgres('standby');
  t.after(() => { postgres('end'); postgres('start'); sql('ALTER SYSTEM RESET synchronous_standby_names'); sql('SELECT pg_reload_conf()'); });
  sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
  sql('SELECT pg_reload_conf()');
  await until('a standby that is waited for', () => sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')") === '1');
  const both = `${SOCKETS},${SOCKETS}/standby target_session_attrs=read-write`;
  const site = await node(t, 'handed', { host: both });
  const alone = spawnSync('psql', ['-qAt', params('handed', `${SOCKETS}/standby`), '-c', 'SELECT pg_is_in_recovery()'], { encoding: 'utf8' });
  assert.equal(alone.stdout.trim(), 't');
  await writers(t, site, 'handed', async () => {
    postgres('crash');
    postgres('promote');
    // whoever takes over waits for no third one
    for (const line of ['ALTER SYSTEM RESET synchronous_standby_names', 'SELECT pg_reload_conf()']) {
      assert.equal(spawnSync('psql', ['-qAt', params('handed', `${SOCKETS}/standby`), '-c', line]).status, 0);
    }
  }, `${SOCKETS}/standby`);
});
