#!/usr/bin/env python3
"""What a message takes on the disk, and what the processes take of memory: the figures of docs/sizing.md.

    test/bench/sizing.py [BUILD] [MESSAGES]      default: build 50000; CHAT_ENGINE=pgsql test/pg.sh run test/bench/sizing.py

For texts of two lengths, made of the manual's words: a private site that is sent so many messages in 16 channels of 8 members; bytes a
message by part of the database, index of words included, once it is written out; the largest write-ahead log meanwhile; memory
(PSS) of each process. From both lengths: bytes a message beside its text, and for each byte of it.
"""
import contextlib
import glob
import http.client
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import urllib.parse

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
sys.path.insert(0, TOP + '/test/lib')
from chat_site import Site

PGSQL = os.environ.get('CHAT_ENGINE') == 'pgsql'
LENGTHS = 40, 200
SENDERS = 8
WORDS = re.findall(r"[A-Za-z']+", ' '.join(open(f, encoding='utf-8').read() for f in sorted(glob.glob(TOP + '/docs/*.md'))))
PARTS = (('messages', 'message'), ('events', 'event'), ('index of words', 'search'))


def text(dice, length):
    """Neighbouring words of the manual, about LENGTH bytes of them."""
    at, said = dice.randrange(len(WORDS)), ''
    while len(said) < length:
        said += ' ' * bool(said) + WORDS[at % len(WORDS)]
        at += 1
    return said[:length]


def send(site, token, channels, count, length):
    dice, server = random.Random(token), http.client.HTTPConnection(urllib.parse.urlsplit(site.url).netloc)
    for i in range(count):
        body = json.dumps({'token': token, 'channel': channels[i % len(channels)], 'message': text(dice, length)})
        server.request('POST', '/api/v3/sendmessage/', body, {'Content-Type': 'application/json'})
        answer = server.getresponse()
        if answer.read() and answer.status != 200:
            sys.exit(f'sizing.py: {answer.status}')


def ask(site, query):
    if PGSQL:
        return [line.split('|') for line in subprocess.check_output(['psql', '-qAt', site.place(), '-c', query], text=True).split()]
    with contextlib.closing(sqlite3.connect(site.state + '/data/chat.db')) as db:
        return db.execute(query).fetchall()


def blocks_left(site):
    return int(ask(site, 'SELECT last_number / 512 - COALESCE((SELECT blocks FROM search_room), 0) FROM chatroom')[0][0])


def parts(site):
    """Bytes of tables with their indexes, by name."""
    return {name: int(size) for name, size in ask(site,
            "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace" if PGSQL else
            'SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_schema m ON m.name = s.name GROUP BY 1')}


def memory(pid):
    """(what runs, kB of PSS) of PID and what it has started."""
    with open(f'/proc/{pid}/smaps_rollup') as f, open(f'/proc/{pid}/comm') as name:
        found = [(name.read().strip(), next(int(line.split()[1]) for line in f if line.startswith('Pss:')))]
    for child in open(f'/proc/{pid}/task/{pid}/children').read().split():
        found += memory(child)
    return found


def measure(build, count, length):
    folder = tempfile.mkdtemp(prefix='mod_chat-sizing.')
    os.chmod(folder, 0o755)
    site, log = Site(build, folder, 'ChatRateLimit button:changes off\nChatRateLimit button:kilobytes off\n'), 0
    try:
        tokens = [site.account(f'user{i}') for i in range(SENDERS)]
        channels = [f'channel{i}' for i in range(16)]
        for channel in channels:
            site.call('makechannel', token=tokens[0], name=channel)
            for i in range(1, SENDERS):
                site.call('addusertochannel', token=tokens[0], name=channel, username=f'user{i}')
        before = parts(site)
        threads = [threading.Thread(target=send, args=(site, token, channels, count // SENDERS, length)) for token in tokens]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)
                log = max([log] + [os.path.getsize(f) for f in glob.glob(site.state + '/data/chat.db-wal')])
        site.wait(lambda: blocks_left(site) < 2, 600)
        processes = memory(site.process.pid)
        after = parts(site)
        each = {name: (after.get(name, 0) - before.get(name, 0)) / count for name in after}
        found = {what: sum(size for name, size in each.items() if name.startswith(start)) for what, start in PARTS}
        found['all'] = sum(each.values())
        return found, log, processes
    finally:
        site.stop()
        subprocess.run(['rm', '-rf', folder], check=True)


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else TOP + '/build'
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 50000
    short, long = (measure(build, count, length) for length in LENGTHS)
    print(f'{count} messages; bytes each: with a text of {LENGTHS[0]}, of {LENGTHS[1]}; beside the text, for each byte of it')
    for what in short[0]:
        slope = (long[0][what] - short[0][what]) / (LENGTHS[1] - LENGTHS[0])
        print(f'{what:16} {short[0][what]:8.0f} {long[0][what]:8.0f} {short[0][what] - slope * LENGTHS[0]:8.0f} {slope:8.2f}')
    print(f'largest write-ahead log: {max(short[1], long[1]) / 1e6:.1f} MB')
    print('memory, MB: ' + ', '.join(f'{name} {size / 1024:.1f}' for name, size in long[2]))


main()
