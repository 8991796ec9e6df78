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


def fewest_published(rows):
    """operation -> (instructions, who)."""
    best = {}
    for row in rows:
        if row["instructions"] and row["operation"] not in NOT_COMPARED:
            known = float(row["instructions"]), described(row)
            best[row["operation"]] = min(known, best.get(row["operation"], known))
    return best


def rows_behind(best, counts):
    """The rows of counts, (operation, compiler, lto) -> instructions, that are behind; with a sentence for each."""
    behind = {}
    for (operation, compiler, lto), mine in counts.items():
        # A reader whose calls are not inlined competes with the same readers.
        theirs = best.get(operation.replace("_outline", ""))
        if theirs and mine > theirs[0]:
            built = f"{compiler} with LTO" if lto == "yes" else compiler
            behind[operation, compiler, lto] = f"{operation}, {built}: {mine:g}, {theirs[1]} {theirs[0]:g}"
    return behind


def faults(behind, known, counts):
    """What is wrong, as sentences. known: (operation, compiler, lto) -> why it is behind."""
    wrong = [f"behind, and not listed: {sentence}" for key, sentence in behind.items() if key not in known]
    return wrong + [f"{' '.join(key)}: no longer behind, but listed in bench/versus/behind.csv"
                    for key in known if key in counts and key not in behind]


def key_of(row):
    return row["operation"], row["compiler"], row["lto"]


def check(bench, counts):
    """Prints which rows are behind as listed. What is wrong, as sentences."""
    known = {key_of(row): row["why"] for row in read_rows(bench / "versus" / "behind.csv")}
    behind = rows_behind(fewest_published(read_rows(bench / "versus" / "published.csv")), counts)
    for key, sentence in behind.items():
        if key in known:
            print(f"behind, as listed: {sentence}: {known[key]}")
    return faults(behind, known, counts)


def forget_what_caught_up(bench, counts):
    """Takes the rows out of the list that are not behind any more. None comes in by itself."""
    path = bench / "versus" / "behind.csv"
    behind = rows_behind(fewest_published(read_rows(bench / "versus" / "published.csv")), counts)
    rows = [row for row in read_rows(path) if key_of(row) in behind or key_of(row) not in counts]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["operation", "compiler", "lto", "why"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def committed(bench):
    counts = {}
    for lto, name in (("no", "instructions.csv"), ("yes", "instructions_lto.csv")):
        for row in read_rows(bench / name):
            counts[row["operation"], row["compiler"], lto] = float(row["instructions"])
    return counts


def self_test():
    def row(operation, lto, instructions):
        return {"operation": operation, "alternative": "a", "version": "1", "compiler": "g++", "lto": lto,
                "instructions": instructions}

    best = fewest_published([row("x", "no", "20"), row("x", "yes", "10"), row("x", "no", ""), row(NOT_COMPARED[0], "no", "1")])
    assert best == {"x": (10, "a with LTO (g++, 1)")}
    counts = {("x", "g++", "no"): 10.0, ("x", "g++", "yes"): 11.0, ("x_outline", "g++", "no"): 11.0, ("y", "g++", "no"): 9.0}
    behind = rows_behind(best, counts)
    assert set(behind) == {("x", "g++", "yes"), ("x_outline", "g++", "no")}
    assert faults(behind, dict(behind), counts) == []
    assert "not listed" in faults(behind, {("x", "g++", "yes"): ""}, counts)[0]
    assert "no longer" in faults(behind, {**behind, ("x", "g++", "no"): ""}, counts)[0]
    assert faults(behind, {**behind, ("z", "g++", "no"): ""}, counts) == []  # not counted here


def main():
    bench = pathlib.Path(sys.argv[1])
    self_test()
    wrong = check(bench, committed(bench))
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
