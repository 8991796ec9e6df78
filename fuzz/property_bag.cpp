// SPDX-License-Identifier: BSL-1.0
// A property bag, read and written. Oracle: the reference cuts the text into a list first and agrees on
// structure and halves; and properties written by the topic builder come back as they went in.
#include <optional>
#include <string>
#include <vector>

#include <hubwire/iothub/property_bag.hpp>
#include <hubwire/iothub/telemetry.hpp>
#include <hubwire/iothub/topic_event.hpp>

#include <fuzz/reference/utf8.hpp>
#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;
namespace iothub = hubwire::iothub;

struct expected_property {
  std::string name{};
  std::optional<std::string> value{};
};

std::vector<std::string> pieces_of(std::string_view text, char separator) {
  std::vector<std::string> pieces(1);
  for (char const c : text) {
    if (c == separator) {
      pieces.emplace_back();
    } else {
      pieces.back() += c;
    }
  }
  return pieces;
}

// Nothing when a property has no name. One '&' at the end is let through.
std::optional<std::vector<expected_property>> expected(std::string_view text) {
  std::vector<expected_property> properties;
  if (text.empty()) return properties;
  std::vector<std::string> pieces = pieces_of(text, '&');
  if (pieces.back().empty()) pieces.pop_back();
  for (std::string const& piece : pieces) {
    std::size_t const equals = piece.find('=');
    if (piece.empty() || equals == 0) return std::nullopt;
    if (equals == std::string::npos) {
      properties.push_back({piece, std::nullopt});
    } else {
      properties.push_back({piece.substr(0, equals), piece.substr(equals + 1)});
    }
  }
  return properties;
}

std::optional<std::string> decoded(hubwire::percent_text text) {
  std::vector<char> room(text.raw().size());
  auto const plain = text.decode(room);
  return plain ? std::optional<std::string>(*plain) : std::nullopt;
}

// The first property with that name, and no other.
void require_found(iothub::property_bag const& bag, std::string const& name) {
  auto const found = bag.find(name);
  require(found.has_value(), "a property is found by its name");
  for (iothub::property const item : bag) {
    if (decoded(item.name) != name) continue;
    return require(found->is_null() == item.value.is_null() &&
                       found->raw().data() == item.value.raw().data() &&
                       found->raw().size() == item.value.raw().size(),
                   "the first property of a name is found");
  }
  require(false, "what is found is there");
}

void check_reading(std::string_view text) {
  auto const wanted = expected(text);
  auto const bag = iothub::property_bag::parse(text);
  require(bag.has_value() == wanted.has_value(), "agree on the structure");
  if (!bag) {
    require(bag.error() == hubwire::errc::invalid_iothub_topic && bag.error().detail < text.size(),
            "where it is wrong");
    return;
  }
  require(bag->size() == wanted->size() && bag->empty() == wanted->empty(),
          "agree on the number of properties");
  std::size_t index = 0;
  for (iothub::property const item : *bag) {
    require(index < wanted->size(), "no more properties than counted");
    expected_property const& have = (*wanted)[index++];
    require(item.name.raw() == have.name, "agree on a name");
    require(item.value.is_null() == !have.value.has_value(), "agree on null");
    require(item.value.raw() == have.value.value_or(""), "agree on a value");
    require(!item.value.is_null() || !(item.value == ""), "null equals nothing");
    if (auto const name = decoded(item.name)) require_found(*bag, *name);
  }
  require(index == wanted->size(), "no fewer properties than counted");
}

// Lines of input become names and values as a program would add them.
void check_writing(std::string_view input) {
  std::vector<std::string> const lines = pieces_of(input, '\n');
  std::vector<char> storage(input.size() * 3 + lines.size() + 64);
  auto builder = iothub::telemetry_topic(storage, "d1");
  std::vector<expected_property> added;
  bool named = true;
  bool well_formed = true;
  for (std::string const& line : lines) {
    std::size_t const equals = line.find('=');
    expected_property item{line.substr(0, equals), std::nullopt};
    if (equals != std::string::npos) item.value = line.substr(equals + 1);
    named = named && !item.name.empty();
    for (std::string const& text : {item.name, item.value.value_or("")})
      for (std::string const& part : pieces_of(text, '\0'))  // U+0000 can be a property's, escaped
        well_formed = well_formed && reference::is_mqtt_text(part);
    item.value ? builder.add(item.name, *item.value) : builder.add_null(item.name);
    added.push_back(item);
  }
  auto const topic = builder.done();
  require(topic.has_value() == (named && well_formed),
          "written exactly when there are names and it is UTF-8");
  if (!topic) return;
  require(hubwire::topic_name::is_valid(topic->view()), "a topic that was built is a topic");

  auto const read = iothub::parse_device_topic(*topic, {"hub.example", "d1"});
  require(read && read->telemetry() != nullptr, "a telemetry topic reads as one");
  std::size_t index = 0;
  for (iothub::property const item : read->telemetry()->properties) {
    require(index < added.size() && !item.malformed(), "no more properties than were added");
    expected_property const& wanted = added[index++];
    require(item.name == wanted.name && item.value.is_null() == !wanted.value, "a name comes back");
    require(!wanted.value || item.value == *wanted.value, "a value comes back");
  }
  require(index == added.size(), "every property comes back");

  std::vector<char> small(topic->size() - 1);
  auto again = iothub::telemetry_topic(small, "d1");
  for (expected_property const& item : added)
    item.value ? again.add(item.name, *item.value) : again.add_null(item.name);
  auto const refused = again.done();
  require(!refused && refused.error() == hubwire::error{hubwire::errc::buffer_too_small,
                                                        static_cast<std::uint32_t>(topic->size())},
          "a buffer one byte too small is refused with the size needed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const input = fuzz::as_text(data, size);
  check_reading(input);
  check_writing(input);
  return 0;
}
