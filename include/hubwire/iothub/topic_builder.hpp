// SPDX-License-Identifier: BSL-1.0
// Writes IoT Hub topics into memory of the caller.
#ifndef HUBWIRE_IOTHUB_TOPIC_BUILDER_HPP
#define HUBWIRE_IOTHUB_TOPIC_BUILDER_HPP

#include <cstddef>
#include <string_view>
#include <utility>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/text/encoded_text.hpp>
#include <hubwire/text/text_writer.hpp>
#include <hubwire/wire/text.hpp>
#include <hubwire/wire/topic_name.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub {

namespace detail {

// What was written, as a Text. Everything that went in was checked, so only the size is left to look at.
template <class Text>
constexpr result<Text> finish_as(text_writer const& out, errc too_long) noexcept {
  result<std::string_view> finished = out.finish(text_max, too_long);
  if (!finished) return finished.error();
  return Text::trusted(*finished);
}
constexpr result<topic_name> finish_topic(text_writer const& out) noexcept {
  return finish_as<topic_name>(out, errc::invalid_topic_name);
}

}  // namespace detail

/// A message topic whose properties are still coming: telemetry_topic() and c2d_topic() begin one, done()
/// ends it. Takes names and values as plain text and encodes them, system names such as "$.ct" too. The
/// first error sticks and done() reports it. The buffer outlives the builder and the topic.
class topic_builder {
 public:
  /// A property with a value; with "" it is there and empty. A repeated name is written twice.
  HUBWIRE_FASTER_INLINE constexpr topic_builder& add(std::string_view name, std::string_view value) noexcept {
    out_.put_pair(begin_property(name), name, value);
    if (out_.saw_non_ascii() && !(is_text(name) && is_text(value))) fail(errc::invalid_text);
    return *this;
  }
  /// A property with an empty value: "name=".
  constexpr topic_builder& add_empty(std::string_view name) noexcept { return add(name, {}); }
  /// A property whose name and value are encoded already: a literal, or a property that is passed on as it
  /// was received. errc::invalid_percent_encoding from done() for one taken from a failed result.
  HUBWIRE_FASTER_INLINE constexpr topic_builder& add_encoded(encoded_text name, encoded_text value) noexcept {
    if (!value.is_present()) fail(errc::invalid_percent_encoding);
    add_null_encoded(name);
    out_.put('=').put(value.view());
    return *this;
  }
  /// A property without a value whose name is encoded already: "name".
  constexpr topic_builder& add_null_encoded(encoded_text name) noexcept {
    if (!name.is_present()) fail(errc::invalid_percent_encoding);
    if (begin_property(name.view())) out_.put('&');
    out_.put(name.view());
    return *this;
  }
  /// A property without a value: "name".
  constexpr topic_builder& add_null(std::string_view name) noexcept {
    if (begin_property(name)) out_.put('&');
    out_.put_percent(name);
    if (out_.saw_non_ascii() && !is_text(name)) fail(errc::invalid_text);
    return *this;
  }

  /// The finished topic. errc::missing_field for an empty name; errc::invalid_text for a name or value that
  /// is not UTF-8, which the service's strings cannot hold; errc::invalid_topic_name for a device id that
  /// topics cannot hold and for more than 65,535 bytes; errc::buffer_too_small with the size needed.
  constexpr result<topic_name> done() const noexcept {
    if (failure_ != errc::none) return failure_;
    return detail::finish_topic(out_);
  }

 private:
  friend constexpr topic_builder telemetry_topic(char_span output, device_id const& device) noexcept;
  friend constexpr topic_builder c2d_topic(char_span output, device_id const& device) noexcept;

  HUBWIRE_FASTER_INLINE constexpr topic_builder(char_span output, device_id const& device,
                                                std::string_view folder) noexcept
      : out_(output), failure_(device.fits_topics() ? errc::none : errc::invalid_topic_name) {
    out_.put(literal("devices/")).put(device.view()).put(folder);
  }

  constexpr void fail(errc code) noexcept {
    if (failure_ == errc::none) failure_ = code;
  }
  // Whether there is one in front of it.
  constexpr bool begin_property(std::string_view name) noexcept {
    if (name.empty()) fail(errc::missing_field);
    return !std::exchange(first_, false);
  }
  // Plain ASCII, all that most programs write, is not asked about.
  static constexpr bool is_text(std::string_view text) noexcept { return !scan_text(text).ill_formed; }

  text_writer out_;
  errc failure_ = errc::none;
  bool first_ = true;
};

}}}  // namespace hubwire::iothub

#endif
