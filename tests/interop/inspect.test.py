# SPDX-License-Identifier: BSL-1.0
# examples/inspect as its users see it: bytes in, JSON out, exit status. Packets are put together here by hand
# or were recorded from Microsoft's SDK (tests/data). Standard library only. INSPECT is the program.
import base64
import hashlib
import json
import os
import pathlib
import random
import re
import shlex
import shutil
import ssl
import struct
import subprocess
import tempfile
import threading
import unittest

from hub_fixture import DISCONNECT, PINGREQ, PINGRESP, connect, packet, puback, publish, subscribe, unsubscribe

PROGRAM = os.environ.get("INSPECT", "inspect")
DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "sdk_v311.inc"
PATIENCE = 60  # seconds; sanitizers and a busy machine are slow
RANDOM_LINES = int(os.environ.get("INSPECT_RANDOM_LINES", "100000"))
VERDICTS = {"ok", "malformed", "protocol-error", "incomplete", "too-large", "unsupported-version"}
OK, BAD_PACKET, UNUSABLE, UNSUPPORTED, IO = range(5)


def run(*arguments, stdin=b"", status=OK):
    """Standard output, parsed line by line."""
    done = subprocess.run([PROGRAM, *arguments], input=stdin, capture_output=True, timeout=10 * PATIENCE)
    if done.returncode != status:
        raise AssertionError(f"exit status {done.returncode}, not {status}: {done.stderr.decode()[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask(*questions, arguments=(), status=OK):
    """(sender, bytes) each; the answers of --lines."""
    lines = b"".join(b"%s 4 %s\n" % (sender.encode(), raw.hex().encode()) for sender, raw in questions)
    answers = run("--lines", *arguments, stdin=lines, status=status)
    assert len(answers) == len(questions), (len(answers), len(questions))
    return answers


def golden():
    """The recorded packets: sender, bytes, and the fields that the recording's own decoder saw."""
    entries = []
    for entry in DATA.read_text().split("{.from")[1:]:
        head, _, tail = entry.partition(".hex =")
        fields = {"raw": bytes.fromhex("".join(re.findall(r'"([0-9a-f]*)"', tail)))}
        for name in ("sender = role::", "type = packet_type::", "id = ", "qos = ", "keep_alive = "):
            found = re.search(r"\." + re.escape(name) + r"(\w+)", head)
            fields[name.split(" ")[0]] = found and found[1]
        for name in ("topic", "client_id", "user_name", "password"):
            found = re.search(r"\." + name + r' = "([^"]*)"', head)
            fields[name] = found and found[1]
        entries.append(fields)
    return entries


PLUS = b"+"  # the recording server's own test message has a wildcard in its topic; see tests/data


class Lines(unittest.TestCase):
    def test_recorded_packets(self):
        recorded = golden()
        self.assertEqual(len(recorded), 103)
        broken = 0
        answers = ask(*((p["sender"], p["raw"]) for p in recorded), arguments=["--reencode"])
        for wanted, answer in zip(recorded, answers):
            if answer["verdict"] != "ok":
                broken += 1
                self.assertEqual(answer["error"]["rule"], "v3.1.1:MQTT-3.3.2-2")
                continue
            self.assertEqual(answer["consumed"], len(wanted["raw"]))
            self.assertIsNone(answer["error"])
            [got] = answer["packets"]
            self.assertEqual(got["type"], wanted["type"].upper())
            self.assertEqual(got["size"], len(wanted["raw"]))
            self.assertEqual(got["reencode"], {"same": True})
            for name in ("topic",) if got["type"] == "PUBLISH" else ("client_id", "user_name"):
                self.assertEqual(got.get(name), wanted[name])
            if wanted["password"]:
                self.assertEqual(bytes.fromhex(got["password"]), wanted["password"].encode())
            if wanted["id"]:
                self.assertEqual(got["packet_id"], int(wanted["id"]))
            if got["type"] == "PUBLISH":
                self.assertEqual(got["qos"], int(wanted["qos"] or 0))
                self.assertEqual(wanted["raw"][len(wanted["raw"]) - len(got["payload"]) // 2:].hex(), got["payload"])
        self.assertEqual(broken, 1)

    def test_verdicts(self):
        level = b"\x00\x04MQTT%c\x02\x00\x0a\x00\x00"
        table = [
            # sender, bytes, verdict, consumed, packets, rule, offset
            ("client", PINGREQ + DISCONNECT, "ok", 4, 2, None, None),
            ("server", PINGRESP, "ok", 2, 1, None, None),
            ("client", b"", "incomplete", 0, 0, None, 0),
            ("client", b"\x30", "incomplete", 0, 0, None, 1),
            ("client", PINGREQ + b"\x30\x05\x00", "incomplete", 2, 1, None, 5),
            ("client", b"\xc0\x80\x80\x80", "incomplete", 0, 0, None, 4),
            ("client", b"\xc0\x80\x80\x80\x80", "malformed", 0, 0, "v3.1.1 §2.2.3", 1),
            ("client", b"\xc0\x80\x00", "malformed", 0, 0, "v3.1.1 §2.2.3", 1),
            ("client", b"\xc1", "malformed", 0, 0, "v3.1.1:MQTT-2.2.2-1", 0),
            ("client", PINGREQ + b"\x60\x02\x00\x01", "malformed", 2, 1, "v3.1.1:MQTT-3.6.1-1", 2),
            ("client", b"\x00\x00", "malformed", 0, 0, "v3.1.1 §2.2.1", 0),
            ("client", b"\xf0\x00", "malformed", 0, 0, "v3.1.1 §2.2.1", 0),
            ("client", publish("a/b") + publish("a/+"), "protocol-error", 7, 1, "v3.1.1:MQTT-3.3.2-2", 11),
            ("client", publish(""), "protocol-error", 0, 0, "v3.1.1:MQTT-4.7.3-1", 4),
            ("client", publish("a", qos=1, packet_id=0), "protocol-error", 0, 0, "v3.1.1:MQTT-2.3.1-1", 5),
            ("client", b"\x36\x05\x00\x01a\x00\x01", "malformed", 0, 0, "v3.1.1:MQTT-3.3.1-4", 0),
            ("client", b"\x30\x04\x00\x02\xc0\x80", "malformed", 0, 0, "v3.1.1:MQTT-1.5.3-1", 4),
            ("client", b"\x30\x02\x00\x05", "malformed", 0, 0, "v3.1.1 §2.2.3", 4),
            ("client", subscribe(1), "protocol-error", 0, 0, "v3.1.1:MQTT-3.8.3-3", None),
            ("client", subscribe(1, ("a", 3)), "malformed", 0, 0, "v3.1.1:MQTT-3.8.3-4", None),
            ("client", puback(1) + b"\x40\x03\x00\x01\x00", "malformed", 4, 1, "v3.1.1 §2.2.3", 8),
            ("client", b"\x40\x03\x00\x00\x00", "malformed", 0, 0, "v3.1.1 §2.2.3", 4),  # not for its identifier
            # who sends what
            ("server", PINGREQ, "protocol-error", 0, 0, "v3.1.1 §2.2.1", 0),
            ("client", PINGRESP, "protocol-error", 0, 0, "v3.1.1 §2.2.1", 0),
            ("server", subscribe(1), "protocol-error", 0, 0, "v3.1.1 §2.2.1", 0),  # not for its body
            # at the first byte, whatever is behind it
            ("client", b"\xf0", "malformed", 0, 0, "v3.1.1 §2.2.1", 0),
            ("server", b"\xf0\x80\x01", "malformed", 0, 0, "v3.1.1 §2.2.1", 0),
            ("client", b"\xf0\xff\xff\xff\x7f", "malformed", 0, 0, "v3.1.1 §2.2.1", 0),
            ("client", b"\x36", "malformed", 0, 0, "v3.1.1:MQTT-3.3.1-4", 0),
            ("client", b"\x38\xff", "malformed", 0, 0, "v3.1.1:MQTT-3.3.1-2", 0),
            ("server", b"\x10", "protocol-error", 0, 0, "v3.1.1 §2.2.1", 0),
            ("client", b"\x90\xff\x7f", "protocol-error", 0, 0, "v3.1.1 §2.2.1", 0),
            ("server", PINGRESP + b"\x82\xff\xff\xff\x7f", "protocol-error", 2, 1, "v3.1.1 §2.2.1", 2),
            # CONNECT
            ("client", packet(0x10, level % 3), "unsupported-version", 0, 0, "v3.1.1:MQTT-3.1.2-2", 8),
            ("client", packet(0x10, level % 5), "unsupported-version", 0, 0, "v3.1.1:MQTT-3.1.2-2", 8),
            ("client", connect("x", name="MQIsdp", level=3), "malformed", 0, 0, "v3.1.1:MQTT-3.1.2-1", 4),
            # sizes
            ("client", b"\x30\x80\x80\x80\x01", "incomplete", 0, 0, None, 5),
            ("client", b"\x10\xff\xff\xff\x7f", "too-large", 0, 0, None, 1),
        ]
        for (sender, raw, verdict, consumed, packets, rule, offset), answer in zip(
                table, ask(*((row[0], row[1]) for row in table))):
            with self.subTest(sender=sender, raw=raw.hex()):
                self.assertEqual(list(answer), ["verdict", "consumed", "packets", "error"])
                self.assertEqual((answer["verdict"], answer["consumed"], len(answer["packets"])),
                                 (verdict, consumed, packets))
                if verdict == "ok":
                    self.assertIsNone(answer["error"])
                    continue
                self.assertEqual(list(answer["error"]), ["rule", "offset", "message"])
                self.assertEqual(answer["error"]["rule"], rule)
                self.assertTrue(answer["error"]["message"])
                if offset is not None:
                    self.assertEqual(answer["error"]["offset"], offset)
        self.assertEqual({row[2] for row in table}, VERDICTS)

    def test_every_truncation_is_incomplete(self):
        whole = [p for p in golden() if PLUS not in p["raw"]][:40]
        cut = [(p["sender"], p["raw"][:size]) for p in whole for size in range(len(p["raw"]))]
        for answer in ask(*cut):
            self.assertEqual((answer["verdict"], answer["consumed"]), ("incomplete", 0))

    def test_version_5_is_not_there_yet(self):
        for raw in ("c000", "", "101000044d5154540502000a00000161"):
            [answer] = run("--lines", stdin=b"client 5 " + raw.encode() + b"\n")
            self.assertEqual((answer["verdict"], answer["consumed"], answer["packets"]), ("unsupported-version", 0, []))
            self.assertIn("MQTT 5 is not there yet", answer["error"]["message"])

    def test_forms_of_a_line(self):
        good = b"client 4 C000\nclient 4 c0 00\r\nserver 4 d0:00\nclient 4 c0,00"  # the last without its end
        self.assertEqual([a["verdict"] for a in run("--lines", stdin=good)], ["ok"] * 4)
        self.assertEqual(run("--lines", stdin=b"client 4\nclient 4\r\n"), run("--lines", stdin=b"client 4 \n") * 2)
        bad = [(b"", 0), (b"Client 4 c000", 0), (b"client", 0), (b"client 3 c000", 7), (b"client 45", 8),
               (b"client 4 c0g0", 11), (b"client 4 c", 10), (b"client 5 zz", 9), (b"\xff\x00\x01", 0),
               (b"either 4 c000", 0), (b"client  4 c000", 7)]
        answers = run("--lines", stdin=b"\n".join(line for line, _ in bad) + b"\nclient 4 c000\n", status=UNUSABLE)
        self.assertEqual(len(answers), len(bad) + 1)
        for (line, offset), answer in zip(bad, answers):
            self.assertEqual((line, answer["verdict"], answer["error"]["offset"]), (line, None, offset))
        self.assertEqual(answers[-1]["verdict"], "ok")  # the next line is a line again

    def test_limit(self):
        questions = [("client", publish("a", b"x" * size)) for size in (120, 121)]
        self.assertEqual([a["verdict"] for a in ask(*questions, arguments=["--limit", "125"])], ["ok", "too-large"])
        [answer] = ask(("client", b"\x30\xff\xff\xff\x7f"), arguments=["--limit=268435460"])
        self.assertEqual(answer["verdict"], "incomplete")

    def test_each_line_is_answered_before_the_next(self):
        with subprocess.Popen([PROGRAM, "--lines"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
            watchdog = threading.Timer(PATIENCE, program.kill)
            watchdog.start()
            for _ in range(3):
                program.stdin.write(b"client 4 c0")
                program.stdin.flush()
                program.stdin.write(b"00\n")
                program.stdin.flush()
                self.assertEqual(json.loads(program.stdout.readline())["verdict"], "ok")
            program.stdin.close()
            self.assertEqual(program.wait(PATIENCE), OK)
            watchdog.cancel()

    def test_random_lines(self):
        rng = random.Random(311)
        seeds = [p["raw"] for p in golden()] + [PINGREQ, PINGRESP, connect("c", "u", b"p", will={
            "topic": "w", "message": "gone", "qos": 1}), subscribe(7, ("a/#", 1), ("+/b", 0)), unsubscribe(8, "a/#")]
        lines = []
        for _ in range(RANDOM_LINES):
            kind = rng.randrange(8)
            if kind == 0:
                line = bytes(rng.randrange(256) for _ in range(rng.randrange(40))).replace(b"\n", b" ")
            else:
                raw = bytearray(rng.choice(seeds)[:rng.choice((16, 64, 4096))])
                for _ in range(rng.randrange(5)):
                    at = rng.randrange(len(raw))
                    if kind < 4:
                        raw[at] = rng.randrange(256)
                    elif kind < 6:
                        raw.insert(at, rng.randrange(6))
                    else:
                        raw += rng.choice(seeds)[:rng.randrange(20)]
                version = b"5" if rng.randrange(20) == 0 else b"4"
                line = rng.choice((b"client", b"server")) + b" " + version + b" " + raw.hex().encode()
            lines.append(line)
        answers = run("--lines", "--reencode", stdin=b"\n".join(lines) + b"\n", status=UNUSABLE)
        self.assertEqual(len(answers), len(lines))
        seen = {}
        for line, answer in zip(lines, answers):
            verdict, consumed, packets = answer["verdict"], answer["consumed"], answer["packets"]
            seen[verdict] = seen.get(verdict, 0) + 1
            self.assertEqual(consumed, sum(p["size"] for p in packets), line)
            if verdict is None:
                self.assertEqual(packets, [], line)
                continue
            size = (len(line) - 9) // 2
            self.assertEqual(verdict == "ok", answer["error"] is None, line)
            self.assertEqual(verdict == "ok", consumed == size and size != 0, line)
            if verdict != "ok":
                self.assertTrue(consumed <= answer["error"]["offset"] <= size, line)
            for p in packets:  # the one thing that is read and never written
                if not p["reencode"]["same"]:
                    self.assertEqual((p["reencode"].get("error"), p["client_id"]), ("invalid_packet", ""), line)
        self.assertEqual(set(seen), VERDICTS | {None})


class Streams(unittest.TestCase):
    STREAM = b"".join(p["raw"] for p in golden() if PLUS not in p["raw"])

    def test_raw_hex_file_and_any_pieces_say_the_same(self):
        wanted = run(stdin=self.STREAM)
        self.assertEqual(len(wanted), sum(PLUS not in p["raw"] for p in golden()))
        self.assertEqual(sum(p["size"] for p in wanted), len(self.STREAM))
        self.assertEqual([p["offset"] for p in wanted],
                         [sum(q["size"] for q in wanted[:i]) for i in range(len(wanted))])
        text = self.STREAM.hex()
        spaced = "\r\n".join(text[i:i + 33] for i in range(0, len(text), 33)).upper()
        self.assertEqual(run("--hex", stdin=text.encode()), wanted)
        self.assertEqual(run("--hex", "-", stdin=spaced.encode()), wanted)
        self.assertEqual(run("--hex", stdin=self.STREAM[:4].hex(":").encode() + b", " + text[8:].encode()), wanted)
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.STREAM)
            file.flush()
            self.assertEqual(run(file.name), wanted)
        for arguments, data in (([], self.STREAM[:700]), (["--hex"], self.STREAM[:300].hex().encode())):
            with subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
                for at in range(len(data)):  # each byte is a write of its own
                    program.stdin.write(data[at:at + 1])
                    program.stdin.flush()
                program.stdin.close()
                got = [json.loads(line) for line in program.stdout.read().splitlines()]
                self.assertEqual(program.wait(PATIENCE), BAD_PACKET)  # cut inside a packet
            self.assertEqual(got[:-1], wanted[:len(got) - 1])
            self.assertEqual(got[-1]["verdict"], "incomplete")

    def test_offsets_of_a_long_stream(self):
        one, times = publish("topic", b"x" * 991), 200  # several pieces, whatever their size
        got = run("--from", "server", stdin=one * times + PINGREQ, status=BAD_PACKET)
        self.assertEqual([p["offset"] for p in got], [i * len(one) for i in range(times + 1)])
        self.assertEqual(got[-1]["error"]["offset"], times * len(one))

    def test_lines_say_the_same_about_packets(self):
        stream = run("--from", "client", stdin=connect("a") + publish("t", "p"))
        [answer] = ask(("client", connect("a") + publish("t", "p")))
        self.assertEqual(answer["packets"], stream)

    def test_a_bad_packet_is_the_last(self):
        got = run("--from=client", stdin=PINGREQ + b"\x30\x03\x00\x01+" + PINGREQ, status=BAD_PACKET)
        self.assertEqual([p.get("type") for p in got], ["PINGREQ", None])
        self.assertEqual(got[1], {"offset": 2, "verdict": "protocol-error", "error": {
            "rule": "v3.1.1:MQTT-3.3.2-2", "offset": 6, "message": "PUBLISH: a wildcard in a topic name"}})
        for sender, status in (("server", BAD_PACKET), ("either", OK), ("client", OK)):
            run("--from", sender, "--protocol", "3.1.1", stdin=PINGREQ, status=status)
        [got] = run(stdin=connect("a", level=5), status=BAD_PACKET)
        self.assertEqual(got["verdict"], "unsupported-version")
        self.assertIn("MQTT 5 is not there yet", got["error"]["message"])

    def test_a_first_byte_is_enough_to_refuse(self):
        for sender, first, verdict in (("client", "f0", "malformed"), ("server", "36", "malformed"),
                                       ("either", "38", "malformed"), ("server", "10", "protocol-error"),
                                       ("client", "90", "protocol-error")):
            for behind in ("", "ff", "ffffff7f", "808080800100"):
                [_, got] = run("--from", sender, "--limit", "1000", stdin=publish("t") + bytes.fromhex(first + behind),
                               status=BAD_PACKET)
                self.assertEqual((got["offset"], got["verdict"], got["error"]["offset"]), (5, verdict, 5), first + behind)

    def test_a_bad_packet_is_told_while_the_stream_goes_on(self):
        with subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
            watchdog = threading.Timer(PATIENCE, program.kill)
            watchdog.start()
            program.stdin.write(PINGREQ)
            program.stdin.flush()
            self.assertEqual(json.loads(program.stdout.readline())["type"], "PINGREQ")
            program.stdin.write(b"\x00")
            program.stdin.flush()
            got = json.loads(program.stdout.readline())
            self.assertEqual((got["offset"], got["verdict"], got["error"]["offset"]), (2, "malformed", 2))
            self.assertEqual(program.wait(PATIENCE), BAD_PACKET)
            watchdog.cancel()
            program.stdin.close()

    def test_large_packets_and_nothing(self):
        self.assertEqual(run(stdin=b""), [])
        self.assertEqual(run("--hex", stdin=b" \n"), [])
        payload = bytes(range(256)) * 4096
        [got] = run("--reencode", stdin=publish("t", payload))
        self.assertEqual(bytes.fromhex(got["payload"]), payload)
        self.assertEqual(got["reencode"], {"same": True})
        [got] = run("--limit", "1000", stdin=publish("t", payload), status=BAD_PACKET)
        self.assertEqual(got["verdict"], "too-large")
        filters = [("a", 1)] * 50000
        [got] = run(stdin=subscribe(1, *filters))
        self.assertEqual(len(got["subscriptions"]), 50000)

    def test_hex_that_is_none(self):
        for text, packets, problem in (
                (b"c000 zz", 0, "line 1, column 6: 'z' is no hexadecimal digit"),  # a line is read whole or not at all
                (b"c000\nzz", 1, "line 2, column 1: 'z' is no hexadecimal digit"),
                (b"c000 c", 0, "line 1, column 7: a single digit"),
                (b"c000\nc000c000c", 3, "line 2, column 10: the last byte lacks a hexadecimal digit"),
                (b"c000\n\n0000  c0 00", 1, "line 3, column 1: this may be an offset column or data"),
                (b"<Buffer c0 00 ... 12 more bytes>", 0, "line 1, column 15: node shows 50 bytes")):
            with self.subTest(text=text):
                done = subprocess.run([PROGRAM, "--hex"], input=text, capture_output=True, timeout=PATIENCE)
                self.assertEqual((done.returncode, done.stdout.count(b"\n")), (UNUSABLE, packets))
                self.assertTrue(done.stderr.decode().startswith(f"inspect: {problem}"), done.stderr)

    def test_dumps(self):
        folder = pathlib.Path(__file__).resolve().parent.parent / "examples" / "inspect_parts_dumps"
        wanted = run(str(folder / "sample.bin"))
        self.assertEqual([p["type"] for p in wanted], ["CONNECT", "PUBLISH", "PUBLISH", "PINGREQ"])
        for name in ("xxd", "hexdump_C", "od_tx1", "node", "python", "xxd_i", "tshark_follow_hex"):
            self.assertEqual(run("--hex", str(folder / f"{name}.txt")), wanted, name)
        for name in ("hexdump", "od", "xxd_e", "node_cut", "python_list"):
            self.assertEqual(run("--hex", str(folder / f"{name}.txt"), status=UNUSABLE), [], name)

    def test_what_is_read_and_never_written(self):
        raw = connect("", clean=False)  # a server has to answer it with CONNACK 2, so it decodes
        self.assertNotIn("reencode", run(stdin=raw)[0])
        [got] = run("--reencode", stdin=raw, status=BAD_PACKET)
        self.assertEqual(got["reencode"], {"same": False, "error": "invalid_packet"})


def checksum(data):
    total = sum(int.from_bytes(data[i:i + 2], "big") for i in range(0, len(data), 2))
    return 0xFFFF & ~((total & 0xFFFF) + (total >> 16))


def pcap(port, talk):
    """A capture of one connection: (True for the client, bytes) each."""
    out = [struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
    numbers = [1000, 5000]

    def segment(me, flags, data=b""):
        ports = (40000, port) if me == 0 else (port, 40000)
        tcp = struct.pack(">HHIIBBHHH", *ports, numbers[me], numbers[1 - me], 0x50, flags, 65535, 0, 0) + data
        address = [bytes((127, 0, 0, 1 + me)), bytes((127, 0, 0, 2 - me))]
        head = struct.pack(">BBHHHBB", 0x45, 0, 20 + len(tcp), 1, 0x4000, 64, 6)
        ip = head + struct.pack(">H", checksum(head + b"".join(address))) + b"".join(address) + tcp
        frame = bytes(12) + b"\x08\x00" + ip
        out.append(struct.pack("<IIII", len(out), 0, len(frame), len(frame)) + frame)
        numbers[me] += len(data) + bool(flags & 2)

    segment(0, 2), segment(1, 0x12), segment(0, 0x10)
    for client, data in talk:
        segment(0 if client else 1, 0x18, data)
    return b"".join(out)


def websocket_frame(payload, mask=b""):
    return bytes((0x82, len(payload) | (0x80 if mask else 0))) + mask + bytes(
        c ^ mask[i % 4] if mask else c for i, c in enumerate(payload))


class Foreign(unittest.TestCase):
    CONNACK = b"\x20\x02\x00\x00"
    TALK = [(True, connect("a")), (False, CONNACK), (True, publish("t", b"hello", qos=1, packet_id=7)),
            (False, puback(7)), (True, PINGREQ), (False, PINGRESP)]
    KEY = b"MDEyMzQ1Njc4OWFiY2RlZg=="
    UPGRADE = (b"GET /mqtt HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
               + KEY + b"\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Version: 13\r\n\r\n")
    UPGRADED = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + base64.b64encode(hashlib.sha1(
                    KEY + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
                + b"\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n")

    def told(self, data, *arguments):
        done = subprocess.run([PROGRAM, *arguments], input=data, capture_output=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout), (UNUSABLE, b""), data)
        return done.stderr.decode()

    def test_names(self):
        mask = b"\x12\x34\x56\x78"
        for data, name in ((pcap(1883, self.TALK), "a capture file (pcap)"),
                           (bytes.fromhex("0a0d0d0a1c0000004d3c2b1a01000000"), "a capture file (pcapng)"),
                           (bytes.fromhex("160301020001"), "TLS"), (bytes.fromhex("1703030020") + bytes(32), "TLS"),
                           (self.UPGRADE, "a WebSocket handshake (HTTP)"), (self.UPGRADED, "a WebSocket handshake (HTTP)"),
                           (b"GET / HTTP/1.1\r\n\r\n", "HTTP"), (websocket_frame(self.CONNACK), "WebSocket"),
                           (websocket_frame(connect("a"), mask), "WebSocket"),
                           (pcap(1883, self.TALK)[40:], "an Ethernet frame"), (b"\x1f\x8b\x08\x00", "compressed (gzip)")):
            with self.subTest(name=name):
                problem = f"inspect: this is {name}, not an MQTT stream: "
                for given in (self.told(data), self.told(data.hex(" ").encode(), "--hex"),
                              self.told(data, "--from", "client", "--limit", "100")):
                    self.assertTrue(given.startswith(problem), given)
        self.assertIn("use --hex", self.told(b"c0 00 d0 00\n"))
        self.assertIn("use --hex", self.told(b"00000000: c000 d000  ....\n"))
        self.assertIn("this is text", self.told(b"mosquitto: new connection\n"))

    def test_names_whatever_the_pieces(self):
        for data, name in ((pcap(1883, self.TALK), b"pcap"), (self.UPGRADE, b"HTTP"), (b"\x16\x03\x01\x00\x05", b"TLS")):
            with subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stderr=subprocess.PIPE) as program:
                for at in range(len(data)):
                    try:
                        program.stdin.write(data[at:at + 1])
                        program.stdin.flush()
                    except BrokenPipeError:
                        break  # it has seen enough
                try:
                    program.stdin.close()
                except BrokenPipeError:
                    pass
                self.assertIn(b"this is", program.stderr.read())
                self.assertEqual(program.wait(PATIENCE), UNUSABLE)

    def test_mqtt_stays_mqtt(self):
        # First packets that are bad or cut, and packets like these behind a sound one.
        for data, verdict in ((b"\x16\x03", "malformed"), (b"\x82\x04\x00\x01\x00\x00", "protocol-error"), (b"G", "malformed"),
                              (PINGREQ + b"GET / HTTP/1.1\r\n", "malformed"), (b"\x30\x09\x00\x01t", "incomplete")):
            self.assertEqual(run(stdin=data, status=BAD_PACKET)[-1]["verdict"], verdict)

    def follow(self, problem, capture, port, keys=""):
        """Runs the commands that a message gives; what they print, for the client and for the server."""
        commands = [line.strip() for line in problem.splitlines() if line.startswith("  tshark")]
        answers = {}
        for command in commands:
            for word, meaning in (("FILE", capture), ("KEYS", keys), ("PORT", str(port)), ("| inspect", f"| {PROGRAM}")):
                command = command.replace(word, shlex.quote(meaning) if word != "| inspect" else meaning)
            done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, OK, (command, done.stderr))
            answers[command.rsplit(" ", 1)[1]] = answers.get(command.rsplit(" ", 1)[1], []) + [
                [json.loads(line) for line in done.stdout.splitlines()]]
        return answers

    def wanted(self):
        return {side: run("--from", side, stdin=b"".join(data for client, data in self.TALK if client == (side == "client")))
                for side in ("client", "server")}

    @unittest.skipUnless(shutil.which("tshark"), "takes tshark")
    def test_commands_take_the_stream_out(self):
        wanted = self.wanted()
        with tempfile.TemporaryDirectory() as folder:
            capture = pathlib.Path(folder) / "capture"
            capture.write_bytes(pcap(1883, self.TALK))
            told = self.told(capture.read_bytes()).split("Through TLS")[0]
            self.assertEqual(self.follow(told, str(capture), 1883), {side: [wanted[side]] for side in wanted})
            told = self.told(pcap(1883, self.TALK)[40:])
            self.assertEqual(self.follow(told, str(capture), 1883), {"client": [wanted["client"]]})

            # The last two frames of the client come in one segment.
            framed = [(client, websocket_frame(data, b"\x01\x02\x03\x04" if client else b"")) for client, data in self.TALK]
            framed[2:5] = [(True, framed[2][1] + framed[4][1]), framed[3]]
            capture.write_bytes(pcap(80, [(True, self.UPGRADE), (False, self.UPGRADED), *framed]))
            for data in (self.UPGRADE, framed[0][1]):
                self.assertEqual(self.follow(self.told(data), str(capture), 80), {side: [wanted[side]] for side in wanted})
            # Each byte in a frame of its own, as some clients send them.
            single = [(client, b"".join(websocket_frame(bytes((byte,)), b"\x05\x06\x07\x08" if client else b"") for byte in data))
                      for client, data in self.TALK]
            capture.write_bytes(pcap(80, [(True, self.UPGRADE), (False, self.UPGRADED), *single]))
            self.assertEqual(self.follow(self.told(single[0][1]), str(capture), 80), {side: [wanted[side]] for side in wanted})
            told = self.told(capture.read_bytes()).split("Through TLS")[1]
            self.assertEqual(self.follow(told, str(capture), 80), {"client": [wanted["client"]]})

    @unittest.skipUnless(shutil.which("tshark") and shutil.which("openssl"), "takes tshark and openssl")
    def test_commands_take_the_stream_out_of_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            cert, key, keys, capture = (f"{folder}/{name}" for name in ("cert.pem", "key.pem", "keys", "capture"))
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
                            "-subj", "/CN=h"], check=True, capture_output=True, timeout=PATIENCE)
            talk = self.encrypted(cert, key, keys)
            pathlib.Path(capture).write_bytes(pcap(8883, talk))
            told = self.told(talk[0][1])
            self.assertIn("keys", told)
            self.assertEqual(self.follow(told, capture, 8883, keys), {side: [packets] for side, packets in self.wanted().items()})

    def encrypted(self, cert, key, keys):
        """TALK inside of TLS 1.2, and the key log."""
        ours, theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ours.check_hostname, ours.verify_mode, ours.maximum_version = False, ssl.CERT_NONE, ssl.TLSVersion.TLSv1_2
        ours.keylog_filename = keys
        theirs.load_cert_chain(cert, key)
        wires = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in range(2)]
        ends = [ours.wrap_bio(*wires[0]), theirs.wrap_bio(*wires[1], server_side=True)]
        talk, done = [], [False, False]

        def carry(me):
            data = wires[me][1].read()
            if data:
                talk.append((me == 0, data))
                wires[1 - me][0].write(data)

        for turn in range(12):
            me = turn % 2
            try:
                ends[me].do_handshake()
                done[me] = True
            except ssl.SSLWantReadError:
                pass
            carry(me)
        self.assertEqual(done, [True, True])
        for client, data in self.TALK:
            ends[0 if client else 1].write(data)
            carry(0 if client else 1)
        return talk


