# SPDX-License-Identifier: BSL-1.0
"""The programs that take part. What they print is read line by line, and every wait has an end."""
import json
import os
import signal
import subprocess
import threading
import time

PATIENCE = 20  # seconds until a line that does not come is missing


class Missing(Exception):
    """Something that should have happened was not seen."""


class Program:
    """A child process. Its output is kept; see() takes the next line that fits, in order."""

    started = []
    verbose = False

    def __init__(self, name, command, environment=None):
        self.name = name
        self.lines = []
        self.read = 0  # lines before this one belong to the past
        self.ended = False
        self.arrived = threading.Condition()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
                                        env={**os.environ, **(environment or {})})
        self.reader = threading.Thread(target=self._collect, daemon=True)
        self.reader.start()
        Program.started.append(self)

    def _collect(self):
        for line in self.process.stdout:
            line = line.rstrip("\n")
            if Program.verbose:
                print(f"          | {self.name}: {line}", flush=True)
            with self.arrived:
                self.lines.append(line)
                self.arrived.notify_all()
        with self.arrived:
            self.ended = True
            self.arrived.notify_all()

    def see(self, what, fits, patience=PATIENCE):
        """The next line for which fits(line) is true; lines before it are not looked at again."""
        deadline = time.monotonic() + patience
        position = self.read
        with self.arrived:
            while True:
                while position < len(self.lines):
                    line = self.lines[position]
                    position += 1
                    if fits(line):
                        self.read = position
                        return line
                left = deadline - time.monotonic()
                if self.ended or left <= 0:
                    why = "the program has ended" if self.ended else f"waited {patience} s"
                    raise Missing(f"{self.name} did not show {what} ({why})")
                self.arrived.wait(left)

    def see_text(self, text, patience=PATIENCE):
        return self.see(f'"{text}"', lambda line: text in line, patience)

    def tell(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except OSError as problem:
            raise Missing(f"{self.name} takes no input: {problem}") from problem

    def kill(self):
        """Without a goodbye."""
        self.process.kill()
        self.process.wait()

    def exit_code(self, patience=PATIENCE):
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired as late:
            raise Missing(f"{self.name} did not end within {patience} s") from late
        self.reader.join(patience)  # its last lines
        return code

    def stop(self):
        """SIGTERM, and its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.exit_code()

    @classmethod
    def end_all(cls):
        """On every way out, the hub last; only what was started here."""
        for program in reversed(cls.started):
            if program.process.poll() is None:
                program.process.terminate()
                try:
                    program.process.wait(3)
                except subprocess.TimeoutExpired:
                    program.kill()
            try:
                program.process.stdin.close()
            except OSError:
                pass


class Hub(Program):
    """The emulator: events come as JSON lines, requests of the service go in as JSON lines."""

    def __init__(self, command):
        super().__init__("hub", command)
        self.requests = 0

    def event(self, kind, fits=lambda event: True, **fields):
        """The next event of that kind with these fields."""
        def matches(line):
            try:
                event = json.loads(line)
            except ValueError:
                return False
            return (event.get("event") == kind and all(event.get(k) == v for k, v in fields.items())
                    and fits(event))

        details = "".join(f", {name} {value!r}" for name, value in fields.items())
        return json.loads(self.see(f'the event "{kind}"{details}', matches))

    def ask(self, op, **fields):
        """A request of the service; its answer may come later, from answer()."""
        self.requests += 1
        self.tell(json.dumps({"id": self.requests, "op": op, **fields}))
        return self.requests

    def answer(self, request):
        reply = self.event("answer", id=request)
        if not reply.get("ok"):
            raise Missing(f"the hub refused a request: {json.dumps(reply.get('error'))}")
        return reply
