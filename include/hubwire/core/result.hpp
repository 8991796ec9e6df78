// SPDX-License-Identifier: BSL-1.0
// A value or an error. The names are those of std::expected; there is no value() that could throw.
#ifndef HUBWIRE_CORE_RESULT_HPP
#define HUBWIRE_CORE_RESULT_HPP

#include <type_traits>
#include <utility>

#include <hubwire/core/errc.hpp>

namespace hubwire::inline HUBWIRE_ABI {

namespace detail {

// Where a result of a type without default constructor holds an error. Nobody gets to see that value.
struct absent {};
// What constructors of result make of their arguments.
struct either {};
struct in_steps {};

template <class T>
concept made_of_nothing = std::is_default_constructible_v<T> || requires {
  T{absent{}};
};

// A plain member, which compilers keep in registers; a union they do not.
template <class T>
struct result_storage {
  HUBWIRE_FOLDED constexpr result_storage() noexcept : nothing{} {}
  HUBWIRE_FOLDED constexpr result_storage(T const& given) noexcept : value(given) {}
  template <class... Parts>
  HUBWIRE_FOLDED constexpr result_storage(std::in_place_t, Parts const&... parts) noexcept
      : value(parts...) {}
  template <class Source>
  HUBWIRE_FOLDED constexpr result_storage(in_steps, Source const& source) noexcept : value(source.made()) {}
  union {
    char nothing;
    T value;
  };
};
template <made_of_nothing T>
struct result_storage<T> {
  HUBWIRE_FOLDED constexpr result_storage() noexcept requires std::is_default_constructible_v<T> : value{} {}
  HUBWIRE_FOLDED constexpr result_storage() noexcept : value{absent{}} {}
  HUBWIRE_FOLDED constexpr result_storage(T const& given) noexcept : value(given) {}
  template <class... Parts>
  HUBWIRE_FOLDED constexpr result_storage(std::in_place_t, Parts const&... parts) noexcept
      : value(parts...) {}
  template <class Source>
  HUBWIRE_FOLDED constexpr result_storage(in_steps, Source const& source) noexcept : value(source.made()) {}
  T value;
};

}  // namespace detail

// For trivially copyable T only, so that a result is one as well and stays in registers where it fits: with
// g++ when the variable is not const, `auto r = parse(x);`. It keeps a const aggregate in memory.
// operator* and operator-> need has_value(), error() needs !has_value().
template <class T>
class [[nodiscard]] result {
  static_assert(std::is_trivially_copyable_v<T>, "result<T> holds trivially copyable types only");

 public:
  using value_type = T;
  using error_type = hubwire::error;

  HUBWIRE_FOLDED constexpr result(T const& value) noexcept : storage_(value) {}
  // The value made in its place, where copying it would cost more.
  template <class... Parts>
  HUBWIRE_FOLDED constexpr explicit result(std::in_place_t, Parts const&... parts) noexcept
      : storage_(std::in_place, parts...) {}
  // The codec's, where a branch costs more than a value that nobody gets to see: both, of which the value
  // counts when failure is none.
  HUBWIRE_FOLDED constexpr result(detail::either, T const& value, hubwire::error failure) noexcept
      : storage_(value), error_(failure) {}
  // The same in their places: source.made() and then source.failure().
  template <class Source>
  HUBWIRE_FOLDED constexpr result(detail::in_steps tag, Source const& source) noexcept
      : storage_(tag, source), error_(source.failure()) {}
  // failure.code is not errc::none.
  HUBWIRE_FOLDED constexpr result(hubwire::error failure) noexcept : error_(failure) {}
  HUBWIRE_FOLDED constexpr result(errc code) noexcept : result(hubwire::error{code, 0}) {}

  HUBWIRE_FOLDED constexpr bool has_value() const noexcept { return error_.code == errc::none; }
  HUBWIRE_FOLDED constexpr explicit operator bool() const noexcept { return has_value(); }

  HUBWIRE_FOLDED constexpr T& operator*() noexcept { return storage_.value; }
  HUBWIRE_FOLDED constexpr T const& operator*() const noexcept { return storage_.value; }
  HUBWIRE_FOLDED constexpr T* operator->() noexcept { return &storage_.value; }
  HUBWIRE_FOLDED constexpr T const* operator->() const noexcept { return &storage_.value; }
  constexpr T value_or(T const& other) const noexcept { return has_value() ? storage_.value : other; }

  HUBWIRE_FOLDED constexpr hubwire::error error() const noexcept { return error_; }

 private:
  // The error stands beside the value and not in its place: its code says which of the two there is, and g++
  // does not suspect the detail of being read uninitialised.
  detail::result_storage<T> storage_{};
  // In a register of its own: clang otherwise returns a small value together with one half of the error, and
  // through memory.
  alignas(sizeof(hubwire::error)) hubwire::error error_{};
};

// Success without a value, or an error.
template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;
  using error_type = hubwire::error;

  HUBWIRE_FOLDED constexpr result() noexcept = default;
  HUBWIRE_FOLDED constexpr result(hubwire::error failure) noexcept : error_(failure) {}
  HUBWIRE_FOLDED constexpr result(errc code) noexcept : error_{code, 0} {}

  HUBWIRE_FOLDED constexpr bool has_value() const noexcept { return error_.code == errc::none; }
  HUBWIRE_FOLDED constexpr explicit operator bool() const noexcept { return has_value(); }
  HUBWIRE_FOLDED constexpr hubwire::error error() const noexcept { return error_; }

 private:
  hubwire::error error_{};
};

}  // namespace hubwire::inline HUBWIRE_ABI

#endif
