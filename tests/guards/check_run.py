#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# What tests/run.sh makes of ctest: which tests it leaves out, how it counts, when it fails. With stand-ins for the
# compilers, for cmake and for ctest, so that nothing is built.
#   check_run.py SOURCE
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv[1]).resolve()

SUMMARY = "98% tests passed, {failed} tests failed out of {all}\n"
SKIPPED = "12/1024 Test #266: sas_token: leaves no key ...***Skipped   0.02 sec\n"
CTEST = """#!/bin/sh
case $* in *--show-only*) printf '%s\\n' "$*" >>"$STAGE/counted"; printf '  Test #4: a slow one\\n\\nTotal Tests: 4\\n'; exit ;; esac
printf '%s\\n' "$*" >>"$STAGE/asked"
printf '%s\\n' "$TMPDIR" >>"$STAGE/temporary"
touch "$TMPDIR/left-behind"
case $PWD in *clang*) cat "$STAGE/second"; exit "${SECOND_STATUS:-0}" ;; esac
cat "$STAGE/first"
exit "${FIRST_STATUS:-0}"
"""


class Run(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hubwire_run.")
        self.addCleanup(folder.cleanup)
        self.stage = pathlib.Path(folder.name)
        (self.stage / "bin").mkdir()
        self.program("ctest", CTEST)
        self.program("cmake", '#!/bin/sh\nwhile [ $# -gt 0 ]; do [ "$1" != -B ] || mkdir -p "$2"; shift; done\n')
        for name in ("g++", "clang++", "python3"):
            self.program(name, f"#!/bin/sh\necho {name}\n")
        self.logs(SUMMARY.format(failed=0, all=10), SUMMARY.format(failed=0, all=7))

    def program(self, name, text):
        file = self.stage / "bin" / name
        file.write_text(text)
        file.chmod(0o755)

    def logs(self, first, second):
        (self.stage / "first").write_text(first)
        (self.stage / "second").write_text(second)

    def run_it(self, *arguments, **environment):
        for name in ("asked", "temporary"):
            (self.stage / name).unlink(missing_ok=True)
        kept = {k: v for k, v in os.environ.items() if k not in ("COMPILERS", "CCACHE_DIR", "TMPDIR")}
        done = subprocess.run(
            ["bash", str(SOURCE / "tests" / "run.sh"), *arguments], text=True, capture_output=True, timeout=60, check=False,
            env=dict(kept, STAGE=str(self.stage), PATH=f"{self.stage / 'bin'}:{os.environ['PATH']}", HUBWIRE_NO_INSTALL="1",
                     HUBWIRE_BUILD_DIR=str(self.stage / "build"), **environment))
        self.before_last = done.stdout.splitlines()[-2]
        return done.returncode, done.stdout.splitlines()[-1], (self.stage / "asked").read_text().splitlines()

    def test_the_last_line_sums_up_both_compilers(self):
        self.assertEqual(self.run_it()[:2], (0, "17 passed, 0 failed"))
        self.assertEqual(self.run_it("--full")[:2], (0, "17 passed, 0 failed"))
        self.assertEqual(self.run_it(COMPILERS="g++")[:2], (0, "10 passed, 0 failed"))

    def test_a_skipped_test_has_not_passed(self):
        self.logs(SKIPPED + SUMMARY.format(failed=0, all=10), SKIPPED + SKIPPED + SUMMARY.format(failed=0, all=7))
        self.assertEqual(self.run_it()[:2], (0, "14 passed, 0 failed"))

    def test_what_only_full_runs_is_counted_over_both_compilers(self):
        self.logs(SKIPPED + SUMMARY.format(failed=0, all=10), SUMMARY.format(failed=0, all=7))
        self.run_it()
        self.assertRegex(self.before_last, "^1 skipped, 8 only with --full, [0-9]+ s in all$")
        self.assertEqual((self.stage / "counted").read_text(), "--show-only --label-regex (^|-)full$\n" * 2)
        self.run_it("--full")
        self.assertRegex(self.before_last, "^1 skipped, 0 only with --full, [0-9]+ s in all$")

    def test_a_failure_of_either_compiler_is_a_failure(self):
        self.logs(SUMMARY.format(failed=2, all=10), SUMMARY.format(failed=0, all=7))
        self.assertEqual(self.run_it(FIRST_STATUS="8")[:2], (1, "15 passed, 2 failed"))
        self.logs(SUMMARY.format(failed=0, all=10), SUMMARY.format(failed=3, all=7))
        self.assertEqual(self.run_it(SECOND_STATUS="8")[:2], (1, "14 passed, 3 failed"))

    def test_a_ctest_that_does_not_say_how_it_went_is_a_failure(self):
        self.logs("", SUMMARY.format(failed=0, all=7))
        self.assertEqual(self.run_it(FIRST_STATUS="1")[:2], (1, "7 passed, 0 failed"))
        self.assertEqual(self.run_it()[:2], (1, "7 passed, 0 failed"))

    def test_what_is_slow_is_left_out_but_for_full(self):
        for asked in self.run_it()[2]:
            self.assertIn("-LE (^|-)full$", asked)
        for asked in self.run_it("--full")[2]:
            self.assertNotIn("-LE", asked)
        for asked in self.run_it("--full", "-R", "varint")[2]:
            self.assertIn("-R varint", asked)
            self.assertNotIn("--full", asked)
        self.assertIn("-LE (^|-)full$ -R varint", self.run_it("-R", "varint")[2][0])

    def test_what_tests_leave_behind_lies_in_the_build_folder_and_is_gone_next_time(self):
        for _ in range(2):
            self.run_it()
            for folder in (self.stage / "temporary").read_text().splitlines():
                self.assertTrue(folder.startswith(str(self.stage / "build")), folder)
        left = self.stage / "build" / "tmp" / "killed"
        left.mkdir()
        self.run_it()
        self.assertFalse(left.exists())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
