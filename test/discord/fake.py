"""A fake of Discord's API: checks what the real one checks, and misbehaves when told to.

TLS with a certificate of a CA made for the run. What it answers follows Discord's
documentation: authentication, JSON shapes and limits of Create Message, Create DM and
Execute Webhook, error bodies {"message", "code"}, rate limits per channel with bucket
headers, 429 with retry_after, nonces enforced. A list of faults is worked off, one for
each request that would post.
"""
import http.server
import json
import os
import socket
import ssl
import struct
import subprocess
import threading
import time
from urllib.parse import parse_qs, urlsplit

TOKEN = 'fake-bot-token.abc.def'
HOOK_TOKEN = 'hook-secret-AbCdEf'
NONCE_SECONDS = 180


def make_ca(directory):
    """A CA and a certificate for 127.0.0.1: (ca file, certificate file, key file)."""
    def run(*args):
        subprocess.run(args, check=True, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca.key',
        '-out', 'ca.crt', '-subj', '/CN=fake CA', '-days', '2')
    run('openssl', 'req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'tls.key', '-out', 'tls.csr',
        '-subj', '/CN=127.0.0.1')
    with open(os.path.join(directory, 'ext'), 'w') as f:
        f.write('subjectAltName=IP:127.0.0.1,DNS:localhost\n')
    run('openssl', 'x509', '-req', '-in', 'tls.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-out', 'tls.crt',
        '-days', '2', '-extfile', 'ext')
    return tuple(os.path.join(directory, f) for f in ('ca.crt', 'tls.crt', 'tls.key'))


