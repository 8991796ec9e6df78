// SPDX-License-Identifier: BSL-1.0
// The properties of an IoT Hub message, which travel in its topic. Azure: "Communicate with an IoT hub
// using the MQTT protocol", headings on sending and receiving messages.
#ifndef HUBWIRE_IOTHUB_PROPERTY_BAG_HPP
#define HUBWIRE_IOTHUB_PROPERTY_BAG_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include <hubwire/core/result.hpp>
#include <hubwire/core/simd_bytes.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/text/percent.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub {

/// The service tells these three apart: "name", "name=" and "name=value".
enum class value_state : std::uint8_t { null, empty, text };

/// The value of a property. raw(), malformed(), decode() and == are those of percent_text; a null value
/// equals nothing, not even "".
class property_value : public percent_text {
 public:
  constexpr property_value() noexcept = default;  // null
  constexpr explicit property_value(std::string_view raw) noexcept : percent_text(raw), null_(false) {}

  constexpr value_state state() const noexcept {
    if (null_) return value_state::null;
    return raw().empty() ? value_state::empty : value_state::text;
  }
  constexpr bool is_null() const noexcept { return null_; }

  friend constexpr bool operator==(property_value value, std::string_view decoded) noexcept {
    return !value.null_ && static_cast<percent_text const&>(value) == decoded;
  }

 private:
  bool null_ = true;
};

struct property {
  percent_text name{};
  property_value value{};

  /// A broken escape in either half spoils this property and no other; raw() of both stays.
  constexpr bool malformed() const noexcept { return name.malformed() || value.malformed(); }
};

namespace detail {

// What follows a property of that size.
constexpr std::string_view behind_property(std::string_view rest, std::size_t size) noexcept {
  return hubwire::detail::tail(rest, size == rest.size() ? size : size + 1);
}

HUBWIRE_SMALLER_INLINE constexpr bool ends_name(char const* at, char const* end) noexcept {
  return at == end || *at == '=' || *at == '&';
}

// Where the name of the property at at ends, if that name is the given one when decoded; else nullptr.
constexpr char const* behind_name(char const* at, char const* end, char const* name,
                                  std::size_t size) noexcept {
  std::string_view rest(at, static_cast<std::size_t>(end - at));
  for (; size != 0; --size) {
    char decoded{};
    if (ends_name(rest.data(), end) || !hubwire::detail::take_decoded(rest, decoded) || decoded != *name++)
      return nullptr;
  }
  return ends_name(rest.data(), end) ? rest.data() : nullptr;
}

// Where the next property begins.
constexpr char const* behind_property(char const* at, char const* end) noexcept {
  at = hubwire::detail::find_byte(at, end, '&');
  return at == end ? end : at + 1;
}

// Where the name of the first property ends that has the given one when decoded; nullptr where there is none.
constexpr char const* find_name(char const* at, char const* end, std::string_view name) noexcept {
  for (; at != end; at = behind_property(at, end))
    if (char const* const behind = behind_name(at, end, name.data(), name.size())) return behind;
  return nullptr;
}

// Where the first property without a name begins; end where there is none.
constexpr char const* find_nameless(char const* at, char const* end) noexcept {
  while (!ends_name(at, end)) at = behind_property(at, end);
  return at;
}

}  // namespace detail

/// Properties in the order in which they were received. A view. A value is all that stands between the
/// first '=' and the next '&', so it may hold '='. Names may come twice.
class property_bag {
 public:
  constexpr property_bag() noexcept = default;

  /// Checks the structure once, so that iterating cannot fail: every property has a name; one '&' may
  /// stand at the end. errc::invalid_iothub_topic with the offset of a property without a name ("&",
  /// "=b", "a&&b"). Escapes are looked at when they are decoded. Linear.
  static constexpr result<property_bag> parse(std::string_view raw) noexcept {
    char const* const end = raw.data() + raw.size();
    char const* const nameless = detail::find_nameless(raw.data(), end);
    if (nameless != end)
      return error{errc::invalid_iothub_topic, static_cast<std::uint32_t>(nameless - raw.data())};
    property_bag bag;
    bag.raw_ = raw;
    return bag;
  }

