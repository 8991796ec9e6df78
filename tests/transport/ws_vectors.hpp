// SPDX-License-Identifier: BSL-1.0
// What a peer may send after the handshake, and what has to come of it. The groups are those of the Autobahn
// test suite, which was not run: framing, ping, reserved bits, opcodes, fragmentation, close, limits.
#ifndef HUBWIRE_TESTS_TRANSPORT_WS_VECTORS_HPP
#define HUBWIRE_TESTS_TRANSPORT_WS_VECTORS_HPP

namespace hubwire::test {

enum class ws_end : unsigned char { open, closed, failed };

struct ws_vector {
  char const* what;
  char const* frames;   // sent by the peer, in hex, without masks
  char const* data;     // read
  char const* answers;  // frames that come back, without masks
  ws_end end;
};

inline constexpr ws_vector ws_vectors[] = {
    // 1: framing
    {"an empty message", "8200", "", "", ws_end::open},
    {"one byte", "8201 aa", "aa", "", ws_end::open},
    {"two messages", "8202 aabb 8203 ccddee", "aabbccddee", "", ws_end::open},
    {"an empty message between two", "8202 aabb 8200 8201 cc", "aabbcc", "", ws_end::open},
    {"nothing but empty messages", "8200 8200 8200 8200", "", "", ws_end::open},
    // 2: ping and pong
    {"a ping", "8900", "", "8a00", ws_end::open},
    {"a ping with payload", "8904 00ff1080", "", "8a04 00ff1080", ws_end::open},
    {"three pings", "8901 01 8902 0202 8903 030303", "", "8a01 01 8a02 0202 8a03 030303", ws_end::open},
    {"a ping between messages", "8201 aa 8901 01 8201 bb", "aabb", "8a01 01", ws_end::open},
    {"a pong that nobody asked for", "8a00 8a03 010203 8201 aa", "aa", "", ws_end::open},
    {"a pong between ping and message", "8901 07 8a01 08 8201 aa", "aa", "8a01 07", ws_end::open},
    {"a ping of 126 bytes", "897e007e", "", "8802 03ea", ws_end::failed},
    {"a pong of 126 bytes", "8a7e007e", "", "8802 03ea", ws_end::failed},
    // 3: reserved bits
    {"bit 1", "c201 aa", "", "8802 03ea", ws_end::failed},
    {"bit 2", "a201 aa", "", "8802 03ea", ws_end::failed},
    {"bit 3", "9201 aa", "", "8802 03ea", ws_end::failed},
    {"all bits, after a message", "8201 aa f201 bb 8201 cc", "aa", "8802 03ea", ws_end::failed},
    {"bit 1 of a ping", "c900", "", "8802 03ea", ws_end::failed},
    {"bit 1 of a close", "c800", "", "8802 03ea", ws_end::failed},
    {"bit 1 of a text", "c100", "", "8802 03ea", ws_end::failed},
    // 4: opcodes
    {"opcode 3", "8300", "", "8802 03ea", ws_end::failed},
    {"opcode 7, after a message", "8201 aa 8700", "aa", "8802 03ea", ws_end::failed},
    {"opcode 11", "8b00", "", "8802 03ea", ws_end::failed},
    {"opcode 15", "8f00", "", "8802 03ea", ws_end::failed},
    {"a text", "8105 68656c6c6f", "", "8802 03eb", ws_end::failed},
    {"a text after a message", "8201 aa 8101 62 8201 cc", "aa", "8802 03eb", ws_end::failed},
    {"the begin of a text", "0101 61", "", "8802 03eb", ws_end::failed},
    // 5: fragmentation
    {"two fragments", "0201 aa 8001 bb", "aabb", "", ws_end::open},
    {"four fragments, one empty", "0201 aa 0000 0002 bbcc 8001 dd", "aabbccdd", "", ws_end::open},
    {"empty fragments", "0200 0000 8000 8201 aa", "aa", "", ws_end::open},
    {"a ping between fragments", "0201 aa 8901 01 8001 bb", "aabb", "8a01 01", ws_end::open},
    {"a begin without an end", "0201 aa 0001 bb", "aabb", "", ws_end::open},
    {"a fragmented ping", "0901 01 8001 02", "", "8802 03ea", ws_end::failed},
    {"a fragmented close", "0800", "", "8802 03ea", ws_end::failed},
    {"a fragmented pong", "0a00", "", "8802 03ea", ws_end::failed},
    {"a continuation of nothing", "8001 aa", "", "8802 03ea", ws_end::failed},
    {"a continuation of nothing, not the last", "0001 aa", "", "8802 03ea", ws_end::failed},
    {"a continuation after the last", "0201 aa 8001 bb 8001 cc", "aabb", "8802 03ea", ws_end::failed},
    {"a new message within a message", "0201 aa 8201 bb", "aa", "8802 03ea", ws_end::failed},
    // 7: close
    {"a close without a code", "8800", "", "8800", ws_end::closed},
    {"a close", "8802 03e8", "", "8802 03e8", ws_end::closed},
    {"a close that the peer is going away", "8201 aa 8802 03e9", "aa", "8802 03e9", ws_end::closed},
    {"a close with a reason", "8806 03f3 6f6f7073", "", "8802 03f3", ws_end::closed},
    {"a close with a reason in UTF-8", "8806 03e8 e282ac21", "", "8802 03e8", ws_end::closed},
    {"a close with a reason that is no UTF-8", "8804 03e8 c328", "", "8802 03ef", ws_end::failed},
    {"a close with half a code", "8801 03", "", "8802 03ea", ws_end::failed},
    {"a close within a message", "0201 aa 8802 03e8 8001 bb", "aa", "8802 03e8", ws_end::closed},
    {"a message and a ping after a close", "8802 03e8 8201 aa 8900", "", "8802 03e8", ws_end::closed},
    {"two closes", "8802 03e8 8802 03e9", "", "8802 03e8", ws_end::closed},
    {"a broken frame after a close", "8802 03e8 ffff", "", "8802 03e8", ws_end::closed},
    {"a close of 126 bytes", "887e007e", "", "8802 03ea", ws_end::failed},
    {"code 0", "8802 0000", "", "8802 03ea", ws_end::failed},
    {"code 999", "8802 03e7", "", "8802 03ea", ws_end::failed},
    {"code 1004", "8802 03ec", "", "8802 03ea", ws_end::failed},
    {"code 1005", "8802 03ed", "", "8802 03ea", ws_end::failed},
    {"code 1006", "8802 03ee", "", "8802 03ea", ws_end::failed},
    {"code 1007", "8802 03ef", "", "8802 03ef", ws_end::closed},
    {"code 1014", "8802 03f6", "", "8802 03f6", ws_end::closed},
    {"code 1015", "8802 03f7", "", "8802 03ea", ws_end::failed},
    {"code 2999", "8802 0bb7", "", "8802 03ea", ws_end::failed},
    {"code 3000", "8802 0bb8", "", "8802 0bb8", ws_end::closed},
    {"code 4999", "8802 1387", "", "8802 1387", ws_end::closed},
    {"code 5000", "8802 1388", "", "8802 03ea", ws_end::failed},
    // 9: limits
    {"126 bytes announced, 1 comes", "827e007e aa", "aa", "", ws_end::open},
    {"2^63 - 1 bytes announced, 3 come", "827f7fffffffffffffff aabbcc", "aabbcc", "", ws_end::open},
    {"a length with the top bit", "827f8000000000000001 aa", "", "8802 03ea", ws_end::failed},
    {"125 bytes written with two", "827e007d", "", "8802 03ea", ws_end::failed},
    {"65535 bytes written with eight", "827f000000000000ffff", "", "8802 03ea", ws_end::failed},
    {"0 bytes written with eight", "827f0000000000000000", "", "8802 03ea", ws_end::failed},
    {"a PUBLISH whose Remaining Length is more than the frame", "8205 30 8020 0001", "3080200001", "",
     ws_end::open},
};

}  // namespace hubwire::test

#endif
