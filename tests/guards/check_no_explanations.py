#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# Words about errors and connection strings are in programs that ask for them, and in no other, even where the header
# is included. Those that ask show that the check sees the words.
#   check_no_explanations.py COMPILER INCLUDE
import pathlib
import subprocess
import sys
import tempfile

# A word from the middle of each set of texts: compilers keep texts as they are, or the end of one as another.
MARKS = {"explain(error)": b"connected elsewhere", "explain(connection_string_fault)": b"cannot be written in a connection"}
PLAIN = """
#include <hubwire/core/explain.hpp>
#include <hubwire/iothub/connection_string.hpp>
#include <hubwire/iothub/connection_string_fault.hpp>
#include <cstdio>
#include <string_view>
int main(int, char** argv) {
  auto const parsed = hubwire::iothub::parse_connection_string(argv[0]);
  if (parsed) return static_cast<int>(parsed->host_name.size());
  std::string_view const name = to_string(parsed.error().code);
  return std::printf("%.*s", static_cast<int>(name.size()), name.data());
}
"""
ASKING = """
#include <hubwire/core/explain.hpp>
#include <hubwire/iothub/connection_string_fault.hpp>
#include <cstdio>
#include <string_view>
int main(int, char** argv) {
  auto const fault = hubwire::iothub::diagnose_connection_string(argv[0]);
  std::string_view const words = explain(fault);
  std::string_view const more = explain(fault.why, hubwire::moment::just_connected);
  return std::printf("%.*s%.*s", static_cast<int>(words.size()), words.data(), static_cast<int>(more.size()), more.data());
}
"""


def words_in(compiler, include, source, level):
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder) / "program.cpp"
        unit.write_text(source)
        binary = unit.with_suffix(".o")
        subprocess.run([compiler, "-std=c++20", level, "-fno-exceptions", "-fno-rtti", f"-I{include}", "-c",
                        str(unit), "-o", str(binary)], check=True)
        code = binary.read_bytes()
        return {name for name, mark in MARKS.items() if mark in code}


def main():
    compiler, include = sys.argv[1:3]
    wrong = [f"{level}: words of {name} are in a program that does not ask" for level in ("-Os", "-O2")
             for name in words_in(compiler, include, PLAIN, level)]
    wrong += [f"the check does not see the words of {name} where they are"
              for name in MARKS.keys() - words_in(compiler, include, ASKING, "-Os")]
    print("\n".join(wrong) or f"{compiler}: no words of explanations at -Os and -O2")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
