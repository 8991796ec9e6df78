#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Times hubwire and the alternatives that packages carry in one run, with g++ and with clang; prints one table and which
# rows are behind; draws the chart. What README.md in this folder says about method and fairness happens here.
#   bench/run.sh [--quick] [--save]
# --quick: fewer and shorter rounds, to see that it works. --save: also writes what is committed: bench/results.json,
# bench/speed.svg and .png, and the table in docs/speed.md. COMPILERS="g++" for one compiler. Leaves files in build/bench.
set -u
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
# shellcheck source=tools/install.sh
. "$root/tools/install.sh"

say() { printf 'bench/run.sh: %s\n' "$*"; }
fail() {
  say "FAILED: $*" >&2
  exit 1
}

rounds=7 least=0.02 save=''
while [ $# -gt 0 ]; do
  case $1 in
    --quick) rounds=2 least=0.002 ;;
    --save) save=--save ;;
    *) fail "unknown argument $1" ;;
  esac
  shift
done

install_missing g++ clang cmake ninja-build pkg-config libbenchmark-dev libbearssl-dev libssl-dev valgrind python3 python3-matplotlib \
  util-linux libc-bin || fail "packages are missing"
# An alternative whose package cannot be had is left out; which ones are, is said at the end.
for packages in libpaho-mqtt-dev libmosquitto-dev libsimdjson-dev "golang-go golang-github-eclipse-paho.mqtt.golang-dev"; do
  # shellcheck disable=SC2086
  install_missing $packages || say "going on without $packages"
done
if ! command -v npm >/dev/null 2>&1; then install_missing nodejs npm || say "going on without npm"; fi

# Whatever the caller's environment says about flags stays out of it.
unset CXXFLAGS CPPFLAGS LDFLAGS CPLUS_INCLUDE_PATH CPATH
build=${HUBWIRE_BUILD_DIR:-$root/build}/bench
export CCACHE_DIR=${CCACHE_DIR:-${HUBWIRE_BUILD_DIR:-$root/build}/ccache} CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
launcher=''
if command -v ccache >/dev/null 2>&1; then launcher=ccache; fi
compilers=${COMPILERS:-g++ clang++}
mkdir -p "$build" || fail "cannot write to $build"

