#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Topics of 65,535 levels, parsed, matched and read from packets on a stack of 4 KiB with a forbidden page below it,
and no function whose frame grows with its input. A matcher that recurses, as others do, has to die there: so the
check is known to see one.

  check_stack.py COMPILER INCLUDE
"""
import pathlib
import subprocess
import sys
import tempfile

SOURCE = r"""
#include <hubwire/mqtt3.hpp>
#include <sys/mman.h>
#include <ucontext.h>
#include <cstdio>
#include <cstring>

using namespace hubwire;

static char slashes[65'535], wild[65'535];
static std::uint8_t packet[70'000];
static bool right;
static ucontext_t outside, inside;

// As naive as others were.
[[gnu::noinline]] static bool matches_level(char const* filter, char const* topic, std::size_t left) {
  if (left == 0) return true;
  char here[16];
  std::memcpy(here, filter, 1);
  asm volatile("" : : "r"(here) : "memory");
  return (here[0] == '+' || here[0] == *topic) && matches_level(filter + 1, topic + 1, left - 1) && here[0] != 0;
}

static void work() {
#ifdef RECURSES
  right = matches_level(slashes, slashes, sizeof slashes);
#else
  static_cast<void>(&matches_level);
  auto const filter = topic_filter::parse({slashes, sizeof slashes});
  auto const wildcards = topic_filter::parse({wild, sizeof wild});
  auto const name = topic_name::parse({slashes, sizeof slashes});
  if (!filter || !wildcards || !name) return;
  right = filter->matches(*name) && wildcards->matches(*name);
  auto const read = [](auto const& written, role sender) {
    if (!written) return false;
    bool seen = false;
    auto const outcome = dispatch<v3_tag>(split_frame(*written).frame, sender, [&](auto const&) { seen = true; });
    return outcome && seen;
  };
  v3::subscription const wanted[] = {{*wildcards, qos::at_most_once}};
  right = right && read(encode(byte_span(packet), v3::subscribe{packet_id(1), wanted}), role::client);
  right = right && read(encode(byte_span(packet), v3::publish{.topic = *name}), role::server);
#endif
}

int main() {
  std::memset(slashes, '/', sizeof slashes);
  for (std::size_t i = 0; i != sizeof wild; ++i) wild[i] = i + 1 == sizeof wild ? '#' : i % 2 == 0 ? '+' : '/';
  void* const pages = mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED || mprotect(pages, 4096, PROT_NONE) != 0 || getcontext(&inside) != 0) return 3;
  inside.uc_stack.ss_sp = static_cast<char*>(pages) + 4096;
  inside.uc_stack.ss_size = 4096;
  inside.uc_link = &outside;
  makecontext(&inside, work, 0);
  if (swapcontext(&outside, &inside) != 0) return 3;
  return right ? 0 : 1;
}
"""


# Bounded: g++ -Os pushes the arguments of a call, so that the frame is larger around it, by a size that it knows.
FIXED = ("static", "dynamic,bounded")


def build(compiler, include, folder, *options):
    """The program, and the lines of -fstack-usage: function, bytes, static or dynamic."""
    source, program = folder / "stack.cpp", folder / "stack"
    source.write_text(SOURCE)
    subprocess.run([compiler, "-std=c++20", "-fno-exceptions", "-fno-rtti", "-fstack-usage", f"-I{include}", *options,
                    "-c", str(source), "-o", f"{program}.o"], check=True, cwd=folder)
    subprocess.run([compiler, f"{program}.o", "-Wl,-z,now", "-o", str(program)], check=True)
    return program, [line.split("\t") for line in (folder / "stack.su").read_text().splitlines()]


def main(compiler, include):
    wrong = []
    include = pathlib.Path(include).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for level in ("-Os", "-O2"):
            program, frames = build(compiler, include, folder, level)
            status = subprocess.run([str(program)], check=False).returncode
            if status != 0:
                wrong.append(f"{level}: 4 KiB of stack are not enough, or the answer is wrong (status {status})")
            wrong += [f"{level}: the frame of {frame[0]} is {frame[2]}" for frame in frames if frame[2] not in FIXED]
            largest = max((int(frame[1]) for frame in frames), default=0)
            print(f"{compiler} {level}: {len(frames)} functions, the largest frame has {largest} bytes")
            if largest == 0:
                wrong.append(f"{level}: no frame was measured")
        program, _ = build(compiler, include, folder, "-O0", "-DRECURSES")
        if subprocess.run([str(program)], check=False).returncode >= 0:
            wrong.append("the check does not see recursion")
    for what in wrong:
        print(what)
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
