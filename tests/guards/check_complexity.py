#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Cyclomatic complexity of each function under include/, counted by pmccabe; more than MOST fails.

  check_complexity.py <include folder>   checks the headers
  check_complexity.py --self-test        shows that functions are found whatever stands around them

pmccabe reads C and the C++ of its time and loses its way in today's headers. So the bodies are cut out here
and given to it as plain functions; lambdas count towards the function that they are in.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

MOST = 10
KEYWORDS_BEFORE_BODY = ("noexcept", "const", "override", "final", "mutable")


def plain(text):
    """The code without comments and literals, line for line."""
    text = re.sub(r'R"\((.*?)\)"', lambda m: '""' + "\n" * m.group(1).count("\n"), text, flags=re.S)
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    text = re.sub(r'"(?:\\.|[^"\\\n])*"|//[^\n]*', lambda m: '""' if m.group()[0] == '"' else "", text)
    text = re.sub(r"(?<=[0-9A-Fa-f])'(?=[0-9A-Fa-f])", "", text)
    text = re.sub(r"'(?:\\.|[^'\\\n])+'", "0", text)
    text = re.sub(r"^[ \t]*#(?:.*\\\n)*.*$", "", text, flags=re.M)
    return re.sub(r"\[\[.*?\]\]", "", text)


def closing(text, opening):
    depth = 0
    for at in range(opening, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return at
    raise ValueError("a brace is not closed")


def begins_body(head):
    """Whether the brace after head opens the body of a function."""
    head = head.strip()
    if "(" not in head or head.endswith(("=", ",", "(", "return")) or re.search(r"\bconcept\b", head):
        return False
    word = re.search(r"(\w+)$", head)
    if word is None or word.group(1) in KEYWORDS_BEFORE_BODY:
        return True
    if re.search(r"->[^()]*$", head):
        return True
    return False  # a member that is initialised with braces


def functions(text):
    """(line, name, body with its braces) of each function; classes and namespaces are looked into."""
    text = plain(text)
    at, head, parentheses = 0, 0, 0
    while at < len(text):
        c = text[at]
        if c in "()":
            parentheses += 1 if c == "(" else -1
        elif c in ";}" and parentheses == 0:
            head = at + 1
        elif c == "{":
            before = text[head:at]
            if parentheses == 0 and re.search(r"\b(namespace|class|struct|union)\b(?![^<]*>)[^()=]*$", before):
                head = at + 1
            elif parentheses == 0 and begins_body(before):
                end = closing(text, at)
                name = re.search(r"([~\w]+|operator\s*[^\s\w(]+|operator\s*\(\))\s*\(", before)
                yield text.count("\n", 0, at) + 1, name.group(1) if name else "?", text[at:end + 1]
                at, head = end, end + 1
            else:
                at = closing(text, at)
        at += 1


def measure(files):
    """(complexity, file, line, name) of every function in files, which is name -> text."""
    cut, where = [], []
    for path, text in sorted(files.items()):
        for line, name, body in functions(text):
            cut.append(f"int f{len(where)}()\n{body}\n")
            where.append((path, line, name))
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "functions.c")
        source.write_text("".join(cut))
        run = subprocess.run(["pmccabe", str(source)], capture_output=True, text=True, check=False)
    if run.stderr:
        raise ValueError(f"pmccabe: {run.stderr}")
    found = [line.split("\t") for line in run.stdout.splitlines()]
    if len(found) != len(where):
        raise ValueError(f"{len(where)} functions were cut out, pmccabe saw {len(found)}")
    return [(int(fields[0]), *where[int(fields[-1].rsplit("f", 1)[1])]) for fields in found]


def self_test():
    text = """
namespace a::inline b {
template <class T> class c : public d<T> {
 public:
  explicit c(int x) noexcept : x_{x}, y_(x ? 1 : 2) { if (x) y_ = 1'000; }
  int one(int v = {}) const noexcept requires(true) { return v && v || v ? 1 : "}"[0]; }  // { if
  auto two() -> int { auto f = [&](int x) { return x ? 1 : 2; }; return f(1); }
  bool operator==(c const&) const = default;
  explicit operator bool() const noexcept { return true; }
  int x_{}; int y_ = {1}; char z_ = '{'; int list[2] = {1, 2};
  enum class e { p, q };
};
template <class T> concept big = requires(T t) { t.size() && t.size(); };
template <class T> requires big<T> [[nodiscard]] constexpr T three(T t) { for (;;) { while (t) {} } }
}
"""
    wanted = [("c", 2), ("one", 4), ("two", 2), ("bool", 1), ("three", 3)]
    found = [(name, complexity) for complexity, _, _, name in measure({"x.hpp": text})]
    print(f"self-test: {'passed' if found == wanted else f'{found} and not {wanted}'}")
    return 0 if found == wanted else 1


def main(arguments):
    if shutil.which("pmccabe") is None:
        print("skipped: there is no pmccabe")
        return 77
    if arguments == ["--self-test"]:
        return self_test()
    if len(arguments) != 1:
        print(__doc__)
        return 2
    root = pathlib.Path(arguments[0])
    files = {str(path.relative_to(root.parent)): path.read_text() for path in root.rglob("*.hpp")}
    # Every function is noexcept or consteval; so many have to be found, or the cutting is broken.
    least = sum(len(re.findall(r"\)(?: const)? noexcept (?:requires[^{;]*)?\{", plain(text))) for text in files.values())
    measured = measure(files)
    over = sorted((m for m in measured if m[0] > MOST), reverse=True)
    for complexity, path, line, name in over:
        print(f"{path}:{line}: {name} has complexity {complexity}, the most is {MOST}")
    print(f"{len(measured)} functions, the most complex {max(m[0] for m in measured)}, {len(over)} over {MOST}")
    if len(measured) < least - sum(text.count("](") for text in files.values()):
        print(f"but there are at least {least}: functions were missed")
        return 1
    return 1 if over or not measured else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
