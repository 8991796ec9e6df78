#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Counts the instructions of every operation in bench/operations with callgrind: exactly, and the same on each run.
#   bench/instructions.sh                 counts, says what changed, writes bench/instructions.csv
#   bench/instructions.sh --check [g++]   fails when an operation takes over 3 % more than the table says, or more than
#                                         an alternative: versus/published.csv, except for what versus/behind.csv lists
#   bench/instructions.sh --show NAME...  counts these only, writes nothing
#   bench/instructions.sh --lto ...       the same, built with -flto, for the operations that published.csv has;
#                                         its table is bench/instructions_lto.csv
# Where counts cannot be compared with the table (another compiler, another libc) the check says why and ends with
# 77. Leaves files in build/bench only. COMPILERS="g++" for one compiler.
set -u
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$root" || exit 1  # ccache knows files by their paths from here
# shellcheck source=tools/install.sh
. "$root/tools/install.sh"

fail() {
  printf 'bench/instructions.sh: FAILED: %s\n' "$*" >&2
  exit 1
}

mode=--write
lto=''
[ "${1:-}" != --lto ] || { lto=-flto && shift; }
case ${1:-} in
  --check | --show) mode=$1 && shift ;;
  '') ;;
  *) fail "unknown argument $1" ;;
esac
compilers=${COMPILERS:-g++ clang++}
if [ "$mode" = --check ] && [ $# -gt 0 ]; then
  compilers=$*
  set --
fi
absent=''
install_missing g++ clang ${lto:+lld} valgrind python3 libc-bin || absent=' packages'
for program in $compilers valgrind; do
  command -v "$program" >/dev/null 2>&1 || absent+=" $program"
done
if [ -n "$absent" ]; then
  [ "$mode" = --check ] || fail "missing:$absent"
  printf 'SKIPPED: nothing was counted, these are missing:%s\n' "$absent"
  exit 77
fi

build=${HUBWIRE_BUILD_DIR:-$root/build}/bench/instructions${lto:+_lto}
# Whatever the caller's environment says about flags stays out of it.
unset CXXFLAGS CPPFLAGS LDFLAGS CPLUS_INCLUDE_PATH CPATH
export CCACHE_DIR=${CCACHE_DIR:-${HUBWIRE_BUILD_DIR:-$root/build}/ccache} CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
launcher=''
if command -v ccache >/dev/null 2>&1; then launcher=ccache; fi

# No -march: what any x86-64 runs.
flags="-std=c++20 -O2 -DNDEBUG${lto:+ $lto}"
# libc picks its copying and searching by what the processor can do. valgrind shows programs the same processor on
# every machine that has AVX2; taken from it are the repeated string moves, which callgrind counts byte by byte.
tunables=glibc.cpu.hwcaps=-ERMS,-FSRM

table() { python3 "$root/bench/instructions_table.py" "$root/bench" "$@"; }

# What published.csv has counts of, where names are not given; and a copy, to see which memcpy libc has picked.
if [ -n "$lto" ] && [ $# -eq 0 ]; then
  # shellcheck disable=SC2046
  set -- $(awk -F, 'FNR > 1 && $8 != "" && !seen[$1]++ { print $1 }' bench/versus/published.csv) \
    stream_reader_1460_outline stream_reader_1460_outline_unchecked memcpy_205
fi

# What counts depend on besides the code.
conditions() {
  printf 'compiler %s\n' "$("$1" --version | head -n 1)"
  printf 'headers of libstdc++ %s\n' "$(printf '#include <version>\n_GLIBCXX_RELEASE\n' | "$1" -std=c++20 -x c++ -E -P - | tail -n 1)"
  printf 'libc %s, %s, %s\n' "$(getconf GNU_LIBC_VERSION)" "$(uname -m)" "$tunables"
  printf 'flags %s\n' "$flags"
  printf 'counted by %s\n' "$(valgrind --version)"
}

compile() {  # compiler, folder, file
  # shellcheck disable=SC2086
  $launcher "$1" $flags -I"$root/include" -I"$root/bench" -c "$3" -o "$2/$(basename "$3").o"
}
export -f compile
export launcher flags root

build_with() {  # compiler, folder
  rm -rf "$2"
  mkdir -p "$2" || fail "cannot write to $build"
  # shellcheck disable=SC2016
  printf '%s\n' "$root"/bench/instructions.cpp "$root"/bench/operations/*.cpp |
    xargs -P "$(nproc)" -I'{}' bash -c 'compile "$0" "$1" "$2"' "$1" "$2" '{}' || fail "compiling with $1"
  local linker=()
  if [ -n "$lto" ]; then
    case $1 in
      clang*) linker=(-fuse-ld=lld) ;;  # reads LLVM's objects without a plugin
      *) linker=(-flto=auto) ;;  # on all cores
    esac
  fi
  # shellcheck disable=SC2086
  "$1" $flags "${linker[@]}" -Wl,-z,now -o "$2/instructions" "$2"/*.cpp.o || fail "linking with $1"
  "$2/instructions" --verify || fail "what $1 built gives wrong results"
}

# The caller's environment stays out, since it would move the program's stack.
count_with() {  # compiler, folder, names
  local folder=$2 valgrind
  valgrind=$(command -v valgrind)
  conditions "$1" >"$folder/conditions"
  shift 2
  (cd "$folder" && env -i GLIBC_TUNABLES="$tunables" "$valgrind" -q --tool=callgrind --combine-dumps=yes \
    --callgrind-out-file=counts ./instructions --count "$@") || fail "callgrind"
}

folders=()
for compiler in $compilers; do
  folder=$build/$compiler
  build_with "$compiler" "$folder"
  count_with "$compiler" "$folder" "$@"
  folders+=("$folder")
done
table "$mode" "${lto:+lto}" "${folders[@]}"
