# SPDX-License-Identifier: BSL-1.0
# hubwire's frames against two strangers, bytes in and out: wsproto (Python) and websocket-driver (npm) read the same
# random streams of frames, valid and mutated. All agree on the messages, on the answers to pings, on how the stream
# ended and on the code, or the difference falls under a row of DIFFERENCES. One that falls under none fails the run, and
# so does a row that is never hit.
#   oracles.test.py FRAMES_PEER COUNT [--seed N] -- COMMAND of oracle_websocket_driver.js
import argparse
import collections
import json
import random
import struct
import subprocess
import sys
import threading
import time

from wsproto.frame_protocol import CloseReason, FrameProtocol, Opcode, ParseFailed

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
BATCH, SECONDS, SHOWN = 500, 600, 8
GOOD_CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999)
BAD_CODES = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535)
REASONS = (b"", b"bye", "grüß".encode(), b"x" * 123)
BAD_REASONS = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"ok\xf4\x90\x80\x80")


# Streams

def frame(first, payload, key, width=None):
    """width: bytes of the length, if it is not the shortest. A key masks."""
    size = len(payload)
    width = width if width is not None else 0 if size < 126 else 2 if size < 65536 else 8
    code = size if width == 0 else 126 if width == 2 else 127
    header = bytes([first, code & 0x7F | (0x80 if key is not None else 0)]) + (size.to_bytes(width, "big") if width else b"")
    if key is None:
        return header + payload
    return header + key + bytes(octet ^ key[i % 4] for i, octet in enumerate(payload))


class Maker:
    def __init__(self, numbers):
        self.numbers = numbers

    def payload(self):
        sizes = (0, 1, 2, 5, 20, 125, 126, 127, 300, 300, 20, 5)
        size = 65536 if self.numbers.random() < 0.003 else self.numbers.choice(sizes)
        return self.numbers.randbytes(size)

    def control(self):
        kind = self.numbers.choice((PING, PING, PONG))
        return (0x80 | kind, self.numbers.randbytes(self.numbers.choice((0, 1, 4, 125))))

    def message(self):
        opcode = TEXT if self.numbers.random() < 0.03 else BINARY
        parts = self.numbers.choice((1, 1, 1, 2, 3))
        frames = []
        for i in range(parts):
            payload = b"abc" if opcode == TEXT else self.payload()
            frames.append(((0x80 if i == parts - 1 else 0) | (opcode if i == 0 else CONTINUATION), payload))
            if i != parts - 1 and self.numbers.random() < 0.3:
                frames.append(self.control())
        return frames

    def close(self):
        if self.numbers.random() < 0.1:
            return (0x80 | CLOSE, b"")
        code = self.numbers.choice(BAD_CODES if self.numbers.random() < 0.3 else GOOD_CODES)
        reason = self.numbers.choice(BAD_REASONS if self.numbers.random() < 0.2 else REASONS)
        return (0x80 | CLOSE, struct.pack("!H", code) + reason)

    def frames(self):
        made = []
        for _ in range(self.numbers.randint(0, 4)):
            made += self.message() if self.numbers.random() < 0.7 else [self.control()]
        if self.numbers.random() < 0.5:
            made.append(self.close())
        return made

    def mutated(self, frames):
        """The frames with something wrong, or only different, as (first byte, payload, width, masks as it must)."""
        made = [(first, payload, None, True) for first, payload in frames] or [(0x82, b"x", None, True)]
        at = self.numbers.randrange(len(made))
        first, payload, _, _ = made[at]
        way = self.numbers.choice(("reserved", "opcode", "final", "mask", "width", "long control", "swap", "twice", "gone",
                                   "half a code"))
        if way == "reserved":
            made[at] = (first | self.numbers.choice((0x10, 0x20, 0x40)), payload, None, True)
        if way == "opcode":
            made[at] = (first & 0xF0 | self.numbers.randrange(16), payload, None, True)
        if way == "final":
            made[at] = (first ^ 0x80, payload, None, True)
        if way == "mask":
            made[at] = (first, payload, None, False)
        if way == "width":
            made[at] = (first, payload, self.numbers.choice((2, 8)) if len(payload) < 65536 else 8, True)
        if way == "long control":
            made[at] = (0x80 | self.numbers.choice((CLOSE, PING, PONG)), b"\x03\xe8" + b"y" * 124, None, True)
        if way == "swap":
            other = self.numbers.randrange(len(made))
            made[at], made[other] = made[other], made[at]
        if way == "twice":
            made.insert(at, made[at])
        if way == "gone":
            del made[at]
        if way == "half a code":
            made[at] = (0x80 | CLOSE, b"\x03", None, True)
        return made

    def stream(self, role):
        """What comes to an end of this role: as it should be, or with something wrong."""
        frames = self.frames()
        way = self.numbers.random()
        made = self.mutated(frames) if way > 0.4 else [(first, payload, None, True) for first, payload in frames]
        octets = bytearray()
        for first, payload, width, masks in made:
            key = self.numbers.randbytes(4) if masks == (role == "server") else None
            octets += frame(first, payload, key, width if width != 2 or len(payload) < 65536 else 8)
        if way > 0.8 and octets:
            octets[self.numbers.randrange(min(len(octets), 400))] ^= 1 << self.numbers.randrange(8)
        if 0.7 < way <= 0.75:  # a length that nobody sends, and none of the payload
            size = self.numbers.choice((1 << 16, 1 << 26, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1))
            octets += bytes([0x82, 0x80 | 127 if role == "server" else 127]) + size.to_bytes(8, "big") + b"key."
        if 0.75 < way <= 0.8:
            del octets[self.numbers.randrange(len(octets) + 1):]
        return bytes(octets)


