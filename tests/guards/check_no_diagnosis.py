#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# A program that includes diagnoses and does not ask for them has none of their texts in it; one that asks has them,
# so that the check is known to see them.
#   check_no_diagnosis.py COMPILER INCLUDE
import pathlib
import subprocess
import sys
import tempfile

MARKS = (b"v3.1.1", b"no packet is to blame")  # statements, and words without one
PLAIN = """
#include <hubwire/diagnosis.hpp>
#include <hubwire/mqtt3.hpp>
#include <cstdio>
int main(int argc, char** argv) {
  static std::uint8_t in[256], rx[64], tx[64];
  std::size_t const size = std::fread(in, 1, sizeof in, stdin);
  auto const packet = hubwire::split_frame(hubwire::byte_view(in, size));
  int seen = argc;
  if (argv[0] != nullptr && packet.status == hubwire::frame_status::ready) {
    auto const done = hubwire::dispatch<hubwire::v3_tag>(
        packet.frame, [&](auto const& p) { seen += static_cast<int>(p.type); });
    if (!done) seen += static_cast<int>(done.error().code);
  }
  hubwire::client<hubwire::v3_tag, hubwire::limits{.outgoing = 2, .incoming = 2}> client(rx, tx);
  if (!client.connect({.client_id = "c"}, hubwire::tick{})) return 1;
  client.commit(client.window().size());
  return seen + static_cast<int>(client.next_event().kind());
}
"""
ASKING = """
#include <hubwire/diagnosis.hpp>
#include <hubwire/mqtt3.hpp>
#include <cstdio>
int main() {
  static std::uint8_t in[256];
  std::size_t const size = std::fread(in, 1, sizeof in, stdin);
  auto const found = hubwire::diagnose_refused<hubwire::v3_tag>(hubwire::byte_view(in, size), {});
  return std::printf("%.*s %s", static_cast<int>(found.statement.size()), found.statement.data(),
                     hubwire::explain(found).data());
}
"""


def texts_in(compiler, include, source, level):
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder) / "program.cpp"
        unit.write_text(source)
        binary = unit.with_suffix(".o")
        subprocess.run([compiler, "-std=c++20", level, "-fno-exceptions", "-fno-rtti", f"-I{include}", "-c",
                        str(unit), "-o", str(binary)], check=True)
        content = binary.read_bytes()
        return [mark for mark in MARKS if mark in content]


def main():
    compiler, include = sys.argv[1:3]
    wrong = [f"{level}: the texts are in a program that does not ask" for level in ("-Os", "-O2")
             if texts_in(compiler, include, PLAIN, level)]
    if len(texts_in(compiler, include, ASKING, "-Os")) != len(MARKS):
        wrong.append("the check does not see the texts where they are")
    print("\n".join(wrong) or f"{compiler}: no text of a diagnosis at -Os and -O2")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