class Fields(unittest.TestCase):
    def fields(self, raw, *arguments):
        [got] = run(*arguments, stdin=raw)
        self.assertEqual((got.pop("offset"), got.pop("size")), (0, len(raw)))
        return got

    def test_each_packet(self):
        will = {"topic": "devices/d/messages/events/a=1", "message": "gone", "qos": 2, "retain": True}
        self.assertEqual(self.fields(connect("c", "h/d/?api-version=1", b"\x00\xff", clean=False, will=will)), {
            "type": "CONNECT", "protocol_name": "MQTT", "protocol_level": 4, "clean_session": False, "keep_alive": 60,
            "client_id": "c", "will": {"topic": will["topic"], "iothub": {
                "kind": "telemetry", "device": "d", "properties": [{"state": "value", "name": "a", "value": "1"}]},
                "message": b"gone".hex(), "message_text": "gone", "qos": 2, "retain": True},
            "user_name": "h/d/?api-version=1", "password": "00ff",
            "iothub": {"host": "h", "device": "d", "api_version": "1"}})
        self.assertEqual(self.fields(connect("c", "alice"))["iothub"], None)
        self.assertEqual(self.fields(packet(0x20, b"\x00\x05")), {
            "type": "CONNACK", "session_present": False, "return_code": 5, "meaning": "not_authorized"})
        self.assertEqual(self.fields(publish("a\u20ac", b"\xff", qos=2, packet_id=258, retain=True, dup=True)), {
            "type": "PUBLISH", "dup": True, "qos": 2, "retain": True, "topic": "a\u20ac", "packet_id": 258,
            "iothub": None, "payload": "ff"})
        for first_byte, name in ((0x40, "PUBACK"), (0x50, "PUBREC"), (0x62, "PUBREL"), (0x70, "PUBCOMP"),
                                 (0xB0, "UNSUBACK")):
            self.assertEqual(self.fields(packet(first_byte, b"\x01\x02")), {"type": name, "packet_id": 258})
        self.assertEqual(self.fields(subscribe(9, ("$iothub/twin/res/#", 0), ("devices/+/messages/devicebound/#", 1),
                                               ("a/+", 2))), {
            "type": "SUBSCRIBE", "packet_id": 9, "subscriptions": [
                {"filter": "$iothub/twin/res/#", "qos": 0, "iothub": "twin_response"},
                {"filter": "devices/+/messages/devicebound/#", "qos": 1, "iothub": "c2d"},
                {"filter": "a/+", "qos": 2, "iothub": None}]})
        self.assertEqual(self.fields(packet(0x90, b"\x00\x09\x00\x01\x02\x80")), {
            "type": "SUBACK", "packet_id": 9, "return_codes": [0, 1, 2, 128]})
        self.assertEqual(self.fields(unsubscribe(9, "a/+", "b")), {
            "type": "UNSUBSCRIBE", "packet_id": 9, "filters": ["a/+", "b"]})
        for raw, name in ((PINGREQ, "PINGREQ"), (PINGRESP, "PINGRESP"), (DISCONNECT, "DISCONNECT")):
            self.assertEqual(self.fields(raw), {"type": name})

    def test_text_that_json_has_to_escape(self):
        for topic in ('"', "\\", "\n\t\x01\x1f\x7f", "\u2028\U0001F600", "\ufeffa"):
            self.assertEqual(self.fields(publish(topic))["topic"], topic)

    def test_iothub_topics(self):
        bag = [{"state": "value", "name": "$.ct", "value": "a/b"}]
        both = {
            "devices/d1/messages/events/%24.ct=a%2Fb": ("client", {"kind": "telemetry", "device": "d1", "properties": bag}),
            "devices/d1/messages/devicebound/%24.ct=a%2Fb": ("server", {"kind": "c2d", "device": "d1", "properties": bag}),
            "$iothub/twin/GET/?$rid=1": ("client", {"kind": "twin_get", "rid": "1"}),
            "$iothub/twin/PATCH/properties/reported/?$rid=a7": (
                "client", {"kind": "reported_update", "rid": "a7", "version": None}),
            "$iothub/twin/PATCH/properties/reported/?$rid=1&$version=6": (
                "client", {"kind": "reported_update", "rid": "1", "version": 6}),
            "$iothub/methods/res/-7/?$rid=0f": ("client", {"kind": "method_response", "status": -7, "rid": "0f"}),
            "$iothub/twin/res/204/?$rid=1&$version=18446744073709551615": (
                "server", {"kind": "twin_response", "status": 204, "rid": "1", "version": 18446744073709551615}),
            "$iothub/twin/PATCH/properties/desired/?$version=3": ("server", {"kind": "desired_update", "version": 3}),
            "$iothub/methods/POST/reboot/?$rid=1": ("server", {"kind": "method_request", "method": "reboot", "rid": "1"}),
            "$iothub/twin/GET/": ("client", {"error": "missing_request_id"}),
            "$iothub/twin/res/2x0/?$rid=1": ("server", {"error": "invalid_iothub_topic"}),
            "devices/d1/messages/events/=b": ("client", {"error": "invalid_iothub_topic"}),
        }
        for topic, (sender, meaning) in both.items():
            other = "server" if sender == "client" else "client"
            with self.subTest(topic=topic):
                self.assertEqual(self.fields(publish(topic), "--from", sender)["iothub"], meaning)
                self.assertEqual(self.fields(publish(topic))["iothub"], meaning)
                self.assertIsNone(self.fields(publish(topic), "--from", other)["iothub"])
        for topic in ("a", "devices//messages/events/", "devices/d1/messages", "devices/\u00e4/messages/events/",
                      "$iothub/", "$iothub/twin", "devices/d1", "devices/" + "d" * 129 + "/messages/events/"):
            self.assertIsNone(self.fields(publish(topic))["iothub"], topic)

    def test_properties(self):
        topic = "devices/d/messages/events/null&empty=&v=a%20b=c!d&bad=%2&%zz=1&bytes=%ff&%80=x&nul=%00&v=2"
        self.assertEqual(self.fields(publish(topic))["iothub"]["properties"], [
            {"state": "null", "name": "null", "value": None}, {"state": "empty", "name": "empty", "value": ""},
            {"state": "value", "name": "v", "value": "a b=c!d"},
            {"state": "malformed", "name": "bad", "value": None, "raw_name": "bad", "raw_value": "%2"},
            {"state": "malformed", "name": None, "value": "1", "raw_name": "%zz", "raw_value": "1"},
            {"state": "value", "name": "bytes", "value_hex": "ff"}, {"state": "value", "name_hex": "80", "value": "x"},
            {"state": "value", "name": "nul", "value": "\0"}, {"state": "value", "name": "v", "value": "2"}])
        self.assertEqual(self.fields(publish("devices/d/messages/events/%"))["iothub"]["properties"], [
            {"state": "malformed", "name": None, "value": None, "raw_name": "%", "raw_value": ""}])
        long = "devices/d/messages/events/a=" + "%41" * 21000
        self.assertEqual(self.fields(publish(long))["iothub"]["properties"][0]["value"], "A" * 21000)


