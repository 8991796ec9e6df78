#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Installs what is missing, builds everything with g++ and with clang under AddressSanitizer and
# UndefinedBehaviorSanitizer, runs the tests with both. Leaves files in build/ only.
#   tests/run.sh [ctest options]      tests/run.sh -R topic_filter
#   tests/run.sh --full [options]     also the slow tests, those with a label that ends with full
#   COMPILERS="g++" tests/run.sh      one compiler only
# The last line says how many tests passed and failed, over both compilers; the line before it, how many tests were
# skipped and how many only --full runs.
set -u
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
# shellcheck source=tools/install.sh
. "$root/tools/install.sh"

fail() {
  printf '\ntests/run.sh: FAILED: %s\n' "$*" >&2
  exit 1
}

# Everything is built either way, so what is slow cannot rot unseen; it only does not run.
selection=(-LE '(^|-)full$')
if [ "${1:-}" = --full ]; then
  selection=()
  shift
fi
compilers=${COMPILERS:-g++ clang++}
jobs=$(nproc)
build=${HUBWIRE_BUILD_DIR:-$root/build}

install_missing g++ clang libclang-rt-dev clang-format clang-tidy llvm pmccabe git cmake ninja-build ccache pkg-config python3 \
  libbearssl-dev libssl-dev libmbedtls-dev liblwip-dev "$(boost_package)" nlohmann-json3-dev libmosquitto-dev \
  mosquitto mosquitto-clients tinyproxy-bin squid openssl tshark python3-websockets python3-wsproto libwebsockets-dev \
  python3-paho-mqtt ca-certificates valgrind libc-bin || fail "packages are missing"
# The vectors on other machines, see tests/vectors/run.sh.
install_missing g++-s390x-linux-gnu g++-aarch64-linux-gnu qemu-user qemu-system-arm gcc-arm-none-eabi libnewlib-arm-none-eabi \
  libstdc++-arm-none-eabi-newlib dpkg-dev clang-19 libclang-rt-19-dev || fail "packages are missing"
# The differential test with npm's mqtt-packet. A node that is here already, from wherever, stays.
if ! command -v node >/dev/null 2>&1; then install_missing nodejs npm || fail "packages are missing"; fi
install_catch2 || fail "Catch2 3 is missing"

# Whatever the caller's environment says about flags stays out of it.
unset CXXFLAGS CPPFLAGS LDFLAGS CFLAGS CPLUS_INCLUDE_PATH CPATH DESTDIR
export CCACHE_DIR=${CCACHE_DIR:-$build/ccache} CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
export UBSAN_OPTIONS=print_stacktrace=1

launcher=''
if command -v ccache >/dev/null 2>&1; then launcher=ccache; fi

# One compiler: configure, build, run. Ends with ctest's count. clang optimises, g++ does not: two different
# views of the code, and g++ with sanitizers takes three times as long with -O1. The search for uses after
# return moves local variables off the stack, where one test looks for keys: so it runs with g++ only.
test_with() {
  local compiler=$1 folder=$build/test-$1 examples=$2 optimise=-O0 after_return=1 coverage='' status began=$SECONDS built
  shift 2
  case $compiler in
    *clang*) optimise=-O1 after_return=0 coverage=' -fprofile-instr-generate -fcoverage-mapping' ;;
  esac
  rm -rf "$folder.coverage"
  cmake -S "$root" -B "$folder" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" \
    -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="$optimise -g1$coverage" \
    -DHUBWIRE_SANITIZE=ON -DHUBWIRE_TESTS=ON -DHUBWIRE_EXAMPLES="$examples" -DHUBWIRE_BENCH="$examples" >"$folder.configure.log" 2>&1 || {
    cat "$folder.configure.log"
    fail "configuring with $compiler"
  }
  cmake --build "$folder" --parallel "$jobs" || fail "building with $compiler"
  built=$SECONDS
  (cd "$folder" && LLVM_PROFILE_FILE="$folder.coverage/%m.profraw" ASAN_OPTIONS=detect_stack_use_after_return=$after_return \
    ctest --output-on-failure --no-tests=error --parallel "$jobs" "${selection[@]}" "$@") |
    tee "$folder.ctest.log" | grep -vE '^ *Start +[0-9]+: |   Passed +[0-9.]+ sec *$'
  status=${PIPESTATUS[0]}
  printf '%s: %s s to build, %s s to test\n' "$compiler" "$((built - began))" "$((SECONDS - built))"
  return "$status"
}

# What all of ctest's logs come to: "<passed> <failed> <skipped>". ctest counts a skipped test among those that passed.
sum_of_logs() {
  awk '/^[0-9]+% tests passed, [0-9]+ tests failed out of [0-9]+/ { failed += $4; all += $NF }
    /\*\*\*Skipped/ { skipped++ }
    END { print all - failed - skipped, failed + 0, skipped + 0 }' "$@"
}

# How many tests of one compiler's build only --full runs, of those that ctest's options select.
only_with_full() {
  local folder=$build/test-$1
  shift
  (cd "$folder" && ctest --show-only --label-regex '(^|-)full$' "$@") | awk '/^Total Tests: [0-9]+$/ { print $NF }'
}

mkdir -p "$build" || fail "cannot write to $build"
# A test that is killed cannot clear up behind itself: what it leaves lies here, and goes with the next run.
export TMPDIR=$build/tmp
rm -rf "$TMPDIR"
mkdir -p "$TMPDIR" || fail "cannot write to $build"
# The examples, of which the hub emulator takes longer to build than the rest together, run once, and so does the
# count of instructions, which compiles for itself.
failed='' examples=ON
for compiler in $compilers; do
  printf '\n== %s\n' "$("$compiler" --version | head -n 1)"
  test_with "$compiler" "$examples" "$@" || failed="$failed $compiler"
  examples=OFF
done

# Coverage of include/ by the tests that clang built; nothing of it when only a part of them ran.
for compiler in $compilers; do
  case $compiler in
    *clang*)
      [ $# -eq 0 ] || continue
      printf '\n== coverage, %s\n' "$compiler"
      python3 "$root/tests/guards/check_coverage.py" "$root" "$build/test-$compiler" "$build/test-$compiler.coverage" ||
        failed="$failed coverage"
      ;;
  esac
done

printf '\n'
logs=() left_out=0
for compiler in $compilers; do
  printf '%s\n' "== $compiler"
  grep 'tests passed' "$build/test-$compiler.ctest.log" || failed="$failed $compiler"
  logs+=("$build/test-$compiler.ctest.log")
  [ ${#selection[@]} -eq 0 ] || left_out=$((left_out + $(only_with_full "$compiler" "$@")))
done
read -r passed wrong skipped < <(sum_of_logs "${logs[@]}")
printf '%s skipped, %s only with --full, %s s in all\n' "$skipped" "$left_out" "$SECONDS"
[ -z "$failed" ] || printf '\ntests/run.sh: FAILED: tests with%s (whole output: %s)\n' "$failed" "$build/test-*.ctest.log" >&2
printf '%s passed, %s failed\n' "$passed" "$wrong"
[ -z "$failed" ]
