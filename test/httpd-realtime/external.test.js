// A daemon that a service manager runs: the command line and the sockets of conf/chatd.service
// and conf/chatd.socket, and the real chatd.
'use strict';
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { BUILD, request, serve, until } = require('./lib.js');

const POLL = '/socket.io/?EIO=4&transport=polling';
const unit = (name) => fs.readFileSync(path.join(__dirname, '../../conf', name), 'utf8');

// Starts what the units say, with DIR for their runtime directory.
function activate(dir) {
  const [, command] = /^ExecStart=(.*)$/m.exec(unit('chatd.service'));
  const sockets = [...unit('chatd.socket').matchAll(/^Listen(SequentialPacket|Stream)=(.*)$/gm)]
    .flatMap(([, type, at]) => [type === 'Stream' ? 'stream' : 'seqpacket', at.replace('/run/mod_chat', dir)]);
  const args = command.replaceAll('/run/mod_chat', dir).split(' ').slice(1);
  const program = path.join(dir, 'chatd'); // its user may not reach the build
  fs.copyFileSync(path.join(BUILD, 'chatd'), program);
  const { uid, gid } = fs.statSync(path.join(dir, 'chatd.conf'));
  fs.copyFileSync(path.join(BUILD, 'test/activate'), path.join(dir, 'activate'));
  fs.chownSync(dir, uid, gid);
  const child = spawn(path.join(dir, 'activate'), ['177', ...sockets, '--', program, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'], uid, gid, env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' } });
  const service = { child, log: '', said: '' };
  child.stdout.on('data', (d) => { service.said += d; });
  child.stderr.on('data', (d) => { service.log += d; });
  service.pids = () => [...service.said.matchAll(/pid (\d+)/g)].map((m) => +m[1]);
  service.ready = (n) => until(`start ${n}`, () => (service.log.match(/CHAT0701/g) || []).length >= n);
  service.stop = async () => {
    child.kill('SIGTERM');
    await until('the end of the service', () => child.exitCode !== null);
    return child.exitCode;
  };
  return service;
}

// Polls get through to chatd.
async function works(server) {
  for (const secure of [false, true]) {
    const answer = await request(server, POLL, { secure });
    assert.strictEqual(answer.status, 200);
    assert.match(answer.text, /^0\{"sid":"[^"]+","upgrades":\["websocket"\],"pingInterval":25000,"pingTimeout":20000,/);
  }
}

for (const way of ['auto', 'proxy']) {
  test(`chatd as the units start it: ${way}`, async () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-unit-'));
    fs.chmodSync(dir, 0o755);
    const server = await serve({ daemon: null, conf: `ChatDaemon external ${dir}\nChatRealtime ${way}` });
    let service;
    try {
      assert.strictEqual((await request(server, POLL)).status, 503, 'nobody is there');
      service = activate(dir);
      await service.ready(1);
      await works(server);
      // several at once, and the daemon still answers: its sockets must not block. One address has 8 threads, of which
      // the requests before may hold two a moment longer than their clients wait.
      const many = await Promise.all(Array.from({ length: 6 }, () => request(server, POLL)));
      assert.deepStrictEqual([...new Set(many.map((answer) => answer.status))], [200]);

      // Restart=on-failure: the sockets stay, requests wait in them
      process.kill(service.pids().at(-1), 'SIGKILL');
      await service.ready(2);
      await works(server);

      // ExecReload: nothing changed, the process stays; a change wants a fresh one
      process.kill(service.pids().at(-1), 'SIGHUP');
      await works(server);
      assert.strictEqual(service.pids().length, 2);
      fs.appendFileSync(path.join(dir, 'chatd.conf'), '# changed\n');
      process.kill(service.pids().at(-1), 'SIGHUP');
      await service.ready(3);
      await works(server);
      assert.strictEqual(await service.stop(), 0);
      assert.strictEqual(service.pids().length, 3);
    }
    finally {
      if (service && service.child.exitCode === null) await service.stop();
      assert.strictEqual(await server.stop(), 0);
      fs.rmSync(dir, { recursive: true, force: true });
    }
  });
}

// Between httpd and chatd stands what mod_proxy before 2.4.60 does: it drops the query.
test('a proxy that loses the query', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-query-'));
  fs.chmodSync(dir, 0o755);
  const server = await serve({ daemon: null, conf: `ChatDaemon external ${dir}\nChatRealtime proxy` });
  const { uid, gid } = fs.statSync(path.join(dir, 'chatd.conf'));
  const program = path.join(dir, 'chatd');
  fs.copyFileSync(path.join(BUILD, 'chatd'), program);
  fs.chownSync(dir, uid, gid);
  const child = spawn(program, ['--config', `${dir}/chatd.conf`, '--intake-path', `${dir}/chatd-intake.sock`, '--listen-path', `${dir}/behind.sock`],
    { stdio: ['ignore', 'ignore', 'pipe'], uid, gid, env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' } });
  let log = '';
  child.stderr.on('data', (d) => { log += d; });
  const lossy = net.createServer((client) => {
    const chatd = net.connect(`${dir}/behind.sock`);
    client.on('data', (data) => chatd.write(data.toString('latin1').replace(/^((?:GET|POST) [^ ?]*)\?[^ ]*/, '$1'), 'latin1'));
    chatd.pipe(client);
    for (const socket of [client, chatd]) socket.on('error', () => {});
    client.on('close', () => chatd.destroy());
  });
  try {
    await until('chatd', () => log.includes('CHAT0701'));
    await new Promise((resolve) => { lossy.listen(`${dir}/chatd-http.sock`, resolve); });
    fs.chmodSync(`${dir}/chatd-http.sock`, 0o666);
    await works(server);
    const { text } = await request(server, POLL);
    const answer = await request(server, `${POLL}&sid=${JSON.parse(text.slice(1)).sid}`, { body: '40' });
    assert.deepStrictEqual([answer.status, answer.text], [200, 'ok']);
  }
  finally {
    child.kill('SIGTERM');
    lossy.close();
    assert.strictEqual(await server.stop(), 0);
    fs.rmSync(dir, { recursive: true, force: true });
  }
});
