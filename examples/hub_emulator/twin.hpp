// SPDX-License-Identifier: BSL-1.0
// A device twin: two JSON documents with versions, changed by merge patches within IoT Hub's limits.
#ifndef HUB_EMULATOR_TWIN_HPP
#define HUB_EMULATOR_TWIN_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json.hpp"

namespace hub_emulator {

// One half of a twin. The version starts at 1 and rises with each patch that is taken.
struct twin_section {
  json members = json::object();
  std::uint64_t version = 1;
};

struct twin {
  twin_section desired{};
  twin_section reported{};
};

// How a twin operation went, with the status that goes into the topic.
struct twin_outcome {
  int status = 204;
  std::string message{};  // for people, when status is an error
};

// The text of a patch that keeps the limits, or the reason why it does not.
struct twin_patch {
  twin_outcome outcome{};
  json members{};
};

// Reads a patch: a JSON object of at most 32 KB, at most 10 levels deep, with member names and values that
// IoT Hub takes.
twin_patch read_patch(std::string_view text);

// The same check for a patch that is JSON already.
twin_patch check_patch(json members);

// Merges the patch; null deletes. wanted is the version that the section must have, if the sender cares.
twin_outcome apply(twin_section& section, json const& patch, std::optional<std::uint64_t> wanted);

// The answer to a GET: {"desired":{...,"$version":n},"reported":{...,"$version":m}}.
json document(twin const& whole);

// What a device is told about a change: the patch and the version that it led to.
json desired_notice(json patch, std::uint64_t version);

// The body of a response that carries an error.
json error_body(int status, std::string_view message);

}  // namespace hub_emulator

#endif
