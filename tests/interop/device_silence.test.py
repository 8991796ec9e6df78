#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# examples/device against servers that accept a connection and then say nothing: it waits, it does not spin.
import os
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

PATIENCE = 20  # seconds; sanitizers and a busy machine are slow
WATCHED = 2.0  # seconds
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
CONNECTION_STRING = "HostName=localhost;DeviceId=d1;SharedAccessKey=" + "A" * 43 + "="
signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the temporary folder goes, as after SIGINT


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


class Silence(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="device_silence_test.")
        self.addCleanup(folder.cleanup)
        self.trust, self.key = (os.path.join(folder.name, name) for name in ("ca.pem", "ca.key"))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", self.key, "-out", self.trust, "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost"],
            check=True, capture_output=True, timeout=60)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.addCleanup(self.listener.close)

    def start_device(self):
        process = subprocess.Popen(
            [os.environ["DEVICE"], "--ca", self.trust, "--connect", f"127.0.0.1:{self.listener.getsockname()[1]}",
             "--attempts", "1"],
            env={**os.environ, "IOTHUB_DEVICE_CONNECTION_STRING": CONNECTION_STRING}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)

        def end():
            if process.poll() is None:
                process.kill()
            process.wait()

        self.addCleanup(end)
        return process

    def accept(self):
        peer, _ = self.listener.accept()
        self.addCleanup(peer.close)
        peer.settimeout(PATIENCE)
        return peer

    # A device that spins takes all the time that the machine can spare, one that waits looks up once a second.
    def assert_waits(self, device):
        before = processor_seconds(device.pid)
        time.sleep(WATCHED)
        self.assertIsNone(device.poll())
        self.assertLess(processor_seconds(device.pid) - before, WATCHED / 10)

    # The CONNECT is queued, but TLS takes nothing before its handshake is over: there is nothing to do but
    # to wait for the server.
    def test_a_handshake_that_does_not_go_on_costs_no_processor_time(self):
        device = self.start_device()
        self.assertEqual(self.accept().recv(1), b"\x16")  # the ClientHello has come
        self.assert_waits(device)

        began = time.monotonic()
        device.send_signal(signal.SIGTERM)
        self.assertEqual(device.wait(PATIENCE), 0)
        self.assertLess(time.monotonic() - began, PATIENCE / 2)

    def test_a_connack_that_does_not_come_costs_no_processor_time(self):
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(self.trust, self.key)
        device = self.start_device()
        tls = server.wrap_socket(self.accept(), server_side=True)
        self.addCleanup(tls.close)
        self.assertEqual(tls.recv(1), b"\x10")  # the CONNECT has come
        self.assert_waits(device)


if __name__ == "__main__":
    unittest.main()
