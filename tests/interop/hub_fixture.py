# SPDX-License-Identifier: BSL-1.0
# A running hub_emulator and a raw MQTT 3.1.1 client over TLS. The packets are put together here by hand, so
# that the emulator is not judged by hubwire's own codec. Standard library only.
import base64
import hashlib
import hmac
import json
import os
import resource
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

HOST_NAME = "testhub.example"
PATIENCE = 10  # seconds; sanitizers and a busy machine are slow
C2D, TWIN, DESIRED, METHODS = (
    "devices/{}/messages/devicebound/#", "$iothub/twin/res/#",
    "$iothub/twin/PATCH/properties/desired/#", "$iothub/methods/POST/#")
signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that temporary folders go, as after SIGINT


def key_of(device, secondary=False):
    return base64.b64encode(hashlib.sha256((device + str(secondary)).encode()).digest()).decode()


def sas_token(scope, key, expiry=None, quote=lambda text: urllib.parse.quote(text, safe=""), policy=None):
    scope, expiry = quote(scope), str(int(time.time() + 3600 if expiry is None else expiry))
    mac = hmac.new(base64.b64decode(key), f"{scope}\n{expiry}".encode(), hashlib.sha256).digest()
    signature = urllib.parse.quote(base64.b64encode(mac), safe="")
    return f"SharedAccessSignature sr={scope}&sig={signature}&se={expiry}" + (
        "" if policy is None else f"&skn={urllib.parse.quote(policy, safe='')}")


def text(value):
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(raw)) + raw


def varint(number):
    out = b""
    while True:
        number, low = divmod(number, 128)
        out += bytes([low | (0x80 if number else 0)])
        if not number:
            return out


def packet(first_byte, body=b""):
    return bytes([first_byte]) + varint(len(body)) + body


def connect(client_id, user=None, password=None, clean=True, keep_alive=60, level=4, name="MQTT", will=None):
    flags = (2 if clean else 0) | (0x80 if user is not None else 0) | (0x40 if password is not None else 0)
    body = text(client_id)
    if will:
        flags |= 4 | will.get("qos", 0) << 3 | (0x20 if will.get("retain") else 0)
        body += text(will["topic"]) + text(will["message"])
    body += (text(user) if user is not None else b"") + (text(password) if password is not None else b"")
    return packet(0x10, text(name) + bytes([level, flags]) + struct.pack(">H", keep_alive) + body)


def publish(topic, payload=b"", qos=0, packet_id=1, retain=False, dup=False):
    payload = payload.encode() if isinstance(payload, str) else payload
    return packet(0x30 | (8 if dup else 0) | qos << 1 | (1 if retain else 0),
                  text(topic) + (struct.pack(">H", packet_id) if qos else b"") + payload)


def subscribe(packet_id, *filters):
    return packet(0x82, struct.pack(">H", packet_id) + b"".join(text(f) + bytes([q]) for f, q in filters))


def unsubscribe(packet_id, *filters):
    return packet(0xA2, struct.pack(">H", packet_id) + b"".join(text(f) for f in filters))


def puback(packet_id):
    return packet(0x40, struct.pack(">H", packet_id))


PINGREQ, PINGRESP, DISCONNECT = packet(0xC0), packet(0xD0), packet(0xE0)


class Publish:
    def __init__(self, raw):
        self.qos, self.dup, self.retain = raw[0] >> 1 & 3, bool(raw[0] & 8), bool(raw[0] & 1)
        body = raw[1:]
        while body[0] & 0x80:
            body = body[1:]
        body = body[1:]
        size = struct.unpack(">H", body[:2])[0]
        self.topic, body = body[2:2 + size].decode(), body[2 + size:]
        self.packet_id = struct.unpack(">H", body[:2])[0] if self.qos else None
        self.payload = body[2:] if self.qos else body


