// SPDX-License-Identifier: BSL-1.0
// Seven codec operations for a program that vouches for its own text and trusts its broker's: nothing is
// scanned, the structure of packets is checked all the same.
#include <footprint/codec7.hpp>

namespace footprint {

using hubwire::structural;
using hubwire::text;
using hubwire::topic_filter;
using hubwire::topic_name;

[[gnu::noinline]] result<byte_view> encode_connect(byte_span output, login const& who) noexcept {
  return hubwire::encode(output, v3::connect{
                                     .client_id = text::trusted(who.client_id),
                                     .keep_alive = who.keep_alive,
                                     .will = v3::will{.topic = topic_name::trusted(who.will_topic),
                                                      .message = who.will_message,
                                                      .qos = hubwire::qos::at_least_once},
                                     .user_name = text::trusted(who.user_name),
                                     .password = who.password,
                                 });
}

[[gnu::noinline]] result<byte_view> encode_subscribe(byte_span output, hubwire::packet_id id,
                                                     std::array<wish, 3> const& wishes) noexcept {
  v3::subscription const wanted[] = {{topic_filter::trusted(wishes[0].filter), wishes[0].qos},
                                     {topic_filter::trusted(wishes[1].filter), wishes[1].qos},
                                     {topic_filter::trusted(wishes[2].filter), wishes[2].qos}};
  return hubwire::encode(output, v3::subscribe{id, wanted});
}

[[gnu::noinline]] result<byte_view> encode_publish(byte_span output, hubwire::packet_id id,
                                                   outgoing const& what) noexcept {
  return hubwire::encode(output, v3::publish{.topic = topic_name::trusted(what.topic),
                                             .payload = what.payload,
                                             .delivery = hubwire::delivery::at_least_once(id)});
}

[[gnu::noinline]] result<v3::connack> decode_connack(byte_view packet) noexcept {
  return hubwire::decode<v3::connack, structural>(packet);
}

[[gnu::noinline]] result<v3::suback> decode_suback(byte_view packet) noexcept {
  return hubwire::decode<v3::suback, structural>(packet);
}

[[gnu::noinline]] result<v3::puback> decode_puback(byte_view packet) noexcept {
  return hubwire::decode<v3::puback, structural>(packet);
}

[[gnu::noinline]] result<v3::publish> decode_publish(byte_view packet) noexcept {
  return hubwire::decode<v3::publish, structural>(packet);
}

}  // namespace footprint
