// SPDX-License-Identifier: BSL-1.0
#include "c2d_topic.hpp"

#include <hubwire/iothub/c2d.hpp>

namespace hub_emulator {

namespace {

void add_all(hubwire::iothub::topic_builder& topic, property_list const& properties) {
  for (property const& item : properties) {
    if (!item.value)
      topic.add_null(item.name);
    else if (item.value->empty())
      topic.add_empty(item.name);
    else
      topic.add(item.name, *item.value);
  }
}

}  // namespace

hubwire::result<hubwire::topic_name> c2d_topic(hubwire::char_span buffer, hubwire::iothub::device_id device,
                                               c2d_message const& message) {
  auto topic = hubwire::iothub::c2d_topic(buffer, device);
  add_all(topic, message.system);
  add_all(topic, message.application);
  return topic.done();
}

}  // namespace hub_emulator
