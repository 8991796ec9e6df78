// SPDX-License-Identifier: BSL-1.0
// What every packet has to pass: golden bytes in both directions, cut off, cut short, too little room, wrong
// flags. Inputs and outputs touch a guard page; both entry points, octets and chars, are used.
#ifndef HUBWIRE_TESTS_SUPPORT_PACKET_CHECKS_HPP
#define HUBWIRE_TESTS_SUPPORT_PACKET_CHECKS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <hubwire/codec.hpp>
#include <hubwire/wire/list_view.hpp>

#include <support/guarded.hpp>
#include <support/hex.hpp>

namespace hubwire::test {

using octet_vector = std::vector<std::uint8_t>;

// A packet together with the memory that it views.
template <class P, class Policy = strict>
class decoded {
 public:
  explicit decoded(byte_view octets) : input_(octets), packet_(decode<P, Policy>(input_.octets())) {
    auto const same = decode<P, Policy>(input_.chars());
    CHECK(same.has_value() == packet_.has_value());
    if (!same && !packet_) CHECK(same.error() == packet_.error());
  }
  explicit decoded(std::string_view hex) : decoded(byte_view(from_hex(hex))) {}

  bool ok() const { return packet_.has_value(); }
  hubwire::error error() const { return packet_ ? hubwire::error{} : packet_.error(); }
  P const& operator*() const {
    REQUIRE(ok());
    return *packet_;
  }
  P const* operator->() const { return &**this; }
  guarded_input const& input() const { return input_; }

 private:
  guarded_input input_;
  result<P> packet_;
};

// errc::none and 0 when the bytes decode.
template <class P, class Policy = strict>
error decode_error(std::string_view hex) {
  return decoded<P, Policy>(hex).error();
}

// The elements of a list, to compare with.
template <class T>
std::vector<T> items(list_view<T> const& list) {
  std::vector<T> copies;
  for (T const item : list) copies.push_back(item);
  CHECK(copies.size() == list.size());
  return copies;
}

// First byte, Remaining Length and body, whatever they are.
inline octet_vector framed(std::uint8_t first_byte, byte_view body) {
  octet_vector packet{first_byte};
  char length[4] = {};
  writer out(length);
  write_varint(out, static_cast<std::uint32_t>(body.size()));
  for (char const* p = length; p != out.position(); ++p) packet.push_back(detail::to_byte(*p));
  packet.insert(packet.end(), body.begin(), body.end());
  return packet;
}

inline octet_vector body_of(byte_view packet) {
  std::size_t header = 1;
  while ((packet[header++] & 0x80) != 0) {}
  return {packet.begin() + static_cast<std::ptrdiff_t>(header), packet.end()};
}

// packet encodes to exactly these bytes, into any room that is large enough and into none that is smaller.
template <class P>
void check_encodes(P const& packet, std::string_view hex) {
  octet_vector const golden = from_hex(hex);
  std::size_t const size = golden.size();
  CHECK(encoded_size(packet).value_or(0) == size);

  for (std::size_t const room : {size, size + 3}) {
    guarded_output const octets(room);
    auto const written = encode(octets.octets(), packet);
    REQUIRE(written.has_value());
    CHECK(written->data() == octets.octets().data());
    CHECK(to_hex(*written) == to_hex(byte_view(golden)));
    CHECK(octets.untouched_behind(size));

    guarded_output const chars(room);
    auto const same = encode(chars.chars(), packet);
    REQUIRE(same.has_value());
    CHECK(same->data() == chars.chars().data());
    CHECK(to_hex(*same) == to_hex(byte_view(golden)));
    CHECK(chars.untouched_behind(size));
  }
  for (std::size_t room = 0; room != size; ++room) {
    guarded_output const output(room);
    error const needed{errc::buffer_too_small, static_cast<std::uint32_t>(size)};
    auto const octets = encode(output.octets(), packet);
    auto const chars = encode(output.chars(), packet);
    if (octets || chars || octets.error() != needed || chars.error() != needed || !output.untouched())
      FAIL_CHECK("a buffer of " << room << " bytes for " << size);
  }
}

template <class P>
void check_refuses_to_encode(P const& packet, error why) {
  guarded_output const output(200);
  auto const written = encode(output.octets(), packet);
  auto const size = encoded_size(packet);
  CHECK(!written.has_value());
  CHECK(!size.has_value());
  if (!written) CHECK(written.error() == why);
  if (!size) CHECK(size.error() == why);
  CHECK(output.untouched());
}

// A buffer that ends before the packet does is not one frame.
template <class P>
void check_truncations(std::string_view hex) {
  octet_vector const golden = from_hex(hex);
  std::size_t const header = golden.size() - body_of(golden).size();
  for (std::size_t size = 0; size != golden.size(); ++size) {
    decoded<P> const cut(byte_view(golden).first(size));
    CAPTURE(size);
    CHECK(cut.error() ==
          error{errc::not_one_frame, static_cast<std::uint32_t>(size < header ? 0 : golden.size())});
  }
  octet_vector longer = golden;
  longer.push_back(0);
  CHECK(decoded<P>(longer).error() == error{errc::not_one_frame, static_cast<std::uint32_t>(golden.size())});
}

// A Remaining Length that ends the packet too early is the peer's fault, at each length but those in whole.
template <class P>
void check_cut_bodies(std::string_view hex, std::vector<std::size_t> const& whole = {}) {
  octet_vector const golden = from_hex(hex);
  octet_vector const body = body_of(golden);
  for (std::size_t size = 0; size != body.size(); ++size) {
    CAPTURE(size);
    octet_vector const cut = framed(golden[0], byte_view(body).first(size));
    error const strictly = decoded<P>(cut).error();
    error const structurally = decoded<P, structural>(cut).error();
    bool const refused = strictly == errc::malformed_packet || strictly == errc::protocol_error;
    CHECK(refused == (std::count(whole.begin(), whole.end(), size) == 0));
    CHECK(structurally == strictly);
  }
}

// One byte more than the packet needs, counted by its Remaining Length.
template <class P>
void check_refuses_longer_body(std::string_view hex) {
  octet_vector const golden = from_hex(hex);
  octet_vector body = body_of(golden);
  body.push_back(0);
  CHECK(decoded<P>(framed(golden[0], body)).error() == error{errc::malformed_packet, 0});
  CHECK(decoded<P, structural>(framed(golden[0], body)).error() == error{errc::malformed_packet, 0});
}

// Only one nibble of flags is this packet's.
template <class P>
void check_flags(std::string_view hex, unsigned allowed) {
  octet_vector packet = from_hex(hex);
  for (unsigned flags = 0; flags != 16; ++flags) {
    CAPTURE(flags);
    packet[0] = static_cast<std::uint8_t>((packet[0] & 0xf0) | flags);
    CHECK(decoded<P>(packet).error().code == (flags == allowed ? errc::none : errc::malformed_packet));
    CHECK((decoded<P, structural>(packet).error().code == errc::none) == (flags == allowed));
  }
}

// Every other packet's first byte, with the flags that belong to it.
template <class P>
void check_refuses_other_types() {
  for (unsigned type = 1; type != 16; ++type) {
    if (static_cast<packet_type>(type) == P::type) continue;
    auto const first = static_cast<std::uint8_t>(type << 4 | reserved_flags(static_cast<packet_type>(type)));
    CHECK(decoded<P>(framed(first, octet_vector{0, 1})).error() == error{errc::wrong_packet_type, type});
  }
}

}  // namespace hubwire::test

#endif
