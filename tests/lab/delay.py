#!/usr/bin/env python3
"""delay.py HOST PORT MILLISECONDS: an ssh ProxyCommand whose every packet arrives that much later, in both directions."""
import os
import queue
import socket
import sys
import threading
import time


def carry(read, write, close) -> None:
    """Pass on what `read` gives, each piece late by the same time and in order."""
    on_the_way: queue.Queue = queue.Queue()

    def deliver() -> None:
        while True:
            due, piece = on_the_way.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if not piece:
                close()
                return
            write(piece)

    writer = threading.Thread(target=deliver, daemon=True)
    writer.start()
    while True:
        piece = read(65536)
        on_the_way.put((time.monotonic() + late, piece))
        if not piece:
            writer.join()
            return


host, port, late = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) / 1000
link = socket.create_connection((host, port))
up = threading.Thread(target=carry, args=(lambda n: os.read(0, n), link.sendall, lambda: link.shutdown(socket.SHUT_WR)), daemon=True)
up.start()
carry(link.recv, lambda piece: os.write(1, piece), lambda: None)
