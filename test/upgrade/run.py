#!/usr/bin/env python3
"""Upgrades in place: run.py BUILD [BUILD-OF-THE-RELEASE-BEFORE]; adds to $CHAT_TALLY.

Every recorded database (record.py), a file of SQLite, is taken over, and its clients find what they had. With the programs of the release
before, a running httpd gets the new module and daemon in their places and a graceful restart, while clients use it.
"""
import glob
import gzip
import http.client
import json
import os
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../lib'))
import crowd
import tap
from chat_site import PASSWORD, Site, runner, secret_file
from tap import ok, same

PGSQL = os.environ.get('CHAT_ENGINE') == 'pgsql'
SOCKETS = int(os.environ.get('CHAT_SOCKETS', '1000'))
DATA = os.path.join(os.path.dirname(__file__), '../data/upgrade')
ALIKE = 'ad\u0430'  # the last letter is Cyrillic
APXS = os.environ.get('APXS', 'apxs')


class Taken(Site):
    """A site whose folder is as a release before left it."""

    def __init__(self, build, directory, version):
        self.version = version
        super().__init__(build, directory, '')

    def start(self):
        if not os.path.exists(self.state):
            os.mkdir(self.state, 0o755)
            for end, opener in (('.db', gzip.open), ('.secret', open)):
                source = f'{DATA}/{self.version}{end}' + ('.gz' if end == '.db' else '')
                target = self.state + '/chat.db' + ('' if end == '.db' else end)
                with opener(source, 'rb') as f, open(os.open(target, os.O_WRONLY | os.O_CREAT, 0o600), 'wb') as out:
                    shutil.copyfileobj(f, out)
                if end == '.db':
                    prepare(target)
                if runner():
                    os.chown(target, *runner())
        super().start()


def prepare(database):
    db = sqlite3.connect(database)
    db.row_factory = sqlite3.Row
    as_of_now(db)
    add_alike(db)
    db.commit()
    db.close()


def as_of_now(db):
    """Keys of requests are kept for a day, and the recording is older."""
    [made] = db.execute('SELECT max(created_at) FROM idempotency').fetchone()
    db.execute('UPDATE idempotency SET created_at = created_at + ?', [int(time.time() * 1e6) - made])


def add_alike(db):
    """An account that looks like ada's, as releases before 0.2 let it register."""
    row = dict(db.execute("SELECT * FROM account WHERE name = 'ada'").fetchone())
    row.update(id=1000, uuid='00000000-0000-4000-8000-000000001000', name=ALIKE, name_key=ALIKE, token_hash=None)
    db.execute(f'INSERT INTO account ({",".join(row)}) VALUES ({",".join("?" * len(row))})', list(row.values()))


def check_alike(site):
    """Both names stay usable, and the operator learns of them."""
    site.wait(lambda: 'CHAT0960' in site.log(), 300)  # chatd does it two minutes after its start at most
    line = next((line for line in site.log().splitlines() if 'CHAT0960' in line), '')
    ok('looks like' in line, f'{site.version}: two names that look alike are in the log')
    for name in ('ada', ALIKE):
        same(site.call('login', username=name, password=PASSWORD)[0], 200, f'... and {name} logs in')
    same(site.call('register', username='\u0251d\u0251', password=PASSWORD)[0], 401, '... and there is no third one')


def check_taken(site, seen):
    """What clients had before holds, in the same words."""
    ada, bob = seen['tokens']['ada'], seen['tokens']['bob']
    for name, token in seen['tokens'].items():
        same(site.call('gettoken', username=name, password=seen['password']), (200, {'message': 'Returning token!', 'token': token}),
             f'{site.version}: {name} logs in and has the same token')
    same(list(site.call('readmessagesfromchannel', token=bob, name='engines', count=10)), seen['read'], 'messages are there')
    same(list(site.call('getdms', token=ada)), seen['dms'], 'direct messages are there')
    same(list(site.call('getchannels', token=bob)), seen['channels'], 'memberships are there')
    same([{k: a[k] for k in ('id', 'name', 'state')} for a in site.tool('account', 'list') if a['name'] != ALIKE], seen['accounts'], 'accounts are there')
    for token, query, text in ((bob, 'w\u00d6rld', 'Hello, w\u00f6rld'), (ada, 'hi', 'hi')):
        found = site.call('search', token=token, query=query)[1].get('messages', [])
        same([m['message'] for m in found], [text], 'old messages are found')
    check_alike(site)
    again = site.call('sendmessage', {'Idempotency-Key': 'k1'}, token=ada, channel='engines', message='Hello, w\u00f6rld')
    same(list(again), seen['once'], 'a repeated request gets its old answer')
    same(list(site.call('readmessagesfromchannel', token=bob, name='engines', count=10)), seen['read'], '... and creates nothing')
    same(site.call('sendmessage', token=bob, channel='engines', message='after')[0], 200, 'a new message is accepted')
    numbers = [m['message_id'] for m in site.call('readmessagesfromchannel', token=ada, name='engines', count=10)[1]['messages']]
    ok(max(numbers) > seen['read'][1]['messages'][0]['message_id'], 'it has a later number', str(numbers))


