#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Fails when one more message costs more the more of them wait.

    window.py BENCH     looks at the rows window_*_N of instructions.csv, which instructions.sh --check compares

The instructions of a message may grow with the N that wait as N to the power of EXPONENT, at most.
"""
import csv
import math
import pathlib
import re
import sys

EXPONENT = 0.05


def exponents(rows):
    """(kind, compiler) -> the largest exponent between two windows that follow each other, or the first and the last."""
    kinds = {}
    for row in rows:
        window = re.fullmatch(r"(window.*)_(\d+)", row["operation"])
        if window:
            kinds.setdefault((window[1], row["compiler"]), {})[int(window[2])] = float(row["instructions"])
    found = {}
    for kind, costs in kinds.items():
        sizes = sorted(costs)
        pairs = [*zip(sizes, sizes[1:]), (sizes[0], sizes[-1])]
        found[kind] = max(math.log(costs[large] / costs[small]) / math.log(large / small) for small, large in pairs)
    return found


def self_test():
    rows = [{"operation": f"window_{n}", "compiler": "g++", "instructions": str(100 + n)} for n in (64, 512)]
    assert exponents(rows)["window", "g++"] > 0.5
    flat = [dict(row, instructions="100") for row in rows]
    assert exponents(flat) == {("window", "g++"): 0}


def main():
    self_test()
    table = pathlib.Path(sys.argv[1]) / "instructions.csv"
    with table.open(encoding="utf-8", newline="") as file:
        found = exponents(csv.DictReader(file))
    wrong = {kind: exponent for kind, exponent in found.items() if exponent > EXPONENT}
    for (kind, compiler), exponent in found.items():
        print(f"{kind:24} {compiler:8} exponent {exponent:6.3f}{'  too much' if (kind, compiler) in wrong else ''}")
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    sys.exit(main())
