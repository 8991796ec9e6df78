#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Counts with callgrind what a TLS handshake costs the client: full ones, with a server of an EC and of an RSA key, and
# one that resumes a session. The server's work is not counted. Fails if a resumed handshake takes more than a fifth of
# a full one.
#   bench/tls_handshake.sh [compiler]
set -u
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${HUBWIRE_BUILD_DIR:-$root/build}/bench/tls_handshake
program=$build/count_tls
mkdir -p "$build" || exit 1
"${1:-g++}" -std=c++20 -O2 -DNDEBUG -DHUBWIRE_BENCH_TLS_ALONE -I"$root/include" -I"$root/bench" -I"$root/tests" \
  "$root/bench/instructions.cpp" "$root/bench/tls_operations.cpp" -o "$program" -l:libbearssl.a -lssl -lcrypto || exit 1

# The instructions of so many handshakes of the client, and of the first that makes a session.
count() {
  valgrind --tool=callgrind --collect-atstart=no --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 |
    sed -n 's/.*Collected *: *\([0-9]*\).*/\1/p'
}
one() {
  local some more
  some=$(count "$1" 1) && more=$(count "$1" 5) && [ -n "$some" ] && [ -n "$more" ] || exit 1
  echo $(((more - some) / 4))
}
resumed=$(one tls_handshake_resumed) || exit 1
printf '%-24s %12d\n' tls_handshake_resumed "$resumed"
outcome=0
for name in tls_handshake_ecdsa tls_handshake_rsa; do
  full=$(one "$name") || exit 1
  printf '%-24s %12d  %d.%d times\n' "$name" "$full" $((full / resumed)) $((full * 10 / resumed % 10))
  [ "$full" -ge $((5 * resumed)) ] || outcome=1
done
exit $outcome
