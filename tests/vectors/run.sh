#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# The vectors on one machine after another, without Catch2. ctest calls it once for each; by hand:
#   tests/vectors/run.sh [machine ...]    native native_size big_endian aarch64 cortex_m3 msan cxx23
# Ends with 77 when a machine's compiler or emulator is not installed: tests/run.sh installs them all.
# shellcheck disable=SC2317  # the machines are called by name
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
out=${HUBWIRE_VECTORS_DIR:-$root/build/vectors}
mkdir -p "$out" || exit 1

vectors=$root/tests/vectors/vectors.cpp
flags=(-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror -I"$root/include" -I"$root/tests")
bare=(-fno-exceptions -fno-rtti)

need() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null 2>&1 || { printf 'skipped: there is no %s\n' "$program"; exit 77; }
  done
}

# Here, and with every input of three bytes. Packet vectors also in constant evaluation.
native() {
  need g++
  g++ -std=c++20 -O2 "${bare[@]}" "${flags[@]}" -DHUBWIRE_VECTORS_THREE_BYTES "$vectors" -o "$out/native" &&
    "$out/native"
}

# The code that is made for size, where the sanitizers look at it.
native_size() {
  need g++
  g++ -std=c++20 -Os -g1 -fsanitize=address,undefined -fno-sanitize-recover=all "${flags[@]}" -DHUBWIRE_VECTORS_RUN_TIME_ONLY \
    "$vectors" -o "$out/native_size" && "$out/native_size"
}

# s390x: 64 bit, the most significant byte first.
big_endian() {
  need s390x-linux-gnu-g++ qemu-s390x
  s390x-linux-gnu-g++ -std=c++20 -O2 -static "${bare[@]}" "${flags[@]}" -DHUBWIRE_VECTORS_RUN_TIME_ONLY "$vectors" \
    -o "$out/big_endian" && qemu-s390x "$out/big_endian"
}

# 64 bit, the least significant byte first, NEON.
aarch64() {
  need aarch64-linux-gnu-g++ qemu-aarch64
  aarch64-linux-gnu-g++ -std=c++20 -O2 -static "${bare[@]}" "${flags[@]}" -DHUBWIRE_VECTORS_RUN_TIME_ONLY "$vectors" \
    -o "$out/aarch64" && qemu-aarch64 "$out/aarch64"
}

# 32 bit, newlib, -Os, no operating system.
cortex_m3() {
  need arm-none-eabi-g++ qemu-system-arm
  arm-none-eabi-g++ -std=c++20 -mcpu=cortex-m3 -mthumb -Os "${bare[@]}" "${flags[@]}" -ffunction-sections \
    -DHUBWIRE_VECTORS_RUN_TIME_ONLY -DHUBWIRE_VECTORS_BARE_METAL -T "$root/tests/support/cortex_m.ld" \
    --specs=nano.specs --specs=rdimon.specs -nostartfiles -Wl,--gc-sections \
    "$root/tests/support/cortex_m.cpp" "$vectors" -o "$out/cortex_m3.elf" || return
  timeout 100 qemu-system-arm -M mps2-an385 -nographic -monitor none -serial none -semihosting \
    -kernel "$out/cortex_m3.elf" </dev/null
}

# Nothing reads a byte that nobody wrote. clang 14 misses arguments, hence 19.
msan() {
  need clang++-19
  clang++-19 -std=c++20 -g -O1 -fsanitize=memory -fsanitize-memory-track-origins=2 -fno-omit-frame-pointer \
    "${flags[@]}" "$vectors" -o "$out/msan" && "$out/msan"
}

# Each header alone as C++23, and the vectors, with a newer compiler.
cxx23() {
  need clang++-19
  # shellcheck disable=SC2016
  find "$root/include" -name '*.hpp' | sort | xargs -P 2 -I{} clang++-19 -std=c++23 -fsyntax-only "${bare[@]}" \
    "${flags[@]}" -Wno-pragma-once-outside-header -x c++ {} &&
    clang++-19 -std=c++23 -fsyntax-only "${bare[@]}" "${flags[@]}" "$vectors" &&
    printf '%s headers alone and the vectors as C++23\n' "$(find "$root/include" -name '*.hpp' | wc -l)"
}

[ $# -gt 0 ] || set -- native native_size big_endian aarch64 cortex_m3 msan cxx23
status=0
for machine in "$@"; do
  case $machine in
    native | native_size | big_endian | aarch64 | cortex_m3 | msan | cxx23) ;;
    *) printf 'no such machine: %s\n' "$machine" >&2; exit 2 ;;
  esac
  printf '%s: ' "$machine"
  "$machine" || { status=1; printf '%s: FAILED\n' "$machine" >&2; }
done
exit "$status"
