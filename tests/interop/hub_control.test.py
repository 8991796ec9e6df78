#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# The emulator's control interface and command line.
import json
import os
import signal
import socket
import subprocess
import tempfile
import unittest

import hub_fixture as hub


class Control(hub.HubTest):
    def test_bad_requests_are_told_so(self):
        for request in ({}, {"op": 5}, {"op": "nothing", "device": "d1"}, {"op": "twin"},
                        {"op": "c2d", "device": "d1", "paylod": ""}, {"op": "c2d", "device": "d1", "payload": 5},
                        {"op": "c2d", "device": "d1", "properties": {"a": 1}},
                        {"op": "c2d", "device": "d1", "properties": {"": "x"}},
                        {"op": "c2d", "device": "d1", "system": {"to": "x"}},
                        {"op": "c2d", "device": "d1", "payload_base64": "?"}, {"op": "c2d", "device": "d1", "ttl": -1},
                        {"op": "method", "device": "d1", "name": "m", "timeout": 301},
                        {"op": "desired", "device": "d1"}):
            with self.subTest(request=request):
                answer = self.hub.control(**request)
                self.assertEqual((answer["ok"], answer["error"]["status"]), (False, 400))
        for op in ("twin", "disconnect"):
            self.assertIn("dev", self.hub.control(op=op, device="d1", dev="d2")["error"]["message"])
        for op in ("devices", "quit"):
            self.assertIn("device", self.hub.control(op=op, device="d1")["error"]["message"])
        self.assertEqual(self.hub.control(op="twin", device="nobody")["error"]["code"], 404001)
        self.assertEqual(self.hub.control(op="c2d", device="d1", payload="x" * 65537)["error"]["status"], 413)

    def test_a_failed_answer_says_what_failed(self):
        for request in ({"op": "twin", "device": "nobody"}, {"op": "nothing", "device": "d1"}, {"op": "twin"},
                        {"op": "c2d", "device": "d1", "paylod": ""}, {"op": "desired", "device": "d1", "patch": 5},
                        {"op": "method", "device": "d1", "name": "m"}, {"op": "method", "device": "d1"},
                        {"op": "devices", "filter": "x"}):
            with self.subTest(request=request):
                answer = self.hub.control(id=[7], **request)
                self.assertFalse(answer["ok"])
                self.assertEqual(answer["id"], [7])
                self.assertEqual(answer["op"], request["op"])
                self.assertEqual(answer.get("device"), request.get("device"))
        self.assertNotIn("op", self.hub.control(op=5))

    def test_control_characters_reach_no_terminal(self):
        odd = "\x7f\x9b31m\u2028\u202e"
        with socket.create_connection(("127.0.0.1", self.hub.control_port), timeout=hub.PATIENCE) as connection:
            connection.sendall(json.dumps({"op": "twin", "device": odd}, ensure_ascii=False).encode() + b"\n")
            with connection.makefile(encoding="utf-8", newline="\n") as answers:
                line = answers.readline()
        self.assertEqual(json.loads(line)["device"], odd)
        self.assertTrue(line.isascii(), line)

    def test_requests_on_standard_input(self):
        self.hub.process.stdin.write('{"id":"mine","op":"devices"}\nnonsense\n')
        self.hub.process.stdin.flush()
        answer = self.hub.wait_for("answer", id="mine")
        self.assertTrue(any(d["device"] == self.device for d in answer["devices"]))
        self.hub.wait_for("answer", ok=False)

    def test_several_requests_on_one_connection(self):
        with socket.create_connection(("127.0.0.1", self.hub.control_port), timeout=hub.PATIENCE) as connection:
            connection.sendall(b'{"id":1,"op":"devices"}\n{"id":2,"op":"twin","device":"d1"}\n')
            with connection.makefile() as answers:
                self.assertEqual([json.loads(answers.readline())["id"] for _ in range(2)], [1, 2])

    LONG = {"a line": "x" * (1024 * 1024 + 1), "several chunks": "y" * (3 * 1024 * 1024)}
    LONGEST = '{"id":"longest","op":"devices"}'.ljust(1024 * 1024)

    def test_a_line_that_is_too_long_is_refused_and_the_next_one_is_read(self):
        for name, line in self.LONG.items():
            with self.subTest(name):
                with socket.create_connection(("127.0.0.1", self.hub.control_port), timeout=hub.PATIENCE) as one:
                    one.sendall(f'{line}\n{{"id":5,"op":"devices"}}\n{self.LONGEST}\n'.encode())
                    with one.makefile() as answers:
                        got = [json.loads(answers.readline()) for _ in range(3)]
                self.assertEqual([(a["ok"], a.get("id"), a.get("error", {}).get("status")) for a in got],
                                 [(False, None, 413), (True, 5, None), (True, "longest", None)])

    def test_a_line_that_is_too_long_on_standard_input(self):
        refused = 0
        for number, line in enumerate(self.LONG.values()):
            self.hub.process.stdin.write(f'{line}\n{{"id":"after {number}","op":"devices"}}\n{self.LONGEST}\n')
            self.hub.process.stdin.flush()
            self.assertTrue(self.hub.wait_for("answer", id=f"after {number}")["ok"])
            with self.hub.news:
                refused = [e["error"]["status"] for e in self.hub.events if e["event"] == "answer" and
                           not e["ok"] and e["error"]["status"] == 413]
            self.assertEqual(len(refused), number + 1)
        self.assertTrue(self.hub.wait_for("answer", id="longest")["ok"])

    def test_a_last_line_without_its_end_is_read(self):
        with socket.create_connection(("127.0.0.1", self.hub.control_port), timeout=hub.PATIENCE) as connection:
            connection.sendall(b'{"id":1,"op":"devices"}\n{"id":2,"op":"devices"}')
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile() as answers:
                self.assertEqual([json.loads(line)["id"] for line in answers], [1, 2])
        running = hub.Hub()
        self.addCleanup(running.kill)
        running.process.stdin.write('{"id":"last","op":"devices"}')
        running.process.stdin.close()
        self.assertTrue(running.wait_for("answer", id="last")["ok"])
        running.process.wait(hub.PATIENCE)
        self.assertEqual(running.stop(), (0, "", []))

    def test_a_web_page_cannot_use_the_port(self):
        with socket.create_connection(("127.0.0.1", self.hub.control_port), timeout=hub.PATIENCE) as connection:
            connection.sendall(b'POST / HTTP/1.1\r\n\r\n{"op":"quit"}\n')
            everything = b""
            try:
                while chunk := connection.recv(4096):
                    everything += chunk
            except ConnectionResetError:
                pass
            self.assertEqual(everything.count(b"\n"), 1)
        self.assertTrue(self.hub.control(op="devices")["ok"])


