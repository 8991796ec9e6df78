# SPDX-License-Identifier: BSL-1.0
# hubwire's WebSocket client against servers that others wrote, on 127.0.0.1. A server prints its port, then a line for
# each visit that has ended: the path, and the code of the Close frame that it got, or of the one that it sent first.
#   /echo       sends back what comes            /mqtt       passes it to a broker and back
#   /small      as /echo, messages of 1,000 bytes at most: a longer one is closed with 1009
#   /none       does not take the subprotocol    /missing    there is no such path
#   /text       sends a text                     /leave      closes with 1001
#   /ping       pings, and closes when the pong is right
#   /fragments  sends a message in three frames with a ping between them, and closes
# Environment: VISITOR, a program; SERVER, the command of a server; LACKS, the paths that it does not have; MOSQUITTO.
#   peers.test.py [unittest options]
import os
import pathlib
import queue
import shlex
import socket
import subprocess
import tempfile
import threading
import time
import unittest

VISITOR, SERVER = os.environ["VISITOR"], shlex.split(os.environ["SERVER"])
LACKS = os.environ.get("LACKS", "").split()
PATIENCE = 20  # seconds; sanitizers and a busy machine are slow


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Broker:
    """mosquitto without passwords."""

    def __init__(self, folder):
        for _ in range(5):  # somebody else may take a free port meanwhile
            self.port = free_port()
            conf = pathlib.Path(folder, "mosquitto.conf")
            conf.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n", encoding="utf-8")
            self.process = subprocess.Popen([os.environ["MOSQUITTO"], "-c", conf], stderr=subprocess.DEVNULL)
            if self.answers():
                return
            self.stop()
        raise RuntimeError("mosquitto does not start")

    def answers(self):
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self.process.poll() is None
            except OSError:
                time.sleep(0.05)
        return False

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


class Server:
    def __init__(self, broker_port):
        self.process = subprocess.Popen([*SERVER, str(broker_port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self.listen, daemon=True).start()
        self.port = int(self.said_of("port", 150))  # npm installs the first time

    def listen(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())

    def said_of(self, what, patience=PATIENCE):
        """The rest of the next line that begins with these words."""
        try:
            while True:
                line = self.lines.get(timeout=patience)
                if line.startswith(what + " "):
                    return line[len(what) + 1:]
        except queue.Empty:
            return "nothing, in time"

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(PATIENCE)
        self.process.stdout.close()


class Peer(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="hubwire_websocket.")
        cls.addClassCleanup(folder.cleanup)
        port = 1
        if "/mqtt" not in LACKS:
            broker = Broker(folder.name)
            cls.addClassCleanup(broker.stop)
            port = broker.port
        cls.server = Server(port)
        cls.addClassCleanup(cls.server.stop)

    def visit(self, path, *action):
        done = subprocess.run([VISITOR, str(self.server.port), path, *action], text=True, capture_output=True,
                              timeout=3 * PATIENCE, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.strip()

    def check(self, path, action, outcome, seen):
        if path in LACKS:
            self.skipTest("this server has no " + path)
        self.assertEqual(self.visit(path, *action), outcome)
        if seen:
            self.assertEqual(self.server.said_of(path), str(seen))

    def test_messages_of_many_sizes_come_back(self):
        self.check("/echo", ["echo"], "echoed, closed 1000", 1000)

    def test_mqtt_passes_through(self):
        self.check("/mqtt", ["mqtt", "first"], "talked, none", 1000)
        self.check("/mqtt", ["mqtt", "second"], "talked, none", 1000)

    def test_a_message_that_is_too_long_for_the_server_is_closed_with_1009(self):
        self.check("/small", ["send", "1000000"], "closed 1009", None)
        self.server.said_of("/small")  # what the server saw: the visitor may have been in the middle of a frame

    def test_with_a_smaller_frame_messages_fit_the_server(self):
        self.check("/small", ["echo", "1000"], "echoed, closed 1000", 1000)

    def test_a_text_is_closed_with_1003(self):
        self.check("/text", ["read"], "failed websocket_failed 1003", 1003)

    def test_a_server_that_leaves_says_so(self):
        self.check("/leave", ["read"], "closed 1001", 1001)

    def test_a_ping_is_answered(self):
        self.check("/ping", ["read"], "closed 1000", 1000)

    def test_fragments_are_joined_and_a_ping_may_stand_between(self):
        self.check("/fragments", ["read"], "closed 1000 after fragments", 1000)

    def test_a_server_that_does_not_speak_mqtt_is_refused(self):
        self.check("/none", ["read"], "failed websocket_refused 101", None)

    def test_a_path_that_is_missing_is_refused(self):
        self.check("/missing", ["read"], "failed websocket_refused 404", None)


if __name__ == "__main__":
    unittest.main(verbosity=2)
