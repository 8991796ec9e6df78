#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What the headers do to programs that are built otherwise than ours.

  check_beside.py language COMPILER INCLUDE   below C++20 there is one error, which says so
  check_beside.py warnings COMPILER INCLUDE   nobody's strictest warnings find anything
  check_beside.py macros COMPILER INCLUDE     windows.h-like macros in front of the headers do no harm
  check_beside.py lwip COMPILER INCLUDE       neither do lwIP's, in front or between; 77 when lwIP is not installed
"""
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
STANDARD = "".join(f"#include <{name}>\n" for name in (
    "array", "bit", "concepts", "cstddef", "cstdint", "cstring", "limits", "optional", "span", "string_view", "type_traits",
    "utility"))
STRICT = {
    # -Weffc++ and friends; -Wall and -Wextra belong to everybody.
    "g++": ["-Wall", "-Wextra", "-Wpedantic", "-Weffc++", "-Wlogical-op", "-Wcast-align=strict", "-Wuseless-cast"],
    # All that clang has, but for what no C++20 header can do without, and for what contradicts other warnings.
    "clang": ["-Weverything", "-Wno-unsafe-buffer-usage", "-Wno-c++98-compat", "-Wno-c++98-compat-pedantic", "-Wno-padded",
              "-Wno-switch-enum", "-Wno-switch-default"],
}
MACROS = """
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define small char
#define interface struct
#define ERROR 0
#define near
#define far
#define IN
#define OUT
"""
# Whose headers need which header of others.
LIBRARIES = {"bearssl": "bearssl.h", "mbedtls": "mbedtls/ssl.h", "openssl": "openssl/ssl.h"}
# lwIP as it is where nobody configured it: its socket functions are macros.
LWIP_OPTIONS = "#define LWIP_TIMEVAL_PRIVATE 0\n"
LWIP_INCLUDE = pathlib.Path("/usr/include/lwip")
LWIP = "#include <lwip/sockets.h>\n#if !defined(connect) || !defined(write) || !defined(send)\n#error not the default\n#endif\n"


def run(*command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def headers(include, without=r"$^"):
    found = sorted(str(path.relative_to(include)) for path in pathlib.Path(include).rglob("*.hpp"))
    absent = [f"/{library}_" for library, header in LIBRARIES.items() if not (pathlib.Path("/usr/include") / header).exists()]
    return [name for name in found if not re.search(without, name) and not any(library in name for library in absent)]


def includes(names):
    return "".join(f"#include <{name}>\n" for name in names)


def compile_text(text, compiler, include, *flags):
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder) / "unit.cpp"
        unit.write_text(text, encoding="utf-8")
        (pathlib.Path(folder) / "lwipopts.h").write_text(LWIP_OPTIONS, encoding="utf-8")
        return run(compiler, "-fsyntax-only", "-O2", f"-I{include}", *flags, f"-I{folder}", f"-I{LWIP_INCLUDE}", unit)


def check_language(compiler, include):
    failures = 0
    for standard in ("c++11", "c++14", "c++17"):
        for name in ("hubwire/mqtt3.hpp", "hubwire/iothub.hpp", "hubwire/core/result.hpp"):
            _, output = compile_text(f"#include <{name}>\nint main() {{}}\n", compiler, include, f"-std={standard}")
            lines = [line for line in output.split("\n") if "error:" in line]
            if len(lines) != 1 or "hubwire needs C++20" not in lines[0]:
                print(f"{name} as {standard}: {len(lines)} errors\n{output[:2000]}")
                failures += 1
    return failures


def check_warnings(compiler, include):
    flags = STRICT["clang" if "clang" in compiler else "g++"]
    status, output = compile_text(includes(headers(include)) + (HERE / "usual.inc").read_text(encoding="utf-8"), compiler,
                                  include, "-std=c++20", *flags)
    found = sorted(set(re.findall(r"hubwire/\S+?\.hpp:\d+.*?(?:warning|error): .*", output)))
    print("\n".join(found))
    if status != 0:
        print(output)
    return len(found) + (status != 0)


def check_macros(compiler, include):
    status, output = compile_text(STANDARD + MACROS + includes(headers(include)), compiler, include, "-std=c++20")
    print(output, end="")
    return status


def check_lwip(compiler, include):
    if not (LWIP_INCLUDE / "lwip/sockets.h").exists():
        print("lwIP is not installed: liblwip-dev")
        return 77
    # The system's sockets and lwIP's contradict each other, whoever includes them.
    names = headers(include, r"transport/posix_")
    usual = (HERE / "usual.inc").read_text(encoding="utf-8")
    failures = 0
    for where, text in (("in front", LWIP + includes(names)), ("in between", includes(names[::2]) + LWIP + includes(names)),
                        ("behind", includes(names) + LWIP)):
        status, output = compile_text(text + usual, compiler, include, "-std=c++20")
        if status != 0:
            print(f"lwIP {where} of the headers:\n{output[:4000]}")
            failures += 1
    return failures


def main(what, compiler, include):
    count = {"language": check_language, "warnings": check_warnings, "macros": check_macros, "lwip": check_lwip}[what](
        compiler, include)
    return count if count == 77 else 1 if count else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        print(__doc__)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
