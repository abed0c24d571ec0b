#!/usr/bin/python3
"""Fills a fresh server for the bench by its own API: 100 users, 16 channels of 100 messages of 175 bytes.

  fill.py URL       prints a member's token and the id of one message
"""
import http.client
import json
import sys
import urllib.parse

server = http.client.HTTPConnection(urllib.parse.urlsplit(sys.argv[1]).netloc, timeout=30)


def call(path, **body):
    for retry in (True, False):
        try:
            server.request('POST', '/api/v3/%s/' % path, json.dumps(body), {'Content-Type': 'application/json'})
            answer = server.getresponse()
            data = json.loads(answer.read())
            break
        except (http.client.HTTPException, ConnectionError):
            server.close()          # a kept connection that the server closed
            if not retry:
                raise
    if answer.status not in (200, 201):
        sys.exit('fill.py: %s: %d %s' % (path, answer.status, data))
    return data


def main():
    password = 'Bench-Pa55'
    for n in range(100):
        call('register', username='user%d' % n, password=password)
    tokens = [call('generatetoken', username='user%d' % n, password=password)['token'] for n in range(8)]
    for c in range(1, 17):
        call('makechannel', token=tokens[7], name=str(c))
        for n in range(7):
            call('addusertochannel', token=tokens[7], name=str(c), username='user%d' % n)
    for i in range(1600):
        call('sendmessage', token=tokens[i % 8], channel=str(i % 16 + 1),
             message='message %07d ' % i + 'x' * 159)
    page = call('readmessagesfromchannel', token=tokens[7], name='1', count=50)['messages']
    if len(page) != 50:
        sys.exit('fill.py: %d messages instead of 50' % len(page))
    print(tokens[7], page[0]['message_id'])


main()
