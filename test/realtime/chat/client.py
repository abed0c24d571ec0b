#!/usr/bin/python3
"""Debian's python3-socketio as a chat client: client.py URL polling|websocket|upgrade AUTH

Prints each event as a line of JSON; emits what comes on its input, a JSON array a line."""
import json
import os
import sys
import threading

import socketio
import urllib3

URL, WAY, AUTH = sys.argv[1:]
TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}[WAY]
EVENTS = ["ready", "error", "new_message", "new_dm", "message_deleted", "announcement", "channel_added",
          "channel_removed", "message_edited", "reaction", "read", "typing", "presence", "disconnect"]

# they would have their way over ssl_verify
for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "WEBSOCKET_CLIENT_CA_BUNDLE"):
    os.environ.pop(name, None)
urllib3.disable_warnings()
lock = threading.Lock()


def say(*words):
    with lock:
        print(json.dumps(words), flush=True)


client = socketio.Client(reconnection=False, ssl_verify=False)
for name in EVENTS:
    client.on(name, lambda *args, name=name: say(name, *args))
client.connect(URL, transports=TRANSPORTS, auth=json.loads(AUTH), wait_timeout=20)
say("connected", client.transport())
for line in sys.stdin:
    client.emit(*json.loads(line))
client.disconnect()
