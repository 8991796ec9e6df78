// SPDX-License-Identifier: BSL-1.0
// A value or an error. The names are those of std::expected; there is no value() that could throw.
#ifndef HUBWIRE_CORE_RESULT_HPP
#define HUBWIRE_CORE_RESULT_HPP

#include <type_traits>

#include <hubwire/core/errc.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

// What stands in a result that holds an error, for a type that is made of it: a value that no encoder takes.
struct absent {};
// Tags that choose a constructor of result.
struct either {};
struct in_steps {};
struct unset {};

// The value of a result that holds an error. A packet may say it itself; else it is made of absent, which makes
// the first members absent, or by default.
template <class T>
concept says_absent = requires {
  T::absent();
};
template <class T>
concept made_of_absent = requires {
  T{absent{}};
};
template <class T>
concept made_of_nothing = says_absent<T> || made_of_absent<T> || std::is_default_constructible_v<T>;

template <made_of_nothing T>
HUBWIRE_SMALLER_INLINE constexpr T absent_value() noexcept {
  if constexpr (says_absent<T>)
    return T::absent();
  else if constexpr (made_of_absent<T>)
    return T{absent{}};
  else
    return T{};
}

inline void result_holds_no_value() noexcept {}

// The error stands in front of the value and not in its place: its code says which of the two there is, and g++
// does not suspect the detail of being read uninitialised.
template <class T>
struct result_storage {
  HUBWIRE_SMALLER_INLINE constexpr result_storage(hubwire::error why) noexcept
      : failure{why.code, why.detail}, nothing(0) {}
  HUBWIRE_SMALLER_INLINE constexpr result_storage(hubwire::error why) noexcept requires made_of_nothing<T>
      : failure{why.code, why.detail}, value(absent_value<T>()) {}
  HUBWIRE_SMALLER_INLINE constexpr result_storage(T const& given, hubwire::error why) noexcept
      : failure{why.code, why.detail}, value(given) {}
  template <class Source>
  HUBWIRE_SMALLER_INLINE constexpr result_storage(in_steps, Source const& source) noexcept
      : result_storage(source.made(), source.failure()) {}
  HUBWIRE_SMALLER_INLINE result_storage(unset) noexcept {}
  alignas(void*) alignas(hubwire::error) error_fields failure;
  // A union, so that nothing is set that somebody else sets.
  union {
    char nothing;
    T value;
  };
};

// Plain members, which compilers keep in registers where they do not unions. The error has one of its own: clang
// otherwise returns a small value together with one half of it, and through memory.
template <class T>
requires(!for_size && made_of_nothing<T>) struct result_storage<T> {
  HUBWIRE_SMALLER_INLINE constexpr result_storage(hubwire::error why) noexcept
      : failure{why.code, why.detail}, value(absent_value<T>()) {}
  HUBWIRE_SMALLER_INLINE constexpr result_storage(T const& given, hubwire::error why) noexcept
      : failure{why.code, why.detail}, value(given) {}
  template <class Source>
  HUBWIRE_SMALLER_INLINE constexpr result_storage(in_steps, Source const& source) noexcept
      : result_storage(source.made(), source.failure()) {}
  alignas(void*) alignas(hubwire::error) error_fields failure;
  T value;
};

struct result_in_pieces;

}  // namespace detail

// For trivially copyable T only, so that a result is one as well and stays in registers where it fits: with
// g++ when the variable is not const, `auto r = parse(x);`. It keeps a const aggregate in memory.
// operator* and operator-> need has_value(): after a failure they do not compile in constant evaluation, end the
// program by HUBWIRE_ASSERT, and with NDEBUG give a value that no encoder takes. error() of a success is errc::none.
template <class T>
class [[nodiscard]] result {
  static_assert(std::is_trivially_copyable_v<T>, "result<T> holds trivially copyable types only");

 public:
  using value_type = T;
  using error_type = hubwire::error;

