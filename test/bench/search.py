#!/usr/bin/env python3
"""Search among many messages: how long an answer takes.

    test/bench/search.py [BUILD] [ROWS]      default: build 1000000

A private server; ROWS messages of a made-up language (Zipf's law over 30,000 words, "the" in nearly half of
them) in 20 channels and direct messages, written straight into its SQLite file; the index is brought on by
chatctl. Then queries over one connection: for each, the median, the 99th percentile and the slowest. Fails
when a 99th percentile is above 20 ms.
"""
import http.client, itertools, json, os, random, sqlite3, subprocess, sys, tempfile, time, urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../lib"))
from chat_site import Site

ROUNDS = 300
BITS = 1 << 40
PASSWORD = "Bench-Pa55"
SYLLABLES = [c + v for c in "bdfghklmnprstvz" for v in "aeiou"]


class Server(Site):
    def start(self):
        super().start()
        self.http = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc)

    def button(self, path, **data):
        self.http.request("POST", f"/api/v3/{path}/", json.dumps(data), {"Content-Type": "application/json"})
        answer = self.http.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{path}: {answer.status} {text[:200]}")
        return json.loads(text)


def language():
    words = ["the", "of", "and", "to", "in", "is", "it", "you", "that", "was"]
    made = ("".join(s) for n in (2, 3) for s in itertools.product(SYLLABLES, repeat=n))
    words += itertools.islice(made, 29990)
    return words, list(itertools.accumulate(1 / (rank + 1.5) for rank in range(len(words))))


def fill(file, channels, reader, writer, rows):
    words, weights = language()
    chance = random.Random(18)
    db = sqlite3.connect(file, isolation_level=None)
    number, stamp = db.execute("SELECT last_number, last_time FROM chatroom WHERE id = 1").fetchone()
    db.execute("BEGIN IMMEDIATE")
    direct = 0
    for i in range(1, rows + 1):
        text = " ".join(chance.choices(words, cum_weights=weights, k=chance.randint(3, 20)))
        to = "reader" if i % 10 == 0 else None
        db.execute("INSERT INTO message (id, kind, channel_id, author_id, author_name, recipients, body, created_at) "
                   "VALUES (?, 1, ?, ?, 'writer', ?, ?, ?)",
                   (BITS + number + i, None if to else channels[i % len(channels)], writer, to, text, stamp + i))
        for who, peer in ((reader, writer), (writer, reader)) if to else ():
            direct += 1
            db.execute("INSERT INTO recipient (account_id, message_id, position, others, peer_id) VALUES (?, ?, ?, ?, ?)",
                       (who, BITS + number + i, direct, direct, peer))
    db.execute("UPDATE chatroom SET last_number = ?, last_time = ? WHERE id = 1", (number + rows, stamp + rows))
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = os.path.getsize(file)
    db.close()
    return size


QUERIES = {  # what, and the members
    "common word, best": {"query": "the"}, "common word, time": {"query": "the", "order": "time"},
    "two common words": {"query": "the of"}, "phrase of common words": {"query": '"of the and"'},
    "a common and a rare word": {"query": "the zuzuba"}, "a rare word": {"query": "zuzuba"},
    "a common word in one channel": {"query": "the", "name": "c3"}, "in direct messages": {"query": "the", "username": "writer"},
    "without": {"query": "the -of -and", "order": "time"}, "beginning of rare words": {"query": "zuzu*"},
    "beginning of three letters": {"query": "zub*"}, "nothing": {"query": "qqqqq"},
    "a stranger's common word": {"query": "the", "stranger": True}, "common words that never meet": {"query": '"the the the the"'},
}


def measure(server, tokens, members):
    members = dict(members)
    token = tokens[members.pop("stranger", False)]
    times = []
    for i in range(ROUNDS + 20):
        begun = time.perf_counter()
        found = server.button("search", token=token, **members)
        if i >= 20:
            times.append((time.perf_counter() - begun) * 1e3)
    times.sort()
    return len(found["messages"]), times[len(times) // 2], times[int(len(times) * 0.99)], times[-1]


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build"
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 1000000
    with tempfile.TemporaryDirectory(prefix="search-bench.", dir=os.environ.get("BENCH_DIR")) as directory:
        os.chmod(directory, 0o755)
        server = Server(build, directory, "ChatRateLimit button off\n")
        try:
            names, tokens = ("reader", "writer", "stranger"), []
            for name in names:
                server.button("register", username=name, password=PASSWORD)
                tokens.append(server.button("generatetoken", username=name, password=PASSWORD)["token"])
            channels = [server.button("makechannel", token=tokens[0], name=f"c{i}")["channel_id"] for i in range(20)]
            before = fill(f"{server.state}/data/chat.db", channels, 1, 2, rows)
            begun = time.perf_counter()
            said = subprocess.run([f"{build}/chatctl", "--state", server.state, "reindex"], capture_output=True, text=True)
            print(said.stdout.strip() or said.stderr.strip(), f"({time.perf_counter() - begun:.1f} s)")
            db = sqlite3.connect(f"{server.state}/data/chat.db")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            print(f"bytes of the database: {before:,} without the index, {os.path.getsize(server.state + '/data/chat.db'):,} with it")
            server.http.close()
            print(f"{'milliseconds':<32}{'found':>6}{'median':>9}{'99 %':>9}{'slowest':>9}")
            worst = 0
            for name, members in QUERIES.items():
                n, median, slow, slowest = measure(server, (tokens[0], tokens[2]), members)
                worst = max(worst, slow)
                print(f"{name:<32}{n:>6}{median:>9.2f}{slow:>9.2f}{slowest:>9.2f}")
            return 1 if worst > 20 else 0
        finally:
            server.stop()


sys.exit(main())
