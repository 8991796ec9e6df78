// SPDX-License-Identifier: BSL-1.0
// A value or an error. The names are those of std::expected; there is no value() that could throw.
#ifndef HUBWIRE_CORE_RESULT_HPP
#define HUBWIRE_CORE_RESULT_HPP

#include <type_traits>
#include <utility>

#include <hubwire/core/errc.hpp>

namespace hubwire::inline abi1 {

// For trivially copyable T only, so that a result is one as well and stays in registers where it fits.
// operator* and operator-> need has_value(), error() needs !has_value().
template <class T>
class [[nodiscard]] result {
  static_assert(std::is_trivially_copyable_v<T>, "result<T> holds trivially copyable types only");

 public:
  using value_type = T;
  using error_type = hubwire::error;

  constexpr result(T const& value) noexcept : value_(value) {}
  // failure.code is not errc::none.
  constexpr result(hubwire::error failure) noexcept : nothing_{}, error_(failure) {}
  constexpr result(errc code) noexcept : result(hubwire::error{code, 0}) {}

  constexpr bool has_value() const noexcept { return error_.code == errc::none; }
  constexpr explicit operator bool() const noexcept { return has_value(); }

  constexpr T& operator*() noexcept { return value_; }
  constexpr T const& operator*() const noexcept { return value_; }
  constexpr T* operator->() noexcept { return &value_; }
  constexpr T const* operator->() const noexcept { return &value_; }
  constexpr T value_or(T const& other) const noexcept { return has_value() ? value_ : other; }

  constexpr hubwire::error error() const noexcept { return error_; }

 private:
  // The error stands beside the value and not in its place: its code says which of the two there is, so
  // that for every T a result is no larger than a union with a flag, and g++ does not suspect the detail
  // of being read uninitialised.
  union {
    char nothing_;
    T value_;
  };
  hubwire::error error_{};
};

// Success without a value, or an error.
template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;
  using error_type = hubwire::error;

  constexpr result() noexcept = default;
  constexpr result(hubwire::error failure) noexcept : error_(failure) {}
  constexpr result(errc code) noexcept : error_{code, 0} {}

  constexpr bool has_value() const noexcept { return error_.code == errc::none; }
  constexpr explicit operator bool() const noexcept { return has_value(); }
  constexpr hubwire::error error() const noexcept { return error_; }

 private:
  hubwire::error error_{};
};

}  // namespace hubwire::inline abi1

#endif
