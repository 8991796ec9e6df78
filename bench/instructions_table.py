#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Reads what callgrind counted, and compares it with bench/instructions.csv or writes that anew.

    instructions_table.py BENCH (--check | --write | --show) (lto | '') FOLDER...

Each folder is named like its compiler and has `counts` (callgrind's dumps, two for each operation) and `conditions`.
"""
import csv
import pathlib
import re
import sys

import behind

# These come first, in this order.
ORDER = """connect_will publish_q1_128 publish_q1_128_checked publish_header subscribe_3 puback pingreq
decode_connack decode_puback decode_suback_3 decode_publish_128 decode_publish_128_unchecked
stream_hot stream_hot_unchecked telemetry_topic_4 c2d_find method_topic twin_response
user_name string_to_sign sas_password utf8_ascii70 utf8_mixed70""".split()
# And these stand in docs/speed.md, under these names.
EXCERPT = {
    "connect_will": "write CONNECT with a will, 378 bytes",
    "publish_q1_128": "write PUBLISH QoS 1 with 128 bytes, topic checked before",
    "publish_q1_128_checked": "write PUBLISH QoS 1 with 128 bytes, topic checked in the call",
    "subscribe_3": "write SUBSCRIBE with three filters, checked before",
    "subscribe_3_checked": "write SUBSCRIBE with three filters, checked in the call",
    "decode_publish_128": "read PUBLISH QoS 1 with 128 bytes, topic checked",
    "decode_publish_128_unchecked": "read PUBLISH QoS 1 with 128 bytes, topic not checked",
    "stream_hot": "read a stream of packets, texts checked, per packet",
    "utf8_ascii70": "check a topic of 70 bytes",
    "filter_parse_wildcard": "check a filter of 43 bytes with two wildcards",
    "topic_match": "compare a topic with a filter",
    "telemetry_topic_4": "write a telemetry topic with four properties",
    "telemetry_topic_4_encoded": "write that topic from properties that were encoded before",
    "session_turn": "client: publish and its PUBACK, between buffers",
    "pump_turn": "client: publish and its PUBACK, through pump()",
}
BEGIN, END = "<!-- speed: begin -->\n", "<!-- speed: end -->"
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


def published(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def best_published(rows, compiler, operation):
    """The fewest instructions, built with that compiler or written in Rust, and whose they are."""
    known = [(float(row["instructions"]), row["alternative"] + (" with LTO" if row["lto"] == "yes" else "")
              + f" ({row['version']}, {row['date']}{row['remark'] and '; ' + row['remark']})")
             for row in rows if row["operation"] == operation and row["compiler"] in (compiler, "rustc") and row["instructions"]]
    return min(known, default=None)


def speed_table(times, counts, figures):
    """The rows of EXCERPT. times: title -> ns, floor and fastest alternative, as text; counts: operation -> text."""
    lines = ["| operation | ns | floor | fastest alternative of the same run | instructions | fewest published |",
             "|---|---:|---:|---|---:|---|"]
    for operation, title in EXCERPT.items():
        theirs = best_published(figures, "g++", operation)
        cells = [title, *times.get(title, ("", "", "")), counts[operation],
                 f"{number(theirs[0])} {theirs[1]}" if theirs else ""]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def with_table(page, table):
    head, rest = page.split(BEGIN, 1)
    return head + BEGIN + table + END + rest.split(END, 1)[1]


def with_counts(page, table, figures):
    """docs/speed.md with the instructions that the tables have, and with the times that it has."""
    rows = [line.removeprefix("| ").removesuffix(" |").split(" | ")
            for line in page.split(BEGIN, 1)[1].split(END, 1)[0].splitlines()]
    counts = {operation: number(table.get((operation, "g++"))) for operation in EXCERPT}
    return with_table(page, speed_table({row[0]: row[1:4] for row in rows}, counts, figures))


def check_all(folders, table, conditions):
    """The exit status. table gets the counts of the folders that can be compared."""
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
        table.update({(name, compiler): count for name, count in after.items()})
        failures += [f"{compiler}: {sentence}" for sentence in wrong]
        print(f"{compiler}: {len(after)} operations, {len(wrong)} wrong")
    for sentence in failures:
        print(sentence)
    if failures:
        print("Where that is meant, run bench/instructions.sh and commit the table with the change.")
        return 1
    return 0 if compared else SKIPPED


def of_compilers(folders, table, lto):
    """The part of the table that behind.py compares."""
    compilers = {folder.name for folder in folders}
    return {(name, compiler, "yes" if lto else "no"): count
            for (name, compiler), count in table.items() if compiler in compilers}


def main():
    bench, mode, lto = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    folders = [pathlib.Path(folder) for folder in sys.argv[4:]]
    name = "instructions_lto" if lto else "instructions"
    table_path, conditions_path = bench / f"{name}.csv", bench / f"{name}.conditions"
    table, conditions = read_table(table_path), read_conditions(conditions_path)
    page_path = bench.parent / "docs" / "speed.md"
    page, figures = page_path.read_text(encoding="utf-8"), published(bench / "versus" / "published.csv")
    if mode == "--check":
        outdated = not lto and page != with_counts(page, table, figures)
        if outdated:
            print("docs/speed.md has other counts than bench/instructions.csv or published.csv: run bench/instructions.sh")
        status = check_all(folders, table, conditions)
        wrong = behind.check(bench, of_compilers(folders, table, lto))
        print("\n".join(wrong))
        return 1 if outdated or wrong else status
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
        behind.forget_what_caught_up(bench, of_compilers(folders, table, lto))
        for sentence in behind.check(bench, of_compilers(folders, table, lto)):
            print(sentence)
        if not lto:
            page_path.write_text(with_counts(page, table, figures), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
