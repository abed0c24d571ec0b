#!/usr/bin/env python3
"""Replays recorded exchanges: every answer of the four documents, byte for byte.

    run.py BUILD [NAME...]              the answers of BUILD are those in test/data/exchanges; adds to $CHAT_TALLY
    run.py --record BUILD [NAME...]     writes the answers of BUILD there; the requests stay

The answers there are of commit 9516a49 (kinglet.txt names one exception), before messages could be edited, answered or reacted to: a client that does not
ask for more gets what it got then. A file is a list of steps, on a site of its own:

    >>> POST /path            a request: its headers, and its body as lines that begin with "> "
    <<< 200                   the answer: its headers, and its body as lines that begin with "< "
    >>> TOOL announce text    chatctl
    >>> OPEN name 4 {auth}    an Engine.IO session by polling, of revision 3 or 4, and its CONNECT
    >>> EMIT name packet      a packet of it
    >>> HEAR name text        its packets up to one with that text, each a line that begins with "< "

What differs from run to run has a name: UUID1, KEY1 ... by first appearance, and requests use these names (%%KEY1: percent-encoded);
of times only the form is compared. A header of PLAIN is not compared.
"""
import glob
import http.client
import os
import re
import shutil
import sys
import tempfile
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../lib'))
import tap
from chat_site import Site

DATA = os.path.join(os.path.dirname(__file__), '../data/exchanges')
PLAIN = {'date', 'server', 'content-length', 'connection', 'keep-alive', 'transfer-encoding', 'vary', 'upgrade'}
NAMED = [
    ('UUID', r'(\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)'),
    ('KEY', r'"(?:sid|sessionid|session_id|csrf|user_digest|digest|password|new_password|content_digest|pid)":"([^"]+)"'),
    ('KEY', r'ETag: "([0-9a-f]{20})"'),
    ('KEY', r'teendevops_session=([0-9a-v]{26})'),
]
TIMES = [
    r'\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{6}Z)?',
    r'(?<![\d.])1[6-9]\d{8}(?:\.\d+)?(?![\d.])',
    r'[A-Z][a-z]{2} \d\d, \d{4}(?: at \d\d:\d\d:\d\d [AP]M)?',
    r'[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT',
    r'\d+ (?:secs?|mins?) ago',
]


def form(time):
    """The form of a time: how many digits a fraction or a count has is chance."""
    return re.sub('[A-Z][a-z]{2}(?=[ ,])|AM|PM', 'X', re.sub(r'\d', '0', re.sub(r'^\d+(\.\d+)?$|^\d+ (secs?|mins?)', 'TIME', time)))


# A session is polled when its turn comes: on a slow machine that may be later than the default allows.
PING, PING_SAID, PING_THEN = 'ChatRealtimePing 1h 1h\n', '"pingInterval":3600000,"pingTimeout":3600000', '"pingInterval":25000,"pingTimeout":20000'


class Names:
    def __init__(self):
        self.value, self.name, self.count = {}, {}, {}

    def learn(self, text):
        for kind, pattern in NAMED:
            for value in re.findall(pattern, text):
                if value not in self.name:
                    self.count[kind] = self.count.get(kind, 0) + 1
                    name = f'{kind}{self.count[kind]}'
                    self.name[value], self.value[name] = name, value

    def mask(self, text):
        self.learn(text)
        for value in sorted(self.name, key=len, reverse=True):
            text = text.replace(value, self.name[value])
        for pattern in TIMES:
            text = re.sub(pattern, lambda m: form(m[0]), text)
        return text

    def fill(self, text):
        return re.sub(r'(%%)?((?:UUID|KEY)\d+)', lambda m: (urllib.parse.quote if m[1] else str)(self.value.get(m[2], m[2])), text)


