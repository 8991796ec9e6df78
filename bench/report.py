#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Puts together what run.sh measured: prints the table, says which rows are behind, writes results.json, draws.

    report.py SOURCE RESULTS OUTPUT [--save]

RESULTS holds <compiler>.<program>.<round>.json of Google Benchmark, <compiler>.<program>.counts of callgrind and
reference.<name>.json. A time is the least of all rounds; a row is behind when hubwire takes over 3 % more than the
fastest alternative that was measured in the same run, built with the same compiler, and does the same. Alternatives
that check less than their row says, the codec by hand (a floor, no library), references in other languages and
published figures are shown and judge nothing.
"""
import collections
import datetime
import json
import pathlib
import platform
import re
import sys

import chart
from instructions_table import EXCERPT, ORDER, best_published, counted, number, published, speed_table, with_table

TOLERANCE = 1.03
COMPILERS = ("g++", "clang++")
BY_HAND = "by hand"


class Results:
    """What was measured: (compiler, program) -> operation -> figures."""

    def __init__(self, folder):
        self.libraries = {}
        self.rows = collections.defaultdict(lambda: collections.defaultdict(dict))
        self.compiler_versions = {}
        for path in sorted(folder.glob("*.*.[0-9]*.json")):
            self.add_times(path)
        for path in sorted(folder.glob("*.counts")):
            compiler, program = path.name.removesuffix(".counts").split(".", 1)
            for operation, count in counted(path).items():
                self.rows[compiler, program][operation]["instructions"] = count
        self.references = [json.loads(path.read_text(encoding="utf-8"))
                           for path in sorted(folder.glob("reference.*.json"))]

    def add_times(self, path):
        compiler, program, _ = path.name.removesuffix(".json").split(".", 2)
        document = json.loads(path.read_text(encoding="utf-8"))
        self.libraries[program] = document["context"]["library"]
        self.compiler_versions[compiler] = document["context"]["compiler"]
        for one in document["benchmarks"]:
            if one.get("error_occurred"):
                sys.exit(f"{path.name}: {one['name']}: {one['error_message']}")
            row = self.rows[compiler, program][one["name"]]
            time = one["cpu_time"] / one["per_run"]
            row["ns"] = min(row.get("ns", time), time)
            row["bytes"] = int(one["bytes"])
            row["less"] = bool(one["less"])
            if one.get("label"):
                row["floor"] = one["label"]

    def compilers(self):
        return [compiler for compiler in COMPILERS if (compiler, "hubwire") in self.rows]

    def operations(self):
        names = dict.fromkeys(name for compiler in self.compilers() for name in self.rows[compiler, "hubwire"])
        floors = {row.get("floor") for compiler in self.compilers() for row in self.rows[compiler, "hubwire"].values()}
        mine = [name for name in names if name not in floors and not name.startswith("mem")]
        return sorted(mine, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))

    def hubwire(self, compiler, operation):
        return self.rows[compiler, "hubwire"].get(operation, {})

    def floor(self, compiler, operation):
        return self.hubwire(compiler, self.hubwire(compiler, operation).get("floor")).get("ns")

    def alternatives(self, compiler, operation):
        """(library, figures) of who was measured on it."""
        return [(self.libraries[program], rows[operation]) for (of, program), rows in self.rows.items()
                if of == compiler and program != "hubwire" and "ns" in rows.get(operation, {})]

    def best(self, compiler, operation):
        same = [(figures["ns"], library) for library, figures in self.alternatives(compiler, operation)
                if not figures["less"] and not library.startswith(BY_HAND)]
        return min(same, default=None)

    def by_hand(self, compiler, operation):
        return min((figures["ns"] for library, figures in self.alternatives(compiler, operation)
                    if library.startswith(BY_HAND)), default=None)

    def ratio(self, compiler, operation):
        best, mine = self.best(compiler, operation), self.hubwire(compiler, operation).get("ns")
        return mine / best[0] if best and mine else None


HEADINGS = ("hubwire", "floor", "by hand", "best", "ratio", "", "instr", "publ.")


def print_row(operation, columns, remark):
    print(f"{operation:33}" + "".join(f"{column:>9}" for column in columns) + "  " + remark)


def print_table(results, figures):
    for compiler in results.compilers():
        print(f"\n== {results.compiler_versions[compiler]}, -O2: ns per operation (streams: per packet), least of all "
              "rounds; instructions by callgrind")
        print_row("operation", HEADINGS, "best alternative of this run; best published count")
        for operation in results.operations():
            mine, best = results.hubwire(compiler, operation), results.best(compiler, operation)
            ratio = results.ratio(compiler, operation)
            theirs = best_published(figures, compiler, operation)
            verdict = "" if ratio is None else "ok" if ratio <= TOLERANCE else "BEHIND"
            columns = (number(mine.get("ns")), number(results.floor(compiler, operation)),
                       number(results.by_hand(compiler, operation)), number(best and best[0]),
                       f"{ratio:.2f}" if ratio else "", verdict,
                       number(mine.get("instructions")), number(theirs and theirs[0]))
            print_row(operation, columns, "; ".join(who[1] if who else "-" for who in (best, theirs)))


def print_others(results):
    print("\n== who checks less than the row, and other languages (ns; they judge nothing)")
    for compiler in results.compilers():
        for operation in results.operations():
            less = [(library, figures["ns"]) for library, figures in results.alternatives(compiler, operation)
                    if figures["less"]]
            if less:
                print(f"{compiler:8} {operation:32} hubwire {number(results.hubwire(compiler, operation).get('ns'))}; "
                      + ", ".join(f"{library} {number(ns)}" for library, ns in less))
    for reference in results.references:
        print(f"{reference['library']}: " + ", ".join(f"{name} {number(ns)}" for name, ns in reference["ns"].items()))


def print_verdict(results, figures):
    judged = behind = 0
    print()
    for compiler in results.compilers():
        for operation in results.operations():
            ratio = results.ratio(compiler, operation)
            judged += ratio is not None
            if ratio is not None and ratio > TOLERANCE:
                behind += 1
                best = results.best(compiler, operation)
                print(f"BEHIND in time: {compiler:8} {operation:32} {ratio:.2f} times {best[1]}")
        for operation in results.operations():
            floor, mine = results.by_hand(compiler, operation), results.hubwire(compiler, operation).get("ns")
            if floor and mine and mine > floor * TOLERANCE:
                print(f"slower than by hand: {compiler:8} {operation:32} {number(mine)}, by hand {number(floor)}")
        for operation in results.operations():
            theirs = best_published(figures, compiler, operation)
            mine = results.hubwire(compiler, operation).get("instructions")
            if theirs and mine and mine > theirs[0] * TOLERANCE:
                print(f"more instructions: {compiler:8} {operation:32} {number(mine)}, {theirs[1]} {number(theirs[0])}")
    print(f"{judged} rows compared in time with alternatives of this run, {behind} behind")


def machine():
    def found(pattern, path):
        match = re.search(pattern, pathlib.Path(path).read_text(encoding="utf-8"))
        return match.group(1) if match else "?"

    model, family = found(r"model name\s*: (.*)", "/proc/cpuinfo"), found(r"cpu family\s*: (.*)", "/proc/cpuinfo")
    system = found('PRETTY_NAME="(.*)"', "/etc/os-release")
    return f"{model} (family {family}), {system}, glibc {platform.libc_ver()[1]}"


def as_document(results):
    document = {"date": datetime.date.today().isoformat(), "machine": machine(), "compilers": results.compiler_versions,
                "unit": "nanoseconds per operation, least of all rounds; instructions by callgrind",
                "libraries": {}, "references": results.references}
    for (compiler, program), rows in sorted(results.rows.items()):
        library = document["libraries"].setdefault(results.libraries[program], {})
        library[compiler] = {name: {key: round(value, 3) if isinstance(value, float) else value
                                    for key, value in sorted(row.items())} for name, row in rows.items()}
    return document


def excerpt(results, figures):
    times = {}
    for operation, title in EXCERPT.items():
        mine, best = results.hubwire("g++", operation), results.best("g++", operation)
        times[title] = (number(mine.get("ns")), number(results.floor("g++", operation)).replace("-", ""),
                        f"{number(best[0])} {best[1]}" if best else "")
    counts = {operation: number(results.hubwire("g++", operation).get("instructions")) for operation in EXCERPT}
    return speed_table(times, counts, figures)


def main():
    source, folder, output = (pathlib.Path(argument) for argument in sys.argv[1:4])
    results, figures = Results(folder), published(source / "bench" / "versus" / "published.csv")
    unknown = {row["operation"] for row in figures} - set(results.operations())
    if unknown:
        sys.exit(f"published.csv has operations that are not measured: {' '.join(sorted(unknown))}")
    print_table(results, figures)
    print_others(results)
    print_verdict(results, figures)
    document = as_document(results)
    targets = [output] + ([source / "bench"] if "--save" in sys.argv else [])
    for target in targets:
        (target / "results.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        chart.draw(document, figures, target / "speed")
    if "--save" in sys.argv and "g++" in results.compilers():
        page = source / "docs" / "speed.md"
        page.write_text(with_table(page.read_text(encoding="utf-8"), excerpt(results, figures)), encoding="utf-8")
    names = ("results.json", "speed.svg", "speed.png")
    print("written: " + ", ".join(str(target / name) for target in targets for name in names))


if __name__ == "__main__":
    main()