# Views

def answers_in(octets):
    """Pongs and the code of the Close frame that an end sent, by an own reading."""
    pongs, at = [], 0
    while at < len(octets):
        masked, size = octets[at + 1] & 0x80, octets[at + 1] & 0x7F
        head = at + 2 + (4 if masked else 0)
        payload = octets[head:head + size]
        if masked:
            payload = bytes(octet ^ octets[head - 4 + i % 4] for i, octet in enumerate(payload))
        if octets[at] & 0x0F == PONG:
            pongs.append(payload.hex())
        at = head + size
    return pongs


View = collections.namedtuple("View", "messages pongs end code")


def view_of(answer):
    return View(answer["messages"], answers_in(bytes.fromhex(answer["output"])), answer["end"],
                0 if answer["end"] == "open" else answer["code"])


def wsproto_view(role, octets):
    protocol, messages, pongs, parts = FrameProtocol(role == "client", []), [], [], []
    protocol.receive_bytes(octets)
    try:
        for seen in protocol.received_frames():
            if seen.opcode is Opcode.CLOSE:
                code = seen.payload[0]
                return View(messages, pongs, "closed", 0 if code == CloseReason.NO_STATUS_RCVD else int(code))
            if seen.opcode is Opcode.PING:
                pongs.append(seen.payload.hex())
            elif seen.opcode is not Opcode.PONG:
                parts.append(seen.payload)
                if seen.message_finished:
                    is_text = isinstance(parts[0], str)
                    messages.append("text" if is_text else b"".join(parts).hex())
                    parts = []
    except ParseFailed as why:
        return View(messages, pongs, "failed", int(why.code))
    return View(messages, pongs, "open", 0)


