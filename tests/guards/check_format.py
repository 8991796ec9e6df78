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

VERSION = 14


def find_tool():
    for name in (f"clang-format-{VERSION}", "clang-format"):
        path = shutil.which(name)
        if path is None:
            continue
        said = subprocess.run([path, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
        if re.search(rf"version {VERSION}\.", said):
            return path
    return None


def difference(tool, style, path):
    before = path.read_text(encoding="utf-8")
    after = subprocess.run([tool, style, str(path)], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8")
    return "\n".join(difflib.unified_diff(before.split("\n"), after.split("\n"), str(path), "formatted", lineterm="", n=1))


def main(root):
    tool = find_tool()
    if tool is None:
        print(f"no clang-format {VERSION} here")
        return 77
    root = pathlib.Path(root)
    style = f"--style=file:{root / '.clang-format'}"
    files = [p for folder in ("include", "tests", "fuzz", "examples", "bench") for p in sorted((root / folder).rglob("*"))
             if p.suffix in (".hpp", ".cpp")]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        differences = [d for d in pool.map(lambda p: difference(tool, style, p), files) if d]
    print("\n".join(differences))
    print(f"{len(files)} files, {len(differences)} to format (clang-format -i)")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
