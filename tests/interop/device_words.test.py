#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# examples/device says in words what is wrong: with its connection string, which it never prints, and with servers.
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

PATIENCE = 20  # seconds; sanitizers and a busy machine are slow
SECRET = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"
GOOD = f"HostName=localhost;DeviceId=d1;SharedAccessKey={SECRET}"


def run_device(connection_string, *arguments):
    environment = {**os.environ, "IOTHUB_DEVICE_CONNECTION_STRING": connection_string}
    return subprocess.run([os.environ["DEVICE"], *arguments], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=PATIENCE, encoding="utf-8", check=False)


class ConnectionString(unittest.TestCase):
    def check_words(self, connection_string, where, words):
        done = run_device(connection_string, "--ca", "/dev/null")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn(f"the connection string cannot be used: {where}\n", done.stdout)
        self.assertIn(words, done.stdout)
        self.assertNotIn(SECRET[:8], done.stdout)

    def test_what_surrounds_it(self):
        key = f"part 3, character {len(GOOD) + 1}"
        self.check_words(GOOD + "\n", f"invalid_field SharedAccessKey, {key}", "a line end")
        self.check_words(GOOD + "\r\n", f"invalid_field SharedAccessKey, {key}", "a line end")
        self.check_words(GOOD + " ", f"invalid_field SharedAccessKey, {key}", "a blank")
        self.check_words(f'"{GOOD}"', "unknown_field, part 1, character 1", "a quotation mark")
        self.check_words("\ufeff" + GOOD, "unknown_field, part 1, character 1", "invisible")

    def test_names(self):
        self.check_words(GOOD.replace("HostName", "hostname"), "unknown_field HostName, part 1, character 1",
                         "upper and lower case")
        self.check_words(GOOD.replace("SharedAccessKey", "sharedaccesskey"),
                         "unknown_field SharedAccessKey, part 3, character 32", "upper and lower case")
        self.check_words(GOOD.replace("d1", "press;line=7"), "unknown_field, part 3, character 35", "';'")
        self.check_words(GOOD.replace("d1", "press;7"), "invalid_connection_string, part 3, character 35", "';'")
        self.check_words(f"{GOOD};DeviceId=d2", f"duplicate_field DeviceId, part 4, character {len(GOOD) + 2}", "twice")

    def test_values(self):
        self.check_words(GOOD.replace("localhost", "https://localhost"), "invalid_field HostName, part 1, character 16",
                         "no 'https://'")
        self.check_words(GOOD.replace("localhost", "localhost."), "invalid_field HostName, part 1, character 10",
                         "dot behind it")
        self.check_words(GOOD + "_", f"invalid_field SharedAccessKey, part 3, character {len(GOOD) + 1}", "base64")
        self.check_words(GOOD.replace("SharedAccessKey", "SharedAccessSignature"),
                         "invalid_field SharedAccessSignature, part 3, character 54", "It is not the key")

    def test_what_is_missing(self):
        self.check_words("HostName=localhost", "missing_field DeviceId", "In a shell")
        self.check_words("HostName=localhost;DeviceId=d1", "missing_field SharedAccessKey", "nothing to authenticate")

    def test_two_of_them(self):
        done = run_device("", "--ca", "/dev/null", "HostName=localhost", GOOD)
        self.assertEqual(done.returncode, 2)
        self.assertIn("two connection strings", done.stdout)
        self.assertNotIn(SECRET, done.stdout)


class Server(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="device_words_test.")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.trust = self.certificate("good", "subjectAltName=DNS:localhost")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.addCleanup(self.listener.close)

    def certificate(self, name, extension):
        path = os.path.join(self.folder, name)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", path + ".key", "-out", path + ".pem", "-days", "2", "-subj", "/CN=localhost", "-addext",
             extension], check=True, capture_output=True, timeout=60)
        return path

    # What the device says to a server that does act(peer) with its one connection.
    def said_to(self, act, trust=None):
        def serve():
            peer, _ = self.listener.accept()
            with peer:
                peer.settimeout(PATIENCE)
                try:
                    act(peer)
                except (ssl.SSLError, OSError):
                    pass  # the device has left

        server = threading.Thread(target=serve)
        server.start()
        done = run_device(GOOD, "--ca", (trust or self.trust) + ".pem", "--connect",
                          f"127.0.0.1:{self.listener.getsockname()[1]}", "--attempts", "1")
        server.join(PATIENCE)
        self.assertNotIn(SECRET, done.stdout)
        return done.stdout

    def tls(self, name=None, version=ssl.TLSVersion.TLSv1_2, ciphers=None, then=lambda tls: None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain((name or self.trust) + ".pem", (name or self.trust) + ".key")
        context.minimum_version = context.maximum_version = version
        if ciphers:
            context.set_ciphers(ciphers)

        def act(peer):
            with context.wrap_socket(peer, server_side=True) as tls:
                then(tls)

        return act

    def test_no_tls_1_2(self):
        said = self.said_to(self.tls(version=ssl.TLSVersion.TLSv1_3))
        self.assertIn("tls_failed, detail 326", said)
        self.assertIn("most likely 1.3 only", said)

    def test_no_cipher_in_common(self):
        said = self.said_to(self.tls(ciphers="ECDHE-ECDSA-AES128-SHA256"))
        self.assertIn("tls_failed, detail 296", said)
        self.assertIn("nothing in common", said)

    def test_no_tls_at_all(self):
        said = self.said_to(lambda peer: peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
        self.assertIn("tls_failed", said)
        self.assertIn("plain MQTT or HTTP", said)

    def test_common_name_only(self):
        name = self.certificate("common", "basicConstraints=CA:TRUE")
        said = self.said_to(self.tls(name), trust=name)
        self.assertIn("tls_wrong_server_name", said)
        self.assertIn("a certificate with a CN only is not enough", said)

    def test_stranger(self):
        said = self.said_to(self.tls(self.certificate("other", "subjectAltName=DNS:localhost")))
        self.assertIn("tls_untrusted_certificate", said)
        self.assertIn("leads to none of the trust anchors", said)

    def test_closed_before_connack(self):
        said = self.said_to(self.tls(then=lambda tls: tls.recv(1)))
        self.assertIn("could not connect: connection_lost", said)
        self.assertIn("before it had accepted", said)

    def test_closed_after_connack(self):
        def accept(tls):
            tls.recv(1024)
            tls.sendall(b"\x20\x02\x00\x00")
            tls.recv(1024)

        # One attempt is only counted when it failed, so the device is ended by its absent second server.
        original = self.listener

        def act(peer):
            self.tls(then=accept)(peer)
            original.close()

        said = self.said_to(act)
        self.assertIn("connection ended: connection_lost", said)
        self.assertIn("the same identity has connected elsewhere", said)
        self.assertIn("could not connect: connect_failed", said)
        self.assertIn("nothing listens at that address and port", said)

    def test_refused(self):
        def refuse(tls):
            tls.recv(1024)
            tls.sendall(b"\x20\x02\x00\x03")
            tls.recv(1)

        said = self.said_to(self.tls(then=refuse))
        self.assertIn("the hub refused with CONNACK 3, server_unavailable", said)
        self.assertIn("the device is disabled", said)


if __name__ == "__main__":
    unittest.main()
