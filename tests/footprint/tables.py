# SPDX-License-Identifier: BSL-1.0
"""The tables that footprint.py keeps: sizes.csv, budget.csv, instructions.csv, and the one in the README.

published.csv has what others weigh: the same operations in a program of the same kind, same compiler and flags,
library's share by the link map, with version and date of the measurement; the last row is what its makers publish.
"""
import csv
import io
import re

WHAT = {
    "codec7_v3": "codec: encode CONNECT, SUBSCRIBE, PUBLISH; decode CONNACK, SUBACK, PUBACK, PUBLISH",
    "codec7_v3_unchecked": "the same, text neither checked nor to be checked (`trusted`, `structural`)",
    "iothub": "IoT Hub: user name, string to sign, password, telemetry and received topics, properties",
    "device_no_tls": "a device: the client with its codec, and all of the IoT Hub part above",
    "device_whole": "the same with its own key and tokens, every topic, host and device read from text, and `pump`",
}
# Bytes of code on a Cortex-M0+ that were set out to be reached. What is not to be exceeded stands in budget.csv.
GOALS = {"codec7_v3": 1490, "codec7_v3_unchecked": 1100, "iothub": 2600, "device_no_tls": 6000, "device_whole": None}
BEGIN, END = "<!-- size: begin -->\n", "<!-- size: end -->"


def rows_of(path):
    """(image, target) -> sizes."""
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["image"], row["target"]): {k: int(v) for k, v in row.items() if k not in ("image", "target")}
                for row in csv.DictReader(file)}


def published_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def counts_of(path):
    """(image, operation) -> instructions."""
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["image"], row["operation"]): int(row["instructions"]) for row in csv.DictReader(file)}


def as_csv(columns, rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def counts_as_csv(counts):
    return as_csv(("image", "operation", "instructions"), [(*key, count) for key, count in counts.items()])


def number(cell):
    return f"{int(cell):,}" if cell not in ("", None) else ""


def readme(text, sizes, published):
    """The README with the table as it should be."""
    lines = ["| Cortex-M0+, `-Os`, bytes of | code | goal | constants | RAM | stack | Cortex-M4: code | stack |",
             "|---|--:|--:|--:|--:|--:|--:|--:|"]
    for name, what in WHAT.items():
        m0, m4 = sizes[name, "cortex-m0plus"], sizes[name, "cortex-m4"]
        cells = (m0["text"], GOALS[name], m0["rodata"], m0["data"] + m0["bss"], m0["stack"], m4["text"], m4["stack"])
        lines.append(f"| **{what}** | **{number(cells[0])}** | " + " | ".join(map(number, cells[1:])) + " |")
        for row in published:
            if row["image"] == name:
                cells = (row["text_m0plus"], "", row["rodata"], row["ram"], row["stack_m0plus"], row["text_m4"], row["stack_m4"])
                lines.append(f"| {row['alternative']} ({row['version']}, {row['date']}) | " + " | ".join(map(number, cells)) + " |")
    if BEGIN not in text or END not in text:
        raise ValueError(f"README.md has no {BEGIN.strip()}")
    return re.sub(f"(?<={BEGIN}).*?(?={END})", lambda _: "\n".join(lines) + "\n", text, flags=re.S)


def compare(measured, recorded, budget):
    """Findings: each row is in the table and in the budget, the same as in the one, at most what the other says."""
    for key in sorted(set(measured) | set(recorded) | set(budget)):
        here = " ".join(key)
        if key not in measured:
            yield f"{here}: there is no such image"
            continue
        if key not in budget:
            yield f"{here}: budget.csv has no row"
        for column, size in measured[key].items():
            before = recorded.get(key, {}).get(column)
            if before != size:
                yield f"{here}: {column} is {size}, sizes.csv says {before}; footprint.py --update writes the new table"
            if size > budget.get(key, {}).get(column, size):
                yield f"{here}: {column} is {size}, the budget is {budget[key][column]}"


def compare_counts(counted, recorded):
    """Findings: the same operations, the same instructions. QEMU counts exactly, so there is no tolerance."""
    for key in sorted(set(counted) | set(recorded)):
        if counted.get(key) != recorded.get(key):
            yield (f"{' '.join(key)}: {counted.get(key)} instructions, instructions.csv says {recorded.get(key)}; "
                   "footprint.py --update writes the new table")


def self_test():
    size = {("i", "t"): {"text": 10}}
    assert not list(compare(size, size, size))
    assert list(compare(size, {("i", "t"): {"text": 11}}, size))
    assert list(compare(size, size, {("i", "t"): {"text": 9}}))
    assert list(compare(size, {}, size)) and list(compare(size, size, {})) and list(compare({}, size, size))
    counts = {("i", "encode, 3"): 7}
    assert not list(compare_counts(counts, counts))
    assert list(compare_counts(counts, {("i", "encode, 3"): 8})) and list(compare_counts(counts, {})) and list(compare_counts({}, counts))
    assert counts_as_csv(counts) == 'image,operation,instructions\ni,"encode, 3",7\n'
    row = {"text": 1676, "rodata": 80, "data": 1, "bss": 2, "stack": 124}
    sizes = {(name, target): row for name in WHAT for target in ("cortex-m0plus", "cortex-m4")}
    theirs = [{"image": "iothub", "alternative": "a", "version": "1", "date": "d", "text_m0plus": "4542", "rodata": "", "ram": "0",
               "stack_m0plus": "288", "text_m4": "1", "stack_m4": "2"}]
    made = readme(f"before\n{BEGIN}old\n{END}\nbehind", sizes, theirs)
    assert "| **1,676** | 1,490 | 80 | 3 | 124 | 1,676 | 124 |" in made and "old" not in made and made.endswith("\nbehind")
    assert "| a (1, d) | 4,542 |  |  | 0 | 288 | 1 | 2 |" in made
