// SPDX-License-Identifier: BSL-1.0
// A value or an error. The names are those of std::expected; there is no value() that could throw.
#ifndef HUBWIRE_CORE_RESULT_HPP
#define HUBWIRE_CORE_RESULT_HPP

#include <type_traits>

#include <hubwire/core/errc.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

// Makes the value of a result that holds an error: a value that no encoder takes. A type whose default
// would be a good value has a constructor from absent, or P::absent(). So has a struct that begins with
// such a type.
struct absent {};

// Makes the value of a result in its place, and says what is wrong with it.
template <class Maker>
concept maker_of_result = requires(Maker const& maker, hubwire::error& why) {
  maker.make(why);
};

template <class T>
concept made_of_nothing = requires {
  T::absent();
}
|| requires { T{absent{}}; }
|| std::is_default_constructible_v<T>;

template <made_of_nothing T>
constexpr T absent_value() noexcept {
  if constexpr (requires { T::absent(); })
    return T::absent();
  else if constexpr (requires { T{absent{}}; })
    return T{absent{}};
  else
    return T{};
}

// Only constant evaluation calls it: its name then stands in the compiler's message.
inline void result_holds_no_value() noexcept {}

}  // namespace detail

/// A value or an error. T is trivially copyable and can be made of nothing, so that a result is trivially
/// copyable as well. operator* and operator-> need has_value(). After a failure they do not compile in
/// constant evaluation and end the program by HUBWIRE_ASSERT. With NDEBUG they give a value that no encoder
/// takes.
template <class T>
class [[nodiscard]] result {
  static_assert(std::is_trivially_copyable_v<T>, "result<T> holds trivially copyable types only");
  static_assert(detail::made_of_nothing<T>,
                "result<T> needs a T() for the value of a result that holds an error");

 public:
  using value_type = T;
  using error_type = hubwire::error;

  HUBWIRE_SMALLER_INLINE constexpr result(T const& value) noexcept : value_(value) {}
  /// Makes a failed result. failure.code is not errc::none.
  HUBWIRE_SMALLER_INLINE constexpr result(hubwire::error failure) noexcept
      : error_(failure), value_(detail::absent_value<T>()) {
    HUBWIRE_ASSERT(failure.code != errc::none);
  }
  HUBWIRE_SMALLER_INLINE constexpr result(errc code) noexcept : result(hubwire::error{code, 0}) {}
  /// For a decoder: maker.make(why) makes the value in its place and puts into why what is wrong with it. If
  /// something is, the value is one that no encoder takes.
  template <detail::maker_of_result Maker>
  HUBWIRE_SMALLER_INLINE constexpr explicit result(Maker const& maker) noexcept
      : value_(maker.make(error_)) {}

  constexpr bool has_value() const noexcept { return error_.code == errc::none; }
  constexpr explicit operator bool() const noexcept { return has_value(); }

  constexpr T& operator*() noexcept { return check(), value_; }
  constexpr T const& operator*() const noexcept { return check(), value_; }
  constexpr T* operator->() noexcept { return check(), &value_; }
  constexpr T const* operator->() const noexcept { return check(), &value_; }
  constexpr T value_or(T const& other) const noexcept { return has_value() ? value_ : other; }

  /// The error; errc::none when there is a value.
  constexpr hubwire::error error() const noexcept { return error_; }

 private:
  constexpr void check() const noexcept {
    if (std::is_constant_evaluated() && !has_value()) detail::result_holds_no_value();
    HUBWIRE_ASSERT(has_value());
  }

  hubwire::error error_{};
  T value_;
};

/// Success without a value, or an error.
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

}}  // namespace hubwire

#endif
