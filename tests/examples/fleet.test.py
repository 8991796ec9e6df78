#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""examples/fleet against mosquitto: 200 devices, also when the broker goes away and comes back, and what is refused.

  fleet.test.py FLEET MOSQUITTO small|large     large: 10,000 devices
"""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PATIENCE = 120


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """A mosquitto that keeps its sessions in a file when it is told to end."""

    def __init__(self, folder):
        self.port = free_port()
        self.conf = pathlib.Path(folder) / "conf"
        user = "user root\n" if os.geteuid() == 0 else ""
        self.conf.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_connections -1\nlog_type error\n"
                             f"persistence true\npersistence_location {folder}/\nmax_queued_messages 0\n{user}")
        self.start()

    def start(self):
        self.process = subprocess.Popen([MOSQUITTO, "-c", self.conf], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("mosquitto does not start")

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


class FleetCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hubwire_fleet.")
        self.addCleanup(folder.cleanup)
        self.broker = Broker(folder.name)
        self.addCleanup(lambda: self.broker.stop())

    def begin(self, *options):
        return subprocess.Popen([FLEET, "--host", "127.0.0.1", "--port", str(self.broker.port), *map(str, options)],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self, fleet):
        out, progress = fleet.communicate(timeout=4 * PATIENCE)
        return fleet.returncode, out, progress

    def check(self, status, out, devices):
        self.assertEqual(status, 0, out)
        self.assertRegex(out, rf"^{devices} devices, ")
        published, acknowledged, given_up = map(int, re.search(
            r"published (\d+) \(\d+ a second\), acknowledged (\d+), given up (\d+)", out).groups())
        self.assertGreaterEqual(published, devices)
        self.assertEqual((acknowledged, given_up), (published, 0))
        self.assertRegex(out, rf"connect to CONNACK +p50 .* of \d+\n")
        self.assertRegex(out, rf"publish to answer +p50 .* of {published}\n")
        return out


class Small(FleetCase):
    def test_qos_1_and_2(self):
        for qos in (1, 2):
            with self.subTest(qos=qos):
                status, out, progress = self.end(self.begin("--devices", 200, "--seconds", 2, "--rate", 2, "--qos", qos,
                                                            "--name", f"q{qos}-"))
                self.check(status, out, 200)
                self.assertIn("reconnects 0", out)
                self.assertIn("200 connected", progress)

    def test_the_broker_goes_away_and_comes_back(self):
        fleet = self.begin("--devices", 100, "--seconds", 12, "--rate", 2)
        while "publishing" not in fleet.stderr.readline():
            self.assertIsNone(fleet.poll())
        self.broker.stop()
        self.broker.start()
        status, out, _ = self.end(fleet)
        self.check(status, out, 100)
        self.assertGreaterEqual(int(re.search(r"reconnects (\d+)", out)[1]), 100)
        self.assertRegex(out, r"connections that ended with connection_lost")

    def test_a_signal_ends_it_and_loses_nothing(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                fleet = self.begin("--devices", 200, "--seconds", PATIENCE, "--rate", 20)
                while "publishing" not in fleet.stderr.readline():
                    self.assertIsNone(fleet.poll())
                fleet.send_signal(number)
                status, out, _ = self.end(fleet)
                self.check(status, out, 200)
                self.assertNotIn("without an answer", out)

    def test_what_is_wrong_is_said(self):
        for options, status, words in ((["--devices", "many"], 2, "--devices many is no option"),
                                       (["--host", "no.such.host.invalid"], 1, "no.such.host.invalid: "),
                                       (["--speed", "9"], 2, "--speed 9 is no option"), (["--rate"], 2, "--rate  is no option")):
            done = subprocess.run([FLEET, *options], capture_output=True, text=True, timeout=PATIENCE, check=False)
            self.assertEqual(done.returncode, status)
            self.assertIn(words, done.stderr)
        done = subprocess.run([FLEET, "--help"], capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual((done.returncode, "--devices" in done.stdout), (0, True))


class Large(FleetCase):
    def test_ten_thousand(self):
        status, out, _ = self.end(self.begin("--devices", 10_000, "--seconds", 20, "--rate", 0.2, "--at-once", 500))
        print(self.check(status, out, 10_000))


if __name__ == "__main__":
    FLEET, MOSQUITTO, subject = sys.argv[1:4]
    unittest.main(argv=[sys.argv[0], subject.capitalize()])
