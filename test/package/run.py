#!/usr/bin/env python3
"""The Debian package in a system of its own: run.py ROOT NEW.deb OLD.deb; adds to $CHAT_TALLY.

ROOT is a Debian with apache2 and what the package depends on, and is changed. To be run in namespaces of its own
(mount, pid, net): port 80 is ROOT's.
"""
import gzip
import http.cookiejar
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../lib'))
import crowd
import tap
from chat_site import PASSWORD, Site
from tap import ok, same

ROOT, NEW, OLD = sys.argv[1:4]
NAME = 'libapache2-mod-chat'
CONF = '/etc/apache2/conf-available/chat-site.conf'
LINES = '<IfModule chat_module>\nDBDParams /var/lib/mod_chat/chat.db\nChatEngine On\n%s</IfModule>\n'
SOCKETS = int(os.environ.get('CHAT_SOCKETS', '1000'))
VERSION = re.search(r'_(.*)-', os.path.basename(NEW)).group(1)


def chroot(*command):
    """(exit code, what it said)"""
    r = subprocess.run(['chroot', ROOT, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                       env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'DEBIAN_FRONTEND': 'noninteractive', 'LC_ALL': 'C.UTF-8'})
    return r.returncode, r.stdout


def does(name, *command):
    code, said = chroot(*command)
    return ok(code == 0, name, said)


def apt(name, action, package=None):
    """As the manual says it; what it would ask is a failure."""
    if package:
        shutil.copy(package, ROOT + '/tmp/package.deb')
    return does(name, 'apt-get', action, '-y', '/tmp/package.deb' if package else NAME)


def files():
    """Every path but what apt, logs and other packages' state change."""
    found = set()
    for top, directories, names in os.walk(ROOT):
        found.update(os.path.join(top, n)[len(ROOT):] for n in directories + names)
    other = re.compile(r'/(proc|run|tmp|dev|var/(log|cache|lib/(apt|dpkg|systemd|apache2))|etc/apache2/mods-enabled/dbd)')
    return {f for f in found if not other.match(f)}


class Packaged:
    """The site of ROOT's httpd."""
    url, call, account, wait = 'http://127.0.0.1', Site.call, Site.account, Site.wait

    def get(self, path, data=None, headers=None, opener=None):
        request = urllib.request.Request(self.url + path, urllib.parse.urlencode(data).encode() if isinstance(data, dict) else data, headers or {})
        try:
            with (opener or urllib.request.build_opener()).open(request, timeout=30) as r:
                return r.status, r.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()

    def serves(self):
        """What the Button API answers to a call without a token: 401 of the module, 404 without it."""
        return self.get('/api/v3/getdms/', b'{}', {'Content-Type': 'application/json'})[0]


def enable():
    """`a2enmod chat` and two lines in a file of one's own."""
    with open(ROOT + CONF, 'w') as f:
        f.write(LINES % 'ChatRateLimit button:sends off\nChatRateLimit button:registrations off\n')
    does('a2enmod chat', 'a2enmod', '-q', 'chat')
    does('a2enconf chat-site', 'a2enconf', '-q', 'chat-site')
    code, said = chroot('apache2ctl', 'configtest')
    ok(code == 0 and 'Syntax OK' in said, 'configtest', said)
    does('httpd starts', 'service', 'apache2', 'restart')


def dialects(site):
    token = site.account('ada')
    same(site.call('sendmessage', token=token, channel='default', message='Button')[0], 200, 'a message by the Button API')

    jar = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    json_text = {'Content-Type': 'application/json'}
    room = json.loads(site.get('/api/v0/chatroom/', json.dumps({'username': 'eve', 'password': 'difference', 'chatroom_name': 'Engines'}).encode(),
                               json_text, jar)[1])
    data = json.dumps({'userID': '0', 'channelID': room['channels'][0]['channelID'], 'data': 'chatroom'}).encode()
    site.get('/api/v0/messages/' + room['chatroomID'], data, json_text, jar)
    said = site.get('/api/v0/messages/' + room['chatroomID'], headers={'userID': '0', 'get-method': 'count', 'count': '9'}, opener=jar)
    ok('"chatroom"' in said[1], 'a message by the Chatroom API', str(said))

    jar = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    csrf = json.loads(site.get('/api/v1/auth/csrf/', opener=jar)[1])['csrf']
    csrf = json.loads(site.get('/api/v1/auth/login/', {'username': 'ada', 'password': PASSWORD, 'csrf': csrf}, opener=jar)[1])['csrf']
    site.get('/api/v1/chat/send/', {'channel': '1', 'message': 'teendevops', 'csrf': csrf}, opener=jar)
    said = site.get('/api/v1/chat/get/?channel=1&limit=9')
    ok('"teendevops"' in said[1] and '"Button"' in said[1], 'a message by the teendevops API, and the Button API\'s is there', str(said))

    new = json.loads(chroot('chatctl', '--json', 'account', 'add', 'john', '--email', 'john@example.org')[1])
    login = json.loads(site.get('/api/v1/users/login', {'json': json.dumps({'email': 'john@example.org', 'password': new['password']})})[1])
    me = {k: str(login[k]) for k in ('user_id', 'session_id')} | {'user_name': 'john'}
    site.get('/api/v1/messages', me | {'json': json.dumps({'message_text': '@john Kinglet'})})
    said = site.get('/api/v1/messages/?' + urllib.parse.urlencode(me))
    ok('@john</a> Kinglet' in said[1], 'a message by the Kinglet API', str(said))
    return token


