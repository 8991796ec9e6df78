#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Reads every header under include/ and fails on what the rules of the library do not allow: an #include
against the layers, a language feature that costs heap or exceptions, a header without its form.

  check_headers.py <include folder>   checks the headers
  check_headers.py --self-test        shows that each rule catches its violation
"""
import pathlib
import re
import sys

# A header includes its own folder or a lower rank, never sideways.
RANKS = {
    "core": 0,
    "text": 1, "wire": 1, "crypto": 1,
    "v3": 2, "v5": 2, "iothub": 2, "transport": 2,
    "codec.hpp": 3, "diagnosis_texts.hpp": 3,
    "stream": 4, "diagnosis.hpp": 4,
    "session": 5,
    "driver": 6, "device": 6,
    "mqtt3.hpp": 7, "mqtt5.hpp": 7, "iothub.hpp": 7, "device.hpp": 7,
}
UMBRELLAS = {name for name, rank in RANKS.items() if rank == 7}

# Arrows that the ranks alone would allow. Only driver/ knows both packets and transports, only device/ both
# a session and IoT Hub.
FORBIDDEN = {
    "transport": {"wire"},
    "codec.hpp": {"transport", "iothub", "crypto"},
    "diagnosis.hpp": {"transport", "iothub", "crypto"},
    "diagnosis_texts.hpp": {"transport", "iothub", "crypto", "v3", "v5"},
    "stream": {"transport", "iothub", "crypto"},
    "session": {"transport", "iothub", "crypto"},
    "device": {"transport"},
}

STANDARD_HEADERS = {
    "array", "bit", "concepts", "cstddef", "cstdint", "cstring", "limits", "optional", "span",
    "string_view", "type_traits", "utility",
}
# Adapters are what connects the library to the world, so they see a part of it.
POSIX_HEADERS = {
    "arpa/inet.h", "cerrno", "climits", "errno.h", "fcntl.h", "netdb.h", "netinet/in.h", "netinet/tcp.h", "poll.h",
    "signal.h", "sys/file.h", "sys/socket.h", "sys/stat.h", "sys/types.h", "sys/uio.h", "time.h", "unistd.h",
}
OPENSSL_HEADERS = {"ctime", "openssl/bio.h", "openssl/err.h", "openssl/ssl.h", "openssl/x509v3.h"}
ADAPTER_HEADERS = [
    (re.compile(r"(transport|crypto)/bearssl_\w+\.hpp"), {"bearssl.h"}),
    (re.compile(r"transport/openssl_\w+\.hpp"), OPENSSL_HEADERS),
    (re.compile(r"transport/mbedtls_\w+\.hpp"), {"mbedtls/ssl.h", "mbedtls/version.h", "mbedtls/x509_crt.h"}),
    (re.compile(r"transport/posix_\w+\.hpp"), POSIX_HEADERS),
]

# Searched in the code, without comments and literals.
BANNED = [
    (r"\.substr\(", ".substr( (use core/slice.hpp)"),
    (r"\.at\(", ".at("),
    (r"\.value\(\)", ".value()"),
    (r"\bstd::get\b", "std::get"),
    (r"\bstd::visit\b", "std::visit"),
    (r"\b(float|double)\b", "floating point"),
    (r"\b\d+\.\d", "floating point"),
    (r"\bthrow\b", "throw"),
    (r"\b(try|catch)\b", "try or catch"),
    (r"\bnew\b", "new"),
    (r"(?<!=)\s\bdelete\b\s*(\[\s*\])?\s*[\w(*]", "delete"),
    (r"\bvirtual\b", "virtual"),
    (r"\btypeid\b", "typeid"),
    (r"\bdynamic_cast\b", "dynamic_cast"),
    (r"\bconst_cast\b", "const_cast"),
    (r"\b(malloc|calloc|realloc|free|abort|exit|printf|fprintf|puts|assert)\s*\(", "heap, printing or abort"),
    (r"\bstd::(string|vector|map|function|list|deque|set|any|variant|shared_ptr|unique_ptr)\b", "a std type with heap"),
    (r"\busing\s+namespace\b", "using namespace"),
    (r"\bthread_local\b", "thread_local"),
    (r"#\s*pragma\s+once\b", "#pragma once"),
]
# Includes, defines and conditions of its own: the exceptions.
MACROS_ALLOWED = {"core/config.hpp"}
CONDITIONS_ALLOWED = re.compile(r"core/(config|simd(_bytes)?)\.hpp|transport/(posix|mbedtls)_\w+\.hpp")
CASTS_ALLOWED = re.compile(r"core/(bytes|simd(_bytes)?)\.hpp|transport/.*")

LINES_WANTED = 300
LINES_MOST = 300
BARE_STATEMENT = re.compile(r"(?<!v3\.1\.1:)(?<!v5:)\bMQTT-\d+\.\d+\.\d+-\d+")
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.S)


def code_of(text):
    """The text with comments and literals blanked, line numbers kept."""
    def blank(match):
        return "\n" * match.group(0).count("\n") if match.group(0).startswith("/") else '""' + "\n" * match.group(0).count("\n")
    return TOKEN.sub(blank, text)


def layer_of(path):
    return path.split("/")[0]


def check_arrow(path, target, known):
    """Why path may not include <hubwire/target>, or None."""
    if target not in known:
        return f"<hubwire/{target}> does not exist"
    here, there = layer_of(path), layer_of(target)
    if here == there and here not in UMBRELLAS:
        return None
    if RANKS[there] >= RANKS[here]:
        return f"{here} (rank {RANKS[here]}) may not include {there} (rank {RANKS[there]})"
    if there in FORBIDDEN.get(here, ()):
        return f"{here} may not know {there}"
    return None


def check_includes(path, lines, known):
    for number, line in enumerate(lines, 1):
        if not re.match(r"\s*#\s*include\b", line):
            continue
        if path == "core/config.hpp" and line.startswith('#include "hubwire needs C++20'):
            continue  # a file that nobody has: what stops a compiler of an older language
        match = re.match(r"#include <([^>]+)>", line)
        if not match:
            yield number, 'includes are written #include <full/path>'
            continue
        name = match.group(1)
        if name.startswith("hubwire/"):
            wrong = check_arrow(path, name[len("hubwire/"):], known)
            if wrong:
                yield number, wrong
            continue
        allowed = set(STANDARD_HEADERS)
        for pattern, extra in ADAPTER_HEADERS:
            if pattern.fullmatch(path):
                allowed |= extra
        if name not in allowed:
            yield number, f"<{name}> is not one of the headers that this file may include"


def check_form(path, lines):
    guard = "HUBWIRE_" + re.sub(r"[/.]", "_", path).upper()
    if not lines or lines[0] != "// SPDX-License-Identifier: BSL-1.0":
        yield 1, "the first line is not the SPDX line"
    if len(lines) < 2 or not lines[1].startswith("// "):
        yield 2, "the second line does not say what the header is for"
    directives = [(n, l) for n, l in enumerate(lines, 1) if l.startswith("#")]
    texts = [l for _, l in directives]
    if texts[:2] != [f"#ifndef {guard}", f"#define {guard}"] or (lines and lines[-1] != "#endif"):
        yield 1, f"the include guard is not {guard}"
    if len(lines) > LINES_MOST:
        yield len(lines), f"{len(lines)} lines, the most is {LINES_MOST}"
    inside = directives[2:-1]
    for number, line in inside:
        if re.match(r"#\s*(define|undef)\b", line) and path not in MACROS_ALLOWED:
            yield number, "a macro outside core/config.hpp"
        if re.match(r"#\s*(if|ifdef|ifndef|elif|else)\b", line) and not CONDITIONS_ALLOWED.fullmatch(path):
            yield number, "conditional compilation outside core/config.hpp and core/simd.hpp"
    if path in UMBRELLAS:
        for number, line in enumerate(lines, 1):
            if line and not line.startswith(("//", "#")):
                yield number, "an umbrella holds includes and nothing else"
    elif path != "core/config.hpp" and not any("namespace hubwire { inline namespace abi1 {" in l for l in lines):
        yield 1, "nothing is in namespace hubwire { inline namespace abi1 {"


def check_text(path, text):
    code = code_of(text)
    for number, line in enumerate(code.split("\n"), 1):
        for pattern, name in BANNED:
            if re.search(pattern, line):
                yield number, f"banned: {name}"
        if "reinterpret_cast" in line and not CASTS_ALLOWED.fullmatch(path):
            yield number, "banned: reinterpret_cast outside core/bytes.hpp, core/simd.hpp and transport/"
    for number, line in enumerate(text.split("\n"), 1):
        if BARE_STATEMENT.search(line):
            yield number, "a statement id without its version (v3.1.1: or v5:)"


def find_cycles(graph):
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for following in graph.get(node, ()):
            cycle = visit(following)
            if cycle:
                return cycle
        path.pop()
        done.add(node)
        return None

    for node in graph:
        cycle = visit(node)
        if cycle:
            return cycle
    return None


def check(headers):
    """headers: path below include/hubwire -> text. Yields (path, line, message)."""
    graph = {}
    for path, text in sorted(headers.items()):
        if layer_of(path) not in RANKS:
            yield path, 1, "lies in no layer"
            continue
        lines = text.split("\n")[:-1] if text.endswith("\n") else text.split("\n")
        if not text.endswith("\n"):
            yield path, len(lines), "no newline at the end"
        for number, message in (*check_includes(path, lines, headers), *check_form(path, lines),
                                *check_text(path, text)):
            yield path, number, message
        graph[path] = re.findall(r"#include <hubwire/([^>]+)>", text)
    cycle = find_cycles(graph)
    if cycle:
        yield cycle[0], 1, "includes itself: " + " -> ".join(cycle)


def read_headers(folder):
    root = pathlib.Path(folder) / "hubwire"
    return {str(p.relative_to(root)): p.read_text(encoding="utf-8") for p in root.rglob("*") if p.is_file()}


# self-test: each rule is shown a header that breaks it

def header(path, body="", includes=(), guard=None):
    guard = guard or "HUBWIRE_" + re.sub(r"[/.]", "_", path).upper()
    lines = ["// SPDX-License-Identifier: BSL-1.0", "// For the self-test.", f"#ifndef {guard}", f"#define {guard}", ""]
    lines += [f"#include <{name}>" for name in includes]
    lines += ["", "namespace hubwire { inline namespace abi1 {", body, "}}", "", "#endif", ""]
    return "\n".join(lines)


def self_test():
    base = {path: header(path) for path in (
        "core/a.hpp", "text/a.hpp", "wire/a.hpp", "crypto/a.hpp", "v3/a.hpp", "v5/a.hpp", "iothub/a.hpp",
        "transport/a.hpp", "codec.hpp", "stream/a.hpp", "session/a.hpp", "driver/a.hpp", "device/a.hpp")}
    failures = []

    def expect(what, path, text, wanted):
        found = [m for p, _, m in check({**base, path: text}) if p == path]
        if wanted is None and found:
            failures.append(f"{what}: unexpected: {found}")
        if wanted is not None and not any(wanted in m for m in found):
            failures.append(f"{what}: wanted '{wanted}', found {found}")

    if list(check(base)):
        failures.append(f"clean headers are not clean: {list(check(base))}")

    allowed = [("wire/b.hpp", "core/a.hpp"), ("wire/b.hpp", "wire/a.hpp"), ("v3/b.hpp", "wire/a.hpp"),
               ("iothub/b.hpp", "wire/a.hpp"), ("iothub/b.hpp", "crypto/a.hpp"), ("transport/b.hpp", "crypto/a.hpp"),
               ("codec.hpp", "v3/a.hpp"), ("stream/b.hpp", "codec.hpp"), ("session/b.hpp", "stream/a.hpp"),
               ("driver/b.hpp", "transport/a.hpp"), ("driver/b.hpp", "session/a.hpp"), ("device/b.hpp", "iothub/a.hpp")]
    for path, target in allowed:
        expect(f"{path} -> {target}", path, header(path, includes=[f"hubwire/{target}"]), None)

    forbidden = [("core/b.hpp", "wire/a.hpp"), ("core/b.hpp", "text/a.hpp"), ("wire/b.hpp", "text/a.hpp"),
                 ("text/b.hpp", "crypto/a.hpp"), ("v3/b.hpp", "v5/a.hpp"), ("v5/b.hpp", "v3/a.hpp"),
                 ("v3/b.hpp", "codec.hpp"), ("iothub/b.hpp", "v3/a.hpp"), ("iothub/b.hpp", "session/a.hpp"),
                 ("iothub/b.hpp", "codec.hpp"), ("iothub/b.hpp", "transport/a.hpp"),
                 ("transport/b.hpp", "v3/a.hpp"), ("stream/b.hpp", "session/a.hpp"), ("driver/b.hpp", "device/a.hpp")]
    for path, target in forbidden:
        expect(f"{path} -> {target}", path, header(path, includes=[f"hubwire/{target}"]), "may not include")
    for path, target in [("transport/b.hpp", "wire/a.hpp"), ("session/b.hpp", "transport/a.hpp"),
                         ("session/b.hpp", "iothub/a.hpp"), ("device/b.hpp", "transport/a.hpp")]:
        expect(f"{path} -> {target}", path, header(path, includes=[f"hubwire/{target}"]), "may not know")
    expect("missing header", "core/b.hpp", header("core/b.hpp", includes=["hubwire/core/nowhere.hpp"]), "does not exist")
    expect("quotes", "core/b.hpp", header("core/b.hpp").replace("\nnamespace", '\n#include "a.hpp"\nnamespace'), "full/path")
    stop = '#include "hubwire needs C++20"\nnamespace'
    expect("the stop", "core/config.hpp", header("core/config.hpp").replace("namespace", stop, 1), None)
    expect("the stop elsewhere", "core/b.hpp", header("core/b.hpp").replace("namespace", stop, 1), "full/path")
    expect("cycle", "core/b.hpp", header("core/b.hpp", includes=["hubwire/core/b.hpp"]), "includes itself")
    expect("no layer", "misc/b.hpp", header("misc/b.hpp"), "lies in no layer")

    for name, path, wanted in [("string", "core/b.hpp", "not one of"), ("vector", "v3/b.hpp", "not one of"),
                               ("bearssl.h", "iothub/b.hpp", "not one of"), ("sys/socket.h", "transport/b.hpp", "not one of"),
                               ("bearssl.h", "transport/bearssl_tls.hpp", None), ("bearssl.h", "crypto/bearssl_hmac.hpp", None),
                               ("openssl/ssl.h", "transport/b.hpp", "not one of"), ("openssl/ssl.h", "transport/openssl_tls.hpp", None),
                               ("mbedtls/ssl.h", "transport/tls_stream.hpp", "not one of"),
                               ("mbedtls/ssl.h", "transport/mbedtls_tls.hpp", None),
                               ("sys/socket.h", "transport/posix_tcp.hpp", None), ("span", "core/b.hpp", None)]:
        expect(f"<{name}> in {path}", path, header(path, includes=[name]), wanted)

    for body in ["auto x = s.substr(1);", "auto x = a.at(1);", "auto x = o.value();", "auto x = std::get<0>(t);",
                 "double x;", "auto x = 1.5;", "int f() { throw 1; }", "auto* p = new int;", " delete p;",
                 "struct s { virtual void f(); };", "auto& t = typeid(int);", "auto* p = dynamic_cast<b*>(a);",
                 "auto p = malloc(1);", "std::vector<int> v;", "using namespace std;", "auto p = std::visit(f, v);"]:
        expect(body, "wire/b.hpp", header("wire/b.hpp", body), "banned")
    for body in ["// never throw, never new, no .substr( or 1.5", 'auto x = "throw new .at( double";', "a(a const&) = delete;",
                 "auto x = o.value_or(1);", "auto news = renew;", "auto x = '\"'; auto y = '\"';", "auto n = 1'000'000;"]:
        expect(body, "wire/b.hpp", header("wire/b.hpp", body), None)
    cast = "auto p = reinterpret_cast<char*>(q);"
    expect("cast in wire", "wire/b.hpp", header("wire/b.hpp", cast), "reinterpret_cast")
    expect("cast in crypto", "crypto/b.hpp", header("crypto/b.hpp", cast), "reinterpret_cast")
    expect("cast in bytes", "core/bytes.hpp", header("core/bytes.hpp", cast), None)
    expect("cast in transport", "transport/b.hpp", header("transport/b.hpp", cast), None)
    expect("macro", "wire/b.hpp", header("wire/b.hpp", "#define HUBWIRE_X 1"), "a macro outside")
    expect("macro in config", "core/config.hpp", header("core/config.hpp", "#define HUBWIRE_X 1"), None)
    expect("condition", "wire/b.hpp", header("wire/b.hpp", "#if defined(X)\n#endif"), "conditional compilation")
    expect("condition in simd", "core/simd.hpp", header("core/simd.hpp", "#if defined(X)\n#endif"), None)
    expect("no SPDX line", "wire/b.hpp", header("wire/b.hpp").replace("SPDX", "XPDS"), "SPDX")
    expect("no purpose", "wire/b.hpp", header("wire/b.hpp").replace("// For the self-test.", ""), "what the header is for")
    expect("wrong guard", "wire/b.hpp", header("wire/b.hpp", guard="HUBWIRE_B_HPP"), "include guard")
    expect("pragma once", "wire/b.hpp", header("wire/b.hpp").replace("#ifndef", "#pragma once\n#ifndef"), "#pragma once")
    expect("too long", "wire/b.hpp", header("wire/b.hpp", "\n" * LINES_MOST), "the most is")
    expect("no namespace", "wire/b.hpp", header("wire/b.hpp").replace("abi1", "other"), "namespace")
    expect("umbrella with code", "mqtt3.hpp", header("mqtt3.hpp"), "an umbrella holds")
    expect("bare statement", "wire/b.hpp", header("wire/b.hpp", "// MQTT" "-4.7.1-2"), "without its version")
    expect("statement", "wire/b.hpp", header("wire/b.hpp", "// v3.1.1:MQTT-4.7.1-2, v5:MQTT" "-4.7.1-2"), None)
    expect("no newline", "wire/b.hpp", header("wire/b.hpp")[:-1], "no newline")

    for failure in failures:
        print(failure)
    print("self-test:", "failed" if failures else "every rule caught its violation")
    return 1 if failures else 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    if len(arguments) != 1:
        print(__doc__)
        return 2
    headers = read_headers(arguments[0])
    if not headers:
        print(f"no headers under {arguments[0]}")
        return 1
    findings = list(check(headers))
    for path, line, message in findings:
        print(f"include/hubwire/{path}:{line}: {message}")
    for path, text in sorted(headers.items()):
        if text.count("\n") > LINES_WANTED:
            print(f"include/hubwire/{path}: note: {text.count(chr(10))} lines, more than {LINES_WANTED}")
    print(f"{len(headers)} headers, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
