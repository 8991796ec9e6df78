#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Builds the firmware: FOLDER/firmware.elf, and its link map firmware.map. Takes Debian's gcc-arm-none-eabi,
# libnewlib-arm-none-eabi, libstdc++-arm-none-eabi-newlib and dpkg-dev; run.sh installs them.
#   examples/firmware/build.sh FOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
"$here/bearssl.sh" "$folder/bearssl"
folder=$(cd "$folder" && pwd)
bearssl=$folder/bearssl

processor=(-mcpu=cortex-m3 -mthumb)
flags=(-std=c++20 -Os -g -DNDEBUG -ffunction-sections -fdata-sections -fno-exceptions -fno-rtti -fno-threadsafe-statics
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror
  -I"$here/../../include" -isystem "$bearssl/source/inc")
compiler=(arm-none-eabi-g++)
if command -v ccache >/dev/null 2>&1; then compiler=(ccache arm-none-eabi-g++); fi

objects=() jobs=()
for unit in startup board conversation main; do
  objects+=("$folder/$unit.o")
  "${compiler[@]}" "${processor[@]}" "${flags[@]}" -c "$here/$unit.cpp" -o "$folder/$unit.o" &
  jobs+=("$!")
done
for job in "${jobs[@]}"; do wait "$job"; done

# Of the C library only memcpy, strlen and the like are used, so nothing has to stand in for an operating system.
arm-none-eabi-g++ "${processor[@]}" "${objects[@]}" "$bearssl/libbearssl.a" -nostartfiles --specs=nano.specs \
  -Wl,--gc-sections -T "$here/board.ld" -Wl,-Map="$folder/firmware.map" -o "$folder/firmware.elf"
