#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# What including hubwire costs: an empty file with <hubwire/mqtt3.hpp>, and the code of the README. For each the lines
# that are left after preprocessing, which are exact, and the shortest of several runs in processor seconds,
# which depend on the machine and on what else it does. Compiled with -O2, without ccache.
#   bench/compile_time.sh [runs]              10 when not given
#   COMPILERS="g++" bench/compile_time.sh     one compiler only
set -u
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
runs=${1:-10}
case $runs in '' | *[!0-9]* | 0) printf 'how many runs? %s\n' "$runs" >&2; exit 2 ;; esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

printf '#include <hubwire/mqtt3.hpp>\n' >"$work/mqtt3.cpp"
# All that mqtt3.hpp includes of the standard library, and nothing else: the part that hubwire can only avoid.
g++ -std=c++20 -MM -MG -I"$root/include" "$work/mqtt3.cpp" | tr ' \\' '\n\n' | grep '/hubwire/' |
  xargs grep -h '^#include <[a-z_]*>' | sort -u >"$work/standard.cpp"
{
  printf '#include <%s>\n' array hubwire/driver/pump.hpp hubwire/iothub.hpp hubwire/mqtt3.hpp
  printf 'void handle(hubwire::topic_name, hubwire::bytes);\nvoid log(std::string_view);\n'
  sed -n '/^\/\/ snippet: /,/^\/\/ snippet end/p' "$root/examples/readme_snippets.cpp"
} >"$work/readme.cpp"

TIMEFORMAT='%U %S'
# Least processor time of the runs, in seconds.
fastest() {
  local i
  for ((i = 0; i < runs; ++i)); do
    { time "$@" -c -o "$work/unit.o" >"$work/messages" 2>&1 || touch "$work/failed"; } 2>&1
  done | awk 'NR == 1 || $1 + $2 < least { least = $1 + $2 } END { printf "%.2f", least }'
  [ ! -e "$work/failed" ] || { cat "$work/messages" >&2; exit 1; }
}

printf '%-10s %-44s %8s %8s\n' compiler 'translation unit' lines seconds
for compiler in ${COMPILERS:-g++ clang++}; do
  command -v "$compiler" >/dev/null 2>&1 || { printf '%-10s skipped: not installed\n' "$compiler"; continue; }
  while read -r unit what; do
    build=("$compiler" -std=c++20 -O2 "-I$root/include" "$work/$unit.cpp")
    lines=$("${build[@]}" -E -P | wc -l) || exit 1
    seconds=$(fastest "${build[@]}") || exit 1
    printf '%-10s %-44s %8d %8s\n' "$compiler" "$what" "$lines" "$seconds"
  done <<'UNITS'
standard the standard headers that mqtt3.hpp includes
mqtt3 <hubwire/mqtt3.hpp> in an empty file
readme the code of the README
UNITS
done
