// SPDX-License-Identifier: BSL-1.0
// The two halves of a device twin in the answer to a GET. Azure: "Understand and use device twins in IoT
// Hub", and the MQTT article's heading on retrieving a twin's properties.
#ifndef HUBWIRE_IOTHUB_TWIN_DOCUMENT_HPP
#define HUBWIRE_IOTHUB_TWIN_DOCUMENT_HPP

#include <cstdint>
#include <optional>
#include <string_view>

#include <hubwire/core/result.hpp>
#include <hubwire/text/decimal.hpp>
#include <hubwire/text/json_object.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub {

/// Desired or reported properties: JSON text with its "$version", views into the payload.
struct twin_section {
  json_object members{};
  std::optional<std::uint64_t> version{};  // nothing where the text has none, or none that is a number

  /// The object as it stands in a desired update's payload, which is one section. errc::invalid_json.
  static constexpr result<twin_section> parse(std::string_view json) noexcept {
    auto object = json_object::parse(json);
    if (!object) return object.error();
    twin_section section{*object, {}};
    if (auto text = object->find("$version"))
      if (auto number = parse_decimal(*text)) section.version = *number;
    return section;
  }
};

struct twin_document {
  twin_section desired{};
  twin_section reported{};
};

/// Reads {"desired":{…},"reported":{…}} as the service sends it over MQTT, and the same inside a member
/// "properties", as older documents show it. errc::invalid_json with an offset; errc::missing_field when one
/// of the halves is not there.
constexpr result<twin_document> parse_twin(std::string_view json) noexcept {
  auto outer = json_object::parse(json);
  if (!outer) return outer.error();
  if (auto wrapped = outer->find("properties"); wrapped && !outer->find("desired")) {
    outer = json_object::parse(*wrapped);
    if (!outer) return outer.error();
  }
  auto desired = outer->find("desired");
  auto reported = outer->find("reported");
  if (!desired || !reported) return errc::missing_field;
  auto wanted = twin_section::parse(*desired);
  auto told = twin_section::parse(*reported);
  if (!wanted) return wanted.error();
  if (!told) return told.error();
  return twin_document{*wanted, *told};
}

}}}  // namespace hubwire::iothub

#endif