class Fault:
    """The first frame that breaks a rule, and which rule that is."""

    def __init__(self, role, octets):
        self.rule, self.whole, self.code, at, in_message = None, True, 0, 0, False
        while at < len(octets) and self.rule is None:
            head = octets[at:at + 14]
            second = head[1] if len(head) > 1 else 0x80 if role == "server" else 0  # not there yet
            self.rule = self.rule_of(role, head[0], second, in_message)
            width = {126: 2, 127: 8}.get(second & 0x7F, 0)
            size = int.from_bytes(head[2:2 + width], "big") if width else second & 0x7F
            if self.rule in (None, "long control") and width and len(head) >= 2 + width:
                self.rule = self.rule_of_size(width, size) or self.rule
            if head[0] & 0x0F < CLOSE:
                in_message = not head[0] & 0x80
            begin, at = at, at + 2 + width + (4 if second & 0x80 else 0) + size
            self.whole = at <= len(octets)
            if self.rule is None and head[0] & 0x0F == CLOSE and self.whole:
                self.rule = self.rule_of_close(octets[begin:at], size, second)
                return

    @staticmethod
    def rule_of(role, first, second, in_message):
        opcode = first & 0x0F
        if first & 0x70:
            return "reserved bit"
        if opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
            return "opcode"
        if opcode < CLOSE and (opcode == CONTINUATION) != in_message:
            return "order"
        if opcode >= CLOSE and not first & 0x80:
            return "control in parts"
        if opcode == TEXT:
            return "text"
        if (second & 0x80 != 0) != (role == "server"):
            return "mask"
        return "long control" if opcode >= CLOSE and second & 0x7F > 125 else None

    @staticmethod
    def rule_of_size(width, size):
        if size >> 63:
            return "top bit"
        return "long length" if size < (126 if width == 2 else 65536) else None

    def rule_of_close(self, octets, size, second):
        payload = octets[len(octets) - size:]
        if second & 0x80:
            key = octets[len(octets) - size - 4:len(octets) - size]
            payload = bytes(octet ^ key[i % 4] for i, octet in enumerate(payload))
        if not payload:
            return None
        self.code = int.from_bytes(payload[:2], "big") if size > 1 else 0
        if self.code not in GOOD_CODES and not 3000 <= self.code <= 4999:
            return "close code"
        try:
            payload[2:].decode()
        except UnicodeDecodeError:
            return "close reason"
        return None


# Where the two differ, and what each does. A row: what it is, and holds(case), given that both are the same before.

Case = collections.namedtuple("Case", "role ours theirs rule whole code")


def is_same_before(ours, theirs):
    """What hubwire saw before it ended is what the other saw, too."""
    return theirs.messages[:len(ours.messages)] == ours.messages and theirs.pongs[:len(ours.pongs)] == ours.pongs


def by(rule, code=1002):
    """hubwire ends the stream by this rule."""
    return lambda case: (case.ours.end, case.ours.code, case.rule) == ("failed", code, rule)


def both(*conditions):
    return lambda case: all(condition(case) for condition in conditions)


def seen(end, code):
    return lambda case: (case.theirs.end, case.theirs.code) == (end, code)


# v3.1.1:MQTT-6.0.0-1
TEXT_ROW = ("a text: hubwire ends with 1003, since MQTT is binary, and the other takes it", by("text", 1003))
# Registered by IANA after RFC 6455.
NEW_CODES = (1012, 1013, 1014)
# RFC 6455 section 7.1.7 lets both: fail at once, or when the frame is there.
EARLY_ROW = ("a wrong frame that is not complete: hubwire ends at the first wrong byte, the other waits",
             lambda case: case.ours.end == "failed" and case.theirs.end == "open" and not case.whole)
DIFFERENCES = {
    "wsproto": [
        TEXT_ROW,
        EARLY_ROW,
        ("a Close frame with 1014, which IANA has registered: wsproto refuses it",
         both(lambda case: case.code == 1014 and case.rule in (None, "close reason"), seen("failed", 1002))),
    ],
    "websocket-driver": [
        TEXT_ROW,
        EARLY_ROW,
        ("a masked frame from a server (section 5.1): websocket-driver takes it",
         both(by("mask"), lambda case: case.role == "client")),
        ("a frame without a mask from a client (section 5.1), be it in order or not: websocket-driver says 1003",
         both(lambda case: case.rule in ("mask", "order") and case.role == "server", seen("failed", 1003))),
        ("a length in more bytes than it needs (section 5.2): websocket-driver takes it", by("long length")),
        ("a length with the top bit (section 5.2): websocket-driver says 1009", both(by("top bit"), seen("failed", 1009))),
        ("a frame of over 64 MiB, which is allowed: websocket-driver says 1009",
         both(lambda case: case.ours.end == "open", seen("failed", 1009))),
        ("a wrong Close frame: websocket-driver says 1002, and calls that closed by the peer",
         both(lambda case: case.rule in ("close code", "close reason"), seen("closed", 1002))),
        ("a Close frame with 1012, 1013 or 1014, which IANA has registered: websocket-driver says 1002",
         both(lambda case: case.ours.end == "closed" and case.code in NEW_CODES, seen("closed", 1002))),
        ("a Close frame without a code: websocket-driver reads 1000 (section 7.1.5 says 1005)",
         both(lambda case: case.ours[2:] == ("closed", 0), seen("closed", 1000))),
    ],
}


