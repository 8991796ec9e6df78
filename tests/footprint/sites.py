# SPDX-License-Identifier: BSL-1.0
"""Weighs programs that use the library at several places, and programs that are built for speed or for a debugger.

An image of footprint.py uses each operation once and is built with -Os. Here a program writes the operations out
at 1 to 20 places, each a function of its own with its own data, and the compiler gets -Os, -O2 or -Og. What
counts is all code of the places and what they bring in, unused functions dropped by the linker.
"""
import concurrent.futures
import os
import pathlib

import build
import tables
import weigh

# The operations, which are weighed, and what calls them.
PROGRAMS = {
    "codec7_v3": (["codec7_v3.cpp"], ["codec7_driver.cpp"]),
    "codec7_v3_unchecked": (["codec7_v3_unchecked.cpp"], ["codec7_driver.cpp"]),
    "eight_checked": (["sites_checked.cpp"], ["sites_driver.cpp"]),
    "eight_unchecked": (["sites_unchecked.cpp"], ["sites_driver.cpp"]),
    "client": (["session.cpp", "keeps_nothing.cpp", "client_sites.cpp"], ["client_driver.cpp"]),
}
HOSTS = {"x86-64": build.HOST, "x86-64-clang": "clang++"}  # target -> compiler, of programs that run here
COLUMNS = (*tables.SITES, "text")
FILES = ("sites.csv", "sites_budget.csv")


def plan():
    """All rows: image, target, flags, and the number of places, which is text as in the tables."""
    for image in ("codec7_v3", "codec7_v3_unchecked"):
        for target, flags in (("cortex-m0plus", "-Os"), ("cortex-m4", "-Os"), ("cortex-m4", "-O2"), ("cortex-m4", "-Og")):
            yield image, target, flags, "1"
    for image in ("eight_checked", "eight_unchecked"):
        for target, flags, counts in (("cortex-m0plus", "-Os", (1, 3, 10)), ("cortex-m4", "-O2", (1, 5, 20)),
                                      ("cortex-m4", "-Og", (1, 5, 20)), *((host, "-O2", (1, 5, 20)) for host in HOSTS)):
            yield from ((image, target, flags, str(sites)) for sites in counts)
    for flags in ("-O2", "-Og"):
        yield from (("client", "cortex-m4", flags, sites) for sites in ("1", "20"))


def host_is_known():
    return build.run(build.HOST, "-dumpmachine").startswith("x86_64")


def flags_of(target, flags):
    machine = [HOSTS[target]] if target in HOSTS else [build.COMPILER, f"-mcpu={target}", "-mthumb"]
    # With -Og g++ 12 takes what an empty optional would hold for uninitialised.
    return [*machine, flags, *build.COMMON, *(["-Wno-maybe-uninitialized"] if flags == "-Og" else [])]


class Builder:
    """Compiles each source once for each way it is needed in, several at a time."""

    def __init__(self, folder, pool):
        self.folder, self.pool, self.units = folder, pool, {}
        folder.mkdir(parents=True, exist_ok=True)

    def unit(self, source, target, flags, sites="0"):
        """An object file to come; sites is 0 where their number is nothing to the source."""
        key = (source, target, flags, sites)
        if key not in self.units:
            self.units[key] = self.pool.submit(self.compile, *key)
        return self.units[key]

    def compile(self, source, target, flags, sites):
        unit = self.folder / f"{pathlib.Path(source).stem}-{target}{flags}-{sites}.o"
        build.run(*flags_of(target, flags), f"-DFOOTPRINT_SITES={sites}", "-c", build.HERE / source, "-o", unit)
        return unit

    def units_of(self, image, target, flags, sites):
        """The operations' object files, and the program's, which do not count."""
        operations, program = PROGRAMS[image]
        ends = ["report.cpp"] if target in HOSTS else ["silent.cpp", build.START]
        return ([self.unit(source, target, flags, sites) for source in operations],
                [self.unit(source, target, flags) for source in [*program, *ends]])

    def weigh(self, row, units):
        """Bytes of code that the operations bring in. On the host the program is run too, and has to succeed."""
        _, target, flags, _ = row
        operations, program = ([unit.result() for unit in some] for some in units)
        elf = self.folder / "-".join(map(str, row))
        link = ["-Wl,--gc-sections"] if target in HOSTS else build.LINK
        build.run(*flags_of(target, flags), *operations, *program, *link, f"-Wl,-Map={elf}.map", "-o", elf)
        if target in HOSTS:
            build.run(elf)
        return weigh.code(pathlib.Path(f"{elf}.map").read_text(encoding="utf-8"), set(map(str, operations)))


def measure(folder, image=""):
    """(image, target, flags, sites) -> its code, of all rows that this machine can build, or of one image."""
    rows = [row for row in plan() if image in ("", row[0]) and (row[1] not in HOSTS or host_is_known())]
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        builder = Builder(folder / "sites", pool)
        units = {row: builder.units_of(*row) for row in rows}
        return {row: {"text": builder.weigh(row, units[row])} for row in rows}


def table(sizes, bars):
    compilers = ", ".join(map(build.version_of, (build.COMPILER, *HOSTS.values())))
    yield f"\n{compilers}; bytes of code of all places together\n"
    yield "%-20s %-14s %-5s %5s %8s  bar" % COLUMNS
    for key, size in sizes.items():
        bar = bars.get(key, {}).get("text")
        yield f"%-20s %-14s %-5s %5s {size['text']:8,}  {tables.with_bar(size['text'], bar)}".rstrip() % key


def comparable(sizes, targets, image=""):
    return {key: size for key, size in sizes.items() if key[1] in targets and image in ("", key[0])}


def check(sizes, targets, image=""):
    """Findings, on the targets whose compiler is the one that sites.csv was made with; of all images or of one."""
    recorded, budget = (tables.rows_of(build.HERE / name, tables.SITES) for name in FILES)
    return list(tables.compare(*(comparable(each, targets, image) for each in (sizes, recorded, budget)), FILES))


def update(sizes):
    """Writes sites.csv with these rows anew, in the order of the plan. The others stay, as long as they are in it."""
    path = build.HERE / "sites.csv"
    rows = {**tables.rows_of(path, tables.SITES), **sizes}
    path.write_text(tables.as_csv(COLUMNS, [(*key, rows[key]["text"]) for key in plan() if key in rows]), encoding="utf-8")


def self_test():
    rows, sizes = list(plan()), {("i", "a", "-O2", "1"): {"text": 1}, ("i", "b", "-O2", "1"): {"text": 2}}
    assert len(rows) == len(set(rows))
    assert comparable(sizes, ["a", "b"]) == comparable(sizes, ["a", "b"], "i") == sizes and not comparable(sizes, ["a"], "j")
    assert comparable(sizes, ["b"]) == {("i", "b", "-O2", "1"): {"text": 2}}
    for name in ("sites_budget.csv", "bars.csv"):
        unknown = {key for key in tables.rows_of(build.HERE / name, tables.SITES) if key[0] in PROGRAMS} - set(rows)
        assert not unknown, f"{name} has rows that nothing measures: {unknown}"
