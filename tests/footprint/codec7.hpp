// SPDX-License-Identifier: BSL-1.0
// The seven codec operations whose size is measured, as a program would wrap them. The checked and the
// unchecked image implement the same list; what is in here is the program's, not the library's.
#ifndef HUBWIRE_TESTS_FOOTPRINT_CODEC7_HPP
#define HUBWIRE_TESTS_FOOTPRINT_CODEC7_HPP

#include <array>
#include <cstdint>
#include <string_view>

#include <hubwire/codec.hpp>
#include <hubwire/v3/ack.hpp>
#include <hubwire/v3/connack.hpp>
#include <hubwire/v3/connect.hpp>
#include <hubwire/v3/publish.hpp>
#include <hubwire/v3/suback.hpp>
#include <hubwire/v3/subscribe.hpp>

namespace footprint {

using hubwire::byte_span;
using hubwire::byte_view;
using hubwire::result;
namespace v3 = hubwire::v3;

// What a program learns at run time: out of flash, from a console, from a hub.
struct login {
  std::string_view client_id{};
  std::string_view user_name{};
  byte_view password{};
  std::string_view will_topic{};
  byte_view will_message{};
  std::uint16_t keep_alive = 0;
};

struct wish {
  std::string_view filter{};
  hubwire::qos qos = hubwire::qos::at_most_once;
};

struct outgoing {
  std::string_view topic{};
  byte_view payload{};
};

result<byte_view> encode_connect(byte_span output, login const& who) noexcept;
result<byte_view> encode_subscribe(byte_span output, hubwire::packet_id id,
                                   std::array<wish, 3> const& wishes) noexcept;
result<byte_view> encode_publish(byte_span output, hubwire::packet_id id, outgoing const& what) noexcept;

result<v3::connack> decode_connack(byte_view packet) noexcept;
result<v3::suback> decode_suback(byte_view packet) noexcept;
result<v3::puback> decode_puback(byte_view packet) noexcept;
result<v3::publish> decode_publish(byte_view packet) noexcept;

}  // namespace footprint

#endif
