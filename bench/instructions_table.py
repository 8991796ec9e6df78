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
# And these stand in the README, under these names.
EXCERPT = {
    "connect_will": "CONNECT with a will, 378 bytes",
    "publish_q1_128": "PUBLISH QoS 1, 128 bytes, its topic checked before",
    "publish_q1_128_checked": "the same, its topic checked in the call",
    "subscribe_3": "SUBSCRIBE, three filters",
    "decode_publish_128": "read that PUBLISH, its topic checked",
    "decode_publish_128_unchecked": "the same, texts left to the caller",
    "stream_hot": "a stream of packets, per packet, checked",
    "utf8_ascii70": "is this a topic? 70 bytes",
    "topic_match": "does a filter match it?",
    "telemetry_topic_4": "telemetry topic with four properties",
    "telemetry_topic_4_encoded": "the same, from text that was encoded before",
    "session_turn": "client: publish, and its acknowledgement",
}
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


def exact(count):
    return f"{count:.1f}".removesuffix(".0")


def number(value):
    """For people: times, and counts beside them."""
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 2 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


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
            writer.writerow([*key, exact(table[key])])


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
            print(f"{compiler:8} {name:32} new -> {exact(after[name])}")
        elif before[name] != after[name]:
            percent = 100 * (after[name] / before[name] - 1)
            print(f"{compiler:8} {name:32} {exact(before[name])} -> {exact(after[name])}  ({percent:+.1f} %)")


def check(compiler, before, after):
    """What is wrong with after, as sentences; None where the two cannot be compared."""
    print_changes(compiler, before, after)
    of_libc = [name for name in before if name.startswith("mem")]
    # One or two instructions are of the loop around it, and no other version of memcpy.
    other = [name for name in of_libc if name in after and abs(after[name] - before[name]) > max(2, TOLERANCE * before[name])]
    if other:
        print(f"{compiler}: SKIPPED: on this processor libc copies or searches otherwise: {', '.join(other)}")
        return None
    wrong = [f"{name} takes more than {100 * TOLERANCE:.0f} % more than the table says" for name in before
             if name in after and grew(before[name], after[name])]
    # A table that promises less than the code keeps would let it lose that again.
    wrong += [f"{name} takes more than {100 * TOLERANCE:.0f} % less than the table says" for name in before
              if name in after and grew(after[name], before[name])]
    wrong += [f"{name} is in the table and is not measured" for name in before if name not in after]
    wrong += [f"{name} is measured and not in the table" for name in after if name not in before]
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


def with_counts(readme, table):
    """The README with the instructions that the table has, in the rows of EXCERPT."""
    names = {title: name for name, title in EXCERPT.items()}
    lines = readme.split("\n")
    for at, line in enumerate(lines):
        cells = line.split(" | ")
        name = names.get(cells[0].removeprefix("| "))
        if name and len(cells) == 6:
            cells[4] = number(table.get((name, "g++")))
            lines[at] = " | ".join(cells)
    return "\n".join(lines)


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
    readme_path = bench.parent / "README.md"
    readme = readme_path.read_text(encoding="utf-8")
    if mode == "--check":
        status = check_all(folders, table, conditions)
        if readme != with_counts(readme, table):
            print("README.md has other counts than bench/instructions.csv: run bench/instructions.sh")
            return 1
        return status
    for folder in folders:
        compiler, after = folder.name, counted(folder / "counts")
        before = {name: count for (name, of), count in table.items() if of == compiler}
        if mode == "--show":
            for name, count in after.items():
                print(f"{compiler:8} {name:32} {exact(count):>8}   table: {exact(before[name]) if name in before else '-'}")
            continue
        print_changes(compiler, before, after)
        table = {key: count for key, count in table.items() if key[1] != compiler}
        table.update({(name, compiler): count for name, count in after.items()})
        conditions[compiler] = (folder / "conditions").read_text(encoding="utf-8").splitlines()
    if mode == "--write":
        write_table(table_path, table)
        write_conditions(conditions_path, conditions)
        readme_path.write_text(with_counts(readme, table), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
