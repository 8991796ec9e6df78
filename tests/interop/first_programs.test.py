# SPDX-License-Identifier: BSL-1.0
# The short programs of the examples, as the README tells readers to build and run them: hello and hello_iothub
# against peers, decode and broker_side alone and with hello. Standard library only.
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

from hub_fixture import PATIENCE, Hub, connect, key_of, packet, publish, puback

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MOSQUITTO = os.environ.get("MOSQUITTO", "mosquitto")
CAPTURE = (connect("a"), packet(0x20, b"\0\0"), publish("a/b", "21", qos=1, packet_id=7), puback(7), packet(0xE0))
DECODED = ["0: CONNECT client a", "15: CONNACK accepted", "19: PUBLISH a/b, 2 bytes, id 7", "30: PUBACK id 7",
           "34: DISCONNECT"]


def run(program, *arguments, stdin=""):
    done = subprocess.run([program, *map(str, arguments)], input=stdin, text=True, capture_output=True, timeout=6 * PATIENCE)
    return done.returncode, done.stdout + done.stderr


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(*command):
    return subprocess.Popen([*map(str, command)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)


class Shown:
    """What the README shows of a program: the line that builds it and what it prints."""

    def __init__(self, name):
        text = (SOURCE / "README.md").read_text(encoding="utf-8")
        [block] = [b for b in re.findall(r"^```console\n(.*?)^```$", text, re.M | re.S) if f"$ ./{name} " in b]
        self.build, rest = block.split("\n", 1)
        self.output = rest.split("\n", 1)[1]

    def built_in(self, folder):
        words = shlex.split(self.build.removeprefix("$ "))
        where = words.index("-o") + 1
        words[where] = os.path.join(folder, words[where])
        subprocess.run(words, cwd=SOURCE, check=True, timeout=30 * PATIENCE)
        return words[where]


class Temporary(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hubwire_first.")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def stop(self, process):
        process.terminate()
        process.communicate(timeout=PATIENCE)


class Hello(Temporary):
    @unittest.skipUnless(shutil.which(MOSQUITTO), "mosquitto is not installed")
    def test_a_broker_gets_the_message_and_a_goodbye(self):
        port = free_port()
        config = os.path.join(self.folder, "conf")
        log = os.path.join(self.folder, "log")
        with open(config, "w", encoding="ascii") as file:
            file.write(f"listener {port} 127.0.0.1\nallow_anonymous true\nlog_type all\nlog_dest file {log}\nuser root\n")
        broker = start(MOSQUITTO, "-c", config)
        self.addCleanup(self.stop, broker)
        for _ in range(10 * PATIENCE):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        shown = Shown("hello")
        for program in (shown.built_in(self.folder), os.environ["HELLO"]):
            self.assertEqual(run(program, "localhost", port), (0, shown.output))
        with open(log, encoding="utf-8") as file:
            said = file.read()
        self.assertEqual(len(re.findall(r"Received PUBLISH from hello .*'hello/world'", said)), 2, said)
        self.assertEqual(len(re.findall("Received DISCONNECT from hello", said)), 2, said)

    def test_it_says_what_is_wrong(self):
        status, output = run(os.environ["HELLO"], "localhost", free_port())
        self.assertEqual(status, 1)
        self.assertIn("nothing listens at that address and port", output)

    def test_broker_side_is_enough_of_a_broker(self):
        port = free_port()
        server = start(os.environ["BROKER_SIDE"], port)
        end = time.monotonic() + PATIENCE
        while run(os.environ["HELLO"], "localhost", port)[0] != 0:  # until it listens; it takes one connection
            self.assertLess(time.monotonic(), end)
        said, _ = server.communicate(timeout=PATIENCE)
        self.assertEqual((server.returncode, said), (0, "CONNECT from hello\nPUBLISH to hello/world: hi\n"))


class BrokerSide(Temporary):
    def exchange(self, sent, size):
        port = free_port()
        server = start(os.environ["BROKER_SIDE"], port)
        self.addCleanup(self.stop, server)
        end = time.monotonic() + PATIENCE
        while True:
            client = socket.socket()
            self.addCleanup(client.close)
            client.settimeout(PATIENCE)
            if client.connect_ex(("127.0.0.1", port)) == 0:
                break
            self.assertLess(time.monotonic(), end)
        client.sendall(sent)
        got = b""
        while len(got) < size and (piece := client.recv(100)):
            got += piece
        server.wait(PATIENCE)
        return server.returncode, got

    def test_it_answers(self):
        pingreq, disconnect = packet(0xC0), packet(0xE0)
        sent = connect("a") + publish("a", "b", qos=1, packet_id=258) + pingreq + disconnect
        self.assertEqual(self.exchange(sent, 10), (0, packet(0x20, b"\0\0") + puback(258) + packet(0xD0)))

    def test_connect_comes_first_and_once(self):
        self.assertEqual(self.exchange(publish("a"), 1), (1, b""))
        self.assertEqual(self.exchange(2 * connect("a"), 5)[0], 1)

    def test_what_is_broken_ends_it(self):
        self.assertEqual(self.exchange(b"\x00", 1), (1, b""))
        self.assertEqual(self.exchange(connect("a", level=9), 1), (1, b""))


class Decode(Temporary):
    def decode(self, text):
        status, output = run(os.environ["DECODE"], stdin=text)
        return status, output.splitlines()

    def test_a_line_for_each_packet(self):
        self.assertEqual(self.decode(b"".join(CAPTURE).hex()), (0, DECODED))
        self.assertEqual(self.decode("\n".join(p.hex(" ") for p in CAPTURE)), (0, DECODED))

    def test_what_is_no_bytes_is_refused(self):
        refused = (2, ["no bytes: pairs of hexadecimal digits are read"])
        for text in ("", " \n", "c", "c0 0", "c0, d0", "c0 00 x"):
            self.assertEqual(self.decode(text), refused)
        self.assertEqual(run(os.environ["DECODE"], os.path.join(self.folder, "nothing"))[0], 2)

    def test_from_a_file(self):
        path = os.path.join(self.folder, "dump")
        with open(path, "w", encoding="ascii") as file:
            file.write(b"".join(CAPTURE).hex(" "))
        self.assertEqual(run(os.environ["DECODE"], path), (0, "\n".join(DECODED) + "\n"))

    def test_what_is_wrong_and_where(self):
        status, lines = self.decode(CAPTURE[0].hex() + "3003 0001 2b")
        self.assertEqual((status, lines[0]), (1, DECODED[0]))
        self.assertEqual(lines[1], "19: protocol_error, a wildcard in a topic name")
        self.assertEqual(self.decode("c0")[0], 1)


@unittest.skipUnless("HELLO_IOTHUB" in os.environ, "BearSSL or the hub emulator is not here")
class IotHub(Temporary):
    def setUp(self):
        super().setUp()
        self.hub = Hub(host_name="localhost")

    def tearDown(self):
        self.assertEqual(self.hub.stop(), (0, "", []))

    def run_it(self, program, device, key):
        text = f"HostName=localhost;DeviceId={device};SharedAccessKey={key}"
        return run(program, text, self.hub.path("cert.pem"), self.hub.port)

    def test_the_hub_gets_the_message(self):
        shown = Shown("hello_iothub")
        for program in (shown.built_in(self.folder), os.environ["HELLO_IOTHUB"]):
            device = self.hub.new_device()
            self.assertEqual(self.run_it(program, device, key_of(device)), (0, shown.output))
            event = self.hub.wait_for("telemetry", device=device)
            self.assertIn("yes & no", str(event))
            self.assertIn("application/json", str(event))

    def test_it_says_what_is_wrong(self):
        status, output = self.run_it(os.environ["HELLO_IOTHUB"], self.hub.new_device(), key_of("somebody else"))
        self.assertEqual(status, 1)
        self.assertIn("a wrong key", output)


if __name__ == "__main__":
    unittest.main(verbosity=2)
