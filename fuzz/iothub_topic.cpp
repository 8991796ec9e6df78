// SPDX-License-Identifier: BSL-1.0
// Topics of IoT Hub, in a device and in a hub. Oracle: a reader that cuts them into levels first agrees on
// what each means, on why it means nothing, and on the form in which it is written.
#include <string>
#include <vector>

#include <hubwire/iothub/topic_event.hpp>

#include <fuzz/reference/iothub_topics.hpp>
#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;
using namespace hubwire::iothub;
using hubwire::result;
using hubwire::topic_name;

constexpr identity self{"hub.example", "d1"};
constexpr identity stranger{"hub.example", "d10"};

std::string name_of(topic_kind kind) {
  constexpr char const* names[] = {"c2d",       "twin_response", "desired_update",  "method_request",
                                   "telemetry", "twin_get",      "reported_update", "method_response"};
  return names[static_cast<std::size_t>(kind) - 1];  // no kind is 0
}

property_bag const* properties_of(topic_event const& event) {
  if (event.c2d() != nullptr) return &event.c2d()->properties;
  if (event.telemetry() != nullptr) return &event.telemetry()->properties;
  return nullptr;
}

void require_same(property_bag const& bag, std::vector<reference::pair> const& wanted) {
  require(bag.size() == wanted.size(), "agree on the number of properties");
  std::size_t index = 0;
  for (property const item : bag) {
    reference::pair const& have = wanted[index++];
    require(item.name.raw() == have.name, "agree on a name");
    require(item.value.is_null() == !have.value, "agree on null");
    require(item.value.raw() == have.value.value_or(""), "agree on a value");
  }
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

void check_writing(topic_event const& event, std::optional<std::string> const& wanted, std::size_t size) {
  std::vector<char> storage(wanted ? wanted->size() : 3 * size + 128);
  result<topic_name> const written = write(storage, event);
  require(written.has_value() == wanted.has_value(), "agree on what can be written");
  if (!written) return;
  require(*written == std::string_view(*wanted), "agree on the form in which it is written");
  std::vector<char> small(wanted->size() - 1);
  result<topic_name> const refused = write(small, event);
  require(!refused && refused.error() == hubwire::error{hubwire::errc::buffer_too_small,
                                                        static_cast<std::uint32_t>(wanted->size())},
          "a buffer one byte too small is refused with the size needed");
}

template <class Parse>
void check(topic_name topic, reference::meaning const& wanted, Parse parse) {
  result<topic_event> const event = parse(topic, self);
  require(event.has_value() == wanted.refusal.empty(), "agree on what means something");
  if (!event)
    return require(to_string(event.error().code) == wanted.refusal, "agree on why it means nothing");
  require(name_of(event->kind()) == wanted.kind, "agree on what it is");
  property_bag const* const bag = properties_of(*event);
  require((bag != nullptr) == wanted.properties.has_value(), "messages have properties");
  if (bag != nullptr) {
    require_same(*bag, *wanted.properties);
    require(parse(topic, stranger).error() == hubwire::errc::not_iothub_topic,
            "a message of d1 is not one of d10");
  }
  if (auto const* const method = event->method_request())
    require(method->name == wanted.name && method->id.text() == wanted.id,
            "agree on the method and its request");
  check_writing(*event, wanted.canonical, topic.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const input = fuzz::as_text(data, size);
  auto const topic = topic_name::parse(input);
  if (!topic) return 0;
  check(*topic, reference::in_device(input, "d1"),
        [](topic_name t, identity const& who) { return parse_topic(t, who); });
  check(*topic, reference::in_hub(input, "d1"),
        [](topic_name t, identity const& who) { return parse_device_topic(t, who); });
  return 0;
}