class Poller:
    """An Engine.IO session by polling, packets as they come."""

    def __init__(self, address, revision, auth):
        self.address, self.revision, self.waiting = address, revision, []
        self.query = f'/socket.io/?EIO={revision}&transport=polling'
        self.poll()
        self.query += '&sid=' + re.search('"sid":"([^"]+)"', self.waiting[0])[1]
        if revision == 4:
            self.emit('40' + auth)

    def ask(self, method, body=None):
        connection = http.client.HTTPConnection(self.address, timeout=60)
        connection.request(method, self.query, body, {'Content-Type': 'text/plain;charset=UTF-8'})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f'{method} {self.query}: {answer.status} {text}')
        return text

    def poll(self):
        text = self.ask('GET')
        while text and self.revision == 3:
            length, _, text = text.partition(':')
            units = text.encode('utf-16-le')  # what that revision counts
            self.waiting.append(units[:2 * int(length)].decode('utf-16-le'))
            text = units[2 * int(length):].decode('utf-16-le')
        if text:
            self.waiting += text.split('\x1e')

    def emit(self, packet):
        self.ask('POST', packet if self.revision == 4 else f'{len(packet)}:{packet}')

    def hear(self, text):
        heard = []
        while not heard or text not in heard[-1]:
            while not self.waiting:
                self.poll()
            packet = self.waiting.pop(0)
            if packet == '2':
                self.emit('3')
            elif packet != '3':
                heard.append(packet)
        return heard


class Replay:
    def __init__(self, build, folder):
        with os.popen(f'{build}/chatctl serve --help 2>&1') as f:
            reveals = '--reveal-passwords' in f.read()
        self.site = Site(build, folder, 'ChatDiscordWebhook http://127.0.0.1:9/\n' + PING, args=['--reveal-passwords'] if reveals else [])
        self.address = self.site.url[len('http://'):]
        self.names, self.pollers = Names(), {}

    def request(self, method, path, lines):
        headers = [line.split(': ', 1) for line in lines if not line.startswith('> ')]
        body = '\n'.join(line[2:] for line in lines if line.startswith('> '))
        connection = http.client.HTTPConnection(self.address, timeout=60)
        connection.request(method, path, body.encode() or None, dict(headers))
        answer = connection.getresponse()
        said = sorted(f'{name}: {value}' for name, value in answer.getheaders() if name.lower() not in PLAIN)
        text = answer.read().decode()
        connection.close()
        return [f'<<< {answer.status}', *said, *(f'< {line}' for line in (text.split('\n') if text else []))]

    def step(self, lines):
        """The answer to one step, masked."""
        first, *rest = (self.names.fill(line) for line in lines)
        what, *more = first[4:].split(' ', 1)
        said = []
        if what == 'TOOL':
            self.site.tool(*more[0].split(' '))
        elif what == 'OPEN':
            name, revision, auth = more[0].split(' ', 2)
            self.pollers[name] = Poller(self.address, int(revision), auth)
        elif what == 'EMIT':
            name, packet = more[0].split(' ', 1)
            self.pollers[name].emit(packet)
        elif what == 'HEAR':
            name, text = more[0].split(' ', 1)
            said = [f'< {packet}'.replace(PING_SAID, PING_THEN) for packet in self.pollers[name].hear(text)]
        else:
            said = self.request(what, more[0], rest)
        return self.names.mask('\n'.join(said)).split('\n') if said else []


def steps(name):
    """(request, answer) of each step, as lists of lines, behind the lines that are only words."""
    with open(name, encoding='utf-8') as f:
        for block in re.split(r'^(?=>>> )', f.read(), flags=re.M):
            lines = block.rstrip('\n').split('\n')
            cut = next((i for i, line in enumerate(lines) if line.startswith('<')), len(lines))
            yield ([line for line in lines[:cut] if line], lines[cut:]) if lines[0].startswith('>>> ') else (None, lines)


def run(build, name, record):
    folder = tempfile.mkdtemp(prefix='mod_chat-exchanges.')
    os.chmod(folder, 0o755)
    replay = Replay(build, folder)
    wrong, out, total = [], [], 0
    try:
        for asked, expected in steps(name):
            if asked is None:
                out.append('\n'.join(expected))
                continue
            said = replay.step(asked)
            total += 1
            out.append('\n'.join(asked + said) + '\n')
            if said != expected:
                wrong.append('\n#   '.join([f'{urllib.parse.unquote(asked[0])}', *(f'was {line}' for line in expected if line not in said),
                                            *(f'is  {line}' for line in said if line not in expected)]))
    finally:
        replay.site.stop()
        shutil.rmtree(folder)
    if record:
        with open(name, 'w', encoding='utf-8') as f:
            f.write('\n'.join(out))
    else:
        tap.ok(not wrong, f'{os.path.basename(name)}: {total} exchanges are as they were', '\n#   '.join(wrong[:20]))


def main():
    record = sys.argv[1] == '--record'
    build, *names = sys.argv[1 + record:]
    for name in [f'{DATA}/{name}.txt' for name in names] or sorted(glob.glob(DATA + '/*.txt')):
        run(build, name, record)
    if not record:
        tap.done('exchanges')


main()
