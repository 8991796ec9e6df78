// SPDX-License-Identifier: BSL-1.0
// Whether a packet vector holds: decoded to its fields, encoded from nothing but its fields, the same bytes.
// All of it works in constant evaluation, without heap.
#ifndef HUBWIRE_TESTS_VECTORS_GOLDEN_HPP
#define HUBWIRE_TESTS_VECTORS_GOLDEN_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <hubwire/mqtt3.hpp>

#include <support/golden_fields.hpp>

namespace hubwire::test {

// A packet and what decoding says of it. errc::not_one_frame: it is not complete.
struct verdict_row {
  std::string_view shows{};
  role sender = role::any;
  errc verdict = errc::none;
  std::string_view hex{};
  std::uint32_t limit = largest_packet;
};

constexpr unsigned nibble(char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); }

// The bytes that hex stands for, written to out; returns how many.
constexpr std::size_t unhex(std::string_view hex, char* out) {
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    *out++ = detail::to_char(static_cast<std::uint8_t>(nibble(hex[i]) << 4 | nibble(hex[i + 1])));
  return hex.size() / 2;
}

// The packet encodes to exactly these bytes, and not into a byte less.
template <class P>
constexpr bool encodes_to(P const& packet, std::string_view bytes) {
  char room[1024] = {};
  char_span const output(room, bytes.size());
  auto const refused = encode(output.first(bytes.size() - 1), packet);
  if (refused || refused.error() != error{errc::buffer_too_small, static_cast<std::uint32_t>(bytes.size())})
    return false;
  auto const written = encode(output, packet);
  return written && same({written->data(), written->size()}, bytes);
}

template <class T>
constexpr bool same_items(list_view<T> const& list, std::span<T const> expected) {
  if (list.size() != expected.size()) return false;
  std::size_t index = 0;
  for (T const item : list)
    if (!(item == expected[index++])) return false;
  return true;
}

// Visits the decoded packet.
struct field_check {
  golden_packet const& g;
  std::string_view bytes;
  bool& right;

  constexpr packet_id id() const { return packet_id::trusted(static_cast<std::uint16_t>(g.id)); }

