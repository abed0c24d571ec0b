#!/usr/bin/env python3
"""What typing and presence cost beside fan-out: CPU of chatd with 5,000 extended sockets.

    presence.py BUILD [SOCKETS [SECONDS]]

40 accounts share the sockets. `one`: all in one channel that gets 2 messages a second; `ten`: ten channels of four accounts that get
20 a second together. Each is measured with fan-out alone, then while a tenth of the sockets types as often as counts and
an account comes and goes each second. Prints CPU in ms a second of chatd and the ratio; at most 0.10 is the goal."""
import http.client
import json
import os
import resource
import select
import shutil
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../lib'))
from chat_site import Site

ACCOUNTS, CHANNELS = 40, 10
HELLO = ('GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
         'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n').encode()


def frame(text):
    data = text.encode()
    head = bytes([0x81, 0x80 | len(data)]) if len(data) < 126 else bytes([0x81, 0xfe]) + len(data).to_bytes(2, 'big')
    return head + bytes(4) + data  # a mask of zeros


class Clients:
    def __init__(self, address):
        self.address, self.poll, self.open = address, select.epoll(), {}

    def connect(self, token):
        s = socket.create_connection(self.address)
        s.sendall(HELLO)
        s.sendall(frame('40' + json.dumps({'token_api_v3': token, 'extended': True})))
        said = b''
        while b'"ready"' not in said:
            said += s.recv(65536)
        s.setblocking(False)
        self.open[s.fileno()] = s
        self.poll.register(s, select.EPOLLIN)
        return s

    def close(self, s):
        self.poll.unregister(s)
        del self.open[s.fileno()]
        s.close()

    def read(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for fd, _ in self.poll.poll(left):
                self.open[fd].recv(65536)


def cpu(pid):
    """Seconds that its threads have run."""
    total = 0
    for name in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{name}/schedstat') as f:
            total += int(f.read().split()[0])
    return total / 1e9


def chatd_of(site):
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/cmdline', 'rb') as f:
                if f.read().startswith(b'chatd\0--config\0' + site.state.encode()):
                    return int(pid)
        except OSError:
            pass
    raise RuntimeError('there is no chatd')


class Bench:
    def __init__(self, build, folder, count, seconds):
        self.site = Site(build, folder, 'ChatRateLimit button:changes off\nChatRateLimit button:kilobytes off\nChatRealtimePing 600 600\n')
        self.seconds = seconds
        host, port = self.site.url[len('http://'):].split(':')
        self.http = http.client.HTTPConnection(host, int(port))
        self.tokens = [self.site.account(f'user{n}') for n in range(ACCOUNTS + 1)]
        for n in range(CHANNELS):
            self.room(f'room{n}', range(n * ACCOUNTS // CHANNELS, (n + 1) * ACCOUNTS // CHANNELS))
        self.room('all', range(ACCOUNTS))
        self.daemon = chatd_of(self.site)
        self.clients = Clients((host, int(port)))
        self.sockets = [self.clients.connect(self.tokens[n % ACCOUNTS]) for n in range(count)]

    def room(self, name, members):
        self.site.call('makechannel', token=self.tokens[members[0]], name=name)
        for n in [*members[1:], ACCOUNTS]:
            self.site.call('addusertochannel', token=self.tokens[members[0]], name=name, username=f'user{n}')

    def say(self, n, channel):
        self.http.request('POST', '/api/v3/sendmessage/', json.dumps({'token': self.tokens[n], 'channel': channel, 'message': 'x' * 64}),
                          {'Content-Type': 'application/json'})
        self.http.getresponse().read()

    def second(self, rooms, typists, visitor):
        """One second of it: each of ROOMS is (an account, its channel)."""
        for n, channel in rooms:
            for _ in range(2):
                self.say(n, channel)
        for at in typists:
            n = at % ACCOUNTS
            channel = 'all' if len(rooms) == 1 else f'room{n * CHANNELS // ACCOUNTS}'
            self.sockets[at].send(frame(f'42["typing",{{"channel":"{channel}"}}]'))
        if visitor:
            self.clients.close(self.clients.connect(self.tokens[ACCOUNTS]))

    def measure(self, rooms, typing):
        tenth = range(0, len(self.sockets), 10)
        before = cpu(self.daemon)
        for second in range(self.seconds):
            begun = time.monotonic()
            self.second(rooms, tenth[second % 3::3] if typing else (), typing)
            self.clients.read(max(0.2, begun + 1 - time.monotonic()))
        return (cpu(self.daemon) - before) * 1000 / self.seconds


def main():
    build, count, seconds = sys.argv[1], int((sys.argv + ['', 5000])[2] or 5000), int(sys.argv[3]) if len(sys.argv) > 3 else 12
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    folder = tempfile.mkdtemp(prefix='mod_chat-bench.')
    os.chmod(folder, 0o755)
    bench = Bench(build, folder, count, seconds)
    try:
        for name, rooms in (('one', [(0, 'all')]), ('ten', [(n * ACCOUNTS // CHANNELS, f'room{n}') for n in range(CHANNELS)])):
            rounds = [(bench.measure(rooms, False), bench.measure(rooms, True)) for _ in range(3)]
            alone, both = (sorted(r[i] for r in rounds)[1] for i in (0, 1))
            print(json.dumps({'bench': 'presence', 'channels': name, 'sockets': count, 'alone_ms': round(alone, 1), 'both_ms': round(both, 1),
                              'more': round(both / alone - 1, 3)}), flush=True)
    finally:
        bench.site.stop()
        shutil.rmtree(folder)


main()
