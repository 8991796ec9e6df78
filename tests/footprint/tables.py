# SPDX-License-Identifier: BSL-1.0
"""The tables that footprint.py keeps: sizes.csv, budget.csv, instructions.csv, and those of docs/size.md.

published.csv has what others weigh: the same operations in a program of the same kind, same compiler and flags,
library's share by the link map, with version and date of the measurement; the last row is what its makers publish.
published_sites.csv has what they weigh at several call sites and with other flags, and bars.csv what hubwire is to
reach. What is not to be exceeded stands in budget.csv and sites_budget.csv.
"""
import csv
import io
import re

IMAGE = ("image", "target")
SITES = ("image", "target", "flags", "sites")
WHAT = {
    "codec7_v3": "codec: encode CONNECT, SUBSCRIBE, PUBLISH; decode CONNACK, SUBACK, PUBACK, PUBLISH",
    "codec7_v3_unchecked": "the same, text trusted (`trusted`, `structural`)",
    "iothub": "IoT Hub: user name, string to sign, password, telemetry and received topics, properties",
    "session_nothing": "the client with its codec, `keep_nothing`: QoS 0 and 1",
    "session_application": "`keep_with_application`: QoS 2, and messages are sent again over the next connection",
    "session_kept": "`kept_packets`: the client sends them again by itself, and takes them without a connection",
    "session_stored": "`stored_packets` over flash: they survive a reboot",
    "device_no_tls": "a device: the client with its codec, and all of the IoT Hub part above",
    "device_whole": "the same with its own key and tokens, every topic, host and device read from text, and `pump`",
}


def rows_of(path, key=IMAGE):
    """The cells of the key's columns -> sizes."""
    with path.open(encoding="utf-8", newline="") as file:
        return {tuple(row[column] for column in key): {k: int(v) for k, v in row.items() if k not in key}
                for row in csv.DictReader(file)}


def published_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def counts_of(path):
    """(image, processor, operation) -> instructions."""
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["image"], row["target"], row["operation"]): int(row["instructions"]) for row in csv.DictReader(file)}


def as_csv(columns, rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def counts_as_csv(counts):
    return as_csv(("image", "target", "operation", "instructions"), [(*key, count) for key, count in counts.items()])


def number(cell):
    return f"{int(cell):,}" if cell not in ("", None) else ""


def with_bar(size, bar):
    """The bar, and whether the size is at most that."""
    return "" if bar is None else f"{bar:,} (met)" if size <= bar else f"{bar:,} ({size - bar:,} over)"


def sizes_table(sizes, published, bars):
    """What footprint.py measured and what others weigh. A bar is for the code on a Cortex-M0+."""
    yield "| Cortex-M0+, `-Os`, bytes of | code | bar | constants | RAM | stack | Cortex-M4: code | stack |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for name, what in WHAT.items():
        m0, m4 = sizes[name, "cortex-m0plus"], sizes[name, "cortex-m4"]
        bar = bars.get((name, "cortex-m0plus", "-Os", "1"), {}).get("text")
        cells = (m0["rodata"], m0["data"] + m0["bss"], m0["stack"], m4["text"], m4["stack"])
        yield f"| **{what}** | **{m0['text']:,}** | {with_bar(m0['text'], bar)} | " + " | ".join(map(number, cells)) + " |"
        for row in published:
            if row["image"] == name:
                cells = (row["text_m0plus"], "", row["rodata"], row["ram"], row["stack_m0plus"], row["text_m4"], row["stack_m4"])
                yield f"| {row['alternative']} ({row['version']}, {row['date']}) | " + " | ".join(map(number, cells)) + " |"


def fill(text, name, lines):
    """A page with the lines between <!-- name: begin --> and <!-- name: end -->."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    if begin not in text or end not in text:
        raise ValueError(f"the page has no {begin.strip()}")
    return re.sub(f"(?<={begin}).*?(?={end})", lambda _: "\n".join(lines) + "\n", text, flags=re.S)


def compare(measured, recorded, budget, names=("sizes.csv", "budget.csv")):
    """Findings: each row is in the table and in the budget, the same as in the one, at most what the other says."""
    for key in sorted(set(measured) | set(recorded) | set(budget)):
        here = " ".join(key)
        if key not in measured:
            yield f"{here}: there is no such image"
            continue
        if key not in budget:
            yield f"{here}: {names[1]} has no row"
        for column, size in measured[key].items():
            before = recorded.get(key, {}).get(column)
            if before != size:
                yield f"{here}: {column} is {size}, {names[0]} says {before}; footprint.py --update writes the new table"
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
    counts = {("i", "t", "encode, 3"): 7}
    assert not list(compare_counts(counts, counts))
    assert list(compare_counts(counts, {("i", "t", "encode, 3"): 8})) and list(compare_counts(counts, {})) and list(compare_counts({}, counts))
    assert counts_as_csv(counts) == 'image,target,operation,instructions\ni,t,"encode, 3",7\n'
    row = {"text": 1676, "rodata": 80, "data": 1, "bss": 2, "stack": 124}
    sizes = {(name, target): row for name in WHAT for target in ("cortex-m0plus", "cortex-m4")}
    theirs = [{"image": "iothub", "alternative": "a", "version": "1", "date": "d", "text_m0plus": "4542", "rodata": "", "ram": "0",
               "stack_m0plus": "288", "text_m4": "1", "stack_m4": "2"}]
    bars = {("codec7_v3", "cortex-m0plus", "-Os", "1"): {"text": 1676}, ("iothub", "cortex-m0plus", "-Os", "1"): {"text": 1600}}
    made = list(sizes_table(sizes, theirs, bars))
    assert made[2].endswith("| **1,676** | 1,676 (met) | 80 | 3 | 124 | 1,676 | 124 |"), made[2]
    assert made[4].endswith("| **1,676** | 1,600 (76 over) | 80 | 3 | 124 | 1,676 | 124 |"), made[4]
    assert "| a (1, d) | 4,542 |  |  | 0 | 288 | 1 | 2 |" in made
    page = "before\n<!-- size: begin -->\nold\n<!-- size: end -->\nbehind"
    assert fill(page, "size", ["new"]) == page.replace("old", "new")
