#!/usr/bin/env python3
"""Kinglet's streams with few and with many messages: a page must cost the same.

    test/bench/kinglet.py [BUILD] [ROWS...]      default: build 1000 1000000

For each number of rows: a private server, an account whose stream has that many messages, written straight
into its SQLite file, and the median time of requests over one connection: the first page, pages in the
middle and at the end, what is new, one thread page. Prints a table and the ratio of the largest to the
smallest; fails when a page costs more than three times as much.
"""
import http.client, json, os, sqlite3, statistics, sys, tempfile, time, urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../lib"))
from chat_site import Site

ROUNDS = 300
WARM = 50  # every child opens its connections and fills its cache
BITS = 1 << 40


class Server(Site):
    def start(self):
        super().start()
        self.http = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc)

    def kinglet(self, method, path, data=None):
        body = urllib.parse.urlencode({"json": json.dumps(data)}) if data is not None else None
        self.http.request(method, "/api/v1" + path, body)
        answer = self.http.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:200]}")
        return json.loads(text)


def join(server, name):
    made = server.kinglet("POST", "/users", {"user_name": name, "email": f"{name}@bench.test"})
    server.kinglet("GET", "/users/activate/" + made["user_digest"])
    return server.kinglet("POST", "/users/login", {"email": name, "password": made["password"]})


def fill(file, reader, writer, rows):
    db = sqlite3.connect(file, isolation_level=None)
    number, stamp = db.execute("SELECT last_number, last_time FROM chatroom WHERE id = 1").fetchone()
    db.execute("BEGIN IMMEDIATE")
    messages = ((BITS + number + i, 1, writer, "writer", "reader", f"@reader message {i}", stamp + i)
                for i in range(1, rows + 1))
    db.executemany("INSERT INTO message (id, kind, author_id, author_name, recipients, body, created_at) "
                   "VALUES (?, ?, ?, ?, ?, ?, ?)", messages)
    for who, others in ((reader, 1), (writer, 0)):
        db.executemany("INSERT INTO recipient (account_id, message_id, position, others, thread_at) VALUES (?, ?, ?, ?, ?)",
                       ((who, BITS + number + i, i, i * others, BITS + number + i) for i in range(1, rows + 1)))
    db.execute("UPDATE chatroom SET last_number = ?, last_time = ? WHERE id = 1", (number + rows, stamp + rows))
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def measure(build, rows):
    with tempfile.TemporaryDirectory(prefix="kinglet-bench.", dir=os.environ.get("BENCH_DIR")) as directory:
        os.chmod(directory, 0o755)
        server = Server(build, directory, "ChatRateLimit teendevops off\nChatRateLimit kinglet:kilobytes off\nChatRevealPasswords On\n")
        try:
            reader, writer = join(server, "reader"), join(server, "writer")
            fill(f"{server.state}/data/chat.db", int(reader["user_id"]), int(writer["user_id"]), rows)
            server.http.close()  # it was idle for longer than the server waits; the next request connects
            query = "/?" + urllib.parse.urlencode({k: reader[k] for k in ("user_name", "user_id", "session_id")})
            last = rows // 20
            paths = {"page 1": "/messages", "page in the middle": f"/messages/page/{max(last // 2, 1)}",
                     "last page": f"/messages/page/{last}", "since, none new": f"/messages/since/{int(time.time()) + 60}",
                     "threads, page 1": "/messages/threads", "threads, page 50": "/messages/threads/50"}
            result = {}
            for name, path in paths.items():
                times = []
                for _ in range(WARM):
                    server.kinglet("GET", path + query)
                for _ in range(ROUNDS):
                    begun = time.perf_counter()
                    server.kinglet("GET", path + query)
                    times.append(time.perf_counter() - begun)
                result[name] = statistics.median(times) * 1e6
            begun = time.perf_counter()
            count = server.kinglet("GET", "/messages/since/0" + query)["new_message_count"]
            if count != rows:
                raise SystemExit(f"since: {count} of {rows}")
            result["since 0 (count and 1,000 messages)"] = (time.perf_counter() - begun) * 1e6
            return result
        finally:
            server.stop()


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build"
    sizes = [int(n) for n in sys.argv[2:]] or [1000, 1000000]
    results = [measure(build, n) for n in sizes]
    print(f"{'microseconds, median of ' + str(ROUNDS):<36}" + "".join(f"{n:>12,}" for n in sizes) + f"{'ratio':>8}")
    worst = 0
    for name in results[0]:
        row = [r[name] for r in results]
        ratio = row[-1] / row[0]
        worst = max(worst, ratio)
        print(f"{name:<36}" + "".join(f"{t:>12.0f}" for t in row) + f"{ratio:>8.2f}")
    return 1 if worst > 3 else 0


sys.exit(main())