class Client:
    """A TLS connection to the emulator; packets in and out as bytes."""

    def __init__(self, hub, tls=True, address="127.0.0.1"):
        raw = socket.create_connection((address, hub.port), timeout=PATIENCE)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = hub.trust.wrap_socket(raw, server_hostname="localhost") if tls else raw
        self.buffer = b""

    def send(self, *packets):
        self.socket.sendall(b"".join(packets))

    def _fill(self, size):
        while len(self.buffer) < size:
            chunk = self.socket.recv(65536)
            if not chunk:
                raise ConnectionError("closed by the hub")
            self.buffer += chunk

    def receive(self, timeout=PATIENCE):
        """The next whole packet as bytes."""
        self.socket.settimeout(timeout)
        end, length, shift, more = 1, 0, 0, True
        while more:
            self._fill(end + 1)
            length |= (self.buffer[end] & 0x7F) << shift
            more = self.buffer[end] & 0x80
            shift, end = shift + 7, end + 1
        self._fill(end + length)
        whole, self.buffer = self.buffer[:end + length], self.buffer[end + length:]
        return whole

    def receive_publish(self, timeout=PATIENCE):
        raw = self.receive(timeout)
        assert raw[0] >> 4 == 3, "expected a PUBLISH, got " + raw.hex()
        return Publish(raw)

    def is_closed(self, timeout=PATIENCE):
        """True when the hub closes without another byte."""
        self.socket.settimeout(timeout)
        if self.buffer:
            return False
        try:
            return self.socket.recv(1) == b""
        except socket.timeout:
            return False
        except OSError:
            return True

    def is_silent(self, timeout=0.4):
        self.socket.settimeout(timeout)
        if self.buffer:
            return False
        try:
            self.buffer += self.socket.recv(1)
            return False
        except socket.timeout:
            return True

    def kill(self):
        """Closes without DISCONNECT, without a TLS goodbye."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class Hub:
    def __init__(self, *arguments, host_name=HOST_NAME, devices=None, policies=(), files=None, environment=None,
                 stderr=subprocess.PIPE):
        """files: how many descriptors the emulator may have open. With a stderr of one's own there is no stop()."""
        self.folder = tempfile.TemporaryDirectory(prefix="hub_emulator_test.")
        self._make_certificate()
        self._issued = 0
        if devices is None:
            devices = [{"id": f"d{n}", "primary_key": key_of(f"d{n}"), "secondary_key": key_of(f"d{n}", True)}
                       for n in range(1, 41)]
            devices.append({"id": "disabled", "primary_key": key_of("disabled"), "enabled": False})
        with open(self.path("devices.json"), "w") as file:
            json.dump({"devices": devices, "policies": list(policies)}, file)
        self.secrets = [d[k] for d in [*devices, *policies] for k in ("primary_key", "secondary_key") if k in d]
        self.lines, self.events, self.news = [], [], threading.Condition()
        self.reading = threading.Event()  # cleared: nobody reads standard output
        self.reading.set()
        self.process = subprocess.Popen(
            [os.environ["HUB_EMULATOR"], "--devices", self.path("devices.json"), "--cert", self.path("cert.pem"),
             "--key", self.path("key.pem"), "--port", "0", "--control-port", "0", "--host-name", host_name,
             "--stop-at-eof", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True,
            env={**os.environ, **(environment or {})},
            preexec_fn=files and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))))
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        started = self.wait_for("listening")
        self.port, self.control_port = started["port"], started["control_port"]
        self.trust = ssl.create_default_context(cafile=self.path("cert.pem"))

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def _make_certificate(self):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", self.path("key.pem"), "-out", self.path("cert.pem"), "-days", "2", "-subj",
             "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
            check=True, capture_output=True, timeout=60)

    def _read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line)
                if line.endswith("\n"):  # else the emulator was stopped in the middle of it
                    self.events.append(json.loads(line))
                self.news.notify_all()
            self.reading.wait()

    def wait_for(self, event, timeout=PATIENCE, **fields):
        """The first event of this name with these fields, also one that has been there for a while."""
        end = time.monotonic() + timeout
        with self.news:
            while True:
                for one in self.events:
                    if one["event"] == event and all(one.get(k) == v for k, v in fields.items()):
                        return one
                self.news.wait(max(0.0, end - time.monotonic()))
                if time.monotonic() >= end:
                    raise AssertionError(f"no event {event} {fields}; last: {self.events[-5:]}")

    def count(self, event, **fields):
        with self.news:
            return sum(1 for one in self.events
                       if one["event"] == event and all(one.get(k) == v for k, v in fields.items()))

    def new_device(self):
        self._issued += 1
        return f"d{self._issued}"

    def control(self, **request):
        with socket.create_connection(("127.0.0.1", self.control_port), timeout=3 * PATIENCE) as connection:
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile() as answers:
                return json.loads(answers.readline())

    def login(self, device, **options):
        """The bytes of a CONNECT that the hub accepts, unless options spoil it."""
        user = options.pop("user", f"{HOST_NAME}/{device}/?api-version=2021-04-12")
        password = options.pop("password", None) or sas_token(f"{HOST_NAME}/devices/{device}", key_of(device))
        if "sig=" in password:
            self.secrets.append(password.split("sig=")[1].split("&")[0])
        return connect(options.pop("client_id", device), user, password, **options)

    def client(self, device, filters=(), **options):
        """A client that is connected and subscribed; what came between is checked."""
        client = Client(self)
        client.send(self.login(device, **options))
        connack = client.receive()
        assert connack[:2] + connack[3:] == b"\x20\x02\x00", connack.hex()
        client.session_present = connack[2]
        for number, (topic, qos) in enumerate(filters, 100):
            client.send(subscribe(number, (topic.format(device), qos)))
            assert client.receive() == packet(0x90, struct.pack(">HB", number, qos))
        return client

    def kill(self):
        """For a test that failed on its way to stop()."""
        self.reading.set()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()

    def stop(self):
        """Quits. The exit status, standard error and secrets that were printed: (0, "", []) is right."""
        self.reading.set()
        if self.process.poll() is None and not self.process.stdin.closed:
            self.process.stdin.write('{"op":"quit"}\n')
            self.process.stdin.flush()
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "killed"
        self.reader.join(PATIENCE)
        errors = self.process.stderr.read()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()
        printed = "".join(self.lines) + errors
        leaks = [s for s in self.secrets + ["SharedAccessSignature", "sig="] if s in printed]
        self.folder.cleanup()
        return status, errors, leaks


