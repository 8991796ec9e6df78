#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Weighs hubwire on microcontrollers: flash, RAM and stack of one image per feature.

  footprint.py                     builds, prints the table
  footprint.py --check             the same, and fails where it differs from sizes.csv or exceeds budget.csv, or docs/size.md from these
  footprint.py --check-readme      only whether docs/size.md and its chart have the figures of the CSV files; builds nothing
  footprint.py --symbols           the same, and fails when an image holds what firmware must not: a heap, exceptions, soft float
  footprint.py --update            writes all of it anew: sizes.csv, sites.csv, instructions.csv, toolchain.txt, docs/size.*
  footprint.py --run               runs the images under QEMU, compares their results with the host's, counts instructions,
                                   and fails where these differ from instructions.csv
  footprint.py --sites [IMAGE]     programs that use the library at several places, and with -O2 and -Og: sites.py;
                                   with --check compared with sites.csv and sites_budget.csv, with --update writes these rows anew
  footprint.py --functions IMAGE   what each function of an image takes on a Cortex-M0+

The library's share is what the operations of an image bring in: functions that are not inlined, in a
translation unit of their own. Inputs, outputs, what a program makes of them and main() are elsewhere and do not
count; neither does the C library, which is listed. Nothing is optimised across translation units. The stack is
the deepest chain of calls below an operation, the C library's functions left out.
"""
import argparse
import concurrent.futures
import importlib.util
import os
import pathlib
import shutil
import sys

import chart
import on_target
import page
import sites
import tables
import weigh
from build import COMPILER, FLAGS, HERE, LINK, ROOT, START, run, version_of

TARGETS = {"cortex-m0plus": ["-mcpu=cortex-m0plus"], "cortex-m4": ["-mcpu=cortex-m4"]}
DEVICE = ["device_messages.cpp", "device_driver.cpp", "stand_in_hmac.cpp"]
# The operations, which are weighed, and what calls them.
IMAGES = {
    "codec7_v3": (["codec7_v3.cpp"], ["codec7_driver.cpp"]),
    "codec7_v3_unchecked": (["codec7_v3_unchecked.cpp"], ["codec7_driver.cpp"]),
    "iothub": (["iothub.cpp"], ["iothub_driver.cpp"]),
    "session_nothing": (["session.cpp", "keeps_nothing.cpp"], ["session_driver.cpp"]),
    "session_application": (["session.cpp", "keeps_with_application.cpp"], ["session_driver.cpp"]),
    "session_kept": (["session.cpp", "keeps_packets.cpp"], ["session_driver.cpp"]),
    "session_stored": (["session.cpp", "keeps_over_reboot.cpp"], ["session_driver.cpp"]),
    "device_no_tls": (["session.cpp", "keeps_nothing.cpp", "iothub.cpp"], ["device_no_tls_application.cpp", *DEVICE]),
    "device_whole": (["session.cpp", "keeps_nothing.cpp", "iothub.cpp", "device_whole.cpp"],
                     ["device_whole_application.cpp", *DEVICE]),
}
# What the clients of these images keep; keep_nothing without.
KEEPS = {"session_application": "keep_with_application", "session_kept": "kept_packets", "session_stored": "stored_packets"}
COLUMNS = ("image", "target", *weigh.SIZES, "stack")
SKIPPED = 77


def toolchain():
    return version_of(COMPILER)


def defines_of(image):
    return [f"-DFOOTPRINT_KEEP={KEEPS[image]}"] if image in KEEPS else []


def compile_unit(source, target, folder, image):
    folder.mkdir(parents=True, exist_ok=True)
    unit = folder / (source.stem + ".o")
    run(COMPILER, *TARGETS[target], *FLAGS, *defines_of(image), "-fcallgraph-info=su", "-c", source, "-o", unit)
    return unit


class Image:
    """One image on one target, built so that nothing but the operations' own calls decides what is in it."""

    def __init__(self, name, target, folder, pool):
        self.name, self.target, self.folder = name, target, folder / name / target
        operations, program = ([pool.submit(compile_unit, HERE / source, target, self.folder, name) for source in sources]
                               for sources in IMAGES[name])
        self.operations, self.program = operations, program + [
            pool.submit(compile_unit, source, target, self.folder, name) for source in (HERE / "silent.cpp", START)]

    def link(self):
        self.operations, self.program = ([unit.result() for unit in units] for units in (self.operations, self.program))
        self.elf = self.folder / "image.elf"
        link_map = self.folder / "image.map"
        # The operations first: what they share with the program is then theirs.
        run(COMPILER, *TARGETS[self.target], "-mthumb", *self.operations, *self.program, *LINK, f"-Wl,-Map={link_map}",
            "-o", self.elf)
        self.map = link_map.read_text(encoding="utf-8")
        return self

    def row(self):
        frames, calls = weigh.call_graph(self.call_graphs(self.operations))
        _, from_program = weigh.call_graph(self.call_graphs(self.program))
        roots = {callee for callees in from_program.values() for callee in callees if callee in frames}
        self.stack, self.chain = weigh.deepest(frames, calls, roots)
        return {"image": self.name, "target": self.target, **weigh.share(self.map, set(map(str, self.operations))),
                "stack": self.stack}

    @staticmethod
    def call_graphs(units):
        return "".join(unit.with_suffix(".ci").read_text(encoding="utf-8") for unit in units)

    def symbols(self):
        return [line.split()[-1] for line in run("arm-none-eabi-nm", self.elf).splitlines()]

    def functions(self):
        for line in run("arm-none-eabi-nm", "-S", "-C", "--size-sort", "-r", self.elf).splitlines():
            yield line


