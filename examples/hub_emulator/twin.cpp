// SPDX-License-Identifier: BSL-1.0
#include "twin.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include "events.hpp"

namespace hub_emulator {

namespace {

// IoT Hub's documented limits for a twin.
constexpr std::size_t section_max = 32 * 1024;
constexpr int depth_max = 10;
constexpr std::size_t name_max = 1024;
constexpr std::size_t string_max = 4096;
constexpr std::int64_t integer_min = -4'503'599'627'370'496;
constexpr std::int64_t integer_max = 4'503'599'627'370'495;

bool is_name_character(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F && c != '.' && c != '$' && c != ' ';
}

// Empty when the value keeps the limits. Recursion ends at depth_max, whatever the input.
std::string broken_limit(json const& value, int depth) {
  if (depth > depth_max) return "more than 10 levels";
  if (value.is_string() && value.get_ref<std::string const&>().size() > string_max)
    return "a string of more than 4 KB";
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{integer_max})
    return "an integer that is too large";
  if (value.is_number_integer() && !value.is_number_unsigned() && value.get<std::int64_t>() < integer_min)
    return "an integer that is too small";
  if (!value.is_structured()) return {};

  for (auto const& [name, member] : value.items()) {
    if (value.is_object() && (name.empty() || name.size() > name_max))
      return "a member name that is empty or longer than 1 KB";
    if (value.is_object() && !std::all_of(name.begin(), name.end(), is_name_character))
      return "a member name with '.', '$', a space or a control character";
    if (std::string broken = broken_limit(member, depth + 1); !broken.empty()) return broken;
  }
  return {};
}

twin_patch refused(std::string message) { return {{400, std::move(message)}, {}}; }

}  // namespace

twin_patch read_patch(std::string_view text) {
  if (text.size() > section_max) return refused("a patch of more than 32 KB");
  json members = parse_json(text);
  if (members.is_discarded()) return refused("not JSON, or far too deep");
  return check_patch(std::move(members));
}

twin_patch check_patch(json members) {
  if (!members.is_object()) return refused("not a JSON object");
  if (std::string broken = broken_limit(members, 0); !broken.empty()) return refused(std::move(broken));
  return {{204, {}}, std::move(members)};
}

twin_outcome apply(twin_section& section, json const& patch, std::optional<std::uint64_t> wanted) {
  if (wanted && *wanted != section.version) return {412, "the version is " + std::to_string(section.version)};
  json merged = section.members;
  merged.merge_patch(patch);
  if (to_text(merged).size() > section_max) return {400, "the section would exceed 32 KB"};
  section.members = std::move(merged);
  ++section.version;
  return {};
}

json document(twin const& whole) {
  return {{"desired", desired_notice(whole.desired.members, whole.desired.version)},
          {"reported", desired_notice(whole.reported.members, whole.reported.version)}};
}

json desired_notice(json patch, std::uint64_t version) {
  patch["$version"] = version;
  return patch;
}

json error_body(int status, std::string_view message) {
  // IoT Hub's codes are the HTTP status with three more digits; 400004 is ArgumentInvalid, 412001
  // PreconditionFailed.
  int const code = status == 400 ? 400'004 : status * 1000 + 1;
  return {{"errorCode", code},
          {"message", message},
          {"timestampUtc", iso_time(std::chrono::system_clock::now())}};
}

}  // namespace hub_emulator
