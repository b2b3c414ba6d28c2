#!/usr/bin/env python3
"""beyond.py ADDRESS RACK: a host beyond the rack. Serves http on port 80 and DNS on port 53 of ADDRESS.

It knows `beyond.lab` and the rack's servers `sNN.lab` and `fNN.lab`; every other name does not exist, and is said so at once.
"""
import http.server
import re
import socketserver
import struct
import sys
import threading

ADDRESS, RACK = sys.argv[1:3]
A, NO_ERROR, NO_SUCH_NAME = 1, 0, 3


def address_of(name: str) -> str | None:
    if name == "beyond.lab":
        return ADDRESS
    server = re.fullmatch(r"([sf])(\d\d)\.lab", name)
    return server and f"{RACK}.{int(server[2]) + (10 if server[1] == 's' else 200)}"


def answer(query: bytes) -> bytes:
    """The response to one DNS query with one question (RFC 1035, section 4)."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii", "replace"))
        at += 1 + query[at]
    end = at + 5
    (kind,) = struct.unpack(">H", query[at + 1 : at + 3])
    found = address_of(".".join(labels).lower())
    record = b""
    if found and kind == A:
        record = b"\xc0\x0c" + struct.pack(">HHIH", A, 1, 30, 4) + bytes(map(int, found.split(".")))
    flags = 0x8580 | (NO_ERROR if found else NO_SUCH_NAME)
    return query[:2] + struct.pack(">HHHHH", flags, 1, bool(record), 0, 0) + query[12:end] + record


class Datagram(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        query, socket = self.request
        if len(query) > 16:
            socket.sendto(answer(query), self.client_address)


class Stream(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while len(length := self.rfile.read(2)) == 2:
            reply = answer(self.rfile.read(struct.unpack(">H", length)[0]))
            self.wfile.write(struct.pack(">H", len(reply)) + reply)


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"beyond the rack, asked by {self.client_address[0]}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Dns(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


for server in (socketserver.ThreadingUDPServer((ADDRESS, 53), Datagram), Dns((ADDRESS, 53), Stream)):
    threading.Thread(target=server.serve_forever, daemon=True).start()
http.server.ThreadingHTTPServer((ADDRESS, 80), Page).serve_forever()