class CommandLine(unittest.TestCase):
    def run_emulator(self, *arguments):
        return subprocess.run([os.environ["HUB_EMULATOR"], *arguments], input="", capture_output=True, text=True,
                              timeout=30)

    def assert_fails(self, status, words, *arguments):
        done = self.run_emulator(*arguments)
        self.assertEqual((done.returncode, done.stdout), (status, ""))
        self.assertIn(words, done.stderr)

    def test_help(self):
        done = self.run_emulator("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("--devices FILE", done.stdout)

    def test_arguments(self):
        files = ("--devices", "d", "--cert", "c", "--key", "k")
        self.assert_fails(2, "--devices is missing")
        self.assert_fails(2, "--key is missing", "--devices", "d", "--cert", "c")
        self.assert_fails(2, '"--nothing"', "--nothing", "1")
        self.assert_fails(2, '"--port"', *files, "--port")
        for port in ("65536", "-1", "8x", ""):
            self.assert_fails(2, "--port takes a number from 0 to 65535", *files, "--port", port)
        for name in ("", "a b", "a/b", "localhost:0"):
            self.assert_fails(2, "--host-name takes a host name", *files, "--host-name", name)

    def test_files_and_addresses(self):
        running = hub.Hub()
        self.addCleanup(running.kill)
        good = {"--devices": running.path("devices.json"), "--cert": running.path("cert.pem"),
                "--key": running.path("key.pem"), "--port": "0"}

        def but(**other):
            return [word for pair in {**good, **{"--" + k: v for k, v in other.items()}}.items() for word in pair]

        for name in ("devices", "cert", "key"):
            self.assert_fails(1, "/nowhere/file", *but(**{name: "/nowhere/file"}))
        self.assert_fails(1, "cert.pem", *but(key=good["--cert"]))
        self.assert_fails(1, f"port {running.port}", *but(port=str(running.port)))
        self.assert_fails(1, "300.1.1.1", *but(address="300.1.1.1"))
        self.assertEqual(running.stop(), (0, "", []))

    def test_registries(self):
        key = hub.key_of("x")
        for document, words in (("{", "is not JSON"), ("[]", "no array"), ('{"devices":[5]}', "device 1"),
                                ([{"id": "a"}], "primary_key is missing"), ([{"id": "a/b", "primary_key": key}], "a/b"),
                                ([{"id": "a", "primary_key": "c2VjcmV0"}], "16 to 64 bytes"),
                                ([{"id": "a", "primary_key": key, "enabeld": True}], "enabeld"),
                                ([{"id": "a", "primary_key": key}] * 2, "twice"),
                                ('{"devices":[],"polices":[]}', '"polices" is unknown'),
                                ('{"devices":[],"policies":{}}', '"policies" is unknown or of the wrong type'),
                                ('{"devices":[],"policies":[{"name":"device"}]}', "policy 1: primary_key is missing"),
                                (json.dumps({"devices": [], "policies": [{"name": "mine", "primary_key": key}]}),
                                 "policy 1: device_connect is missing"),
                                (json.dumps({"devices": [], "policies": [{"name": "device", "primary_key": key}] * 2}),
                                 "twice")):
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                file.write(document if isinstance(document, str) else json.dumps({"devices": document}))
                file.flush()
                self.assert_fails(1, words, "--devices", file.name, "--cert", "c", "--key", "k")

    def test_signals_and_end_of_input_stop_it(self):
        for stop in (lambda p: p.send_signal(signal.SIGTERM), lambda p: p.send_signal(signal.SIGINT),
                     lambda p: p.stdin.close()):
            running = hub.Hub()
            self.addCleanup(running.kill)
            client = running.client("d1")
            stop(running.process)
            self.assertTrue(client.is_closed())
            client.socket.close()
            running.wait_for("disconnected", device="d1", reason="hub_stopped")
            running.process.wait(hub.PATIENCE)
            self.assertEqual(running.stop(), (0, "", []))


if __name__ == "__main__":
    unittest.main()
