// SPDX-License-Identifier: BSL-1.0
// What a topic means to IoT Hub, in a device and in a hub, by cutting it into levels and lists. Azure:
// "Communicate with an IoT hub using the MQTT protocol". Uses nothing of hubwire.
#ifndef HUBWIRE_FUZZ_REFERENCE_IOTHUB_TOPICS_HPP
#define HUBWIRE_FUZZ_REFERENCE_IOTHUB_TOPICS_HPP

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fuzz/reference/iothub_texts.hpp>
#include <fuzz/reference/utf8.hpp>

namespace reference {

struct meaning {
  std::string refusal{};  // the error's name; empty for a topic that means something
  std::string kind{};
  std::string name{};  // of a method
  std::string id{};
  std::optional<std::vector<pair>> properties{};  // of a message
  // The same in the form in which it is written; nothing when it cannot be.
  std::optional<std::string> canonical{};
};

inline meaning refused(std::string why) { return {.refusal = std::move(why)}; }

struct query {
  std::optional<std::string> id{};
  std::optional<std::uint64_t> version{};
};

// "?$rid=1&$version=2"; nothing when it is none.
inline std::optional<query> query_of(std::string const& level) {
  query found;
  if (level.empty()) return found;
  if (level[0] != '?' || level.find('/') != std::string::npos) return std::nullopt;
  auto const pairs = pairs_of(level.substr(1));
  if (!pairs) return std::nullopt;
  int ids = 0;
  for (pair const& p : *pairs) {
    auto const name = percent_decoded(p.name);
    if (name == "$version") {
      if (found.version || !natural(p.value.value_or(""))) return std::nullopt;
      found.version = natural(*p.value);
    }
    if (name != "$rid") continue;
    if (++ids > 1) return std::nullopt;
    if (p.value && !p.value->empty()) found.id = p.value;
  }
  return found;
}

// A request or its answer: begin, the query, and the version where the kind has one.
inline meaning request(std::string kind, std::string const& begin, std::string const& level, bool versioned) {
  auto const found = query_of(level);
  if (!found) return refused("invalid_iothub_topic");
  if (!found->id) return refused("missing_request_id");
  meaning m{.kind = std::move(kind), .id = *found->id};
  m.canonical = begin + "?$rid=" + m.id;
  if (versioned && found->version) *m.canonical += "&$version=" + std::to_string(*found->version);
  return m;
}

// The text in front of the first '/' and what is behind it; nothing without one.
inline std::optional<std::pair<std::string, std::string>> two_levels(std::string_view text) {
  std::size_t const slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  return std::pair{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

inline meaning message(std::string const& kind, std::string const& begin, std::string const& bag) {
  auto const pairs = pairs_of(bag);
  if (!pairs) return refused("invalid_iothub_topic");
  meaning m{.kind = kind, .properties = pairs};
  std::string written = begin;
  for (pair const& p : *pairs) {
    auto const name = percent_decoded(p.name);
    auto const value = percent_decoded(p.value.value_or(""));
    if (!name || !value || !is_utf8(*name) || !is_utf8(*value)) return m;
    if (written != begin) written += '&';
    written += percent_encoded(*name);
    if (p.value) written += '=' + percent_encoded(*value);
  }
  m.canonical = written;
  return m;
}

inline bool is_method(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c <= '~' &&
           std::string_view("$()<>@,;:\\\"/[]?={}+#").find(c) == std::string_view::npos;
  });
}

inline meaning method_request(std::string_view rest) {
  auto const levels = two_levels(rest);
  if (!levels || levels->first.empty()) return refused("invalid_iothub_topic");
  meaning m = request("method_request", "$iothub/methods/POST/" + levels->first + "/", levels->second, false);
  m.name = levels->first;
  if (!is_method(m.name)) m.canonical.reset();
  return m;
}

inline meaning method_response(std::string_view rest) {
  auto const levels = two_levels(rest);
  if (!levels) return refused("invalid_iothub_topic");
  bool const negative = levels->first.rfind('-', 0) == 0;
  auto const magnitude = natural(levels->first.substr(negative ? 1 : 0));
  if (!magnitude || *magnitude > (negative ? 2'147'483'648u : 2'147'483'647u))
    return refused("invalid_iothub_topic");
  std::string const status = (negative && *magnitude != 0 ? "-" : "") + std::to_string(*magnitude);
  return request("method_response", "$iothub/methods/res/" + status + "/", levels->second, false);
}

inline meaning twin_response(std::string_view rest) {
  auto const levels = two_levels(rest);
  bool const status =
      levels && levels->first.size() == 3 && is_number(levels->first) && levels->first[0] != '0';
  if (!status) return refused("invalid_iothub_topic");
  return request("twin_response", "$iothub/twin/res/" + levels->first + "/", levels->second, true);
}

inline meaning desired_update(std::string_view rest) {
  auto const found = query_of(std::string(rest));
  if (!found || !found->version) return refused("invalid_iothub_topic");
  meaning m{.kind = "desired_update"};
  m.canonical = "$iothub/twin/PATCH/properties/desired/?$version=" + std::to_string(*found->version);
  return m;
}

// What is behind begin, if the topic begins with it.
inline std::optional<std::string_view> behind(std::string_view topic, std::string_view begin) {
  if (topic.substr(0, begin.size()) != begin) return std::nullopt;
  return topic.substr(begin.size());
}

// What is behind a folder of the device's own, "" or "/…"; without the '/'.
inline std::optional<std::string> in_folder(std::string_view topic, std::string const& folder) {
  auto const rest = behind(topic, folder);
  if (!rest || (!rest->empty() && rest->front() != '/')) return std::nullopt;
  return std::string(rest->substr(rest->empty() ? 0 : 1));
}

inline meaning in_device(std::string_view topic, std::string const& device) {
  if (auto const rest = behind(topic, "$iothub/methods/POST/")) return method_request(*rest);
  if (auto const rest = behind(topic, "$iothub/twin/res/")) return twin_response(*rest);
  if (auto const rest = behind(topic, "$iothub/twin/PATCH/properties/desired/")) return desired_update(*rest);
  std::string const folder = "devices/" + device + "/messages/devicebound";
  if (auto const bag = in_folder(topic, folder)) return message("c2d", folder + '/', *bag);
  return refused("not_iothub_topic");
}

inline meaning in_hub(std::string_view topic, std::string const& device) {
  if (auto const rest = behind(topic, "$iothub/methods/res/")) return method_response(*rest);
  for (auto const& [kind, begin] : {std::pair{"twin_get", "$iothub/twin/GET/"},
                                    std::pair{"reported_update", "$iothub/twin/PATCH/properties/reported/"}})
    if (auto const rest = behind(topic, begin))
      return request(kind, begin, std::string(*rest), std::string_view(kind) == "reported_update");
  std::string const folder = "devices/" + device + "/messages/events";
  auto const bag = in_folder(topic, folder);
  if (!bag) return refused("not_iothub_topic");
  return message("telemetry", folder + '/', bag->substr(0, bag->find('/')));
}

}  // namespace reference

#endif
