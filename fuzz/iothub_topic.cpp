// SPDX-License-Identifier: BSL-1.0
// Topics of IoT Hub, in a device and in a hub. Oracle: what was understood, written again in the canonical
// form, is understood as the same; and nothing is understood that belongs to another device.
#include <array>
#include <string>
#include <vector>

#include <hubwire/iothub/topic_event.hpp>

#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;
using namespace hubwire::iothub;
using hubwire::result;
using hubwire::topic_name;

constexpr identity self{"hub.example", "d1"};
constexpr identity stranger{"hub.example", "d10"};

bool same_properties(property_bag const& a, property_bag const& b) {
  if (a.size() != b.size()) return false;
  auto other = b.begin();
  for (property const item : a) {
    property const twin = *other;
    ++other;
    if (item.name.raw() != twin.name.raw() || item.value.raw() != twin.value.raw()) return false;
    if (item.value.state() != twin.value.state()) return false;
  }
  return true;
}

bool same_event(topic_event const& a, topic_event const& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case topic_kind::c2d: return same_properties(a.c2d()->properties, b.c2d()->properties);
    case topic_kind::telemetry: return same_properties(a.telemetry()->properties, b.telemetry()->properties);
    case topic_kind::twin_response:
      return a.twin_response()->status == b.twin_response()->status &&
             a.twin_response()->id == b.twin_response()->id &&
             a.twin_response()->version == b.twin_response()->version;
    case topic_kind::desired_update: return a.desired_update()->version == b.desired_update()->version;
    case topic_kind::method_request:
      return a.method_request()->name == b.method_request()->name &&
             a.method_request()->id == b.method_request()->id;
    case topic_kind::twin_get: return a.twin_get()->id == b.twin_get()->id;
    case topic_kind::reported_update:
      return a.reported_update()->id == b.reported_update()->id &&
             a.reported_update()->version == b.reported_update()->version;
    case topic_kind::method_response:
      return a.method_response()->status == b.method_response()->status &&
             a.method_response()->id == b.method_response()->id;
  }
  return false;
}

// Message topics only when no name or value is broken: a builder takes plain text.
result<topic_name> write_properties(topic_builder builder, property_bag const& bag) {
  for (property const item : bag) {
    std::vector<char> name(item.name.raw().size());
    std::vector<char> value(item.value.raw().size());
    auto const plain_name = item.name.decode(name);
    auto const plain_value = item.value.decode(value);
    if (!plain_name || !plain_value) return hubwire::errc::invalid_percent_encoding;
    item.value.is_null() ? builder.add_null(*plain_name) : builder.add(*plain_name, *plain_value);
  }
  return builder.done();
}

result<topic_name> write(hubwire::char_span output, topic_event const& event) {
  switch (event.kind()) {
    case topic_kind::c2d: return write_properties(c2d_topic(output, self.device), event.c2d()->properties);
    case topic_kind::telemetry:
      return write_properties(telemetry_topic(output, self.device), event.telemetry()->properties);
    case topic_kind::twin_response: return twin_response_topic(output, *event.twin_response());
    case topic_kind::desired_update: return desired_update_topic(output, *event.desired_update());
    case topic_kind::method_request: return method_request_topic(output, *event.method_request());
    case topic_kind::twin_get: return twin_get_topic(output, event.twin_get()->id);
    case topic_kind::reported_update: return reported_update_topic(output, *event.reported_update());
    case topic_kind::method_response: return method_response_topic(output, *event.method_response());
  }
  return hubwire::errc::not_iothub_topic;
}

bool holds_messages(topic_event const& event) {
  return event.c2d() != nullptr || event.telemetry() != nullptr;
}

template <class Parse>
void check(topic_name topic, Parse parse) {
  result<topic_event> const event = parse(topic, self);
  if (!event) return;
  if (holds_messages(*event)) require(!parse(topic, stranger), "a message of d1 is not one of d10");

  std::vector<char> storage(3 * topic.size() + 128);
  result<topic_name> const written = write(storage, *event);
  if (!written) {
    bool const odd_name =
        event->method_request() != nullptr && !is_valid_method_name(event->method_request()->name);
    require(odd_name || holds_messages(*event), "what was read can be written");
    return;
  }
  result<topic_event> const again = parse(*written, self);
  require(again.has_value(), "what was written can be read");
  std::vector<char> second(storage.size());
  result<topic_name> const canonical = write(second, *again);
  require(canonical && *canonical == *written, "the canonical form stays as it is");
  if (!holds_messages(*event)) require(same_event(*event, *again), "it means the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const topic = topic_name::parse(fuzz::as_text(data, size));
  if (!topic) return 0;
  check(*topic, [](topic_name t, identity const& who) { return parse_topic(t, who); });
  check(*topic, [](topic_name t, identity const& who) { return parse_device_topic(t, who); });
  return 0;
}