class Discord:
    """What the fake knows. All under one lock."""

    def __init__(self):
        self.lock = threading.RLock()
        self.token = TOKEN
        self.messages = []       # {channel, content, username, nonce, at, hook}
        self.requests = []       # (time, path, status)
        self.wrong = []          # what a real one would have refused
        self.faults = []         # names, see Handler.misbehave
        self.limit = (1000, 1)   # requests, seconds per channel
        self.windows = {}
        self.nonces = {}
        self.ids = 1100000000000000000
        self.dms = {}
        self.channels = {'200000000000000001', '200000000000000002'}
        self.closed = set()      # persons who take no messages
        self.delay = 0
        self.down = False        # accepts nothing any more
        self.limited = 0         # 429 given
        self.early = 0           # requests before Retry-After was over
        self.blocked = {}        # key -> until
        self.dm_requests = 0
        self.dead = 0            # messages that were here when the client of a time-out hung up
        self.duplicates = 0      # answered from a nonce

    def next_id(self):
        self.ids += 1
        return str(self.ids)

    def contents(self, channel=None):
        with self.lock:
            return [m['content'] for m in self.messages if channel in (None, m['channel'])]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    server_version = 'fake'

    def log_message(self, *args):
        pass

    @property
    def d(self):
        return self.server.discord

    def setup(self):
        # the handshake runs here, in the connection's own thread
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def answer(self, status, value, headers=None, raw=None):
        body = raw if raw is not None else json.dumps(value).encode()
        with self.d.lock:
            self.d.requests.append((time.time(), self.path.split('?')[0], status))
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        for k, v in (headers or {}).items():
            self.send_header(k, v)
        self.end_headers()
        self.wfile.write(body)

    def error(self, status, text, code, headers=None):
        self.answer(status, {'message': text, 'code': code}, headers)

    def reset(self):
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.close_connection = True
        os.close(self.request.detach())
        raise ConnectionResetError

    def wrong(self, text):
        with self.d.lock:
            self.d.wrong.append(text)
        self.error(400, 'Invalid Form Body', 50035)

    # ---- faults ----

    def misbehave_before(self, fault):
        """Instead of the work; True when that was all."""
        if fault == 'reset':
            self.reset()
        elif fault == 'timeout':
            try:
                self.request.recv(1)
            finally:
                with self.d.lock:
                    self.d.dead = len(self.d.messages)
            self.reset()
        elif fault.startswith('5'):
            self.answer(int(fault), {}, raw=b'<html>upstream is away</html>')
        elif fault == '429':
            self.limited(0.6, False)
        elif fault == '429-header':
            self.limited(0.6, False, body=b'not JSON at all', header='1')
        elif fault == '429-global':
            self.limited(0.8, True)
        elif fault == '401':
            self.error(401, '401: Unauthorized', 0)
        elif fault == '403':
            self.error(403, 'Missing Access', 50001)
        elif fault == '400':
            self.error(400, 'Invalid Form Body', 50035)
        elif fault == 'redirect':
            self.answer(302, {}, {'Location': f'https://127.0.0.1:{self.server.server_port}/elsewhere'})
        else:
            return False
        return True

    def misbehave_after(self, fault):
        """The work is done, the answer gets lost; True when there is no answer any more."""
        if fault == 'lost':
            self.reset()
        elif fault == 'lost-502':
            self.answer(502, {}, raw=b'bad gateway')
        elif fault == 'malformed':
            self.answer(200, {}, raw=b'{"id": "11')
        elif fault == 'huge':
            self.answer(200, {}, raw=b'{"id":"1","x":"' + b'x' * 1000000 + b'"}')
        else:
            return False
        return True

    def take_fault(self):
        with self.d.lock:
            return self.d.faults.pop(0) if self.d.faults else ''

    # ---- rate limits ----

    def limited(self, seconds, everywhere, body=None, header=None):
        with self.d.lock:
            self.d.limited += 1
            self.d.blocked['' if everywhere else self.key] = time.time() + (float(header) if header else seconds)
        headers = {'Retry-After': header or str(int(seconds) + 1), 'X-RateLimit-Scope': 'global' if everywhere else 'user'}
        if everywhere:
            headers['X-RateLimit-Global'] = 'true'
        self.answer(429, {'message': 'You are being rate limited.', 'retry_after': seconds, 'global': everywhere}, headers, raw=body)

    def pass_limit(self):
        """Counts; None when the limit is passed (and answered), else the bucket's headers."""
        now = time.time()
        with self.d.lock:
            if now < max(self.d.blocked.get(self.key, 0), self.d.blocked.get('', 0)):
                self.d.early += 1
            most, span = self.d.limit
            start, n = self.d.windows.get(self.key, (now, 0))
            if now - start >= span:
                start, n = now, 0
            self.d.windows[self.key] = (start, n + 1)
            left, wait = most - n - 1, start + span - now
        if left < 0:
            self.limited(wait, False)
            return None
        return {'X-RateLimit-Limit': str(most), 'X-RateLimit-Remaining': str(left), 'X-RateLimit-Reset-After': f'{wait:.3f}',
                'X-RateLimit-Bucket': 'b' + self.key[-4:]}

    # ---- requests ----

    def do_GET(self):
        with self.d.lock:
            self.d.wrong.append('GET ' + self.path)
        self.error(405, '405: Method Not Allowed', 0)

    def do_POST(self):
        try:
            if self.d.down:
                self.reset()
            self.post()
        except (ConnectionError, BrokenPipeError, ssl.SSLError, OSError):
            self.close_connection = True

    def post(self):
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        parts = url.path.strip('/').split('/')
        self.key = '/'.join(parts[:5])
        if self.d.delay:
            time.sleep(self.d.delay)
        if not self.headers.get('User-Agent', '').startswith('DiscordBot ('):
            return self.wrong('User-Agent ' + self.headers.get('User-Agent', 'missing'))
        if self.headers.get('Content-Type') != 'application/json':
            return self.wrong('Content-Type')
        try:
            data = json.loads(body)
        except ValueError:
            return self.wrong('not JSON')
        if parts[:2] == ['api', 'webhooks']:
            return self.webhook(parts, parse_qs(url.query), data)
        if parts[:2] != ['api', 'v10']:
            return self.wrong('path ' + url.path)
        if self.headers.get('Authorization') != 'Bot ' + self.d.token:
            return self.error(401, '401: Unauthorized', 0)
        if parts[2:] == ['users', '@me', 'channels']:
            return self.make_dm(data)
        if parts[2:3] == ['channels'] and parts[4:] == ['messages']:
            return self.message(parts[3], data)
        return self.wrong('path ' + url.path)

    def shape(self, data, allowed):
        """None, or what is wrong with a message."""
        if not isinstance(data, dict) or set(data) - allowed:
            return 'members ' + ','.join(sorted(data))
        content = data.get('content')
        if not isinstance(content, str) or not content.strip():
            return 'Cannot send an empty message'
        if len(content) > 2000:
            return f'content of {len(content)}'
        if data.get('allowed_mentions') != {'parse': []}:
            return 'mentions are allowed'
        return None

    def work(self, headers, channel, data, entry, remembered=None):
        fault = self.take_fault()
        if fault and self.misbehave_before(fault):
            return
        with self.d.lock:
            if remembered and remembered[0] > time.time() - NONCE_SECONDS:
                made = remembered[1]
                self.d.duplicates += 1
            else:
                made = {'id': self.d.next_id(), 'channel_id': channel, 'content': data['content'], 'type': 0}
                self.d.messages.append({'channel': channel, 'content': data['content'], 'at': time.time(), **entry})
                if entry.get('nonce'):
                    self.d.nonces[entry['nonce']] = (time.time(), made)
        if fault and self.misbehave_after(fault):
            return
        self.answer(200, made, headers)

    def message(self, channel, data):
        with self.d.lock:
            known = channel in self.d.channels or channel in self.d.dms.values()
            person = next((p for p, c in self.d.dms.items() if c == channel), None)
        if not known:
            return self.error(404, 'Unknown Channel', 10003)
        if person in self.d.closed:
            return self.error(403, 'Cannot send messages to this user', 50007)
        bad = self.shape(data, {'content', 'allowed_mentions', 'nonce', 'enforce_nonce'})
        if bad:
            return self.wrong(bad)
        nonce = data.get('nonce')
        if not isinstance(nonce, str) or not 0 < len(nonce) <= 25 or data.get('enforce_nonce') is not True:
            return self.wrong(f'nonce {nonce}')
        headers = self.pass_limit()
        if headers is not None:
            self.work(headers, channel, data, {'nonce': nonce}, self.d.nonces.get(nonce))

    def make_dm(self, data):
        if set(data) != {'recipient_id'} or not str(data['recipient_id']).isdigit():
            return self.wrong('recipient_id')
        with self.d.lock:
            self.d.dm_requests += 1
            if str(data['recipient_id']).endswith('404'):
                return self.error(400, 'Invalid Recipient(s)', 50033)
            channel = self.d.dms.setdefault(data['recipient_id'], self.d.next_id())
        self.answer(200, {'id': channel, 'type': 1})

    def webhook(self, parts, query, data):
        if self.headers.get('Authorization'):
            return self.wrong('Authorization at a webhook')
        if parts[2:] != ['300000000000000001', HOOK_TOKEN]:
            return self.error(404, 'Unknown Webhook', 10015)
        bad = self.shape(data, {'content', 'allowed_mentions', 'username'})
        if bad:
            return self.wrong(bad)
        name = data.get('username')
        if name is not None and (not 0 < len(name) <= 80 or 'discord' in name.lower() or 'clyde' in name.lower()):
            return self.wrong('username ' + name)
        if query.get('wait') != ['true']:
            return self.wrong('wait')
        headers = self.pass_limit()
        if headers is not None:
            self.work(headers, 'hook', data, {'username': name})


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, address):
        pass


def start(directory, port=0):
    """Starts the fake: (server, its knowledge, CA file)."""
    ca, certificate, key = make_ca(directory)
    server = Server(('127.0.0.1', port), Handler)
    server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.tls.load_cert_chain(certificate, key)
    server.discord = Discord()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, server.discord, ca
