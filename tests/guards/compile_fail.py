#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Compiles a file twice: as it is, which must succeed, and with OFFENDING defined, which must fail with
every text that the file announces in a line "// EXPECT: text" or "// EXPECT: text | the other compiler's".
So a typo cannot pass for a refusal.

  compile_fail.py <file> <compiler> [flags]
"""
import re
import subprocess
import sys


def compile_once(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    return done.returncode, done.stdout


def main(path, *compiler):
    with open(path, encoding="utf-8") as source:
        text = source.read()
    expected = re.findall(r"^// EXPECT: (.+)$", text, re.M)
    if not expected or not re.search(r"^#if(def|ndef)? .*OFFENDING", text, re.M):
        print(f"{path}: needs a line '// EXPECT: text' and an '#ifdef OFFENDING'")
        return 1
    command = [*compiler, "-fsyntax-only", path]
    status, output = compile_once(command)
    if status != 0:
        print(f"{path}: does not compile even without the offending line\n{output}")
        return 1
    status, output = compile_once([*command, "-DOFFENDING"])
    if status == 0:
        print(f"{path}: the offending line compiles")
        return 1
    missing = [e for e in expected if not any(form in output for form in e.split(" | "))]
    if missing:
        print(f"{path}: the compiler does not say {missing}, but\n{output}")
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        print(__doc__)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