class Child:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, requests):
        def write():  # while the answers are read: pipes hold less than a batch
            self.process.stdin.write("".join(requests))
            self.process.stdin.flush()
        writer = threading.Thread(target=write)
        writer.start()
        answers = [json.loads(self.process.stdout.readline()) for _ in requests]
        writer.join()
        return answers

    def end(self):
        self.process.stdin.close()
        if self.process.wait(30) != 0:
            raise RuntimeError(f"{self.process.args} ended with {self.process.returncode}")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("peer")
    options.add_argument("count", type=int)
    options.add_argument("--seed", type=int, default=6455)
    options.add_argument("driver", nargs="+")
    given = options.parse_args()
    began, numbers = time.monotonic(), random.Random(given.seed)
    maker, peer, driver = Maker(numbers), Child([given.peer]), Child(given.driver)
    hit, failures, ends = collections.Counter(), [], collections.Counter()

    def differ(oracle, role, octets, ours, theirs):
        fault = Fault(role, octets)
        case = Case(role, ours, theirs, fault.rule, fault.whole, fault.code)
        for name, holds in DIFFERENCES[oracle]:
            if is_same_before(ours, theirs) and holds(case):
                hit[oracle, name] += 1
                return
        failures.append(f"{oracle}, as a {role}: {octets[:60].hex()} ({len(octets)} bytes, {fault.rule})\n"
                        + "".join(f"  {who} {view.end} {view.code}, {len(view.messages)} messages {str(view.messages)[-40:]}, "
                                  f"pongs {str(view.pongs)[:60]}\n" for who, view in (("ours  ", ours), ("theirs", theirs))))

    for _ in range(0, given.count, BATCH):
        streams = [(role, maker.stream(role)) for role in numbers.choices(("client", "server"), k=BATCH)]
        streams = [(role, octets) for role, octets in streams if octets]
        requests = [f"{role} {octets.hex()}\n" for role, octets in streams]
        for (role, octets), answer, other in zip(streams, peer.ask(requests), driver.ask(requests)):
            ours = view_of(answer)
            ends[ours.end, ours.code if ours.end == "failed" else 0] += 1
            if not answer["same"]:
                failures.append(f"the stream and its reader of frames differ: {octets.hex()}")
            for oracle, theirs in (("wsproto", wsproto_view(role, octets)), ("websocket-driver", view_of(other))):
                if ours != theirs:
                    differ(oracle, role, octets, ours, theirs)
        if time.monotonic() - began > SECONDS:
            failures.append(f"no end after {SECONDS} s")
            break
    peer.end()
    driver.end()

    for oracle, rows in DIFFERENCES.items():
        for name, _ in rows:
            print(f"{hit[oracle, name]:7}  {oracle}: {name}")
            if hit[oracle, name] == 0:
                failures.append(f"never hit: {oracle}: {name}")
    told = ", ".join(f"{count} {end}{f' with {code}' if code else ''}" for (end, code), count in sorted(ends.items()))
    print(f"seed {given.seed}: {sum(ends.values())} streams ({told}), {sum(hit.values())} differences in "
          f"{len(hit)} classes; {time.monotonic() - began:.1f} s")
    for failure in failures[:SHOWN]:
        print("FAILED:", failure)
    if failures:
        print(len(failures), "failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
