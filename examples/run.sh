#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# A device built on hubwire talks to a local IoT Hub over TLS, told as a story and checked from the other
# side. Installs what is missing, builds the two programs, runs story/story.py. Leaves files in build/ only.
#   examples/run.sh             the whole story
#   examples/run.sh --verbose   with everything that hub and devices print
set -u
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
# shellcheck source=tools/install.sh
. "$root/tools/install.sh"

fail() {
  printf '\nexamples/run.sh: FAILED: %s\n' "$*" >&2
  exit 1
}

step() { printf '%4d s  %s\n' "$SECONDS" "$*"; }

# Runs a command that may be silent for minutes, and says every 15 seconds (HUBWIRE_TICK) that it still runs.
ticker=''
stop_ticker() {
  [ -n "$ticker" ] || return 0
  kill "$ticker" 2>/dev/null
  wait "$ticker" 2>/dev/null
  ticker=''
}
trap stop_ticker EXIT
ticking() {  # what it does, command [argument]...
  local what=$1 main=$$ status=0
  shift
  step "$what"
  (
    trap 'kill "$!"; exit' TERM
    while sleep "${HUBWIRE_TICK:-15}" & wait "$!" && kill -0 "$main" 2>/dev/null; do step "still $what"; done
  ) &
  ticker=$!
  "$@" || status=$?
  stop_ticker
  return "$status"
}

ticking 'installing packages, if any are missing' \
  install_missing g++ cmake ninja-build ccache openssl libbearssl-dev libssl-dev "$(boost_package)" nlohmann-json3-dev \
  mosquitto-clients python3 python3-paho-mqtt || fail "packages are missing"

build=${HUBWIRE_BUILD_DIR:-$root/build}
folder=$build/examples
mkdir -p "$build" || fail "cannot write to $build"

# Whatever the caller's environment says about flags stays out of it.
unset CXXFLAGS CPPFLAGS LDFLAGS CFLAGS CPLUS_INCLUDE_PATH CPATH DESTDIR
export CCACHE_DIR=${CCACHE_DIR:-$build/ccache} CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
launcher=''
if command -v ccache >/dev/null 2>&1; then launcher=ccache; fi

# -O1 halves the time that the hub takes to build; nothing here is in a hurry.
configure() {
  cmake -S "$root" -B "$folder" -G Ninja -DCMAKE_CXX_COMPILER="${CXX:-g++}" \
    -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O1 -DNDEBUG" \
    -DHUBWIRE_TESTS=OFF -DHUBWIRE_EXAMPLES=ON -DHUBWIRE_FUZZ=OFF >"$folder.configure.log" 2>&1
}
ticking 'configuring' configure || {
  cat "$folder.configure.log"
  fail "configuring"
}
step "building the device and the hub with $(nproc) processors: two to four minutes the first time"
export NINJA_STATUS='       [%f of %t files, %es] '
cmake --build "$folder" --parallel "$(nproc)" --target device hub_emulator || fail "building"
step "running the story"

# The system's Python: packages such as Paho are not seen by one that was installed beside it.
python=/usr/bin/python3
[ -x "$python" ] || python=python3
PYTHONDONTWRITEBYTECODE=1 exec "$python" "$root/examples/story/story.py" --device "$folder/examples/device/device" \
  --hub "$folder/examples/hub_emulator/hub_emulator" --seconds-before "$SECONDS" "$@"
