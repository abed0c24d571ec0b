#!/usr/bin/python3
"""Open tabs of a chat that polls: TABS clients, each of which asks for URL every two seconds on a connection of its own.
Prints one JSON line.

  poll.py URL HEADERS TABS SECONDS
"""
import concurrent.futures
import http.client
import json
import sys
import time
import urllib.parse

PERIOD = 2


def tab(number, tabs, url, headers, until):
    connection = http.client.HTTPConnection(url.netloc, timeout=30)
    due = time.monotonic() + PERIOD * number / tabs
    asked = 0
    while due < until:
        time.sleep(max(0, due - time.monotonic()))
        connection.request('GET', '%s?%s' % (url.path, url.query), headers=headers)
        answer = connection.getresponse()
        if answer.status != 200 or not answer.read():
            raise SystemExit('poll.py: the answer is %d' % answer.status)
        asked += 1
        due += PERIOD
    return asked


def main():
    url, tabs, seconds = urllib.parse.urlsplit(sys.argv[1]), int(sys.argv[3]), float(sys.argv[4])
    headers = dict(line.split(': ', 1) for line in sys.argv[2].splitlines() if line)
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(tabs) as pool:
        asked = sum(pool.map(lambda i: tab(i, tabs, url, headers, begun + seconds), range(tabs)))
    print(json.dumps({'conns': tabs, 'seconds': round(time.monotonic() - begun, 2), 'requests': asked}))


main()
