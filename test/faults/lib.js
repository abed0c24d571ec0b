// Web servers of one PostgreSQL database, for the tests.
'use strict';
const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { Site, BUILD } = require('../realtime/chat/site.js');

const PG = process.env.CHAT_TEST_PG;

function postgres(action) {
  const [program, ...args] = process.env.CHAT_TEST_PG_CTL.split(' ');
  const done = spawnSync(program, [...args, action]);
  assert.equal(done.status, 0, `PostgreSQL: ${action}`);
}

const params = (database, host) => PG.replace('dbname=postgres', `dbname=${database}`).replace(/host=\S+/, (own) => (host ? `host=${host}` : own));

function sql(command, database = 'postgres') {
  const done = spawnSync('psql', ['-qAt', params(database), '-c', command], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout.trim();
}

const secretOf = (site) => /^secret (.*)$/m.exec(fs.readFileSync(path.join(site.state, 'run/chatd.conf'), 'utf8'))[1];

// A node; SECRET: of the first one. Its chatd has the clock of CLOCK seconds later.
async function node(t, database, { secret, clock, host, conf } = {}) {
  const before = (site) => {
    const { dir } = site;
    if (secret) {
      fs.copyFileSync(secret, path.join(dir, 'secret'));
      fs.appendFileSync(site.conf, `ChatSecretFile ${dir}/secret\n`);
    }
    if (!clock) return;
    fs.copyFileSync(path.join(BUILD, 'chatd'), path.join(dir, 'real'));
    fs.copyFileSync(path.join(BUILD, 'test/clock.so'), path.join(dir, 'clock.so'));
    fs.writeFileSync(path.join(dir, 'chatd'), `#!/bin/bash\nexport LD_PRELOAD=${dir}/clock.so CHAT_CLOCK=${clock}\nexec -a chatd ${dir}/real "$@"\n`);
    for (const name of ['real', 'clock.so', 'chatd']) fs.chmodSync(path.join(dir, name), 0o755);
    fs.appendFileSync(site.conf, `ChatDaemon auto ${dir}/chatd\n`);
  };
  const site = await Site.start({ tls: false, args: ['--database', `pgsql:${params(database, host)}`], before, conf });
  t.after(() => site.stop());
  return site;
}

async function people(site) {
  const [anna, bob] = [await site.account('anna'), await site.account('bob')];
  await site.button('makechannel', { token: anna.token, name: 'room' });
  await site.button('addusertochannel', { token: anna.token, name: 'room', username: 'bob' });
  return { anna, bob };
}

const skip = PG && spawnSync('psql', ['--version']).status === 0 ? false : 'PostgreSQL is not installed';

module.exports = { PG, node, params, people, postgres, secretOf, skip, sql };
