#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Compares hubwire's instructions with the fewest that were published for an alternative that does the same.

    behind.py BENCH     with the committed tables; instructions_table.py does it with what it has just counted

An alternative's fewest counts, with whatever compiler and with or without link-time optimisation. A row is behind
when hubwire has more. versus/behind.csv lists the rows that are known to be: any other one fails, and so does a
row that is listed and is not behind any more.
"""
import csv
import pathlib
import sys

# Counted elsewhere with repeated string moves, which are one instruction for each byte.
NOT_COMPARED = ("publish_q1_16k",)


def read_rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def described(row):
    lto = " with LTO" if row["lto"] == "yes" else ""
    return f"{row['alternative']}{lto} ({row['compiler']}, {row['version']})"


def fewest_published(bench):
    """operation -> (instructions, who)."""
    best = {}
    for row in read_rows(bench / "versus" / "published.csv"):
        if row["instructions"] and row["operation"] not in NOT_COMPARED:
            known = float(row["instructions"]), described(row)
            best[row["operation"]] = min(known, best.get(row["operation"], known))
    return best


def listed(bench):
    """(operation, compiler, lto) -> why."""
    path = bench / "versus" / "behind.csv"
    return {(row["operation"], row["compiler"], row["lto"]): row["why"] for row in read_rows(path)}


def rows_behind(bench, counts):
    """The rows of counts, (operation, compiler, lto) -> instructions, that are behind; with a sentence for each."""
    best, behind = fewest_published(bench), {}
    for (operation, compiler, lto), mine in counts.items():
        # A reader whose calls are not inlined competes with the same readers.
        theirs = best.get(operation.replace("_outline", ""))
        if theirs and mine > theirs[0]:
            built = f"{compiler} with LTO" if lto == "yes" else compiler
            behind[operation, compiler, lto] = f"{operation}, {built}: {mine:g}, {theirs[1]} {theirs[0]:g}"
    return behind


def check(bench, counts):
    """Prints which rows are behind. What is wrong, as sentences."""
    behind, known = rows_behind(bench, counts), listed(bench)
    for key, sentence in behind.items():
        if key in known:
            print(f"behind, as listed: {sentence}: {known[key]}")
    wrong = [f"behind, and not listed: {sentence}" for key, sentence in behind.items() if key not in known]
    wrong += [f"{' '.join(key)}: no longer behind, but listed in bench/versus/behind.csv"
              for key in known if key in counts and key not in behind]
    return wrong


def forget_what_caught_up(bench, counts):
    """Takes the rows out of the list that are not behind any more. None comes in by itself."""
    path = bench / "versus" / "behind.csv"
    behind, rows = rows_behind(bench, counts), read_rows(path)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["operation", "compiler", "lto", "why"], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            key = row["operation"], row["compiler"], row["lto"]
            if key in behind or key not in counts:
                writer.writerow(row)


def committed(bench):
    counts = {}
    for lto, name in (("no", "instructions.csv"), ("yes", "instructions_lto.csv")):
        for row in read_rows(bench / name):
            counts[row["operation"], row["compiler"], lto] = float(row["instructions"])
    return counts


def self_test(bench):
    best = fewest_published(bench)
    assert best["puback"][0] == 10 and "publish_q1_16k" not in best
    assert rows_behind(bench, {("puback", "g++", "no"): 10.0, ("no_peer", "g++", "no"): 9e9}) == {}
    assert list(rows_behind(bench, {("puback", "g++", "yes"): 11.0})) == [("puback", "g++", "yes")]
    assert any("not listed" in one for one in check(bench, {("pingreq", "g++", "no"): 1e6}))
    assert all("no longer" in one for one in check(bench, {key: 0.0 for key in listed(bench)}))


def main():
    bench = pathlib.Path(sys.argv[1])
    self_test(bench)
    wrong = check(bench, committed(bench))
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
