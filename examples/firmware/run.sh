#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Firmware on an emulated Cortex-M3 talks to a local IoT Hub over its UART and TLS. Installs what is missing, builds
# the firmware and the hub, runs demo.py. Leaves files in build/ only.
#   examples/firmware/run.sh             the demonstration
#   examples/firmware/run.sh --verbose   with everything that hub and board print
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
# shellcheck source=tools/install.sh
. "$root/tools/install.sh"

fail() {
  printf '\nexamples/firmware/run.sh: FAILED: %s\n' "$*" >&2
  exit 1
}
step() { printf '%4d s  %s\n' "$SECONDS" "$*"; }

install_missing g++ cmake ninja-build ccache openssl libssl-dev "$(boost_package)" nlohmann-json3-dev python3 dpkg-dev \
  gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib qemu-system-arm || fail "packages are missing"

build=${HUBWIRE_BUILD_DIR:-$root/build}
mkdir -p "$build" || fail "cannot write to $build"
# Whatever the caller's environment says about flags stays out of it.
unset CXXFLAGS CPPFLAGS LDFLAGS CFLAGS CPLUS_INCLUDE_PATH CPATH DESTDIR
export CCACHE_DIR=${CCACHE_DIR:-$build/ccache} CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
launcher=''
if command -v ccache >/dev/null 2>&1; then launcher=ccache; fi

step "building BearSSL for the board, and the firmware: half a minute the first time"
"$root/examples/firmware/build.sh" "$build/firmware" || fail "building the firmware"
step "building the hub: two to four minutes the first time"
# The folder and the flags of examples/run.sh, so that the hub is built once for both.
cmake -S "$root" -B "$build/examples" -G Ninja -DCMAKE_CXX_COMPILER="${CXX:-g++}" \
  -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O1 -DNDEBUG" \
  -DHUBWIRE_TESTS=OFF -DHUBWIRE_EXAMPLES=ON -DHUBWIRE_FUZZ=OFF >"$build/examples.configure.log" 2>&1 || {
  cat "$build/examples.configure.log"
  fail "configuring"
}
cmake --build "$build/examples" --parallel "$(nproc)" --target hub_emulator || fail "building the hub"
step "running"
PYTHONDONTWRITEBYTECODE=1 exec timeout 120 python3 "$root/examples/firmware/demo.py" --image "$build/firmware/firmware.elf" \
  --hub "$build/examples/examples/hub_emulator/hub_emulator" "$@"