class HubTest(unittest.TestCase):
    """One emulator for all tests of a class; each test takes a device of its own."""

    arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.hub = Hub(*cls.arguments)

    @classmethod
    def tearDownClass(cls):
        status, errors, leaks = cls.hub.stop()
        assert status == 0 and errors == "", f"exit status {status}: {errors}"
        assert not leaks, "a secret was printed"

    def setUp(self):
        self.device = self.hub.new_device()

    def client(self, *filters, **options):
        client = self.hub.client(self.device, filters, **options)
        self.addCleanup(client.socket.close)
        return client

    def raw(self, *packets, tls=True):
        client = Client(self.hub, tls=tls)
        self.addCleanup(client.socket.close)
        if packets:
            client.send(*packets)
        return client

    def telemetry(self):
        return self.hub.wait_for("telemetry", device=self.device)

    def events_topic(self, bag=""):
        return f"devices/{self.device}/messages/events/{bag}"

    def assert_refused(self, connect_packet, code, reason):
        client = self.raw(connect_packet)
        self.assertEqual(client.receive(), bytes([0x20, 2, 0, code]))
        self.assertTrue(client.is_closed())
        self.hub.wait_for("refused", code=code, reason=reason)

    def assert_closes(self, client, reason):
        self.assertTrue(client.is_closed())
        self.hub.wait_for("disconnected", device=self.device, reason=reason)
