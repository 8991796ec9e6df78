// SPDX-License-Identifier: BSL-1.0
// Seven codec operations, everything checked: text from outside is parsed before it is sent, and what
// comes in is decoded with the strict policy.
#include <footprint/codec7.hpp>

namespace footprint {

[[gnu::noinline]] result<byte_view> encode_connect(byte_span output, login const& who) noexcept {
  auto client_id = hubwire::text::parse(who.client_id);
  if (!client_id) return client_id.error();
  auto user_name = hubwire::text::parse(who.user_name);
  if (!user_name) return user_name.error();
  auto will_topic = hubwire::topic_name::parse(who.will_topic);
  if (!will_topic) return will_topic.error();
  return hubwire::encode(output, v3::connect{
                                     .client_id = *client_id,
                                     .keep_alive = who.keep_alive,
                                     .will = v3::will{.topic = *will_topic,
                                                      .message = who.will_message,
                                                      .qos = hubwire::qos::at_least_once},
                                     .user_name = *user_name,
                                     .password = who.password,
                                 });
}

[[gnu::noinline]] result<byte_view> encode_subscribe(byte_span output, hubwire::packet_id id,
                                                     std::array<wish, 3> const& wishes) noexcept {
  v3::subscription wanted[] = {{"#"}, {"#"}, {"#"}};
  for (std::size_t i = 0; i != wishes.size(); ++i) {
    auto filter = hubwire::topic_filter::parse(wishes[i].filter);
    if (!filter) return filter.error();
    wanted[i] = {*filter, wishes[i].qos};
  }
  return hubwire::encode(output, v3::subscribe{id, wanted});
}

[[gnu::noinline]] result<byte_view> encode_publish(byte_span output, hubwire::packet_id id,
                                                   outgoing const& what) noexcept {
  auto topic = hubwire::topic_name::parse(what.topic);
  if (!topic) return topic.error();
  return hubwire::encode(output, v3::publish{.topic = *topic,
                                             .payload = what.payload,
                                             .delivery = hubwire::delivery::at_least_once(id)});
}

[[gnu::noinline]] result<v3::connack> decode_connack(byte_view packet) noexcept {
  return hubwire::decode<v3::connack>(packet);
}

[[gnu::noinline]] result<v3::suback> decode_suback(byte_view packet) noexcept {
  return hubwire::decode<v3::suback>(packet);
}

[[gnu::noinline]] result<v3::puback> decode_puback(byte_view packet) noexcept {
  return hubwire::decode<v3::puback>(packet);
}

[[gnu::noinline]] result<v3::publish> decode_publish(byte_view packet) noexcept {
  return hubwire::decode<v3::publish>(packet);
}

}  // namespace footprint
