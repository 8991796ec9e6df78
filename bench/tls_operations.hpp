// SPDX-License-Identifier: BSL-1.0
// TLS over a memory_pipe: the work of BearSSL, and of the OpenSSL at the other end. Timed; of handshakes tls_handshake.sh
// counts the client's part.
#ifndef HUBWIRE_BENCH_TLS_OPERATIONS_HPP
#define HUBWIRE_BENCH_TLS_OPERATIONS_HPP

#include <span>

#include "operations/operation.hpp"

namespace bench {

std::span<operation const> tls_operations();

}  // namespace bench

#endif
