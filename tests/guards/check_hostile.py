#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# Every row of tests/data/hostile_*.txt is the tag [Hnnn] of a test case.
#   check_hostile.py TESTS
import pathlib
import re
import sys

TEST_CASE = re.compile(r'(?:TEMPLATE_)?TEST_CASE\(\s*"(?:[^"\\]|\\.)*"((?:\s*"(?:[^"\\]|\\.)*")*)'
                       r'\s*,\s*"([^"]*)"')


def tags(source):
    return {tag for _, line in TEST_CASE.findall(source) for tag in re.findall(r"\[(H\d{3})\]", line)}


def main():
    tests = pathlib.Path(sys.argv[1])
    wanted = {}
    for table in sorted(tests.glob("data/hostile_*.txt")):
        for line in table.read_text().splitlines():
            for row in line.partition("#")[0].split():
                if not re.fullmatch(r"H\d{3}", row) or row in wanted:
                    sys.exit(f"{table.name}: {row} is no row, or there twice")
                wanted[row] = table.name
    shown = set()
    for test in tests.glob("**/*.test.cpp"):
        shown |= tags(test.read_text())
    missing = sorted(set(wanted) - shown)
    for row in missing:
        print(f"{wanted[row]}: {row} has no test")
    print(f"{len(wanted)} rows, {len(wanted) - len(missing)} with a test")
    return 1 if missing or not wanted else 0


if __name__ == "__main__":
    sys.exit(main())