def recorded(build, version):
    folder = tempfile.mkdtemp(prefix='mod_chat-upgrade.')
    os.chmod(folder, 0o755)
    with open(f'{DATA}/{version}.json') as f:
        seen = json.load(f)
    site = Taken(build, folder, version)
    try:
        check_taken(site, seen)
        site.stop()
        site.start()
        same(site.call('getdms', token=seen['tokens']['ada'])[0], 200, 'the next start is an ordinary one')
    finally:
        site.stop()
        shutil.rmtree(folder)


class Poller:
    """An Engine.IO client over polling, logged in to Socket.IO."""

    def __init__(self, url, token):
        self.url = url + '/socket.io/?EIO=4&transport=polling'
        self.sid = json.loads(self.ask()[1:])['sid']
        self.url += '&sid=' + self.sid
        self.ask('40')
        self.ask('42' + json.dumps(['api_v3_connect', {'token_api_v3': token}]))
        self.heard = ''

    def ask(self, body=None):
        with urllib.request.urlopen(self.url, body.encode() if body else None, timeout=60) as r:
            return r.read().decode()

    def hears(self, text):
        for _ in range(20):
            if text in self.heard:
                return True
            packet = self.ask()
            self.heard += packet
            if packet == '2':
                self.ask('3')
        return False


class Installed:
    """An ordinary httpd with the programs of BUILD in its own folder."""

    def __init__(self, build):
        self.dir = tempfile.mkdtemp(prefix='mod_chat-upgrade.')
        os.chmod(self.dir, 0o755)
        os.makedirs(self.dir + '/lib')
        os.makedirs(self.dir + '/data')
        if runner():
            os.chown(self.dir + '/data', *runner())
        self.install(build)
        for _ in range(5):  # a free port may be somebody else's before httpd has it
            self.start()
            self.wait(lambda: self.process.poll() is not None or 'resuming normal operations' in self.log())
            if self.process.poll() is None:
                break

    def start(self):
        modules, name = self.query('LIBEXECDIR'), self.query('PROGNAME')
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            self.port = s.getsockname()[1]
        self.url = f'http://127.0.0.1:{self.port}'
        where = f'pgsql\nDBDParams "{self.place()}"' if PGSQL else f'sqlite3\nDBDParams {self.dir}/data/chat.db'
        if PGSQL:
            where += '\nChatSecretFile ' + secret_file(self.dir + '/secret', secrets.token_hex(32))
        user = f'User #{runner()[0]}\nGroup #{runner()[1]}\n' if runner() else ''
        load = ''.join(f'LoadModule {m}_module {modules}/mod_{m}.so\n' for m in ('mpm_event', 'unixd', 'authz_core', 'mime', 'dbd')
                       if os.path.exists(f'{modules}/mod_{m}.so'))
        with open(self.dir + '/httpd.conf', 'w') as f:
            f.write(f'ServerRoot {self.dir}\nServerName localhost\nDefaultRuntimeDir {self.dir}\nPidFile httpd.pid\nErrorLog error.log\n'
                    f'LogLevel chat:info\n{load}{user}TypesConfig /dev/null\nListen 127.0.0.1:{self.port}\n'
                    f'LoadModule chat_module {self.dir}/lib/mod_chat.so\nDBDriver {where}\n'
                    'ChatEngine On\nChatRateLimit button:registrations off\nChatRateLimit button:sends off\n')
        self.process = subprocess.Popen([f"{self.query('SBINDIR')}/{name}", '-f', self.dir + '/httpd.conf', '-DFOREGROUND'])

    def place(self):
        return subprocess.check_output(os.environ['CHAT_TEST_PG_CTL'].split() + ['place', self.dir], text=True).strip()

    @staticmethod
    def query(what):
        return subprocess.run([APXS, '-q', what], capture_output=True, text=True).stdout.strip()

    def install(self, build):
        """As `install` does it: the old file stays as it is for who has it open."""
        for name in ('mod_chat.so', 'chatd'):
            shutil.copy(f'{build}/{name}', f'{self.dir}/lib/.new')
            os.chmod(f'{self.dir}/lib/.new', 0o755)
            os.rename(f'{self.dir}/lib/.new', f'{self.dir}/lib/{name}')

    def log(self):
        try:
            with open(self.dir + '/error.log') as f:
                return f.read()
        except FileNotFoundError:
            return ''

    def daemons(self):
        """The daemons that httpd has started, those that go, too."""
        return [pid for pid in map(int, re.findall(r'CHAT0600: .*pid (\d+)', self.log())) if os.path.exists(f'/proc/{pid}')]

    @staticmethod
    def wait(true):
        end = time.time() + 60
        while not true():
            if time.time() > end:
                return False
            time.sleep(0.1)
        return True

    call = Site.call
    account = Site.account

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.dir)


