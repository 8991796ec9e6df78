// SPDX-License-Identifier: BSL-1.0
// Who a device is: host name of its hub and device id.
#ifndef HUBWIRE_IOTHUB_IDENTITY_HPP
#define HUBWIRE_IOTHUB_IDENTITY_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/proven_text.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/core/utf8.hpp>
#include <hubwire/text/decimal.hpp>
#include <hubwire/text/percent.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub {

namespace detail {

constexpr char to_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

constexpr bool same_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i != a.size(); ++i)
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  return true;
}

// The labels of a host name: none is empty, so there is no dot at either end. Certificates and tokens hold it
// like that.
constexpr bool are_labels(std::string_view host) noexcept {
  char before = '.';
  for (char const c : host) {
    if (!is_unreserved(c) || c == '~' || (c == '.' && before == '.')) return false;
    before = c;
  }
  return before != '.';
}

}  // namespace detail

/// The most characters of a host name with its port, and of a device id.
inline constexpr std::size_t host_name_max = 253 + 6;
inline constexpr std::size_t device_id_max = 128;

/// Host name of a hub, with ":port" where a local hub has one: 1 to 253 letters, digits, '-', '_' and single
/// dots between them, and a port of 1 to 65,535. A view. Case does not count. parse() says
/// errc::invalid_field.
class host_name : public hubwire::detail::proven_text<host_name> {
 public:
  template <std::size_t Size>
  consteval host_name(char const (&literal)[Size])
      : host_name(trust{}, checked(hubwire::detail::literal_view(literal))) {}
  // Only a failed result holds one.
  constexpr host_name(hubwire::detail::absent) noexcept : data_(nullptr), size_(absent_size) {}

  static constexpr bool is_valid(std::string_view candidate) noexcept {
    std::size_t const size = index_of(candidate, ':');
    if (size > 253 || !detail::are_labels(hubwire::detail::head(candidate, size))) return false;
    return size == candidate.size() || is_port(hubwire::detail::tail(candidate, size + 1));
  }

  constexpr std::string_view without_port() const noexcept { return cut(view(), ':').before; }
  /// The port, 0 when none is given.
  constexpr std::uint16_t port() const noexcept {
    return static_cast<std::uint16_t>(parse_decimal(cut(view(), ':').after).value_or(0));
  }

 private:
  friend proven_text;
  constexpr host_name(trust, std::string_view vouched) noexcept
      : data_(vouched.data()), size_(vouched.size()) {}
  static constexpr errc broken_rule = errc::invalid_field;
  static void literal_is_not_a_valid_host_name() {}
  static constexpr void check_literal(bool valid) {
    if (!valid) literal_is_not_a_valid_host_name();
  }

  static constexpr bool is_port(std::string_view digits) noexcept {
    return digits.size() <= 5 && parse_decimal(digits, 65'535).value_or(0) != 0;
  }
  static constexpr bool is_same(host_name a, host_name b) noexcept { return is_same(a, b.view()); }
  static constexpr bool is_same(host_name a, std::string_view b) noexcept {
    return detail::same_ignoring_case(a.view(), b);
  }

  char const* data_;
  std::size_t size_;
};

/// Device id as the registry has it: 1 to 128 letters, digits and -.+%_#*?!(),=@:;$' ; case counts. A view.
/// parse() says errc::invalid_field. Never percent-encoded in client ids, user names and topics.
class device_id : public hubwire::detail::proven_text<device_id> {
 public:
  template <std::size_t Size>
  consteval device_id(char const (&literal)[Size])
      : device_id(trust{}, checked(hubwire::detail::literal_view(literal))) {}
  // Only a failed result holds one.
  constexpr device_id(hubwire::detail::absent) noexcept : data_(nullptr), size_(absent_size) {}

  static constexpr bool is_valid(std::string_view candidate) noexcept {
    constexpr std::string_view others = "+%#*?!(),=@:;$'";
    if (candidate.empty() || candidate.size() > device_id_max) return false;
    for (char const c : candidate)
      if (c == '~' || (!is_unreserved(c) && index_of(others, c) == others.size())) return false;
    return true;
  }

  /// The registry allows '+' and '#', which MQTT does not in a topic name: topics of such a device cannot be
  /// written, and functions that build one say errc::invalid_topic_name.
  constexpr bool fits_topics() const noexcept { return !empty() && !scan_text(view()).wildcard; }

 private:
  friend proven_text;
  constexpr device_id(trust, std::string_view vouched) noexcept
      : data_(vouched.data()), size_(vouched.size()) {}
  static constexpr errc broken_rule = errc::invalid_field;
  static void literal_is_not_a_valid_device_id() {}
  static constexpr void check_literal(bool valid) {
    if (!valid) literal_is_not_a_valid_device_id();
  }

  char const* data_;
  std::size_t size_;
};

/// Who a device is.
struct identity {
  host_name host;
  device_id device;

  /// False for one with a part that was taken from a failed result.
  constexpr bool is_present() const noexcept { return host.is_present() && device.is_present(); }
  /// What a failed result holds.
  static constexpr identity absent() noexcept {
    return {hubwire::detail::absent{}, hubwire::detail::absent{}};
  }

  friend constexpr bool operator==(identity const&, identity const&) noexcept = default;
};

}}}  // namespace hubwire::iothub

#endif
