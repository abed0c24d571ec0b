#!/usr/bin/python3
"""Debian's python3-socketio against rt-echo: client.py URL polling|websocket|upgrade"""
import queue
import sys

import engineio
import socketio

URL, WAY = sys.argv[1:]
TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}[WAY]
PATIENCE = 20

client = socketio.Client(reconnection=False)
auth, back, custom = queue.Queue(), queue.Queue(), queue.Queue()
client.on("auth", auth.put)
client.on("message-back", lambda *args: back.put(args))
client.on("message-back", lambda *args: custom.put(args), namespace="/custom")
beats = queue.Queue()
receive = client.eio._receive_packet


def receive_and_count(packet):
    if packet.packet_type == engineio.packet.PING:
        beats.put(packet)
    receive(packet)


client.eio._receive_packet = receive_and_count
client.connect(URL, transports=TRANSPORTS, auth={"token": "é"}, namespaces=["/", "/custom"])
assert auth.get(timeout=PATIENCE) == {"token": "é"}
assert client.transport() == TRANSPORTS[-1], client.transport()
client.emit("message", (1, "é€😀", {"a": [True, None]}))
assert back.get(timeout=PATIENCE) == (1, "é€😀", {"a": [True, None]})
client.emit("message", b"\x01\x02\x03")
assert back.get(timeout=PATIENCE) == (b"\x01\x02\x03",)
client.emit("message", "custom", namespace="/custom")
assert custom.get(timeout=PATIENCE) == ("custom",)
assert client.call("message-with-ack", ("x", b"\x09"), timeout=PATIENCE) == ("x", b"\x09")
for _ in range(3):  # each says that the answer to the one before has come
    beats.get(timeout=PATIENCE)
assert client.connected
client.emit("message", "still here")
assert back.get(timeout=PATIENCE) == ("still here",)
client.disconnect()