  HUBWIRE_SMALLER_INLINE constexpr result(T const& value) noexcept : storage_(value, {}) {}
  // The codec's, where a branch costs more than a value: both, of which the value counts when failure is none, and
  // else is one that no encoder takes.
  HUBWIRE_SMALLER_INLINE constexpr result(detail::either, T const& value, hubwire::error failure) noexcept
      : storage_(value, failure) {}
  // The same in their places: source.failure() and then source.made().
  template <class Source>
  HUBWIRE_SMALLER_INLINE constexpr result(detail::in_steps tag, Source const& source) noexcept
      : storage_(tag, source) {}
  // failure.code is not errc::none.
  HUBWIRE_SMALLER_INLINE constexpr result(hubwire::error failure) noexcept : storage_(failure) {
    HUBWIRE_ASSERT(failure.code != errc::none);
  }
  HUBWIRE_SMALLER_INLINE constexpr result(errc code) noexcept : result(hubwire::error{code, 0}) {}

  HUBWIRE_SMALLER_INLINE constexpr bool has_value() const noexcept {
    return storage_.failure.code == errc::none;
  }
  HUBWIRE_SMALLER_INLINE constexpr explicit operator bool() const noexcept { return has_value(); }

  HUBWIRE_SMALLER_INLINE constexpr T& operator*() noexcept {
    check();
    return storage_.value;
  }
  HUBWIRE_SMALLER_INLINE constexpr T const& operator*() const noexcept {
    check();
    return storage_.value;
  }
  HUBWIRE_SMALLER_INLINE constexpr T* operator->() noexcept {
    check();
    return &storage_.value;
  }
  HUBWIRE_SMALLER_INLINE constexpr T const* operator->() const noexcept {
    check();
    return &storage_.value;
  }
  constexpr T value_or(T const& other) const noexcept { return has_value() ? storage_.value : other; }

  HUBWIRE_SMALLER_INLINE constexpr hubwire::error error() const noexcept {
    return {storage_.failure.code, storage_.failure.detail};
  }

 private:
  friend struct detail::result_in_pieces;
  HUBWIRE_SMALLER_INLINE explicit result(detail::unset tag) noexcept : storage_(tag) {}

  HUBWIRE_SMALLER_INLINE constexpr void check() const noexcept {
    if (std::is_constant_evaluated() && !has_value()) detail::result_holds_no_value();
    HUBWIRE_ASSERT(has_value());
  }

  detail::result_storage<T> storage_;
};

namespace detail {

// The codec's where size counts: a result of which the value and the error are still to be set, in any order.
struct result_in_pieces {
  template <class T>
  HUBWIRE_SMALLER_INLINE static result<T> make() noexcept {
    return result<T>(unset{});
  }
  template <class T>
  HUBWIRE_SMALLER_INLINE static constexpr T& value(result<T>& unfinished) noexcept {
    return unfinished.storage_.value;
  }
  template <class T>
  HUBWIRE_SMALLER_INLINE static void set_error(result<T>& unfinished, error_fields const& why) noexcept {
    unfinished.storage_.failure = why;
  }
};

}  // namespace detail

// Success without a value, or an error.
template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;
  using error_type = hubwire::error;

  HUBWIRE_SMALLER_INLINE constexpr result() noexcept = default;
  HUBWIRE_SMALLER_INLINE constexpr result(hubwire::error failure) noexcept : error_(failure) {}
  HUBWIRE_SMALLER_INLINE constexpr result(errc code) noexcept : error_{code, 0} {}

  HUBWIRE_SMALLER_INLINE constexpr bool has_value() const noexcept { return error_.code == errc::none; }
  HUBWIRE_SMALLER_INLINE constexpr explicit operator bool() const noexcept { return has_value(); }
  HUBWIRE_SMALLER_INLINE constexpr hubwire::error error() const noexcept { return error_; }

 private:
  hubwire::error error_{};
};

}}  // namespace hubwire

#endif
