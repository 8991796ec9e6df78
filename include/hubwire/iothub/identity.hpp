// SPDX-License-Identifier: BSL-1.0
// Who a device is: host name of its hub and device id.
#ifndef HUBWIRE_IOTHUB_IDENTITY_HPP
#define HUBWIRE_IOTHUB_IDENTITY_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
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

}  // namespace detail

// Host name of a hub, with ":port" where a local hub has one. 1 to 253 letters, digits, '-', '.' and '_',
// and a port of 1 to 65,535. A view; a literal is checked by the compiler, other text once by parse().
class host_name {
 public:
  template <std::size_t Size>
  consteval host_name(char const (&literal)[Size])
      : host_name(checked(hubwire::detail::literal_view(literal))) {}

  // Only a failed result holds one: empty, which nothing that writes host names takes.
  constexpr host_name(hubwire::detail::absent) noexcept : data_(nullptr), size_(0) {}

  // errc::invalid_field when a rule is broken.
  static constexpr result<host_name> parse(std::string_view candidate) noexcept {
    if (!is_valid(candidate)) return errc::invalid_field;
    return host_name(trust{}, candidate);
  }

  static constexpr bool is_valid(std::string_view candidate) noexcept {
    std::size_t const size = index_of(candidate, ':');
    if (size == 0 || size > 253) return false;
    for (char const c : hubwire::detail::head(candidate, size))
      if (!is_unreserved(c) || c == '~') return false;
    return size == candidate.size() || is_port(hubwire::detail::tail(candidate, size + 1));
  }

  constexpr std::string_view view() const noexcept { return {data_, size_}; }
  constexpr std::string_view without_port() const noexcept { return cut(view(), ':').before; }
  // 0 when none is given.
  constexpr std::uint16_t port() const noexcept {
    return static_cast<std::uint16_t>(parse_decimal(cut(view(), ':').after).value_or(0));
  }

  // Case does not count in a host name.
  friend constexpr bool operator==(host_name a, host_name b) noexcept {
    return detail::same_ignoring_case(a.view(), b.view());
  }

 private:
  static constexpr bool is_port(std::string_view digits) noexcept {
    return digits.size() <= 5 && parse_decimal(digits, 65'535).value_or(0) != 0;
  }

  struct trust {};
  constexpr host_name(trust, std::string_view vouched) noexcept
      : data_(vouched.data()), size_(vouched.size()) {}

  static void literal_is_not_a_valid_host_name() {}
  static consteval host_name checked(std::string_view literal) {
    if (!is_valid(literal)) literal_is_not_a_valid_host_name();
    return host_name(trust{}, literal);
  }

  char const* data_;
  std::size_t size_;
};

// Device id as the registry has it: 1 to 128 letters, digits and -.+%_#*?!(),=@:;$' ; case counts. A
// view; a literal is checked by the compiler, other text once by parse(). Never percent-encoded in client
// ids, user names and topics.
class device_id {
 public:
  template <std::size_t Size>
  consteval device_id(char const (&literal)[Size])
      : device_id(checked(hubwire::detail::literal_view(literal))) {}

  // Only a failed result holds one: empty, which nothing that writes device ids takes.
  constexpr device_id(hubwire::detail::absent) noexcept : data_(nullptr), size_(0), fits_topics_(false) {}

  // errc::invalid_field when a rule is broken.
  static constexpr result<device_id> parse(std::string_view candidate) noexcept {
    if (!is_valid(candidate)) return errc::invalid_field;
    return device_id(trust{}, candidate);
  }

  static constexpr bool is_valid(std::string_view candidate) noexcept {
    constexpr std::string_view others = "+%#*?!(),=@:;$'";
    if (candidate.empty() || candidate.size() > 128) return false;
    for (char const c : candidate)
      if (c == '~' || (!is_unreserved(c) && index_of(others, c) == others.size())) return false;
    return true;
  }

  constexpr std::string_view view() const noexcept { return {data_, size_}; }
  constexpr std::size_t size() const noexcept { return size_; }
  // The registry allows '+' and '#', which MQTT does not in a topic name: topics of such a device cannot
  // be written, and functions that build one say errc::invalid_topic_name.
  constexpr bool fits_topics() const noexcept { return fits_topics_; }

  friend constexpr bool operator==(device_id a, device_id b) noexcept { return same(a.view(), b.view()); }

 private:
  struct trust {};
  constexpr device_id(trust, std::string_view vouched) noexcept
      : data_(vouched.data()),
        size_(vouched.size()),
        fits_topics_(!vouched.empty() && !has_wildcard(vouched)) {}

  static constexpr bool has_wildcard(std::string_view id) noexcept {
    for (char const c : id)
      if (c == '+' || c == '#') return true;
    return false;
  }

  static void literal_is_not_a_valid_device_id() {}
  static consteval device_id checked(std::string_view literal) {
    if (!is_valid(literal)) literal_is_not_a_valid_device_id();
    return device_id(trust{}, literal);
  }

  char const* data_;
  std::size_t size_;
  bool fits_topics_;
};

struct identity {
  host_name host;
  device_id device;

  // False for one with a part that was taken from a failed result.
  constexpr bool is_present() const noexcept { return !host.view().empty() && device.size() != 0; }
  // What a failed result holds.
  static constexpr identity absent() noexcept {
    return {hubwire::detail::absent{}, hubwire::detail::absent{}};
  }

  friend constexpr bool operator==(identity const&, identity const&) noexcept = default;
};

}}}  // namespace hubwire::iothub

#endif
