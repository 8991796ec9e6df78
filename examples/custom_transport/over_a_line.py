#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs the example serial over a pair of pseudo-terminals, with broker_side at the far end of the line:
  over_a_line.py SERIAL BROKER_SIDE
"""
import os
import select
import socket
import subprocess
import sys
import time

PATIENCE = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connect(port):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            return socket.create_connection(("127.0.0.1", port), 1)
        except OSError:
            time.sleep(0.05)
    sys.exit("broker_side does not listen")


def bridge(line, broker):
    """Hands bytes on in both directions until the broker ends the connection."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        ready, _, _ = select.select([line, broker], [], [], 1)
        if line in ready:
            broker.sendall(os.read(line, 7))  # a slow line
        if broker in ready:
            data = broker.recv(100)
            if not data:
                return
            os.write(line, data)
    sys.exit("no end")


def main(serial, broker_side):
    port = free_port()
    near, far = os.openpty()
    name = os.ttyname(far)
    with subprocess.Popen([broker_side, str(port)], stdout=subprocess.PIPE, text=True) as server, \
            connect(port) as broker, \
            subprocess.Popen([serial, name], stdout=subprocess.PIPE, text=True) as device:
        bridge(near, broker)
        os.close(far)
        os.close(near)  # hangs up
        said, _ = device.communicate(timeout=PATIENCE)
        heard, _ = server.communicate(timeout=PATIENCE)
        assert (device.returncode, said) == (0, "the broker has the message\n"), (device.returncode, said)
        assert heard == "CONNECT from serial\nPUBLISH to hello/world: over a serial line\n", heard
        assert server.returncode == 0
    lost = subprocess.run([serial, "/dev/null"], stdout=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
    assert lost.returncode == 1 and "closed the connection" in lost.stdout, lost


if __name__ == "__main__":
    main(*sys.argv[1:])