def running(build, before):
    site = Installed(before)
    try:
        ada, bob = site.account('ada'), site.account('bob')
        same(site.call('sendmessage', token=ada, channel='default', message='before')[0], 200, 'the release before serves')
        client = Poller(site.url, bob)
        ok(client.hears('"ready"'), 'a client is connected to it', client.heard)
        site.install(build)
        site.process.send_signal(signal.SIGUSR1)
        ok(site.wait(lambda: site.log().count('resuming normal operations') > 1), 'httpd restarts gracefully with the new module', site.log()[-2000:])
        ok(site.wait(lambda: site.call('sendmessage', token=ada, channel='default', message='after')[0] == 200), 'old tokens write')
        said = [m['message'] for m in site.call('getmessagesforeveryone', token=bob)[1].get('messages', [])] or \
            [m['message'] for m in site.call('readmessagesfromchannel', token=bob, name='default', count=9)[1]['messages']]
        ok('before' in said, 'old messages are read', str(said))
        # who was connected comes again when the old daemon has gone
        ok(site.wait(lambda: len(site.daemons()) == 1), 'the old daemon goes', site.log()[-2000:])
        def connected():
            try:
                site.client = Poller(site.url, bob)
                return site.client.hears('"ready"')
            except (OSError, http.client.HTTPException):
                return False
        ok(site.wait(connected), 'the client connects again', site.log()[-2000:])
        site.call('sendmessage', token=ada, channel='default', message='over the socket')
        ok(site.client.hears('over the socket'), 'and hears new messages', site.client.heard)
        bad = [line for line in site.log().splitlines() if ':crit]' in line or ':emerg]' in line or 'exit signal' in line]
        same(bad, [], 'nothing crashed')
    finally:
        site.stop()


def crowded(build, before):
    """Many sockets and writers notice neither an upgrade nor a graceful restart."""
    site = Installed(before)
    try:
        many = crowd.Crowd(site, SOCKETS)
        ok(many.ready and many.said(5), f'{SOCKETS} sockets listen while others write')
        for restarts in (2, 3):
            if restarts == 2:
                site.install(build)
            site.process.send_signal(signal.SIGUSR1)
            ok(site.wait(lambda: site.log().count('resuming normal operations') >= restarts) and many.said(20),
               'upgrade' if restarts == 2 else 'graceful restart', site.log()[-2000:])
        messages, failed, heard = many.end()
        same(failed, [], f'none of {messages} requests failed')
        same([heard[k] for k in ('clients', 'lost', 'twice')], [SOCKETS, 0, 0], f'each socket heard each of {messages} messages once')
        same((heard['again'], heard['anew']), (SOCKETS, 0), 'each was resumed by the new daemon, and stayed at the graceful restart')
    finally:
        site.stop()


def main():
    versions = [] if PGSQL else sorted(os.path.basename(name)[:-5] for name in glob.glob(DATA + '/*.json'))
    for version in versions:
        recorded(sys.argv[1], version)
    skipped = ''
    if len(sys.argv) > 2:
        running(sys.argv[1], sys.argv[2])
    else:
        skipped = ' (skipped: a running site, the release before is not built)'
    if not skipped and crowd.can_run():
        crowded(sys.argv[1], sys.argv[2])
    else:
        skipped = skipped or ' (skipped: many sockets, there is no node with npm)'
    ok(versions or PGSQL, 'a release is recorded')
    tap.done('upgrade' + skipped)


main()
