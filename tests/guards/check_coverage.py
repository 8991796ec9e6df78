#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Coverage of include/ by the tests of one build with clang: at least LINES and BRANCHES per cent, or it fails.

  check_coverage.py <source folder> <build folder> <folder of .profraw files>

A header's function exists once for each set of template arguments and in each test program. What counts is
the source: a line is covered when any of them ran it, a branch when any of them took it, each way for itself.
Otherwise every new instantiation in a test would lower the figure, and the same missing test would count many
times. A condition that the compiler knows (if constexpr) is
no branch. In programs that are built for size (test_*_size) functions have names of their own, and of those that such a
program does not use llvm-cov counts every line, also what the preprocessor left out: these programs add what they ran. There are no markers that exclude anything; tests/coverage.md tells why the rest stays uncovered: a
header of which something is uncovered has to be in its table, or it fails.
"""
import bisect
import collections
import json
import pathlib
import re
import shutil
import subprocess
import sys

LINES, BRANCHES = 98.0, 95.0


def tool(name):
    for candidate in (f"{name}-14", name):
        if shutil.which(candidate):
            return candidate
    sys.exit(f"there is no {name} (package llvm)")


def lines_of(segments):
    """line -> count, as llvm-cov counts: of the regions that lie on a line, the most often run."""
    counts = {}
    current = None  # the segment that is open at the beginning of a line
    by_line = collections.defaultdict(list)
    for segment in segments:
        by_line[segment[0]].append(segment)
    if not segments:
        return counts
    for line in range(segments[0][0], segments[-1][0] + 1):
        here = by_line.get(line, [])
        starts = [s for s in here if s[3] and s[4] and not s[5]]
        if (current is not None and current[3]) or starts:
            inherited = [current[2]] if current is not None and current[3] else []
            skipped = here and not here[0][3] and here[0][4]
            if not skipped:
                counts[line] = max(inherited + [s[2] for s in starts])
        if here:
            current = here[-1]
    return counts


def count_at(segments, line, column):
    """How often the innermost region around a place was run."""
    at = bisect.bisect_right([(s[0], s[1]) for s in segments], (line, column)) - 1
    return segments[at][2] if at >= 0 and segments[at][3] else 0


def measure(programs, profile, include):
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    branches = collections.defaultdict(lambda: collections.defaultdict(int))
    for program in programs:
        run = subprocess.run([tool("llvm-cov"), "export", "-skip-functions", f"-instr-profile={profile}", str(program)],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        for file in json.loads(run.stdout)["data"][0]["files"]:
            path = pathlib.Path(file["filename"]).resolve()
            if include not in path.parents:
                continue
            name = str(path.relative_to(include))
            for line, count in lines_of(file["segments"]).items():
                if count != 0 or not program.name.endswith("_size"):
                    lines[name][line] = max(lines[name][line], count)
            for branch in file["branches"]:
                # Run, but neither way: the compiler knows the condition (if constexpr), it is no branch.
                if branch[4] == branch[5] == 0 and count_at(file["segments"], branch[0], branch[1]) != 0:
                    continue
                for way, count in (("true", branch[4]), ("false", branch[5])):
                    key = (branch[0], branch[1], way)
                    branches[name][key] = max(branches[name][key], count)
    return lines, branches


def per_cent(counts):
    return 100.0 * sum(count != 0 for count in counts) / len(counts) if counts else 100.0


def unexplained(table, uncovered, measured, existing):
    """What coverage.md owes: a row for each header of which something is uncovered, none for one that is gone."""
    rows = "\n".join(line for line in table.splitlines() if line.startswith("|"))
    named = {f"hubwire/{name}" for name in re.findall(r"`([\w/]+\.hpp)`", rows)}
    for name in sorted((named & measured) - uncovered):
        print(f"tests/coverage.md: {name} is covered, its row may go")
    return [f"tests/coverage.md: nothing on {name}" for name in sorted(uncovered - named)] + [
        f"tests/coverage.md: there is no {name}" for name in sorted(named - existing)]


def main(arguments):
    if len(arguments) != 3:
        print(__doc__)
        return 2
    source, build, raw = (pathlib.Path(argument).resolve() for argument in arguments)
    programs = sorted(path for path in build.glob("tests/**/test_*") if path.is_file() and path.suffix == "" and
                      path.stat().st_mode & 0o111 and "interop" not in path.parts)
    profiles = [str(path) for path in raw.glob("*.profraw")]
    if not programs or not profiles:
        print(f"nothing to measure: {len(programs)} programs, {len(profiles)} profiles")
        return 1
    profile = raw / "merged.profdata"
    subprocess.run([tool("llvm-profdata"), "merge", "-sparse", "-o", str(profile), *profiles], check=True)
    lines, branches = measure(programs, profile, source / "include")

    uncovered, timing = set(), set()
    for name in sorted(lines):
        missed = [str(line) for line, count in sorted(lines[name].items()) if count == 0]
        ways = [f"{line}:{column} {way}" for (line, column, way), count in sorted(branches[name].items()) if count == 0]
        # One way not taken can be a matter of timing, in tests that have sockets: it is printed and owes nothing.
        if missed or len(ways) > 1:
            uncovered.add(name)
        elif ways:
            timing.add(name)
        if missed:
            print(f"{name}: lines {', '.join(missed)}")
        if ways:
            print(f"{name}: branches never {', '.join(ways)}")
    all_lines = [count for counts in lines.values() for count in counts.values()]
    all_branches = [count for counts in branches.values() for count in counts.values()]
    line_rate, branch_rate = per_cent(all_lines), per_cent(all_branches)
    print(f"coverage of include/, {len(lines)} headers: {line_rate:.2f} % of {len(all_lines)} lines (at least {LINES}), "
          f"{branch_rate:.2f} % of {len(all_branches)} branches (at least {BRANCHES})")
    existing = {str(path.relative_to(source / "include")) for path in (source / "include").rglob("*.hpp")}
    owed = unexplained((source / "tests" / "coverage.md").read_text(encoding="utf-8"), uncovered, set(lines) - timing, existing)
    for finding in owed:
        print(finding)
    return 0 if line_rate >= LINES and branch_rate >= BRANCHES and not owed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
