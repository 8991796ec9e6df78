#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# What examples/run.sh says while it installs, configures and builds. With a stand-in for cmake, so that nothing is
# built.
#   check_example_run.py SOURCE
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv[1]).resolve()
# As slow as a step has to be for a line about it to come, or so that it fails.
CMAKE = """#!/bin/sh
case "$1" in
  --build) echo building; exit "${BUILDS:-0}" ;;
  *) echo what-cmake-said; sleep "${SLOW:-0}"; exit "${CONFIGURES:-0}" ;;
esac
"""


class Run(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hubwire_example_run.")
        self.addCleanup(folder.cleanup)
        self.stage = pathlib.Path(folder.name)
        (self.stage / "bin").mkdir()
        cmake = self.stage / "bin" / "cmake"
        cmake.write_text(CMAKE)
        cmake.chmod(0o755)

    def run_it(self, **environment):
        kept = {k: v for k, v in os.environ.items() if k not in ("CCACHE_DIR", "CXX")}
        done = subprocess.run(
            ["bash", str(SOURCE / "examples" / "run.sh")], text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=60, check=False,
            env=dict(kept, PATH=f"{self.stage / 'bin'}:{os.environ['PATH']}", HUBWIRE_NO_INSTALL="1",
                     HUBWIRE_BUILD_DIR=str(self.stage / "build"), **environment))
        return done.returncode, done.stdout

    def steps(self, said):
        return [what for what in re.findall(r"^ *\d+ s  (\w+)", said, re.M) if what != "still"]

    def test_a_line_with_the_seconds_for_each_step(self):
        status, said = self.run_it(BUILDS="1")
        self.assertEqual((status, self.steps(said)), (1, ["installing", "configuring", "building"]))
        self.assertTrue(said.endswith("FAILED: building\n"), said)

    def test_what_failed_is_shown(self):
        status, said = self.run_it(CONFIGURES="1")
        self.assertEqual((status, self.steps(said)), (1, ["installing", "configuring"]))
        self.assertIn("what-cmake-said\n", said)
        self.assertTrue(said.endswith("FAILED: configuring\n"), said)

    def test_a_silent_step_says_that_it_goes_on(self):
        status, said = self.run_it(SLOW="3", BUILDS="1", HUBWIRE_TICK="1")
        self.assertEqual(status, 1)
        self.assertRegex(said, r"(?m)^ *\d+ s  still configuring$")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
