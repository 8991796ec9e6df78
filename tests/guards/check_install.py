#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# What tools/install.sh leaves behind: nothing, however it ends. Its functions run with programs of this file's in
# place of apt-get and dpkg-query and with a policy file in a temporary folder; they are interrupted in the middle,
# at any time, killed, and run two at once. The stand-in for apt-get starts a service where nothing forbids it.
#   check_install.py SOURCE
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = pathlib.Path(sys.argv[1]).resolve()
PATIENCE = 30

# Says that it runs, waits to be let go on, and does what Debian does then.
APT_GET = """#!/bin/sh
echo "$*" >>"$STAGE/calls"
case " $* " in *" install "*) ;; *) exit 0 ;; esac
allowed() { [ ! -x "$HUBWIRE_POLICY_FILE" ] || { "$HUBWIRE_POLICY_FILE" mosquitto start; [ $? -ne 101 ]; }; }
if allowed; then echo at-the-beginning >>"$STAGE/started"; fi
touch "$STAGE/installing"
i=0
while [ -e "$STAGE/${HOLD:-hold}" ] && [ "$i" -lt 3000 ]; do sleep 0.01; i=$((i + 1)); done
if allowed; then echo at-the-end >>"$STAGE/started"; fi
"""


class Stage:
    """A folder with the stand-ins, and what a shell does there."""

    def __init__(self, hold=True):
        self.folder = tempfile.TemporaryDirectory(prefix="hubwire_install.")
        self.path = pathlib.Path(self.folder.name)
        (self.path / "bin").mkdir()
        (self.path / "sbin").mkdir()
        (self.path / "tmp").mkdir()
        self.policy = self.path / "sbin" / "policy-rc.d"
        self.program("apt-get", APT_GET)
        self.program("dpkg-query", "#!/bin/sh\nexit 1\n")
        self.program("id", "#!/bin/sh\necho 0\n")  # as root, without sudo
        self.program("systemctl", "#!/bin/sh\nexit 0\n")
        if hold:
            (self.path / "hold").touch()

    def program(self, name, text):
        file = self.path / "bin" / name
        file.write_text(text)
        file.chmod(0o755)

    def start(self, script):
        environment = dict(os.environ, STAGE=str(self.path), HUBWIRE_POLICY_FILE=str(self.policy),
                           TMPDIR=str(self.path / "tmp"), PATH=f"{self.path / 'bin'}:{os.environ['PATH']}")
        environment.pop("HUBWIRE_NO_INSTALL", None)
        return subprocess.Popen(["bash", "-c", f". '{SOURCE}/tools/install.sh'\n{script}"], env=environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)

    def wait_for(self, name):
        end = time.monotonic() + PATIENCE
        while not (self.path / name).exists():
            assert time.monotonic() < end, f"{name} does not appear"
            time.sleep(0.005)

    def go_on(self):
        (self.path / "hold").unlink(missing_ok=True)

    def read(self, name):
        file = self.path / name
        return file.read_text() if file.exists() else ""

    def left_behind(self):
        return sorted(str(p.name) for folder in ("sbin", "tmp") for p in (self.path / folder).iterdir())


def ended(process):
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