class CommandLine(unittest.TestCase):
    def test_arguments(self):
        self.assertIn(b"usage: inspect", subprocess.run([PROGRAM, "--help"], capture_output=True, check=True).stdout)
        for arguments in (["--from"], ["--from", "me"], ["--protocol", "4"], ["--protocol="], ["--limit", "1"],
                          ["--limit", "-5"], ["--limit", "268435461"], ["--limit", "9x"], ["--nonsense"], ["-x"],
                          ["a", "b"], [""], ["--from", "client", "--from=server"], ["--limit=9", "--limit=9"],
                          ["--hex", "--lines"], ["--hex=1"]):
            done = subprocess.run([PROGRAM, *arguments], input=b"", capture_output=True, timeout=PATIENCE)
            self.assertEqual((arguments, done.returncode, done.stdout), (arguments, UNUSABLE, b""))
            self.assertIn(b"usage: inspect", done.stderr)

    def test_version_5_is_not_there_yet(self):
        done = subprocess.run([PROGRAM, "--protocol", "5"], input=PINGREQ, capture_output=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout), (UNSUPPORTED, b""))
        self.assertIn(b"MQTT 5 is not there yet", done.stderr)
        for version in ("5", "3.1.1", "auto"):  # lines say it themselves
            old, new = run("--lines", "--protocol", version, "--from", "server",
                           stdin=b"client 4 c000\nclient 5 c000\n")
            self.assertEqual((old["verdict"], new["verdict"]), ("ok", "unsupported-version"))
            self.assertIn("MQTT 5 is not there yet", new["error"]["message"])

    def test_files_and_pipes_that_fail(self):
        for name in ("/nonexistent/file", "/"):
            done = subprocess.run([PROGRAM, name], capture_output=True, timeout=PATIENCE)
            self.assertEqual((done.returncode, done.stdout), (IO, b""))
            self.assertIn(name.encode(), done.stderr)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM], input=PINGREQ, stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE)
        self.assertEqual(done.returncode, IO)
        self.assertIn(b"No space left", done.stderr)

    def test_a_reader_that_leaves(self):
        reading, writing = os.pipe()
        os.close(reading)
        for arguments, data in (([], PINGREQ * 50000), (["--lines"], b"client 4 c000\n" * 20000)):
            done = subprocess.run([PROGRAM, *arguments], input=data, stdout=writing, stderr=subprocess.PIPE,
                                  timeout=PATIENCE)
            self.assertEqual((done.returncode, done.stderr), (IO, b""))
        os.close(writing)


if __name__ == "__main__":
    unittest.main()
