#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""clang-tidy over every header at once, one unit that includes them all; .clang-tidy says what it looks for.

  check_tidy.py <source folder> <work folder> [--no-bearssl]
"""
import pathlib
import shutil
import subprocess
import sys


def main(arguments):
    program = shutil.which("clang-tidy-14") or shutil.which("clang-tidy")
    if program is None:
        print("skipped: there is no clang-tidy")
        return 77
    source, work = pathlib.Path(arguments[0]), pathlib.Path(arguments[1])
    include = source / "include"
    headers = sorted(str(path.relative_to(include)) for path in include.rglob("*.hpp"))
    if "--no-bearssl" in arguments:
        headers = [header for header in headers if "/bearssl_" not in header]
    work.mkdir(parents=True, exist_ok=True)
    unit = work / "tidy.cpp"
    unit.write_text("".join(f"#include <{header}>\n" for header in headers))
    run = subprocess.run([program, "--quiet", f"--config-file={source / '.clang-tidy'}", str(unit), "--", "-std=c++20",
                          f"-I{include}"], capture_output=True, text=True, check=False)
    print(run.stdout, end="")
    # "warnings generated" counts those in the headers of others, which are not shown.
    if run.returncode != 0:
        print(run.stderr, end="")
    print(f"{len(headers)} headers, clang-tidy {'found something' if run.returncode or run.stdout.strip() else 'is content'}")
    return 1 if run.returncode != 0 or run.stdout.strip() or not headers else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