# By the lock file of a folder, and only when that is another one than last time.
npm_packages() {
  local from=$root/bench/versus/$1 to=$build/$1
  mkdir -p "$to" && cp "$from"/*.js "$to" || return 1
  command -v npm >/dev/null 2>&1 || return 1
  cmp -s "$from/package-lock.json" "$to/installed-lock.json" && return 0
  cp "$from"/.npmrc "$from"/package*.json "$to" || return 1
  (cd "$to" && timeout 300 npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel error) || return 1
  cp "$to/package-lock.json" "$to/installed-lock.json"
}
npm_packages npm || say "going on without the packages of npm"
npm_packages npm_iothub || say "going on without Azure's packages of npm"

paho_go() {
  local version
  version=$(dpkg-query -W '-f=${source:Upstream-Version}' golang-github-eclipse-paho.mqtt.golang-dev 2>/dev/null) || return 1
  printf '%s' "$version" >"$build/paho_go.version"
  GO111MODULE=off GOFLAGS='' GOPATH=/usr/share/gocode go build -o "$build/paho_go" ./bench/versus/paho_go
}
rm -f "$build/paho_go"
paho_go || say "going on without Paho Go"

jars=/usr/share/java
java_path=$build/java
for jar in netty-codec-mqtt netty-codec netty-transport netty-buffer netty-common netty-resolver mqtt-client hawtbuf hawtdispatch \
  hawtdispatch-transport; do
  java_path+=:$jars/$jar.jar
done
java_references() {
  command -v javac >/dev/null 2>&1 || install_missing default-jdk-headless || return 1
  install_missing libnetty-java libmqtt-client-java || return 1
  mkdir -p "$build/java" && javac -Xlint:all -cp "$java_path" -d "$build/java" bench/versus/java/*.java
}
rm -rf "$build/java"
java_references || say "going on without the references in Java"

for compiler in $compilers; do
  say "building with $("$compiler" --version | head -n 1)"
  cmake -S "$root" -B "$build/$compiler" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O2 -DHUBWIRE_TESTS=OFF -DHUBWIRE_EXAMPLES=OFF -DHUBWIRE_BENCH=ON \
    -DHUBWIRE_BENCH_AWS_CRT="$build/npm/node_modules/aws-crt" >"$build/$compiler.configure.log" 2>&1 ||
    { cat "$build/$compiler.configure.log"; fail "configuring with $compiler"; }
  cmake --build "$build/$compiler" --target benchmarks >"$build/$compiler.build.log" 2>&1 ||
    { cat "$build/$compiler.build.log"; fail "building with $compiler"; }
done

programs() { find "$build/$1/bench" -type f -name "$2_*" -perm -u+x | sort; }

for compiler in $compilers; do
  for program in $(programs "$compiler" count); do
    "$program" --verify || fail "$program gives wrong results"
  done
done

say "counting instructions"
tunables=glibc.cpu.hwcaps=-ERMS,-FSRM # see instructions.sh
valgrind=$(command -v valgrind)
rm -rf "$build/results"
mkdir -p "$build/results" || fail "cannot write to $build"
for compiler in $compilers; do
  for program in $(programs "$compiler" count); do
    name=$(basename "$program")
    env -i GLIBC_TUNABLES=$tunables "$valgrind" -q --tool=callgrind --combine-dumps=yes \
      --callgrind-out-file="$build/results/$compiler.${name#count_}.counts" "$program" --count >"$build/callgrind.log" 2>&1 ||
      { cat "$build/callgrind.log"; fail "counting with $program"; }
  done
done

# In rounds, so that what disturbs the machine disturbs all of them; on one core.
pin=()
if command -v taskset >/dev/null 2>&1 && taskset -c 0 true 2>/dev/null; then pin=(taskset -c 0); fi
for round in $(seq "$rounds"); do
  say "round $round of $rounds"
  for compiler in $compilers; do
    for program in $(programs "$compiler" time); do
      name=$(basename "$program")
      "${pin[@]}" "$program" --benchmark_min_time="$least" --benchmark_format=json \
        >"$build/results/$compiler.${name#time_}.$round.json" 2>"$build/time.log" ||
        { cat "$build/time.log"; fail "timing $program"; }
    done
  done
done
milliseconds=300
[ "$rounds" -gt 2 ] || milliseconds=50
if [ -x "$build/paho_go" ]; then
  "${pin[@]}" "$build/paho_go" "$(cat "$build/paho_go.version")" "$milliseconds" >"$build/results/reference.paho_go.json" ||
    fail "the Go reference"
fi
# On all cores, since Java compiles beside what it runs.
java_reference() {  # class, package, name
  [ -e "$build/java/$1.class" ] || return 0
  java -cp "$java_path" "$1" "$(dpkg-query -W '-f=${source:Upstream-Version}' "$2")" "$milliseconds" \
    >"$build/results/reference.$3.json" || fail "the reference $3"
}
java_reference NettyMqtt libnetty-java netty
java_reference FusesourceMqtt libmqtt-client-java fusesource
javascript() {  # folder, package, program
  [ -d "$build/$1/node_modules/$2" ] || return 0
  (cd "$build/$1" && "${pin[@]}" node "$3.js" "$milliseconds") >"$build/results/reference.$3.json" || fail "the reference $3"
}
javascript npm mqtt-packet mqtt_packet
javascript npm_iothub azure-iot-device-mqtt azure_iot

for name in by_hand by_hand_inlined paho_c mosquitto simdjson aws_c_mqtt; do
  for compiler in $compilers; do
    [ -e "$build/results/$compiler.$name.1.json" ] || say "LEFT OUT: $name with $compiler"
  done
done
for name in paho_go netty fusesource mqtt_packet azure_iot; do
  [ -e "$build/results/reference.$name.json" ] || say "LEFT OUT: $name"
done
# Debian's, which has Debian's matplotlib; another may come first in PATH.
python=/usr/bin/python3
[ -x "$python" ] || python=python3
"$python" "$root/bench/report.py" "$root" "$build/results" "$build" $save || fail "the report"
