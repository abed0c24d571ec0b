#!/usr/bin/python3
"""Makes 20 accounts in one channel, "bench", by the API of a fresh server; prints their tokens.

  fill_rt.py URL
"""
import http.client
import json
import sys
import urllib.parse

server = http.client.HTTPConnection(urllib.parse.urlsplit(sys.argv[1]).netloc, timeout=30)


def call(path, **body):
    server.request('POST', '/api/v3/%s/' % path, json.dumps(body), {'Content-Type': 'application/json'})
    answer = server.getresponse()
    data = json.loads(answer.read())
    if answer.status not in (200, 201):
        sys.exit('fill_rt.py: %s: %d %s' % (path, answer.status, data))
    return data


def main():
    names = ['user%d' % n for n in range(20)]
    tokens = []
    for name in names:
        call('register', username=name, password='Bench-Pa55')
        tokens.append(call('generatetoken', username=name, password='Bench-Pa55')['token'])
    call('makechannel', token=tokens[0], name='bench')
    for name in names[1:]:
        call('addusertochannel', token=tokens[0], name='bench', username=name)
    print('\n'.join(tokens))


main()