class Install(unittest.TestCase):
    def setUp(self):
        self.stage = Stage()
        self.addCleanup(self.stage.folder.cleanup)

    def nothing_is_left(self):
        self.assertEqual(self.stage.left_behind(), [])
        self.assertEqual(self.stage.read("started"), "")

    def test_no_service_is_started_and_nothing_is_left(self):
        shell = self.stage.start("install_missing mosquitto")
        self.stage.wait_for("installing")
        self.assertEqual(self.stage.policy.stat().st_mode & 0o777, 0o755)
        self.stage.go_on()
        self.assertEqual(ended(shell)[0], 0)
        self.nothing_is_left()

    def test_a_policy_of_the_machine_s_own_stays(self):
        self.stage.policy.write_text("#!/bin/sh\nexit 101\n")
        self.stage.policy.chmod(0o755)
        self.stage.go_on()
        self.assertEqual(ended(self.stage.start("install_missing mosquitto"))[0], 0)
        self.assertEqual(self.stage.policy.read_text(), "#!/bin/sh\nexit 101\n")
        self.assertEqual(self.stage.left_behind(), ["policy-rc.d"])

    def test_a_policy_that_replaces_ours_in_the_middle_stays(self):
        shell = self.stage.start("install_missing mosquitto")
        self.stage.wait_for("installing")
        self.stage.policy.write_text("#!/bin/sh\nexit 101 # an administrator's\n")
        self.stage.go_on()
        ended(shell)
        self.assertIn("administrator", self.stage.policy.read_text())

    def test_a_signal_to_the_shell(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number=number):
                self.stage = Stage()
                self.addCleanup(self.stage.folder.cleanup)
                shell = self.stage.start("install_missing mosquitto; echo went on; install_missing other")
                self.stage.wait_for("installing")
                shell.send_signal(number)
                time.sleep(0.05)
                self.assertTrue(self.stage.policy.exists(), "as long as apt-get runs")
                self.stage.go_on()
                status, out, _ = ended(shell)
                self.assertEqual((status, out), (-number, ""))
                self.nothing_is_left()

    def test_a_signal_to_everybody_as_a_terminal_sends_it(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number=number):
                self.stage = Stage()
                self.addCleanup(self.stage.folder.cleanup)
                shell = self.stage.start("install_missing mosquitto; echo went on")
                self.stage.wait_for("installing")
                os.killpg(shell.pid, number)
                self.assertEqual(ended(shell)[:2], (-number, ""))
                self.nothing_is_left()

    def test_a_signal_at_any_time(self):
        self.stage.go_on()
        for step in range(40):
            shell = self.stage.start("install_missing mosquitto")
            time.sleep(0.002 * step)
            shell.send_signal(signal.SIGTERM if step % 2 else signal.SIGINT)
            ended(shell)
            self.nothing_is_left()

    def test_the_caller_s_traps_are_back_and_hear_the_signal(self):
        traps = "trap 'echo the end' EXIT; trap 'echo heard' TERM; trap '' HUP\n"
        shell = self.stage.start(traps + "trap -p >&2; install_missing mosquitto; echo status $?; trap -p")
        self.stage.wait_for("installing")
        shell.send_signal(signal.SIGTERM)
        shell.send_signal(signal.SIGHUP)
        self.stage.go_on()
        status, out, err = ended(shell)
        before = "".join(line + "\n" for line in err.splitlines() if line.startswith("trap "))
        self.assertEqual((status, out), (0, f"heard\nstatus 1\n{before}the end\n"))
        self.nothing_is_left()

    def test_an_exit_inside_clears_up_and_runs_the_caller_s_trap(self):
        shell = self.stage.start("trap 'echo the end' EXIT\nhubwire_apt() { exit 7; }\nhubwire_apt_install mosquitto")
        self.assertEqual(ended(shell)[:2], (7, "the end\n"))
        self.nothing_is_left()

    def test_two_at_once(self):
        for slow in (0, 1):  # whichever began first, the slower one ends without the other's file
            (self.stage.path / "hold").touch()
            (self.stage.path / "hold-too").touch()
            shells = [self.stage.start(f"export HOLD=hold{name}; install_missing mosquitto") for name in ("", "-too")]
            self.stage.wait_for("installing")
            time.sleep(0.1)
            for name in ("hold", "hold-too")[::-1 if slow else 1]:
                (self.stage.path / name).unlink()
                time.sleep(0.1)
            for shell in shells:
                self.assertEqual(ended(shell)[0], 0)
            self.nothing_is_left()
            (self.stage.path / "installing").unlink()

    def test_two_at_once_and_the_first_is_interrupted(self):
        shells = [self.stage.start("install_missing mosquitto")]
        self.stage.wait_for("installing")
        shells.append(self.stage.start("install_missing mosquitto"))
        shells[0].send_signal(signal.SIGTERM)
        time.sleep(0.1)
        self.stage.go_on()
        self.assertEqual([ended(shell)[0] for shell in shells], [-signal.SIGTERM, 0])
        self.nothing_is_left()

    def test_what_a_killed_run_left_the_next_one_removes(self):
        shell = self.stage.start("install_missing mosquitto")
        self.stage.wait_for("installing")
        os.killpg(shell.pid, signal.SIGKILL)
        ended(shell)
        self.assertTrue(self.stage.policy.exists())
        self.stage.go_on()
        self.assertEqual(ended(self.stage.start("install_missing mosquitto"))[0], 0)
        self.nothing_is_left()

    def test_the_folder_of_the_backports(self):
        script = """hubwire_source_with_suite() { echo "deb mirror $3 main"; }
            hubwire_catch2_from_backports bookworm; echo went on"""
        for number in (None, signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number):
                self.stage = Stage()
                self.addCleanup(self.stage.folder.cleanup)
                shell = self.stage.start(script)
                self.stage.wait_for("installing")
                self.assertIn("-t bookworm-backports catch2", self.stage.read("calls"))
                self.assertEqual(len(self.stage.left_behind()), 2)
                if number is not None:
                    shell.send_signal(number)
                self.stage.go_on()
                self.assertEqual(ended(shell)[:2], (0, "went on\n") if number is None else (-number, ""))
                self.nothing_is_left()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
