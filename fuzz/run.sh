#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Installs what is missing, builds every fuzz target and runs each for some seconds (default 30).
#   fuzz/run.sh [seconds] [target]...
# New inputs stay in build/fuzz/corpus and are used again. A finding is written to build/fuzz/findings, and
# the exit code is 1; once fixed it belongs into fuzz/regressions/<target>/.
set -u
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
# shellcheck source=tools/install.sh
. "$root/tools/install.sh"

fail() {
  printf '\nfuzz/run.sh: FAILED: %s\n' "$*" >&2
  exit 1
}

seconds=30
case ${1:-} in
  '') ;;
  *[!0-9]*) fail "usage: fuzz/run.sh [seconds] [target]..." ;;
  *) seconds=$1; shift ;;
esac
jobs=$(nproc)
build=${HUBWIRE_BUILD_DIR:-$root/build}/fuzz

install_missing g++ clang libclang-rt-dev cmake ninja-build nlohmann-json3-dev libmosquitto-dev libbearssl-dev libssl-dev || fail "packages are missing"

unset CXXFLAGS CPPFLAGS LDFLAGS CPLUS_INCLUDE_PATH CPATH
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=Debug \
  -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g" -DHUBWIRE_FUZZ=ON -DHUBWIRE_TESTS=OFF -DHUBWIRE_EXAMPLES=OFF >/dev/null ||
  fail "configuring"
cmake --build "$build" --parallel "$jobs" || fail "building"

if [ $# -gt 0 ]; then targets=("$@"); else
  targets=()
  for program in "$build"/fuzz/fuzz_*; do
    [ -x "$program" ] && targets+=("${program##*/fuzz_}")
  done
fi

run_target() {  # writes one line to <target>.result
  local target=$1 corpus=$build/corpus/$1 findings=$build/findings/$1 log=$build/$1.log status=0 fuzzer
  mkdir -p "$corpus" "$findings" "$root/fuzz/regressions/$target"
  rm -f "$findings"/*
  "$build/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=10 -max_len=4096 -rss_limit_mb=2048 \
    -dict="$root/fuzz/mqtt.dict" -artifact_prefix="$findings/" -print_final_stats=1 \
    "$corpus" "$root/fuzz/seeds/$target" "$root/fuzz/regressions/$target" >"$log" 2>&1 &
  fuzzer=$!
  # shellcheck disable=SC2064  # this fuzzer
  trap "kill -TERM $fuzzer 2>/dev/null" TERM
  wait "$fuzzer" || status=$?
  printf '%-18s %12s executions %7s edges %3s findings\n' "$target" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
    "$(grep -o 'cov: [0-9]*' "$log" | tail -n 1 | tr -dc 0-9)" \
    "$(find "$findings" -type f | wc -l)" >"$build/$target.result"
  return "$status"
}

printf '\n%s targets, %s s each, %s at a time\n' "${#targets[@]}" "$seconds" "$jobs"
# Whoever stops this script stops the fuzzers, which may have been given hours. What they have found so far stays.
stop() {
  kill "${pids[@]}" 2>/dev/null
  wait
  trap - "$1"
  kill -s "$1" $$
}
for signal in HUP INT TERM; do
  # shellcheck disable=SC2064  # the name of the signal as it is now
  trap "stop $signal" "$signal"
done
pids=()
failed=''
while [ "${#targets[@]}" -gt 0 ]; do
  batch=("${targets[@]:0:$jobs}")
  targets=("${targets[@]:$jobs}")
  pids=()
  for target in "${batch[@]}"; do
    run_target "$target" &
    pids+=("$!")
  done
  for i in "${!batch[@]}"; do
    wait "${pids[$i]}" || failed="$failed ${batch[$i]}"
    cat "$build/${batch[$i]}.result"
  done
done

for target in $failed; do
  printf '\n== %s\n' "$target"
  grep -E 'ORACLE|ERROR|SUMMARY|runtime error|Test unit written' "$build/$target.log"
done
[ -z "$failed" ] || fail "findings in$failed; logs: $build/<target>.log, inputs: $build/findings"
