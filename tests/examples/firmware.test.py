#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""examples/firmware: builds it, looks at what is in the image, runs it in QEMU against the hub emulator, and compares
the table of docs/size.md with what was measured.

  firmware.test.py --hub HUB_EMULATOR --build FOLDER            the tests; exit code 77 when BearSSL cannot be fetched
  firmware.test.py --hub HUB_EMULATOR --build FOLDER --update   writes the table anew
"""
import argparse
import contextlib
import io
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "examples/firmware"), str(ROOT / "examples/story"), str(ROOT / "tests/footprint")]
import demo  # noqa: E402
import memory  # noqa: E402
import tables  # noqa: E402
import weigh  # noqa: E402
from cast import Missing, Program  # noqa: E402
from setting import make_certificates, new_key  # noqa: E402

SKIPPED = 77
PAGE = ROOT / "docs/size.md"
# An interrupt that comes at the deepest point takes some more stack, so two runs differ. The table has hundreds.
STACK_STEP, STACK_TOLERANCE = 100, 300


def run_demo(asked):
    """What demo.py prints. It checks each step at the hub."""
    done = subprocess.run([sys.executable, "-B", ROOT / "examples/firmware/demo.py", "--image", asked.image, "--hub", asked.hub],
                          capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stdout + done.stderr)
    return done.stdout


def stack_of(output):
    used, reserved = re.search(r"stack: (\d+) of (\d+) bytes", output).groups()
    return int(used), int(reserved)


def stack_in(page):
    return int(re.search(r"stack, of which ([\d,]+) were used", page)[1].replace(",", ""))


class Firmware(unittest.TestCase):
    asked = None

    def start(self, make_settings):
        """A hub and a board with other settings than the right ones: make_settings(key, roots, folder)."""
        place = tempfile.TemporaryDirectory(prefix="hubwire-firmware-")
        self.addCleanup(place.cleanup)
        self.addCleanup(self.end_all)
        folder, key = pathlib.Path(place.name), new_key()
        make_certificates(folder)
        hub, port = demo.start_hub(self.asked.hub, folder, key)
        text = make_settings(key, (folder / "ca.pem").read_text(encoding="utf-8"), folder)
        return hub, demo.start_board(self.asked.image, folder, text, port)

    @staticmethod
    def end_all():
        Program.end_all()
        for program in Program.started:
            program.reader.join(5)
            program.process.stdout.close()
        Program.started.clear()

    def test_the_image_has_no_heap_no_exceptions_and_no_floating_point(self):
        symbols = [line.split()[-1] for line in symbols_of(self.asked.image)]
        self.assertIn("br_ssl_client_zero", symbols)
        self.assertEqual(weigh.banned(symbols), [])

    def test_a_conversation_and_the_table_of_its_memory(self):
        used, reserved = stack_of(run_demo(self.asked))
        self.assertLessEqual(used, reserved - 1_024, "little of the stack is left")
        page = PAGE.read_text(encoding="utf-8")
        in_page = stack_in(page)
        self.assertTrue(in_page - STACK_TOLERANCE <= used <= in_page, f"{used} bytes of stack, docs/size.md says {in_page}")
        if self.compiler() not in (ROOT / "tests/footprint/toolchain.txt").read_text(encoding="utf-8"):
            self.skipTest(f"the table was made with another compiler than {self.compiler()}")
        wanted = wanted_page(page, self.asked, in_page, reserved)
        self.assertEqual(page.splitlines(), wanted.splitlines(), "--update writes the table anew")

    def test_a_hub_of_another_root_is_refused_before_the_token_leaves(self):
        def other_root(key, _, folder):
            (folder / "other").mkdir()
            make_certificates(folder / "other")
            return demo.settings(key, (folder / "other/ca.pem").read_text(encoding="utf-8"))

        hub, board = self.start(other_root)
        board.see_text("the connection ended: tls_untrusted_certificate, detail")
        self.assertEqual(board.exit_code(), 1)
        hub.event("closed")
        self.assertFalse([line for line in hub.lines if '"connected"' in line or '"refused"' in line])

    def test_a_wrong_key_is_refused_by_the_hub(self):
        hub, board = self.start(lambda key, roots, _: demo.settings(new_key(), roots))
        board.see_text("the connection ended: connection_refused, detail 5")
        self.assertEqual(board.exit_code(), 1)
        hub.event("refused", client_id=demo.DEVICE, reason="sas_signature_mismatch")

    def test_more_than_the_ring_of_the_uart_holds_comes_whole(self):
        hub, board = self.start(lambda key, roots, _: demo.settings(key, roots))
        board.see_text("subscribed")
        text = "".join(chr(ord("a") + number % 26) for number in range(1_800))  # the ring holds 1,024 bytes
        message = hub.answer(hub.ask("c2d", device=demo.DEVICE, payload=text))["message_id"]
        board.see_text(f"a message from the cloud: '{text}'")
        hub.event("c2d", device=demo.DEVICE, message_id=message, state="completed")

    def test_a_message_larger_than_its_buffer_ends_the_connection(self):
        hub, board = self.start(lambda key, roots, _: demo.settings(key, roots))
        board.see_text("subscribed")
        hub.ask("c2d", device=demo.DEVICE, payload="x" * 3_000)
        board.see_text("the connection ended: packet_exceeds_limit")
        self.assertEqual(board.exit_code(), 1)

    def test_a_hub_that_ends_the_connection_is_noticed(self):
        hub, board = self.start(lambda key, roots, _: demo.settings(key, roots))
        board.see_text("subscribed")
        hub.answer(hub.ask("disconnect", device=demo.DEVICE))
        board.see_text("the connection ended: ")
        self.assertEqual(board.exit_code(), 1)

    def test_an_erased_page_of_settings_is_told(self):
        _, board = self.start(lambda key, roots, _: "")
        board.see_text("the connection string cannot be used: ")
        self.assertEqual(board.exit_code(), 1)

    def test_settings_without_a_root_are_told(self):
        _, board = self.start(lambda key, roots, _: demo.settings(key, "no PEM"))
        board.see_text("the roots cannot be used: invalid_certificate")
        self.assertEqual(board.exit_code(), 1)

    def test_the_demonstration_fails_when_a_step_is_missing(self):
        hub, board = self.start(lambda key, roots, _: demo.settings(key, roots))
        with contextlib.redirect_stdout(io.StringIO()):
            demo.connect(hub, board)
            with self.assertRaisesRegex(Missing, "status of fly: got 404, not 200"):
                demo.method(hub, board, "fly", 200)

    @staticmethod
    def compiler():
        done = subprocess.run(["arm-none-eabi-g++", "-dumpfullversion"], capture_output=True, text=True, check=True)
        return f"arm-none-eabi-g++ {done.stdout.strip()}"


def symbols_of(image):
    return subprocess.run(["arm-none-eabi-nm", image], capture_output=True, text=True, check=True).stdout.splitlines()


def wanted_page(page, asked, stack_used, stack_reserved):
    return tables.fill(page, "firmware", memory.table(memory.checked(asked.build), stack_used, stack_reserved))


def update(asked):
    used, reserved = max(stack_of(run_demo(asked)) for _ in range(5))
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(wanted_page(page, asked, -(-used // STACK_STEP) * STACK_STEP, reserved), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hub", required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--update", action="store_true")
    asked, others = parser.parse_known_args()
    built = subprocess.run([ROOT / "examples/firmware/build.sh", asked.build], check=False).returncode
    if built != 0:
        return built
    asked.image = asked.build / "firmware.elf"
    if asked.update:
        return update(asked)
    Firmware.asked = asked
    return unittest.main(argv=[sys.argv[0], *others], verbosity=2)


if __name__ == "__main__":
    sys.exit(main())
