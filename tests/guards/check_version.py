#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The version is written in core/config.hpp; CMake and the change log have to say the same.

  check_version.py <root> <version that CMake read>
"""
import pathlib
import re
import sys


def main(root, cmake):
    root = pathlib.Path(root)
    config = (root / "include/hubwire/core/config.hpp").read_text(encoding="utf-8")
    parts = [re.search(rf"#define HUBWIRE_VERSION_{part} (\d+)$", config, re.M).group(1)
             for part in ("MAJOR", "MINOR", "PATCH")]
    seen = {
        "HUBWIRE_VERSION_MAJOR, _MINOR, _PATCH": ".".join(parts),
        "HUBWIRE_VERSION_STRING": re.search(r'#define HUBWIRE_VERSION_STRING "(.*)"', config).group(1),
        "CMake": cmake,
        "CHANGELOG.md, first entry": re.search(
            r"^## \[(\d+\.\d+\.\d+)\]", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.M).group(1),
    }
    for where, version in seen.items():
        print(f"{version}  {where}")
    return 0 if len(set(seen.values())) == 1 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
