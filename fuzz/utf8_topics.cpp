// SPDX-License-Identifier: BSL-1.0
// Texts, topic names and filters. Input: a filter, a newline, a topic; each is also judged as the other.
// Oracle: what libmosquitto exports for the same questions, where the standard leaves no choice. It also
// refuses control characters and non-characters (§1.5.3 says SHOULD NOT), and more than 200 levels.
#include <algorithm>
#include <string>

#include <mosquitto.h>
#include <hubwire/core/utf8.hpp>
#include <hubwire/wire/topic_filter.hpp>
#include <hubwire/wire/topic_name.hpp>

#include <fuzz/reference/topics.hpp>
#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;

// U+0001 to U+001F, U+007F to U+009F, and the non-characters; well-formed UTF-8 only.
bool has_discouraged(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    auto const lead = static_cast<unsigned char>(text[i]);
    std::size_t const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::uint32_t point = length == 1 ? lead : lead & (0x7fu >> length);
    for (std::size_t k = 1; k != length; ++k)
      point = point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3fu);
    if (point < 0x20 || (point >= 0x7f && point <= 0x9f)) return true;
    if ((point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffe) == 0xfffe) return true;
    i += length;
  }
  return false;
}

bool many_levels(std::string_view text) { return std::count(text.begin(), text.end(), '/') >= 200; }

void judge(std::string_view text) {
  bool const sound = hubwire::text::is_valid(text);
  bool const theirs = mosquitto_validate_utf8(text.data(), static_cast<int>(text.size())) == MOSQ_ERR_SUCCESS;
  require(sound == reference::is_mqtt_text(text), "agree with the reference on text");
  if (theirs) require(sound, "what libmosquitto takes for text is text");
  if (sound && !theirs)
    require(text.empty() || has_discouraged(text), "libmosquitto refuses no other text than the classified");

  bool const name = hubwire::topic_name::is_valid(text);
  bool const filter = hubwire::topic_filter::is_valid(text);
  require(name == reference::is_topic_name(text), "agree with the reference on names");
  require(filter == reference::is_topic_filter(text), "agree with the reference on filters");
  if (name) require(filter, "a name is a filter");
  if (!sound || text.empty() || many_levels(text)) return;
  require(name == (mosquitto_pub_topic_check2(text.data(), text.size()) == MOSQ_ERR_SUCCESS),
          "agree with libmosquitto on names");
  require(filter == (mosquitto_sub_topic_check2(text.data(), text.size()) == MOSQ_ERR_SUCCESS),
          "agree with libmosquitto on filters");
}

void match(std::string_view filter, std::string_view topic) {
  auto const wanted = hubwire::topic_filter::parse(filter);
  auto const have = hubwire::topic_name::parse(topic);
  if (!wanted || !have) return;
  bool theirs = false;
  int const answer =
      mosquitto_topic_matches_sub2(filter.data(), filter.size(), topic.data(), topic.size(), &theirs);
  require(answer == MOSQ_ERR_SUCCESS, "libmosquitto has an answer");
  require(wanted->matches(*have) == theirs, "agree with libmosquitto on what matches");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  // The library looks at the character behind a topic now and then, so each is a string of its own.
  std::string const input(fuzz::as_text(data, size));
  std::size_t const end = std::min(input.find('\n'), input.size());
  std::string const filter = input.substr(0, end);
  std::string const topic = input.substr(std::min(end + 1, input.size()));
  judge(filter);
  judge(topic);
  match(filter, topic);
  match(topic, filter);
  return 0;
}
