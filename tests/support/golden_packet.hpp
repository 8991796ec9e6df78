// SPDX-License-Identifier: BSL-1.0
// The check that our decoder sees the fields of a recorded packet, and that they encode back to its bytes.
#ifndef HUBWIRE_TESTS_SUPPORT_GOLDEN_PACKET_HPP
#define HUBWIRE_TESTS_SUPPORT_GOLDEN_PACKET_HPP

#include <vector>

#include <hubwire/mqtt3.hpp>

#include <support/golden_fields.hpp>
#include <support/packet_checks.hpp>

namespace hubwire::test {

namespace detail {

inline delivery delivery_of(golden_packet const& g) {
  if (g.qos == 0) return {};
  auto const id = packet_id::trusted(static_cast<std::uint16_t>(g.id));
  auto const first = g.qos == 1 ? delivery::at_least_once(id) : delivery::exactly_once(id);
  return g.duplicate ? first.again() : first;
}

// Compares each packet with the fields, and encodes it again from nothing but the fields.
struct golden_check {
  golden_packet const& g;

  packet_id id() const { return packet_id::trusted(static_cast<std::uint16_t>(g.id)); }

  void operator()(v3::connect const& p) const {
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
    CHECK(p == expected);
    check_encodes(expected, g.hex);
  }
  void operator()(v3::connack const& p) const {
    v3::connack const expected{g.session_present, static_cast<v3::connect_return_code>(g.code)};
    CHECK(p == expected);
    check_encodes(expected, g.hex);
  }
  void operator()(v3::publish const& p) const {
    CHECK(p.topic == g.topic);
    CHECK(p.payload.view() == g.payload);
    CHECK(static_cast<unsigned>(p.delivery.qos()) == g.qos);
    CHECK(p.delivery.duplicate() == g.duplicate);
    CHECK(p.retain == g.retain);
    CHECK((p.delivery.has_id() ? p.delivery.id().number() : 0) == g.id);
    auto const topic = topic_name::parse(g.topic);
    CHECK(topic.has_value() != g.wildcard_in_topic);
    check_encodes(v3::publish{.topic = topic.value_or(topic_name::trusted(g.topic)),
                              .payload = as_bytes(g.payload),
                              .delivery = delivery_of(g),
                              .retain = g.retain},
                  g.hex);
  }
  template <packet_type Type>
  void operator()(v3::acknowledgement<Type> const& p) const {
    CHECK(p.id.number() == g.id);
    check_encodes(v3::acknowledgement<Type>{.id = id()}, g.hex);
  }
  void operator()(v3::subscribe const& p) const {
    std::vector<v3::subscription> expected;
    for (golden_filter const& f : g.filters)
      if (!f.filter.empty())
        expected.push_back({*topic_filter::parse(f.filter), static_cast<hubwire::qos>(f.qos)});
    CHECK(p.id.number() == g.id);
    CHECK(items(p.subscriptions) == expected);
    check_encodes(v3::subscribe{.id = id(), .subscriptions = expected}, g.hex);
  }
  void operator()(v3::unsubscribe const& p) const {
    std::vector<v3::unsubscription> expected;
    for (golden_filter const& f : g.filters)
      if (!f.filter.empty()) expected.push_back({*topic_filter::parse(f.filter)});
    CHECK(p.id.number() == g.id);
    CHECK(items(p.filters) == expected);
    check_encodes(v3::unsubscribe{.id = id(), .filters = expected}, g.hex);
  }
  void operator()(v3::suback const& p) const {
    std::vector<v3::suback_return_code> expected;
    for (std::uint8_t const code : from_hex(g.granted_hex)) expected.push_back(v3::suback_return_code{code});
    CHECK(p.id.number() == g.id);
    CHECK(items(p.codes) == expected);
    check_encodes(v3::suback{.id = id(), .codes = expected}, g.hex);
  }
  template <packet_type Type>
  void operator()(v3::empty_packet<Type> const& p) const {
    check_encodes(p, g.hex);
  }
};

}  // namespace detail

inline void check_golden(golden_packet const& golden) {
  CAPTURE(golden.from, golden.hex);
  guarded_input const input(from_hex(golden.hex));
  frame_result const split = split_frame(input.octets());
  REQUIRE(split.status == frame_status::ready);
  CHECK(split.size == input.octets().size());
  CHECK(split.frame.type() == golden.type);
  if (golden.flags) CHECK(split.frame.flags() == *golden.flags);
  if (golden.remaining_length) CHECK(split.frame.body().size() == *golden.remaining_length);
  detail::golden_check const check{golden};
  auto const outcome = dispatch<v3_tag>(split.frame, golden.sender, check);
  if (golden.wildcard_in_topic) {
    CHECK(outcome.error() == errc::protocol_error);
    CHECK(dispatch<v3_tag, structural>(split.frame, golden.sender, check).has_value());
  } else {
    CHECK(outcome.has_value());
  }
}

}  // namespace hubwire::test

#endif
