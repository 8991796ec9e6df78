#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Every fuzz target and reference compiles where a number has 32 bits, as with -m32: no type of 128 bits, no length
# that is cut off unseen. With the compiler for Cortex-M, since g++-multilib and the compiler for s390x, which the
# vectors need, cannot be installed together. Ends with 77 where it is not installed.
#   fuzz/compile_32_bit.sh SOURCE...
set -u
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
command -v arm-none-eabi-g++ >/dev/null 2>&1 || { printf 'skipped: there is no arm-none-eabi-g++\n'; exit 77; }
# Headers of other libraries come from where everybody's lie, behind those of the compiler.
printf '%s\n' "$@" | xargs -P 2 -I'{}' arm-none-eabi-g++ -std=c++20 -fsyntax-only -mcpu=cortex-m4 -mthumb -Wall -Wextra \
  -Wconversion -Wsign-conversion -Wshadow -Werror -I"$root/include" -I"$root" -idirafter /usr/include '{}' || exit 1
printf '%s files compile for 32 bits\n' $#
