// SPDX-License-Identifier: BSL-1.0
// A recorded MQTT 3.1.1 packet with the fields that somebody else's decoder saw in it. No Catch2 here: the
// tables also go to machines that have none.
#ifndef HUBWIRE_TESTS_SUPPORT_GOLDEN_FIELDS_HPP
#define HUBWIRE_TESTS_SUPPORT_GOLDEN_FIELDS_HPP

#include <array>
#include <optional>
#include <string_view>

#include <hubwire/mqtt3.hpp>

namespace hubwire::test {

struct golden_filter {
  std::string_view filter{};
  unsigned qos = 0;
};

// One line of a table: the fields that belong to the packet are named, the others stay as they are.
struct golden_packet {
  std::string_view from{};
  role sender = role::any;
  packet_type type{};
  std::optional<unsigned> flags{};             // of the first byte, where the recording has them
  std::optional<unsigned> remaining_length{};  // the same

  std::string_view client_id{};
  bool clean_session = true;
  unsigned keep_alive = 0;
  bool has_will = false;  // its fields are topic, payload, qos and retain
  std::optional<std::string_view> user_name{};
  std::optional<std::string_view> password{};

  bool session_present = false;
  unsigned code = 0;

  std::string_view topic{};
  std::string_view payload{};
  unsigned qos = 0;
  bool retain = false;
  bool duplicate = false;
  unsigned id = 0;
  bool wildcard_in_topic = false;  // a PUBLISH that only the structural policy takes

  std::array<golden_filter, 3> filters{};  // those that are not empty
  std::string_view granted_hex{};

  std::string_view hex{};
};

}  // namespace hubwire::test

#endif
