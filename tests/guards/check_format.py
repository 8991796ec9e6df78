#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""clang-format over all C++ files. Versions disagree with each other, so only version 14 (Debian 12) judges;
exit code 77 (skipped) without it. The texts are compared here, since --dry-run of that version also reports
replacements that change nothing.
"""
import concurrent.futures
import difflib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

VERSION = 14
BATCH = 50  # files for one process: starting one takes longer than a file


def find_tool():
    for name in (f"clang-format-{VERSION}", "clang-format"):
        path = shutil.which(name)
        if path is None:
            continue
        said = subprocess.run([path, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
        if re.search(rf"version {VERSION}\.", said):
            return path
    return None


def format_copies(tool, style, copies):
    subprocess.run([tool, style, "-i", *map(str, copies)], check=True)


def difference(path, copy):
    before, after = (one.read_text(encoding="utf-8").split("\n") for one in (path, copy))
    return "\n".join(difflib.unified_diff(before, after, str(path), "formatted", lineterm="", n=1))


def main(root):
    tool = find_tool()
    if tool is None:
        print(f"no clang-format {VERSION} here")
        return 77
    root = pathlib.Path(root)
    style = f"--style=file:{root / '.clang-format'}"
    files = [p for folder in ("include", "tests", "fuzz", "examples", "bench") for p in sorted((root / folder).rglob("*"))
             if p.suffix in (".hpp", ".cpp")]
    with tempfile.TemporaryDirectory() as folder:
        copies = [pathlib.Path(folder) / f"{i}{path.suffix}" for i, path in enumerate(files)]
        for path, copy in zip(files, copies):
            shutil.copyfile(path, copy)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda i: format_copies(tool, style, copies[i:i + BATCH]), range(0, len(copies), BATCH)))
        differences = [d for d in map(difference, files, copies) if d]
    print("\n".join(differences))
    print(f"{len(files)} files, {len(differences)} to format (clang-format -i)")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
