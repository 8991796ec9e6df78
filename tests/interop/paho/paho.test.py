#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Paho at the other end, with mosquitto in between: what it publishes hubwire hears and says again, and Paho hears that.

  paho.test.py ECHO MOSQUITTO
"""
import os
import pathlib
import queue
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import paho.mqtt.client as mqtt

PATIENCE = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Paho:
    """A client of Paho in its own thread, whose messages stand in a queue."""

    def __init__(self, port, name, clean=True):
        self.heard = queue.Queue()
        self.ready = queue.Queue()
        arguments = [mqtt.CallbackAPIVersion.VERSION1] if hasattr(mqtt, "CallbackAPIVersion") else []
        self.client = mqtt.Client(*arguments, client_id=name, clean_session=clean)
        self.client.on_message = lambda client, data, message: self.heard.put(message)
        self.client.on_connect = lambda client, data, flags, code: self.ready.put(("connected", flags, code))
        self.client.on_subscribe = lambda client, data, number, codes: self.ready.put(("subscribed", codes))
        self.client.connect("127.0.0.1", port, 30)
        self.client.loop_start()
        self.connected = self.ready.get(timeout=PATIENCE)

    def subscribe(self, topic, qos):
        self.client.subscribe(topic, qos)
        assert self.ready.get(timeout=PATIENCE)[0] == "subscribed"

    def publish(self, topic, payload, qos=0, retain=False):
        self.client.publish(topic, payload, qos, retain).wait_for_publish(PATIENCE)

    def publish_numbers(self, topic, count, qos):
        """Ten at a time: with more of QoS 2 on their way it sends more than mosquitto takes, which ends the connection."""
        for first in range(0, count, 10):
            for sent in [self.client.publish(topic, str(number), qos) for number in range(first, min(first + 10, count))]:
                sent.wait_for_publish(PATIENCE)

    def next(self):
        message = self.heard.get(timeout=PATIENCE)
        return message.topic, message.payload, message.qos

    def end(self):
        self.client.disconnect()
        self.client.loop_stop()


class PahoCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hubwire_paho.")
        self.addCleanup(folder.cleanup)
        self.port = free_port()
        conf = pathlib.Path(folder.name) / "conf"
        user = "user root\n" if os.geteuid() == 0 else ""
        conf.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n{user}")
        self.broker = subprocess.Popen([MOSQUITTO, "-c", conf], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        self.addCleanup(self.end_process, self.broker)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            time.sleep(0.05)
        self.paho = Paho(self.port, "paho")
        self.addCleanup(self.paho.end)
        self.paho.subscribe("from/#", 2)
        self.echo = self.start_echo()

    @staticmethod
    def end_process(process):
        process.terminate()
        process.wait(PATIENCE)
        if process.stdout:
            process.stdout.close()

    def start_echo(self):
        echo = subprocess.Popen([ECHO, str(self.port)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end_process, echo)
        self.assertEqual(echo.stdout.readline(), "ready\n")
        return echo

    def test_each_qos_both_ways_in_order(self):
        for qos in (0, 1, 2):
            with self.subTest(qos=qos):
                self.paho.publish_numbers(f"to/{qos}", 200, qos)
                for number in range(200):
                    self.assertEqual(self.paho.next(), (f"from/{qos}", str(number).encode(), qos))
        self.assertTrue(self.paho.heard.empty())

    def test_a_large_message_as_it_was(self):
        content = bytes(range(256)) * 1_000
        for qos in (0, 1, 2):
            self.paho.publish("to/large", content, qos)
            self.assertEqual(self.paho.next(), ("from/large", content, qos))

    def test_a_retained_message_is_heard_by_who_comes_later(self):
        self.paho.publish("to/end", "leave", 2)
        self.assertEqual(self.echo.wait(PATIENCE), 0)
        self.paho.publish("to/end", b"", 2, retain=True)
        self.paho.publish("kept/x", "old", 1, retain=True)
        late = Paho(self.port, "late")
        self.addCleanup(late.end)
        late.subscribe("kept/#", 1)
        self.assertEqual(late.next(), ("kept/x", b"old", 1))

    def test_the_will_is_sent_after_a_cut_and_not_after_a_goodbye(self):
        self.paho.publish("to/end", "leave", 2)
        self.assertEqual(self.echo.wait(PATIENCE), 0)
        self.echo = self.start_echo()
        self.paho.publish("to/end", "cut", 2)
        self.assertEqual(self.paho.next(), ("from/will", b"gone", 2))
        self.assertEqual(self.echo.wait(PATIENCE), 0)
        self.assertTrue(self.paho.heard.empty())

    def test_a_session_of_paho_gets_what_hubwire_said_meanwhile(self):
        away = Paho(self.port, "away", clean=False)
        away.subscribe("from/#", 2)
        away.end()
        self.paho.publish_numbers("to/away", 50, 2)
        for number in range(50):
            self.assertEqual(self.paho.next(), ("from/away", str(number).encode(), 2))
        away = Paho(self.port, "away", clean=False)
        self.addCleanup(away.end)
        self.assertEqual(away.connected[1]["session present"], 1)
        for number in range(50):
            self.assertEqual(away.next(), ("from/away", str(number).encode(), 2))

    def test_a_session_of_hubwire_gets_what_paho_said_meanwhile(self):
        self.paho.publish("to/end", "leave", 2)
        self.assertEqual(self.echo.wait(PATIENCE), 0)
        self.paho.publish_numbers("to/later", 50, 1)
        self.start_echo()
        for number in range(50):
            self.assertEqual(self.paho.next(), ("from/later", str(number).encode(), 1))


if __name__ == "__main__":
    ECHO, MOSQUITTO = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