  constexpr std::string_view raw() const noexcept { return raw_; }
  constexpr bool empty() const noexcept { return raw_.empty(); }
  /// Linear.
  constexpr std::size_t size() const noexcept {
    std::size_t count = !raw_.empty() && raw_.back() != '&' ? 1 : 0;
    for (char const c : raw_) count += c == '&' ? 1 : 0;
    return count;
  }

  /// Behind the last property.
  struct sentinel {};

  /// Yields property by value.
  class iterator {
   public:
    using value_type = property;
    using difference_type = std::ptrdiff_t;

    constexpr iterator() noexcept = default;
    constexpr property operator*() const noexcept {
      std::string_view const item = hubwire::detail::head(rest_, size_);
      std::size_t const name = index_of(item, '=');
      return {percent_text(hubwire::detail::head(item, name)),
              name == size_ ? property_value() : property_value(hubwire::detail::tail(item, name + 1))};
    }
    constexpr iterator& operator++() noexcept {
      rest_ = detail::behind_property(rest_, size_);
      size_ = index_of(rest_, '&');
      return *this;
    }
    constexpr iterator operator++(int) noexcept {
      iterator const before = *this;
      ++*this;
      return before;
    }
    friend constexpr bool operator==(iterator const& at, sentinel) noexcept { return at.rest_.empty(); }

   private:
    friend class property_bag;
    constexpr explicit iterator(std::string_view raw) noexcept : rest_(raw), size_(index_of(raw, '&')) {}

    std::string_view rest_{};  // this property and all behind it
    std::size_t size_ = 0;     // of this one
  };

  constexpr iterator begin() const noexcept { return iterator(raw_); }
  constexpr sentinel end() const noexcept { return {}; }

  /// The value of the first property with that name, which is given decoded: find("$.mid") finds
  /// "%24.mid=1". Nothing when there is none; a name with a broken escape is not found. Linear.
  constexpr std::optional<property_value> find(std::string_view decoded_name) const noexcept {
    char const* const end = raw_.data() + raw_.size();
    char const* const behind = detail::find_name(raw_.data(), end, decoded_name);
    if (behind == nullptr) return std::nullopt;
    if (behind == end || *behind == '&') return property_value();
    std::string_view const value(behind + 1, static_cast<std::size_t>(end - behind) - 1);
    return property_value(hubwire::detail::head(value, index_of(value, '&')));
  }

 private:
  // INVARIANT: each property in raw_ has a name.
  std::string_view raw_{};
};

/// Names of system properties, decoded, as the functions here take and compare them. Others are
/// application properties.
namespace system_property {
inline constexpr std::string_view message_id = "$.mid";  // 128 ASCII characters at most
inline constexpr std::string_view correlation_id = "$.cid";
inline constexpr std::string_view user_id = "$.uid";
inline constexpr std::string_view to = "$.to";
inline constexpr std::string_view content_type = "$.ct";      // "application/json" for routing on the body
inline constexpr std::string_view content_encoding = "$.ce";  // "utf-8" for routing on the body
inline constexpr std::string_view creation_time_utc = "$.ctime";
inline constexpr std::string_view expiry_time_utc = "$.exp";
inline constexpr std::string_view output_name = "$.on";
inline constexpr std::string_view interface_id = "$.ifid";
inline constexpr std::string_view component_name = "$.sub";  // IoT Plug and Play
inline constexpr std::string_view message_schema = "$.schema";
inline constexpr std::string_view connection_device_id = "$.cdid";
inline constexpr std::string_view connection_module_id = "$.cmid";
/// What the service adds to device-to-cloud messages. Older documents call the first one "x-opt-retain".
inline constexpr std::string_view mqtt_retain = "mqtt-retain";          // "true" for a PUBLISH with RETAIN
inline constexpr std::string_view message_type = "iothub-MessageType";  // "Will" for a Will
inline constexpr std::string_view ack = "iothub-ack";  // none, positive, negative or full; cloud to device
}  // namespace system_property

}}}  // namespace hubwire::iothub

#endif
