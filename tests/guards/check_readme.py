#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Whether README.md, CONTRIBUTING.md and docs/ say what is true.

- Each C++ block is code that is compiled and run: it equals the text between two markers in one of SOURCES.
      in a document, a line in front of the block:      in a source, around the same lines:
        <!-- snippet: telemetry -->                       // snippet: telemetry
        ```cpp                                            ...
        ...                                               // snippet end
        ```
  Indentation common to all lines of a snippet does not count. No snippet stands in no document.
- README.md has at most MOST_WORDS words, counted as wc -w does: the first screen stays one.
- Each of FIRST_PROGRAMS has fewer than MOST_LINES lines.
- Relative links lead to files, and headers that are named are there.
"""
import difflib
import pathlib
import re
import sys
import tempfile
import textwrap

MOST_WORDS = 900
MOST_LINES = 60
FIRST_PROGRAMS = ("examples/hello/main.cpp", "examples/decode/main.cpp", "examples/broker_side/main.cpp")
SOURCES = ("examples/readme_snippets.cpp", "examples/session_snippets.cpp", "examples/tls_snippets.cpp",
           "examples/hello/main.cpp", "examples/hello/iothub.cpp", "examples/decode/main.cpp")
SNIPPET = re.compile(r"^[ \t]*// snippet: (\w+)\n(.*?)^[ \t]*// snippet end$", re.M | re.S)
BLOCK = re.compile(r"(?:^<!-- snippet: (\w+) -->\n)?^```(?:cpp|c\+\+)\n(.*?)^```$", re.M | re.S)


def documents(root):
    found = [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").glob("*.md"))]
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in found if path.exists()}


def snippets(root):
    """{name: (source, code)}"""
    return {name: (source, textwrap.dedent(body)) for source in SOURCES if (root / source).exists()
            for name, body in SNIPPET.findall((root / source).read_text(encoding="utf-8"))}


def line_of(text, match):
    return text.count("\n", 0, match.start()) + 1


def check_code(texts, known):
    used = set()
    for document, text in texts.items():
        for match in BLOCK.finditer(text):
            name, block = match.groups()
            where = f"{document}:{line_of(text, match)}"
            if name is None:
                yield f"{where}: a C++ block without a line <!-- snippet: name --> in front"
                continue
            used.add(name)
            source, code = known.get(name, ("", None))
            if code is None:
                yield f"{where}: none of the sources has a snippet {name}"
            elif block != code:
                yield "\n".join(difflib.unified_diff(code.split("\n"), block.split("\n"), f"{source}: {name}",
                                                     f"{where}: {name}", lineterm=""))
    for name in sorted(set(known) - used):
        yield f"{known[name][0]}: snippet {name} is in no document"


def check_length(texts):
    words = len(texts["README.md"].split())
    if words > MOST_WORDS:
        yield f"README.md has {words} words, at most {MOST_WORDS} are allowed: move something to docs/"


def check_first_programs(root):
    for name in FIRST_PROGRAMS:
        lines = len((root / name).read_text(encoding="utf-8").splitlines()) if (root / name).exists() else 0
        if not 0 < lines < MOST_LINES:
            yield f"{name} has {lines} lines: a first program has fewer than {MOST_LINES}"


def check_links(root, texts):
    for document, text in texts.items():
        for match in re.finditer(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)", text):
            target = match[1]
            if "://" not in target and not (root / document).parent.joinpath(target).exists():
                yield f"{document}:{line_of(text, match)}: {target} is not there"


def check_headers(root, texts):
    have = {path.relative_to(root).as_posix() for folder in ("include", "examples", "tests", "fuzz", "bench")
            for path in (root / folder).rglob("*.hpp")}
    for document, text in texts.items():
        for match in re.finditer(r"`(?:include/)?(?:hubwire/)?([\w/]+\.hpp)`", text):
            if not any(path.endswith("/" + match[1]) for path in have):
                yield f"{document}:{line_of(text, match)}: no header {match[1]}"


def check(root):
    texts = documents(root)
    if "README.md" not in texts:
        return ["there is no README.md"]
    return [*check_code(texts, snippets(root)), *check_length(texts), *check_first_programs(root),
            *check_links(root, texts), *check_headers(root, texts)]


GOOD = {
    "examples/readme_snippets.cpp": "  // snippet: a\n  int x;\n  // snippet end\n",
    "examples/hello/main.cpp": "// snippet: b\nint y;\n// snippet end\n",
    "examples/decode/main.cpp": "int main() {}\n",
    "examples/broker_side/main.cpp": "int main() {}\n",
    "include/hubwire/core/result.hpp": "",
    "README.md": "<!-- snippet: a -->\n```cpp\nint x;\n```\n[a](docs/a.md#part), `result.hpp`, [b](https://b.example/)\n",
    "docs/a.md": "<!-- snippet: b -->\n```cpp\nint y;\n```\n[back](../README.md), `core/result.hpp`\n",
}
FAULTS = (
    ("code that differs", "README.md", "int x", "int z", "+int z"),
    ("code that differs in a page", "docs/a.md", "int y", "int z", "+int z"),
    ("an unknown snippet", "README.md", "snippet: a", "snippet: c", "none of the sources has"),
    ("code without a marker", "docs/a.md", "<!-- snippet: b -->\n", "", "without a line"),
    ("a snippet that is in no document", "examples/hello/main.cpp", "// snippet: b", "// snippet: d\n// snippet end\n// snippet: b",
     "in no document"),
    ("a README that is too long", "README.md", "[a]", "word " * MOST_WORDS + "[a]", "at most"),
    ("a first program that is too long", "examples/decode/main.cpp", "{}", "{\n" + "\n" * MOST_LINES + "}", "a first program"),
    ("a link that leads nowhere", "README.md", "docs/a.md", "docs/b.md", "docs/b.md is not there"),
    ("a link of a page that leads nowhere", "docs/a.md", "../README.md", "README.md", "README.md is not there"),
    ("a header that does not exist", "docs/a.md", "core/result.hpp", "core/results.hpp", "no header"),
)


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)

        def lay_out():
            for name, text in GOOD.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")

        lay_out()
        assert check(root) == [], check(root)
        for what, name, old, new, expected in FAULTS:
            lay_out()
            assert old in GOOD[name], what
            (root / name).write_text(GOOD[name].replace(old, new, 1), encoding="utf-8")
            found = check(root)
            assert any(expected in finding for finding in found), (what, found)


def main(root):
    self_test()
    findings = check(pathlib.Path(root))
    print("\n".join(findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