def listen(site, more, do=None):
    """Sockets hear all that is said, and nothing is refused, whatever DO does meanwhile."""
    many = crowd.Crowd(site, SOCKETS)
    ok(many.ready and many.said(5), f'{SOCKETS} Socket.IO clients listen')
    if do:
        do()
    many.said(more)
    messages, failed, heard = many.end()
    same(failed, [], f'none of {messages} requests failed')
    same([heard[k] for k in ('clients', 'lost', 'twice')], [SOCKETS, 0, 0], f'each socket heard each of {messages} messages once: {heard}')
    return heard


def owner(path):
    s = os.stat(ROOT + path)
    return s.st_uid, oct(s.st_mode & 0o7777)


def life(site):
    before = files()
    apt('install', 'install', NEW)
    does('httpd starts', 'service', 'apache2', 'start')
    same(site.serves(), 404, 'nothing is served before it is enabled')
    enable()
    token = dialects(site)
    listen(site, 1)
    with open(ROOT + '/etc/passwd') as f:
        uid = next(int(line.split(':')[2]) for line in f if line.startswith('www-data:'))
    same([owner('/var/lib/mod_chat' + f) for f in ('', '/chat.db', '/chat.db.secret')],
         [(uid, '0o750'), (uid, '0o640'), (uid, '0o600')], 'the data belongs to httpd\'s user')
    code, said = chroot('chatctl', 'account', 'list')
    ok(code == 0 and 'ada' in said, 'chatctl finds the site', said)
    does('chatctl check', 'chatctl', 'check')
    does('a2enconf chat-page', 'sh', '-c', 'a2enmod -q headers && a2enconf -q chat-page && service apache2 reload')
    ok(site.wait(lambda: site.get('/chat/')[0] == 200), 'the page is served', str(site.get('/chat/')))
    added = files() - before
    pages = sorted(f for f in added if '/man/' in f)
    same(pages, ['/usr/share/man/man1/chatctl.1.gz', '/usr/share/man/man8/chatd.8.gz'], 'man pages')
    with gzip.open(ROOT + pages[1], 'rt') as f:
        text = f.read().replace('\\-', '-')
    options = re.findall(r'^  (--\S+)', chroot('chatd', '--help')[1], re.M)
    ok(len(options) > 6 and all(re.search(o + r'(?![\w-])', text) for o in options), 'chatd(8) has each option of chatd --help', f'{options}\n{text}')

    apt('remove', 'remove')
    same((site.serves(), site.get('/')[0]), (404, 200), 'httpd serves the site without chat')
    same(chroot('pidof', 'chatd')[1], '', 'the daemon has gone')
    ok(os.path.exists(ROOT + '/var/lib/mod_chat/chat.db.secret'), 'the data stays')
    apt('install again', 'install', NEW)
    enable()
    same(site.call('readmessagesfromchannel', token=token, name='default', count=9)[0], 200, 'it is served again')

    apt('purge', 'purge')
    same((site.serves(), site.get('/')[0]), (404, 200), 'httpd serves the site without chat')
    left = {f for f in files() - before if not re.match('/etc/apache2/(mods-enabled/headers|conf-(available|enabled)/chat-site)', f)}
    same(sorted(left), [], 'nothing of the package is left')


def upgrade(site):
    apt('install the release before', 'install', OLD)
    enable()
    token = site.account('ada')
    site.call('sendmessage', token=token, channel='default', message='before')
    heard = listen(site, 20, lambda: apt('upgrade', 'install', NEW))
    same((heard['again'], heard['anew']), (SOCKETS, 0), 'every socket was resumed by the new daemon')
    said = site.call('readmessagesfromchannel', token=token, name='default', count=9)
    ok(said[0] == 200 and said[1]['messages'][0]['message'] == 'before', 'the data is there', str(said))
    same(chroot('chatctl', '--version')[1], f'chatctl {VERSION}\n', 'chatctl is new')
    heard = listen(site, 5, lambda: does('a graceful restart', 'service', 'apache2', 'reload'))
    same(heard['again'], 0, 'every socket stays')


def main():
    subprocess.run(['mount', '-t', 'proc', 'proc', ROOT + '/proc'], check=True)
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    with open(os.open(ROOT + '/usr/sbin/policy-rc.d', os.O_WRONLY | os.O_CREAT, 0o755), 'w') as f:
        f.write('#!/bin/sh\n')  # without an init system, packages may restart httpd only with this
    site = Packaged()
    try:
        life(site)
        upgrade(site)
    finally:
        if tap.failed and os.path.exists(ROOT + '/var/log/apache2/error.log'):
            with open(ROOT + '/var/log/apache2/error.log') as f:
                print(f.read()[-3000:], file=sys.stderr)
        chroot('service', 'apache2', 'stop')
    tap.done('packages')


main()