def build(folder, names=tuple(IMAGES), targets=tuple(TARGETS)):
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return [image.link() for image in [Image(name, target, folder, pool) for name in names for target in targets]]


def table(images):
    yield f"{toolchain()} {' '.join(FLAGS[:8])}; the library's share in bytes\n"
    yield ("%-20s %-14s" + " %7s" * 5 + "  C library and libgcc, not counted") % COLUMNS
    for image in images:
        row = image.row()
        others = " ".join(f"{name.removeprefix('lib_a-').removesuffix('-stub').lstrip('_')} {size}"
                          for name, size in sorted(weigh.of_libraries(image.map).items()))
        yield ("%-20s %-14s" + " %7s" * 5 + "  %s") % (*(row[column] for column in COLUMNS), others)


def check_page():
    text = page.PAGE.read_text(encoding="utf-8")
    findings = ["the tables of docs/size.md are"] if text != page.wanted(text) else []
    findings += [] if chart.is_current() else ["the chart docs/size.svg is"]
    for finding in findings:
        print(f"{finding} not that of the CSV files in tests/footprint; run.sh --update writes it")
    return int(bool(findings))


def update_page():
    page.PAGE.write_text(page.wanted(page.PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    chart.draw()


def same_toolchain(table_name, compiler=COMPILER):
    used, pinned = version_of(compiler), (HERE / "toolchain.txt").read_text(encoding="utf-8").splitlines()
    if used not in pinned:
        print(f"SKIPPED: {table_name} was made with {' and '.join(pinned)}, this is {used}: nothing of it was compared")
    return used in pinned


def check(images):
    status = check_page()
    if not same_toolchain("sizes.csv"):
        return status or SKIPPED
    measured = {(image.name, image.target): {k: v for k, v in image.row().items() if k not in ("image", "target")}
                for image in images}
    findings = list(tables.compare(measured, tables.rows_of(HERE / "sizes.csv"), tables.rows_of(HERE / "budget.csv")))
    print("\n".join(findings) or "as in sizes.csv, within budget.csv")
    return 1 if findings else status


def check_sites(sizes, image):
    targets = list(TARGETS) if same_toolchain("sites.csv") else []
    if not sites.host_is_known():
        print("SKIPPED: this is no x86-64: nothing of it was compared")
    else:
        targets += [target for target, compiler in sites.HOSTS.items() if same_toolchain("sites.csv", compiler)]
    findings = sites.check(sizes, targets, image)
    print("\n".join(findings) or f"as in sites.csv, within sites_budget.csv: {', '.join(targets) or 'nothing'}")
    return 1 if findings else 0 if targets else SKIPPED


def run_sites(asked):
    sizes = sites.measure(asked.build, asked.sites)
    print("\n".join(sites.table(sizes, tables.rows_of(HERE / "bars.csv", tables.SITES))))
    if asked.update:
        sites.update(sizes)
        update_page()
    return check_sites(sizes, asked.sites) if asked.check else 0


def check_symbols(images):
    status = 0
    for image in images:
        symbols = image.symbols()
        found = weigh.banned(symbols)
        print(f"{image.name} {image.target}: {len(symbols)} symbols, of which may not be there: {' '.join(found) or 'none'}")
        status |= bool(found)
    return status


def link_for_board(target, sources, elf):
    machine, more = on_target.BOARDS[target]
    elf.parent.mkdir(parents=True, exist_ok=True)
    run(COMPILER, f"-mcpu={target}", *FLAGS, "-DHUBWIRE_BARE_METAL", *sources, START, *LINK, "--specs=rdimon.specs", *more,
        "-o", elf)
    return machine, elf


def run_image(name, folder):
    """Findings, and (processor, operation) -> instructions."""
    sources = [HERE / source for source in sum(IMAGES[name], [])] + [HERE / "report.cpp"]
    host = folder / f"{name}.host"
    folder.mkdir(parents=True, exist_ok=True)
    defines = defines_of(name)
    run("g++", "-O1", *defines, *(flag for flag in FLAGS if flag not in ("-mthumb", "-Os")), *sources, "-o", host)
    wanted = on_target.digests(run(host))
    findings, counts = [], {}
    for target in on_target.BOARDS:
        machine, elf = link_for_board(target, [*defines, *sources], folder / f"{name}.{target}.elf")
        code, output = on_target.emulate(run, machine, elf)
        findings += on_target.compare(name, f"{machine} ({target})", wanted, code, output)
        if code == 0 and target in on_target.COUNTED:
            if machine != on_target.COUNTING_BOARD:
                output = on_target.emulate(run, on_target.COUNTING_BOARD, elf)[1]
            counted = on_target.instructions(output)
            if counted is None:
                findings.append(f"{name} ({target}): counting instructions does not count what it should")
            counts |= {(target, operation): count for operation, count in (counted or {}).items()}
    return findings, counts


def run_all(folder):
    """Findings, and (image, processor, operation) -> instructions."""
    machine, elf = link_for_board("cortex-m0plus", [HERE / "unaligned.cpp"], folder / "unaligned.elf")
    code, output = on_target.emulate(run, machine, elf)
    findings = [] if code == on_target.FAULT else [f"{machine} lets unaligned access pass: {code} {output}"]
    print("instructions per operation, the call included (-Os, newlib-nano)")
    all_counts = {}
    for name in IMAGES:
        found, counts = run_image(name, folder)
        findings += found
        all_counts |= {(name, *key): count for key, count in counts.items()}
        print("\n".join(f"{name:20} {target:14} {operation:32} {count:6}" for (target, operation), count in counts.items()))
    print("\n".join(findings) or f"the same results on the host and on {', '.join(b for b, _ in on_target.BOARDS.values())}")
    return findings, all_counts


def check_run(folder):
    findings, counts = run_all(folder)
    if findings:
        return 1
    if not same_toolchain("instructions.csv"):
        return 0  # the results were compared all the same
    findings = list(tables.compare_counts(counts, tables.counts_of(HERE / "instructions.csv")))
    print("\n".join(findings) or "as in instructions.csv")
    return 1 if findings else 0


def update(images, folder):
    (HERE / "sizes.csv").write_text(tables.as_csv(COLUMNS, [[image.row()[column] for column in COLUMNS] for image in images]),
                                    encoding="utf-8")
    sites.update(sites.measure(folder))
    (HERE / "toolchain.txt").write_text("".join(f"{version_of(compiler)}\n" for compiler in (COMPILER, *sites.HOSTS.values())),
                                       encoding="utf-8")
    update_page()
    findings, counts = run_all(folder)
    if findings:
        return 1
    (HERE / "instructions.csv").write_text(tables.counts_as_csv(counts), encoding="utf-8")
    return 0


def self_test():
    weigh.self_test()
    on_target.self_test()
    tables.self_test()
    sites.self_test()
    page.self_test()
    chart.self_test()


def missing_for(asked):
    """What this machine has not, of what is asked."""
    programs = [COMPILER] + ([on_target.EMULATOR] if asked.run or (asked.update and asked.sites is None) else [])
    modules = ["matplotlib"] if asked.update else []
    return ([program for program in programs if not shutil.which(program)] +
            [module for module in modules if not importlib.util.find_spec(module)])


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for option in ("--check", "--check-readme", "--symbols", "--update", "--run"):
        parser.add_argument(option, action="store_true")
    parser.add_argument("--sites", nargs="?", const="", choices=("", *sites.PROGRAMS), metavar="IMAGE")
    parser.add_argument("--functions", metavar="IMAGE")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/footprint")
    asked = parser.parse_args()
    self_test()
    if asked.check_readme:
        return check_page()
    missing = missing_for(asked)
    if missing:
        print(f"SKIPPED: there is no {' and no '.join(missing)}; tests/footprint/run.sh installs it")
        return SKIPPED
    if asked.functions:
        image = build(asked.build, [asked.functions], ["cortex-m0plus"])[0]
        print("\n".join(image.functions()))
        row = image.row()
        print(f"{row}\nstack: {' > '.join(image.chain)}")
        return 0
    if asked.sites is not None:
        return run_sites(asked)
    if asked.run:
        return check_run(asked.build)
    images = build(asked.build)
    status = check_symbols(images) if asked.symbols else 0
    print("\n".join(table(images)))
    if asked.update:
        status = update(images, asked.build) or status
    return status or (check(images) if asked.check else 0)


if __name__ == "__main__":
    sys.exit(main())
