"""A raid: 500 new accounts from 50 networks register and post while 50 people talk; then one command ends it.

    raid.py BUILD       BENCH_ROUNDS (3) of BENCH_SECONDS (15) quiet and as many of raid, each by 500 new accounts;
                        BENCH_RATE (5) messages a second of each network

Prints people's times quiet and in the raid, as they measure them and as the server does (from the request to the end of
the answer), their ratio (goal: p99 at most 1.5), how many of the raid's accounts there are, how long the command took, and
what of the raid is visible two seconds later (goal: nothing; else the exit code is 1). The raiders go on meanwhile. They
have the lowest priority: a raid's own programs do not run on the server."""
import http.client
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../lib'))
from chat_site import PASSWORD, Site  # noqa: E402

PEOPLE, NETWORKS, ACCOUNTS = 50, 50, 10
ROUNDS = int(os.environ.get('BENCH_ROUNDS', 3))
SECONDS = float(os.environ.get('BENCH_SECONDS', 15))
RATE = float(os.environ.get('BENCH_RATE', 5))
CONF = """<IfModule !remoteip_module>
LoadModule remoteip_module "%s/mod_remoteip.so"
</IfModule>
RemoteIPHeader X-Client
RemoteIPInternalProxy 127.0.0.1
CustomLog logs/times.log "%%a %%s %%D %%U"
"""


class Client:
    """One kept connection, as from ADDRESS."""

    def __init__(self, url, address):
        self.headers = {'Content-Type': 'application/json', 'X-Client': address}
        self.http = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)

    def call(self, path, **body):
        for last in (False, True):
            try:
                self.http.request('POST', f'/api/v3/{path}/', json.dumps(body), self.headers)
                answer = self.http.getresponse()
                return answer.status, json.loads(answer.read())
            except (http.client.HTTPException, OSError):
                self.http.close()  # a kept connection that the server closed
                if last:
                    raise

    def account(self, name):
        status, _ = self.call('register', username=name, password=PASSWORD)
        return self.call('generatetoken', username=name, password=PASSWORD)[1].get('token') if status == 201 else None


def network(url, n, number, stop):
    """The raiders of one network: a new account now and then, and messages of all of them in turn."""
    tokens, made, gap = [], 0, 1 / RATE
    due = time.monotonic() + gap * n / NETWORKS
    while not stop.is_set():
        client = Client(url, f'10.{n}.{number}.{1 + made}')
        if made < ACCOUNTS and time.monotonic() > due + made * SECONDS * .7 / ACCOUNTS - gap:
            token = client.account(f'raid{number}x{n}x{made}')
            made += 1
            tokens += [token] if token else []
        for token in tokens or [None]:
            if token:
                client.call('sendmessage', token=token, channel='square', message=f'raid of {n}')
            time.sleep(gap if not stop.is_set() else 0)


def raid(url, number, stop):
    os.nice(19)
    threads = [threading.Thread(target=network, args=(url, n, number, stop), daemon=True) for n in range(NETWORKS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(30)


def talk(client, token, seconds, times, lock):
    """A person says something once a second."""
    end = time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        status, answer = client.call('sendmessage', token=token, channel='square', message='hello there')
        took = time.monotonic() - now
        if status != 200:
            sys.exit(f'raid.py: a person got {status} {answer}')
        with lock:
            times.append(took)
        time.sleep(max(0, 1 - took))


def people(clients, seconds):
    """Sorted times in ms of all that they said in SECONDS."""
    times, lock = [], threading.Lock()
    threads = []
    for client, token in clients:
        threads.append(threading.Thread(target=talk, args=(client, token, seconds, times, lock)))
        threads[-1].start()
        time.sleep(1 / PEOPLE)
    for t in threads:
        t.join()
    return sorted(1000 * t for t in times)


def show(what, times):
    print(f'{what:22} {len(times):6} messages   p50 {times[len(times) // 2]:7.1f} ms   p99 {times[len(times) * 99 // 100]:7.1f} ms')
    return times[len(times) * 99 // 100]


class Times:
    """What the server wrote about people's messages since the last look, and how many accounts the raid has got."""

    def __init__(self, site):
        self.log = open(site.state + '/logs/times.log')

    def read(self):
        lines = [line.split() for line in self.log]
        people = sorted(int(took) / 1000 for who, _, took, path in lines if who.startswith('192.0.2.') and 'sendmessage' in path)
        return people, sum(who.startswith('10.') and status == '201' for who, status, _, _ in lines)


def visible(client, token):
    """What of the raid somebody can see: messages, its author a raider."""
    status, answer = client.call('readmessagesfromchannel', token=token, name='square', count=1000)
    return sum(m['sender'].startswith('raid') for m in answer['messages']) if status == 200 else -1


def main():
    modules = subprocess.run(['apxs', '-q', 'LIBEXECDIR'], capture_output=True, text=True, check=True).stdout.strip()
    with tempfile.TemporaryDirectory(prefix='mod_chat-bench.', dir=os.environ.get('BENCH_DIR')) as directory:
        os.chmod(directory, 0o755)
        site = Site(sys.argv[1], directory, CONF % modules)
        ctl = [site.build + '/chatctl', '--state', site.state]
        subprocess.run([*ctl, 'channel', 'add', 'square'], check=True, stdout=subprocess.DEVNULL)
        clients = []
        for n in range(PEOPLE):
            client = Client(site.url, f'192.0.2.{n}')
            clients.append((client, client.account(f'person{n}')))
        times, quiet, loud, accounts = Times(site), ([], []), ([], []), 0
        since = time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(time.time() + 1))
        for number in range(ROUNDS):
            times.read()
            quiet[0].extend(people(clients, SECONDS))
            quiet[1].extend(times.read()[0])
            stop = multiprocessing.Event()
            raiders = multiprocessing.Process(target=raid, args=(site.url, number, stop))
            raiders.start()
            loud[0].extend(people(clients, SECONDS))
            server, made = times.read()
            loud[1].extend(server)
            accounts += made
            if number + 1 < ROUNDS:
                stop.set()
                raiders.join(60)
        for where, q, r in zip(('people', 'server'), quiet, loud):
            ratio = show(f'{where}, in the raid', sorted(r)) / show(f'{where}, quiet', sorted(q))
            print(f'{where}, ratio of p99   {ratio:.2f} (goal: at most 1.5)')
        print(f'accounts               {accounts} of {ROUNDS * NETWORKS * ACCOUNTS} that the raid wants')
        before = visible(*clients[0])
        began = time.monotonic()
        done = subprocess.run([*ctl, 'raid', 'undo', '--since', since, '--emergency'], capture_output=True, text=True, check=True)
        print(f'raid undo              {time.monotonic() - began:.1f} s: {done.stdout.strip().splitlines()[-1]}')
        time.sleep(2)
        left = visible(*clients[0])
        stop.set()
        raiders.join(60)
        print(f'visible                {before} of the newest 1,000 messages before, {left} two seconds after the command')
        site.stop()
    sys.exit(left != 0)


if __name__ == '__main__':
    main()