  constexpr void operator()(v3::connect const& p) const {
    v3::connect expected{.client_id = *text::parse(g.client_id),
                         .clean_session = g.clean_session,
                         .keep_alive = static_cast<std::uint16_t>(g.keep_alive)};
    if (g.has_will)
      expected.will = v3::will{.topic = *topic_name::parse(g.topic),
                               .message = as_bytes(g.payload),
                               .qos = static_cast<hubwire::qos>(g.qos),
                               .retain = g.retain};
    if (g.user_name) expected.user_name = *text::parse(*g.user_name);
    if (g.password) expected.password = as_bytes(*g.password);
    right = p == expected && encodes_to(expected, bytes);
  }
  constexpr void operator()(v3::connack const& p) const {
    v3::connack const expected{g.session_present, static_cast<v3::connect_return_code>(g.code)};
    right = p == expected && encodes_to(expected, bytes);
  }
  constexpr void operator()(v3::publish const& p) const {
    delivery how{};
    if (g.qos != 0) how = g.qos == 1 ? delivery::at_least_once(id()) : delivery::exactly_once(id());
    v3::publish const expected{.topic = topic_name::trusted(g.topic),
                               .payload = as_bytes(g.payload),
                               .delivery = g.duplicate ? how.again() : how,
                               .retain = g.retain};
    right =
        p == expected && topic_name::is_valid(g.topic) != g.wildcard_in_topic && encodes_to(expected, bytes);
  }
  template <packet_type Type>
  constexpr void operator()(v3::acknowledgement<Type> const& p) const {
    right = p.id == id() && encodes_to(v3::acknowledgement<Type>{.id = id()}, bytes);
  }
  template <packet_type Type>
  constexpr void operator()(v3::empty_packet<Type> const& p) const {
    right = encodes_to(p, bytes);
  }
  constexpr void operator()(v3::suback const& p) const {
    std::array<v3::suback_return_code, 8> codes{};
    std::size_t count = 0;
    for (std::size_t i = 0; i + 1 < g.granted_hex.size(); i += 2)
      codes[count++] =
          static_cast<v3::suback_return_code>(nibble(g.granted_hex[i]) << 4 | nibble(g.granted_hex[i + 1]));
    std::span<v3::suback_return_code const> const expected(codes.data(), count);
    right = p.id == id() && same_items(p.codes, expected) &&
            encodes_to(v3::suback{.id = id(), .codes = expected}, bytes);
  }
  constexpr void operator()(v3::subscribe const& p) const {
    v3::subscription const none{topic_filter::trusted({})};
    std::array<v3::subscription, 3> wishes{none, none, none};
    std::size_t count = 0;
    for (golden_filter const& f : g.filters)
      if (!f.filter.empty())
        wishes[count++] = {*topic_filter::parse(f.filter), static_cast<hubwire::qos>(f.qos)};
    std::span<v3::subscription const> const expected(wishes.data(), count);
    right = p.id == id() && same_items(p.subscriptions, expected) &&
            encodes_to(v3::subscribe{.id = id(), .subscriptions = expected}, bytes);
  }
  constexpr void operator()(v3::unsubscribe const& p) const {
    v3::unsubscription const none{topic_filter::trusted({})};
    std::array<v3::unsubscription, 3> filters{none, none, none};
    std::size_t count = 0;
    for (golden_filter const& f : g.filters)
      if (!f.filter.empty()) filters[count++] = {*topic_filter::parse(f.filter)};
    std::span<v3::unsubscription const> const expected(filters.data(), count);
    right = p.id == id() && same_items(p.filters, expected) &&
            encodes_to(v3::unsubscribe{.id = id(), .filters = expected}, bytes);
  }
};

constexpr bool holds(golden_packet const& golden) {
  char memory[1024] = {};
  std::size_t const size = unhex(golden.hex, memory);
  frame_result const split = split_frame(char_view(memory, size));
  if (split.status != frame_status::ready || split.size != size || split.frame.type() != golden.type)
    return false;
  if (golden.flags && split.frame.flags() != *golden.flags) return false;
  if (golden.remaining_length && split.frame.body().size() != *golden.remaining_length) return false;

  bool right = false;
  field_check const check{golden, {memory, size}, right};
  auto const outcome = dispatch<v3_tag>(split.frame, golden.sender, check);
  if (!golden.wildcard_in_topic) return outcome.has_value() && right;
  return outcome.error() == errc::protocol_error &&
         dispatch<v3_tag, structural>(split.frame, golden.sender, check).has_value() && right;
}

// What decoding the packet at the start of bytes says; accepted packets encode to what they were, or say
// why they cannot.
constexpr errc verdict_on(std::string_view bytes, role sender, std::uint32_t limit = largest_packet) {
  frame_result const split =
      split_frame(char_view(bytes.data(), bytes.size()), limit, first_bytes_of<v3_tag>(sender));
  if (split.status == frame_status::need_more) return errc::not_one_frame;
  if (split.status == frame_status::failed) return split.error.code;
  errc encoding = errc::none;
  auto const outcome = dispatch<v3_tag>(split.frame, sender, [&](auto const& packet) {
    char room[64] = {};
    auto const written = encode(char_span(room), packet);
    if (!written)
      encoding = written.error().code;
    else if (!same({written->data(), written->size()}, split.frame.view()))
      encoding = errc::not_supported;  // no verdict that a row has
  });
  return outcome ? encoding : outcome.error().code;
}

constexpr bool holds(verdict_row const& row) {
  char memory[64] = {};
  std::size_t const size = unhex(row.hex, memory);
  return verdict_on({memory, size}, row.sender, row.limit) == row.verdict;
}

}  // namespace hubwire::test

#endif
