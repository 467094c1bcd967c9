#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# chaosd-client.py [SOCKET] info|pool|events|log [TEXT]: ask chaosd, see JSON.
import socket, struct, sys

HEADER = struct.Struct("<IBBHIi")  # size, version, pad, type, id, status
TYPES = {"info": 1, "pool": 4, "events": 8, "log": 14}


class Chaosd:
    def __init__(self, path="/run/chaos/chaosd.sock"):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(path)
        self.stream = self.sock.makefile("rb")

    def send(self, kind, payload=b"", ident=1):
        size = HEADER.size + len(payload)
        self.sock.sendall(HEADER.pack(size, 1, 0, kind, ident, 0) + payload)

    def receive(self):
        head = self.stream.read(HEADER.size)
        if len(head) < HEADER.size:
            raise ConnectionError("chaosd ended the connection")
        size, _, _, kind, _, status = HEADER.unpack(head)
        payload = self.stream.read(size - HEADER.size)
        if status < 0:
            raise OSError(-status, payload.decode())
        return kind, payload


words = sys.argv[1:]
daemon = Chaosd(words.pop(0)) if words[0].startswith("/") else Chaosd()
daemon.send(TYPES[words[0]], " ".join(words[1:]).encode())
kind, payload = daemon.receive()
if words[0] == "log":  # struct chaosd_log, JSON, the guest's last output
    payload = payload[16:]
print(payload.decode(errors="replace"))
while words[0] == "events":  # until it is interrupted
    print(daemon.receive()[1].decode(), flush=True)
