#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Reads what callgrind counted, and compares it with bench/instructions.csv or writes that anew.

    instructions_table.py BENCH (--check | --write | --show) FOLDER...

Each folder is named like its compiler and has `counts` (callgrind's dumps, two for each operation) and `conditions`.
"""
import csv
import pathlib
import re
import sys

# These come first, in this order.
ORDER = """connect_will publish_q1_128 publish_q1_128_checked publish_header subscribe_3 puback pingreq
decode_connack decode_puback decode_suback_3 decode_publish_128 decode_publish_128_unchecked
stream_hot stream_hot_unchecked telemetry_topic_4 c2d_find method_topic twin_response
user_name string_to_sign sas_password utf8_ascii70 utf8_mixed70""".split()
TOLERANCE = 0.03
SKIPPED = 77


def counted(path):
    """operation -> instructions, for one packet."""
    dumps = re.findall(r"^desc: Trigger: Client Request: (\S+) (\d+) (\d+)$.*?^summary: (\d+)",
                       path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    rows, first = {}, {}
    for name, times, per_run, total in dumps:
        times, per_run, total = int(times), int(per_run), int(total)
        if name not in first:
            first[name] = times, total
            continue
        less_often, less = first[name]
        rows[name] = round((total - less) / (times - less_often) / per_run, 1)
    if not rows:
        sys.exit(f"{path}: no counts in it")
    return rows


def number(count):
    return f"{count:.1f}".removesuffix(".0")


def read_table(path):
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["operation"], row["compiler"]): float(row["instructions"]) for row in csv.DictReader(file)}


def write_table(path, table):
    def place(key):
        name, compiler = key
        return ORDER.index(name) if name in ORDER else len(ORDER), names.index(name), compilers.index(compiler)

    names = list(dict.fromkeys(name for name, _ in table))
    compilers = sorted({compiler for _, compiler in table}, reverse=True)  # g++ first
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["operation", "compiler", "instructions"])
        for key in sorted(table, key=place):
            writer.writerow([*key, number(table[key])])


def read_conditions(path):
    sections = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            compiler, _, condition = line.partition(": ")
            sections.setdefault(compiler, []).append(condition)
    return sections


def write_conditions(path, sections):
    lines = [f"{compiler}: {condition}" for compiler in sorted(sections, reverse=True) for condition in sections[compiler]]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def grew(before, after):
    return after > before * (1 + TOLERANCE)


def print_changes(compiler, before, after):
    for name in sorted(after, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER)):
        if name not in before:
            print(f"{compiler:8} {name:32} new -> {number(after[name])}")
        elif before[name] != after[name]:
            percent = 100 * (after[name] / before[name] - 1)
            print(f"{compiler:8} {name:32} {number(before[name])} -> {number(after[name])}  ({percent:+.1f} %)")


def check(compiler, before, after):
    """What is wrong with after, as sentences; None where the two cannot be compared."""
    print_changes(compiler, before, after)
    of_libc = [name for name in before if name.startswith("mem")]
    other = [name for name in of_libc if name in after and abs(after[name] / before[name] - 1) > TOLERANCE]
    if other:
        print(f"{compiler}: SKIPPED: on this processor libc copies or searches otherwise: {', '.join(other)}")
        return None
    wrong = [f"{name} takes more than {100 * TOLERANCE:.0f} % more than the table says" for name in before
             if name in after and grew(before[name], after[name])]
    wrong += [f"{name} is in the table and is not measured" for name in before if name not in after]
    wrong += [f"{name} is measured and not in the table" for name in after if name not in before]
    shrank = [name for name in before if name in after and grew(after[name], before[name])]
    if shrank:
        print(f"{compiler}: the table is out of date, in which these take more: {', '.join(shrank)}")
    return wrong


def differing_conditions(compiler, recorded, actual):
    if recorded == actual:
        return False
    print(f"{compiler}: SKIPPED: the table was made under other conditions")
    for line in recorded:
        if line not in actual:
            print(f"  table: {line}")
    for line in actual:
        if line not in recorded:
            print(f"  here:  {line}")
    return True


def check_all(folders, table, conditions):
    failures, compared = [], 0
    for folder in folders:
        compiler = folder.name
        before = {name: count for (name, of), count in table.items() if of == compiler}
        actual = (folder / "conditions").read_text(encoding="utf-8").splitlines()
        if differing_conditions(compiler, conditions.get(compiler, []), actual):
            continue
        after = counted(folder / "counts")
        wrong = check(compiler, before, after)
        if wrong is None:
            continue
        compared += 1
        failures += [f"{compiler}: {sentence}" for sentence in wrong]
        print(f"{compiler}: {len(after)} operations, {len(wrong)} wrong")
    for sentence in failures:
        print(sentence)
    if failures:
        print("Where that is meant, run bench/instructions.sh and commit the table with the change.")
        return 1
    return 0 if compared else SKIPPED


def main():
    bench, mode, folders = pathlib.Path(sys.argv[1]), sys.argv[2], [pathlib.Path(folder) for folder in sys.argv[3:]]
    table_path, conditions_path = bench / "instructions.csv", bench / "instructions.conditions"
    table, conditions = read_table(table_path), read_conditions(conditions_path)
    if mode == "--check":
        return check_all(folders, table, conditions)
    for folder in folders:
        compiler, after = folder.name, counted(folder / "counts")
        before = {name: count for (name, of), count in table.items() if of == compiler}
        if mode == "--show":
            for name, count in after.items():
                print(f"{compiler:8} {name:32} {number(count):>8}   table: {number(before[name]) if name in before else '-'}")
            continue
        print_changes(compiler, before, after)
        table = {key: count for key, count in table.items() if key[1] != compiler}
        table.update({(name, compiler): count for name, count in after.items()})
        conditions[compiler] = (folder / "conditions").read_text(encoding="utf-8").splitlines()
    if mode == "--write":
        write_table(table_path, table)
        write_conditions(conditions_path, conditions)
    return 0


if __name__ == "__main__":
    sys.exit(main())
