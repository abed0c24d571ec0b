// `chatctl serve` for the tests in JavaScript: one starter, in a folder of its own.
'use strict';
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const TOP = path.resolve(__dirname, '../..');
const BUILD = path.resolve(process.env.CHAT_BUILD || path.join(TOP, 'build'));
// CHAT_TEST_SLOW=6: the browser works as on a machine that is so many times slower, and what must come may take as long.
const SLOW = Number(process.env.CHAT_TEST_SLOW ?? 1);
// How long to wait for what must come; never a measure of anything.
const PATIENCE = SLOW * (process.env.CHAT_PRELOAD ? 60000 : 30000);
const PASSWORD = 'Passw0rd!';
// A sanitizer's library has to be there before httpd's own; httpd's leaks are not ours.
const ENVIRONMENT = process.env.CHAT_PRELOAD
  ? { ...process.env, LD_PRELOAD: process.env.CHAT_PRELOAD, ASAN_OPTIONS: 'detect_leaks=0' } : process.env;
// tests register and write more quickly than people
const QUIET = 'ChatRateLimit button:sends off\nChatRateLimit button:kilobytes off\nChatRateLimit button:changes off\nChatRateLimit button:registrations off\nChatRateLimit teendevops off\nLogLevel chat:info\n';

// The header X-Client names the client's address.
const MODULES = spawnSync(process.env.APXS || 'apxs', ['-q', 'LIBEXECDIR'], { encoding: 'utf8' }).stdout.trim();
const REMOTE = `<IfModule !remoteip_module>
LoadModule remoteip_module "${MODULES}/mod_remoteip.so"
</IfModule>
RemoteIPHeader X-Client
RemoteIPInternalProxy 127.0.0.1`;

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

function withPatience(promise, what, ms = PATIENCE) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came: ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Asks TEST until it gives a true value, which is returned.
async function until(what, test, ms = PATIENCE) {
  for (const end = Date.now() + ms; ; await sleep(20)) {
    const value = await test();
    if (value) return value;
    if (Date.now() > end) throw new Error(`never came true: ${what}`);
  }
}

// The parameters of a database of PostgreSQL that stands for the SQLite file FILE.
function place(file) {
  const [program, ...args] = process.env.CHAT_TEST_PG_CTL.split(' ');
  return spawnSync(program, [...args, 'place', file], { encoding: 'utf8' }).stdout.trim();
}

class Server {
  // conf: lines, @BASE@ is the folder; args: of chatctl serve; tls: a TLS port, too; files: ulimit -n; daemon: the program
  // that stands in for chatd; build: where the programs are; patience: ms for the
  // start; before(server): what is to be done before it.
  constructor({ conf = '', args = [], tls = true, files = '$(ulimit -Hn)', daemon = process.env.CHAT_DAEMON, build = BUILD, patience = 2 * PATIENCE, before } = {}) {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mod_chat-js.'));
    fs.chmodSync(this.dir, 0o755); // httpd's children are another user
    this.state = path.join(this.dir, 'state');
    this.args = [...(tls ? ['--tls-port', '0'] : []), ...args];
    this.tls = tls;
    this.files = files;
    this.build = build;
    this.patience = patience;
    this.port = 0;
    if (process.env.CHAT_ENGINE === 'pgsql' && !args.includes('--database')) this.args.push('--database', `pgsql:${place(this.state)}`);
    let lines = process.env.CHAT_RECORD ? `LoadModule record_module ${process.env.CHAT_RECORD}/mod_record.so\n${QUIET}` : QUIET;
    if (daemon) {
      fs.copyFileSync(daemon, path.join(this.dir, 'chatd')); // the build need not be open to that user
      fs.chmodSync(path.join(this.dir, 'chatd'), 0o755);
      lines += `ChatDaemon auto ${this.dir}/chatd\n`;
    }
    this.conf = path.join(this.dir, 'test.conf');
    fs.writeFileSync(this.conf, `${lines}${conf.replaceAll('@BASE@', this.dir)}\n`);
    if (before) before(this);
  }

  async start() {
    const command = `ulimit -n ${this.files}; exec ${this.build}/chatctl "$@"`;
    const args = ['serve', '--state', this.state, '--port', String(this.port), '--conf', this.conf, ...this.args];
    this.child = spawn('bash', ['-c', command, 'chatctl', ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: ENVIRONMENT });
    process.once('exit', () => this.child.kill('SIGTERM'));
    let said = '';
    for (const out of [this.child.stdout, this.child.stderr]) out.on('data', (text) => { said += text; });
    await until('ready', () => {
      if (this.child.exitCode !== null) throw new Error(`chatctl serve ended\n${said}${this.log()}`);
      return (this.tls ? /^ready https:.*\n/m : /^ready http:.*\n/m).test(said);
    }, this.patience);
    for (const [, scheme, where, port] of said.matchAll(/^ready (https?):(.*):(\d+)\/$/gm)) {
      this[scheme] = `${scheme}:${where}:${port}`;
      this[scheme === 'http' ? 'port' : 'tlsPort'] = Number(port);
    }
    return this;
  }

  log() {
    const file = path.join(this.state, 'logs/error.log');
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  }

  // httpd's parent.
  httpd() { return Number(fs.readFileSync(path.join(this.state, 'run/httpd.pid'), 'utf8')); }

  chatctl(...args) {
    const done = spawnSync(path.join(this.build, 'chatctl'), ['--state', this.state, ...args],
      { encoding: 'utf8', input: `${PASSWORD}\n`, env: ENVIRONMENT });
    if (done.status !== 0) throw new Error(`chatctl ${args.join(' ')}: ${done.status} ${done.stderr}`);
    return done.stdout;
  }

  // Ends the process; gives its exit code.
  async halt() {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      // httpd's event MPM has a race of its own: at a hard stop it closes the sockets of its worker threads, and a
      // child crashes if a connection is just then at its end. So the ends come first, and such a crash is not ours.
      await sleep(400);
      this.told = this.log().length;
      this.child.kill('SIGTERM');
      await until('the end of chatctl serve', () => this.child.exitCode !== null, 2 * PATIENCE);
    }
    return this.child.exitCode;
  }

  // The same, and the folder is gone; throws when a process crashed or a sanitizer found something.
  async stop() {
    const code = await this.halt();
    const log = this.log();
    const lines = (text, pattern) => text.split('\n').filter((line) => pattern.test(line));
    const bad = [...lines(log, /Sanitizer|runtime error:|assertion .*failed/i), ...lines(log.slice(0, this.told), /exit signal|Segmentation/)];
    if (process.env.CHAT_KEEP) console.log(this.dir);
    else fs.rmSync(this.dir, { recursive: true, force: true });
    if (bad.length) throw new Error(`${bad.slice(0, 20).join('\n')}\n${log.slice(log.indexOf(bad[0])).slice(0, 6000)}`);
    return code;
  }
}

module.exports = { BUILD, ENVIRONMENT, PASSWORD, PATIENCE, REMOTE, SLOW, Server, TOP, sleep, until, withPatience };
