# SPDX-License-Identifier: BSL-1.0
"""How footprint.py and sites.py compile and link what they weigh."""
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COMPILER = "arm-none-eabi-g++"
HOST = "g++"
# For every processor; how far to optimise and the processor come in front.
COMMON = ["-std=c++20", "-DNDEBUG", "-ffunction-sections", "-fdata-sections", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra",
          "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Werror", f"-I{ROOT}/include", f"-I{ROOT}/tests"]
FLAGS = ["-mthumb", "-Os", *COMMON]
LINK = ["-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections", "-T", str(ROOT / "tests/support/cortex_m.ld")]
START = ROOT / "tests/support/cortex_m.cpp"


def run(*command, status=False):
    """What the command prints; with status its exit code too, which else has to be 0."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"},
                          stdin=subprocess.DEVNULL, check=False)
    if status:
        return done.returncode, done.stdout + done.stderr
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def version_of(compiler):
    # g++ says only 12 to what clang++ understands.
    return f"{compiler} {run(compiler, '-dumpversion' if compiler.startswith('clang') else '-dumpfullversion').strip()}"
