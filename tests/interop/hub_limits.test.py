#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# What the emulator does when something runs out: connections, descriptors, patience, a reader for its output.
# And where it listens.
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import hub_fixture as hub


class Input(unittest.TestCase):
    def memory(self, running):
        with open(f"/proc/{running.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1))

    def test_commands_that_come_faster_than_they_are_handled_wait_outside(self):
        running = hub.Hub(environment={"ASAN_OPTIONS": "quarantine_size_mb=1"})
        self.addCleanup(running.kill)
        lines, before, most = '{"op":"twin"}'.ljust(999) + "\n", 0, 0
        for number in range(250):  # 50 MB
            running.process.stdin.write(lines * 200)
            running.process.stdin.flush()
            most = max(most, self.memory(running))
            before = before or most
        running.process.stdin.write('{"id":"last","op":"devices"}\n')
        running.process.stdin.flush()
        self.assertTrue(running.wait_for("answer", 10 * hub.PATIENCE, id="last")["ok"])
        self.assertLess(most - before, 30 * 1024)
        self.assertEqual(running.count("answer"), 250 * 200 + 1)  # none was dropped
        self.assertEqual(running.stop(), (0, "", []))


class Connections(unittest.TestCase):
    def start(self, *arguments, **options):
        running = hub.Hub(*arguments, **options)
        self.addCleanup(running.kill)
        return running

    def connect(self, port, address="127.0.0.1"):
        connection = socket.create_connection((address, port), timeout=hub.PATIENCE)
        self.addCleanup(connection.close)
        return connection

    def answer(self, connection):
        with connection.makefile() as answers:
            return json.loads(answers.readline() or "{}")

    def assert_idle(self, running, wanted):
        for _ in range(100):
            if running.count("control_closed", reason="idle") >= wanted:
                break
            time.sleep(0.1)
        self.assertEqual(running.count("control_closed", reason="idle"), wanted)

    def test_no_more_than_64_and_then_they_wait(self):
        running = self.start()
        idle = [self.connect(running.control_port) for _ in range(64)]
        late = self.connect(running.control_port)
        late.sendall(b'{"id":1,"op":"devices"}\n')
        running.wait_for("accept_full", port=running.control_port, connections=64)
        late.settimeout(0.4)
        self.assertRaises(socket.timeout, late.recv, 1)
        late.settimeout(hub.PATIENCE)
        idle[7].close()
        self.assertEqual(self.answer(late)["id"], 1)
        running.wait_for("listening")
        self.assertEqual(running.stop(), (0, "", []))

    def test_who_says_nothing_is_closed(self):
        running = self.start("--control-idle", "1")
        silent, half = self.connect(running.control_port), self.connect(running.control_port)
        half.sendall(b'{"op":')
        for connection in (silent, half):
            self.assertEqual(connection.recv(1), b"")
        self.assert_idle(running, 2)
        self.assertEqual(running.stop(), (0, "", []))

    def test_who_asks_byte_by_byte_or_does_not_read_answers_is_closed(self):
        running = self.start("--control-idle", "1")
        slow, deaf = self.connect(running.control_port), self.connect(running.control_port)
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(0.2)
        try:
            while True:
                deaf.sendall(b'{"op":"devices"}\n' * 1000)
        except OSError:
            pass
        with self.assertRaises(OSError):
            for _ in range(100):
                slow.sendall(b" ")
                time.sleep(0.1)
        self.assert_idle(running, 2)

    def test_who_waits_for_a_method_is_not_idle(self):
        running = self.start("--control-idle", "1")
        client = running.client("d1", [(hub.METHODS, 0)])
        self.addCleanup(client.socket.close)
        answer = running.control(op="method", device="d1", name="slow", timeout=2.5)
        self.assertEqual((answer["op"], answer["error"]["status"]), ("method", 504))

    def busy_seconds(self, running):
        with open(f"/proc/{running.process.pid}/stat") as file:
            times = file.read().rsplit(")", 1)[1].split()[11:13]
        return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")

    def test_without_a_free_descriptor_it_waits_and_does_not_spin(self):
        running = self.start(files=48)
        # UBSan looks at an object of a kind that it has not met through a pipe, and takes the lack of one for a
        # broken object. So it meets the errors of this test first.
        running.client("d2").kill()
        running.wait_for("disconnected", device="d2", reason="connection_lost")
        self.connect(running.port).close()
        running.wait_for("closed", reason="tls_failed")
        for port in (running.control_port, running.port):
            with self.subTest(control=port == running.control_port):
                crowd = [self.connect(port) for _ in range(60)]
                running.wait_for("accept_failed", port=port)
                before = self.busy_seconds(running)
                time.sleep(2)
                self.assertLess(self.busy_seconds(running) - before, 0.5)
                self.assertLessEqual(running.count("accept_failed", port=port), 8)  # once a second, not ten times
                for one in crowd:
                    one.close()
                self.assertTrue(running.control(op="devices")["ok"])
        client = running.client("d1")
        client.socket.close()
        self.assertEqual(running.stop(), (0, "", []))


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@unittest.skipUnless(has_ipv6(), "this machine has no ::1")
class Localhost(unittest.TestCase):
    start, connect, answer = Connections.start, Connections.connect, Connections.answer

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="hub_localhost_test.")
        self.addCleanup(self.folder.cleanup)

    def machine(self, answer):
        """The environment of a machine that answers like this to bind() of an IPv6 address."""
        compiler = shutil.which(os.environ.get("CC", "cc"))
        if not compiler:
            self.skipTest("takes a C compiler")
        source, library = (os.path.join(self.folder.name, name) for name in ("bind.c", "bind.so"))
        with open(source, "w") as file:
            file.write("#include <errno.h>\n#include <sys/socket.h>\n#include <sys/syscall.h>\n#include <unistd.h>\n"
                       "int bind(int s, const struct sockaddr* a, socklen_t n) {\n  static int calls;\n"
                       f"  if (a->sa_family == AF_INET6) {{ ++calls; {answer} }}\n"
                       "  return (int)syscall(SYS_bind, s, a, n);\n}\n")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True, timeout=60)
        return {"LD_PRELOAD": library, "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def test_both_addresses_of_localhost_serve_devices_and_requests(self):
        running = self.start()
        self.assertEqual(running.wait_for("listening")["addresses"], ["127.0.0.1", "::1"])
        for device, address in (("d1", "127.0.0.1"), ("d2", "::1")):
            client = hub.Client(running, address=address)
            self.addCleanup(client.socket.close)
            client.send(running.login(device))
            self.assertEqual(client.receive(), b"\x20\x02\x00\x00")
            control = self.connect(running.control_port, address)
            control.sendall(b'{"id":1,"op":"devices"}\n')
            self.assertEqual(self.answer(control)["id"], 1)
        self.assertEqual(running.stop(), (0, "", []))

    def test_a_numeric_address_is_the_only_one(self):
        running = self.start("--address", "127.0.0.1")
        self.assertEqual(running.wait_for("listening")["addresses"], ["127.0.0.1"])
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("::1", running.port), timeout=hub.PATIENCE)
        self.assertEqual(running.stop(), (0, "", []))

    def test_a_port_that_is_taken_on_one_address_is_not_used(self):
        running = self.start()
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
            port = taken.getsockname()[1]
            done = subprocess.run([os.environ["HUB_EMULATOR"], "--devices", running.path("devices.json"), "--cert",
                                   running.path("cert.pem"), "--key", running.path("key.pem"), "--port", str(port)],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(f"localhost port {port}: ::1: ", done.stderr)

    def test_a_free_port_is_free_on_both_addresses(self):
        running = self.start(environment=self.machine("if (calls <= 3) { errno = EADDRINUSE; return -1; }"))
        self.assertEqual(running.wait_for("listening")["addresses"], ["127.0.0.1", "::1"])
        client = hub.Client(running, address="::1")
        client.socket.close()
        self.assertEqual(running.stop(), (0, "", []))

    def test_a_machine_without_ipv6(self):
        for code in ("EADDRNOTAVAIL", "EAFNOSUPPORT"):
            running = self.start(environment=self.machine(f"errno = {code}; return -1;"))
            listening = running.wait_for("listening")
            self.assertEqual(listening["addresses"], ["127.0.0.1"])
            self.assertEqual(listening["missing"][0]["address"], "::1")
            self.assertTrue(listening["missing"][0]["reason"])
            running.client("d1").socket.close()
            self.assertEqual(running.stop(), (0, "", []))


class Output(unittest.TestCase):
    """Nobody reads standard output for a while, or for good."""

    PAYLOAD = "\x01" * (250 * 1024)  # 1.5 MB as JSON

    def setUp(self):
        self.start()

    def start(self, **options):
        self.running = hub.Hub(**options)
        self.addCleanup(self.running.kill)
        self.client = self.running.client("d1")
        self.addCleanup(self.client.socket.close)
        self.running.wait_for("connected")
        self.running.reading.clear()
        self.running.control(op="disconnect", device="d9")  # an answer means that nothing is left to print

    def publish(self, first, last):
        for number in range(first, last):
            self.client.send(hub.publish(f"devices/d1/messages/events/n={number}", self.PAYLOAD, 1, number))
            self.assertEqual(self.client.receive(), hub.puback(number))

    def numbers(self):
        with self.running.news:
            return [int(e["properties"]["n"]) for e in self.running.events if e["event"] == "telemetry"]

    def test_devices_and_requests_go_on_and_what_is_dropped_is_counted(self):
        self.publish(1, 50)
        self.assertTrue(self.running.control(op="devices")["ok"])
        self.assertLessEqual(len(self.numbers()), 1)  # the reader's thread was waiting for one line
        self.running.reading.set()
        lost = self.running.wait_for("lost")["lines"]
        self.publish(50, 52)
        self.running.wait_for("telemetry", properties={"n": "51"})
        kept = self.numbers()
        self.assertGreater(len(kept), 12)  # 16 MB, and what was on its way
        self.assertEqual(kept, [*range(1, 50 - lost), 50, 51])  # in order, and the number is right
        events = [e["event"] for e in self.running.events if e["event"] in ("telemetry", "lost")]
        self.assertEqual(events.index("lost"), 49 - lost)  # in the place of what is missing
        self.assertEqual(self.running.stop(), (0, "", []))

    def stops(self, stop):
        self.publish(1, 4)
        stop(self.running.process)
        self.assertTrue(self.client.is_closed())
        self.assertEqual(self.running.process.wait(hub.PATIENCE), 1)
        self.assertIn("nobody reads standard output", self.running.stop()[1])

    def test_a_signal_stops_it_all_the_same(self):
        self.stops(lambda process: process.send_signal(signal.SIGTERM))

    def test_the_end_of_input_stops_it_all_the_same(self):
        self.stops(lambda process: process.stdin.close())

    def test_a_request_stops_it_all_the_same(self):
        self.stops(lambda process: self.running.control(op="quit"))

    def full_pipe(self):
        """The end for writing of a pipe that takes no more and that nobody reads."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        os.set_blocking(writer, False)
        for size in (4096, 1):
            try:
                while True:
                    os.write(writer, b"x" * size)
            except BlockingIOError:
                pass
        os.set_blocking(writer, True)
        return writer

    def test_standard_error_that_nobody_reads_either_does_not_hold_up_the_end(self):
        self.start(stderr=self.full_pipe())
        self.publish(1, 4)
        self.running.process.send_signal(signal.SIGTERM)
        self.assertTrue(self.client.is_closed())
        self.assertEqual(self.running.process.wait(hub.PATIENCE), 1)

    def test_who_does_not_read_why_it_does_not_start_gets_the_exit_status(self):
        for arguments, status in (["--nonsense"], 2), (["--devices", "/", "--cert", "/", "--key", "/"], 1):
            process = subprocess.Popen([os.environ["HUB_EMULATOR"], *arguments], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=self.full_pipe())
            self.addCleanup(process.kill)
            self.assertEqual(process.wait(hub.PATIENCE), status)

    def test_a_reader_who_comes_back_in_time_gets_all(self):
        self.publish(1, 6)
        self.running.process.send_signal(signal.SIGTERM)
        self.running.reading.set()
        self.assertEqual(self.running.process.wait(hub.PATIENCE), 0)
        self.assertEqual(self.running.stop(), (0, "", []))
        self.assertEqual(self.numbers(), [1, 2, 3, 4, 5])
        self.assertEqual(self.running.count("disconnected", reason="hub_stopped"), 1)

    def test_output_that_cannot_be_written_ends_it(self):
        self.running.reading.set()
        with open("/dev/full", "w") as full:
            process = subprocess.Popen(
                [os.environ["HUB_EMULATOR"], "--devices", self.running.path("devices.json"), "--cert",
                 self.running.path("cert.pem"), "--key", self.running.path("key.pem"), "--port", "0"],
                stdin=subprocess.PIPE, stdout=full)
        with process.stdin:
            self.addCleanup(process.kill)
            self.assertEqual(process.wait(hub.PATIENCE), 1)
        self.assertEqual(self.running.stop(), (0, "", []))


if __name__ == "__main__":
    unittest.main()
