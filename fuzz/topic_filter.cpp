// SPDX-License-Identifier: BSL-1.0
// Input: a filter, a line feed, a topic. Oracle: the reference, which cuts both into levels first, agrees
// on which texts are valid and on what matches.
#include <hubwire/wire/topic_filter.hpp>

#include <fuzz/reference/topics.hpp>
#include <fuzz/support/target.hpp>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using fuzz::require;
  std::string_view const input = fuzz::as_text(data, size);
  std::size_t const line = std::min(input.find('\n'), input.size());
  std::string_view const wanted = input.substr(0, line);
  std::string_view const have = input.substr(std::min(line + 1, input.size()));

  for (std::string_view const text : {wanted, have, input}) {
    require(hubwire::text::is_valid(text) == reference::is_mqtt_text(text), "agree on texts");
    require(hubwire::topic_name::is_valid(text) == reference::is_topic_name(text), "agree on topic names");
    require(hubwire::topic_filter::is_valid(text) == reference::is_topic_filter(text), "agree on filters");
  }
  auto const filter = hubwire::topic_filter::parse(wanted);
  auto const name = hubwire::topic_name::parse(have);
  if (filter && name)
    require(filter->matches(*name) == reference::matches(wanted, have), "agree on what matches");
  if (name)  // a topic is a filter that matches itself
    require(hubwire::topic_filter::trusted(have).matches(*name), "a topic matches itself");
  return 0;
}
