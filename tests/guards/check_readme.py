#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Compares the C++ blocks of README.md with examples/readme_snippets.cpp, which is compiled and run.

README.md, a comment line in front of each block:      readme_snippets.cpp, around the same lines:
  <!-- snippet: telemetry -->                            // snippet: telemetry
  ```cpp                                                 ...
  ...                                                    // snippet end
  ```
Indentation common to all lines of a snippet does not count.
"""
import difflib
import pathlib
import re
import sys
import textwrap


def snippets_of(text):
    found = re.findall(r"^[ \t]*// snippet: (\w+)\n(.*?)^[ \t]*// snippet end$", text, re.M | re.S)
    return {name: textwrap.dedent(body) for name, body in found}


def compare(readme, source):
    snippets, used = snippets_of(source), set()
    for match in re.finditer(r"(?:^<!-- snippet: (\w+) -->\n)?^```(?:cpp|c\+\+)\n(.*?)^```$", readme, re.M | re.S):
        name, block = match.groups()
        line = readme.count("\n", 0, match.start()) + 1
        if name is None:
            yield f"README.md:{line}: a C++ block without a line <!-- snippet: name --> in front"
        elif name not in snippets:
            yield f"README.md:{line}: examples/readme_snippets.cpp has no snippet {name}"
        elif block != snippets[name]:
            used.add(name)
            yield "\n".join(difflib.unified_diff(snippets[name].split("\n"), block.split("\n"),
                                                 f"readme_snippets.cpp: {name}", f"README.md: {name}", lineterm=""))
        else:
            used.add(name)
    for name in sorted(set(snippets) - used):
        yield f"examples/readme_snippets.cpp: snippet {name} is not in README.md"


def self_test():
    source = "  // snippet: a\n  int x;\n  // snippet end\n"
    good = "<!-- snippet: a -->\n```cpp\nint x;\n```\n"
    assert list(compare(good, source)) == []
    assert list(compare(good.replace("int x", "int y"), source))
    assert list(compare(good.replace("snippet: a", "snippet: b"), source))
    assert list(compare("```cpp\nint x;\n```\n" + good, source))
    assert list(compare("", source))


def main(root):
    self_test()
    root = pathlib.Path(root)
    if not (root / "README.md").exists():
        print("there is no README.md")
        return 1
    findings = list(compare((root / "README.md").read_text(encoding="utf-8"),
                            (root / "examples/readme_snippets.cpp").read_text(encoding="utf-8")))
    print("\n".join(findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
