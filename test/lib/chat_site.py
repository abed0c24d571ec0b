"""A chat site of one's own for the tests: `chatctl serve`, its API, its tool, its daemon."""
import atexit
import contextlib
import json
import os
import pwd
import shutil
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request

PASSWORD = 'Passw0rd!'


class Site:
    def __init__(self, build, directory, conf, ca=None, args=()):
        self.build, self.dir = os.path.abspath(build), directory
        self.state = os.path.join(directory, 'state')
        self.conf = os.path.join(directory, 'extra.conf')
        self.env = dict(os.environ, **({'CURL_CA_BUNDLE': ca} if ca else {}))
        self.write(conf)
        self.args = list(args)
        self.process = None
        atexit.register(self.stop)
        self.start()

    def write(self, conf):
        record = os.environ.get('CHAT_RECORD')
        with open(self.conf, 'w') as f:
            f.write(f'LoadModule record_module {record}/mod_record.so\n' if record else '')
            f.write('ChatRateLimit button:registrations off\nChatRateLimit button:sends off\n' + conf)

    def start(self):
        where = ['--database', 'pgsql:' + self.place()] if os.environ.get('CHAT_ENGINE') == 'pgsql' else []
        self.process = subprocess.Popen(
            [self.build + '/chatctl', 'serve', '--state', self.state, '--port', '0', '--conf', self.conf, *where, *self.args],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.env)
        said = ''
        for line in self.process.stdout:
            said += line
            if line.startswith('ready http'):
                self.url = line.split()[1].rstrip('/')
                return
        raise RuntimeError('chatctl serve: ' + said)

    def place(self):
        """The parameters of a database of PostgreSQL that stands for the site's SQLite file."""
        return subprocess.check_output(os.environ['CHAT_TEST_PG_CTL'].split() + ['place', self.state], text=True).strip()

    def sql(self, statement):
        """Runs a statement on the site's database."""
        if os.environ.get('CHAT_ENGINE') == 'pgsql':
            subprocess.run(['psql', '-qAt', self.place(), '-c', statement], check=True)
            return
        with contextlib.closing(sqlite3.connect(self.state + '/data/chat.db', timeout=20)) as db:
            db.execute(statement)
            db.commit()

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def call(self, endpoint, headers=None, **data):
        """(status, decoded body) of a call of the Button API."""
        request = urllib.request.Request(f'{self.url}/api/v3/{endpoint}/', json.dumps(data).encode(),
                                         {'Content-Type': 'application/json', **(headers or {})})
        try:
            with urllib.request.urlopen(request, timeout=60) as r:
                return r.status, json.load(r)
        except urllib.error.HTTPError as e:
            return e.code, json.load(e)

    def account(self, name):
        self.call('register', username=name, password=PASSWORD)
        return self.call('generatetoken', username=name, password=PASSWORD)[1]['token']

    def tool(self, *args):
        r = subprocess.run([self.build + '/chatctl', '--state', self.state, '--json', *args], capture_output=True, text=True)
        if r.returncode:
            raise RuntimeError(f'chatctl {args}: {r.stderr}')
        return json.loads(r.stdout) if r.stdout.strip().startswith(('[', '{')) else r.stdout

    def outbox(self):
        return self.tool('outbox', 'list')

    def wait(self, true, seconds=60):
        until = time.time() + seconds
        while time.time() < until:
            if true():
                return True
            time.sleep(0.1)
        return bool(true())

    def settled(self, seconds=60):
        return self.wait(lambda: all(o['state'] != 'waiting' for o in self.outbox()), seconds)

    def run_daemon(self, directory):
        """A daemon of one's own, where `ChatDaemon external` looks for it."""
        who = runner()
        rights = {'user': who[0], 'group': who[1], 'extra_groups': []} if who else {}
        program = directory + '/chatd'
        if not os.path.exists(program):  # whoever serves may not reach the build
            shutil.copy(self.build + '/chatd', program)
        return subprocess.Popen(
            [program, '--config', directory + '/chatd.conf', '--intake-path', directory + '/chatd-intake.sock',
             '--listen-path', directory + '/chatd-http.sock'], env=self.env, stderr=open(self.dir + '/chatd.log', 'a'), **rights)

    def log(self):
        with open(self.state + '/logs/error.log') as f:
            return f.read()


def runner():
    """Who serves: (uid, gid); None when it is ourselves."""
    if os.geteuid():
        return None
    for name in ('www-data', 'apache', 'httpd', 'nobody'):
        try:
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
        except KeyError:
            pass
    return None


def secret_file(path, text):
    """Takes the place of the one that is there as a whole: it may be read at any moment."""
    new = path + '.new'
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as f:
        f.write(text + '\n')
    who = runner()
    if who:
        os.chown(new, *who)
    os.rename(new, path)
    return path
