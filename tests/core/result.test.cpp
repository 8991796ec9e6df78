// SPDX-License-Identifier: BSL-1.0
#include <hubwire/core/result.hpp>

#include <cstdint>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

struct pair {
  int first;
  int second;
};

constexpr result<pair> halves(int whole) noexcept {
  if (whole % 2 != 0) return error{errc::invalid_field, static_cast<std::uint32_t>(whole)};
  if (whole < 0) return errc::missing_field;
  return pair{whole / 2, whole / 2};
}

constexpr result<void> even(int number) noexcept {
  if (number == 0) return errc::missing_field;
  if (number % 2 != 0) return error{errc::invalid_field, static_cast<std::uint32_t>(number)};
  return {};
}

// No default constructor, as topic_name.
struct never_empty {
  explicit constexpr never_empty(int n) noexcept : number(n) {}
  int number;
};

// None either, but one can stand where there is none, as topic_name can.
struct may_be_absent {
  explicit constexpr may_be_absent(int n) noexcept : number(n) {}
  constexpr may_be_absent(detail::absent) noexcept : number(-1) {}
  int number;
};

}  // namespace

TEST_CASE("result: holds a value", "[core][result]") {
  constexpr_test([] {
    auto r = halves(8);
    r->first += 1;
    (*r).second = 9;
    auto const& constant = r;
    return r && r.has_value() && constant->first == 5 && (*constant).second == 9;
  });
}

TEST_CASE("result: holds an error with its detail", "[core][result]") {
  constexpr_test([] {
    auto const odd = halves(7);
    auto const negative = halves(-2);
    return !odd && !odd.has_value() && odd.error() == error{errc::invalid_field, 7} && !negative &&
           negative.error() == error{errc::missing_field, 0};
  });
}

TEST_CASE("result: value_or gives the other value only after a failure", "[core][result]") {
  constexpr_test([] {
    return halves(4).value_or({-1, -1}).first == 2 && halves(3).value_or({-1, -2}).second == -2;
  });
}

TEST_CASE("result: copies carry the state along", "[core][result]") {
  constexpr_test([] {
    auto good = halves(2);
    auto const bad = halves(1);
    auto copy = bad;
    copy = good;
    good = bad;
    return copy && copy->first == 1 && !good && good.error() == errc::invalid_field;
  });
}

TEST_CASE("result: of a type that can be absent", "[core][result]") {
  constexpr_test([] {
    result<may_be_absent> ok = may_be_absent(3);
    result<may_be_absent> const failed = error{errc::invalid_state, 4};
    bool const right = ok->number == 3 && failed.error() == error{errc::invalid_state, 4} &&
                       failed.value_or(may_be_absent(5)).number == 5;
    ok = failed;
    return right && !ok && ok.error() == failed.error();
  });
  STATIC_CHECK(detail::made_of_nothing<may_be_absent>);
  STATIC_CHECK(detail::made_of_nothing<pair>);
  STATIC_CHECK_FALSE(detail::made_of_nothing<never_empty>);
  STATIC_CHECK(std::is_trivially_copyable_v<result<may_be_absent>>);
}

TEST_CASE("result: made in its place by what says then what it is worth", "[core][result]") {
  struct maker {
    int number;
    hubwire::error why;
    constexpr may_be_absent make(hubwire::error& wrong) const noexcept {
      wrong = why;
      return may_be_absent(number);
    }
  };
  constexpr_test([] {
    result<may_be_absent> const good(maker{7, {}});
    result<may_be_absent> const refused(maker{0, {errc::invalid_state, 4}});
    return good && good->number == 7 && !refused && refused.error() == error{errc::invalid_state, 4};
  });
}

TEST_CASE("result<void>: success is the default, failure keeps its detail", "[core][result]") {
  constexpr_test([] {
    return even(2) && even(2).has_value() && even(2).error() == errc::none && !even(0) &&
           even(0).error() == errc::missing_field && even(3).error() == error{errc::invalid_field, 3};
  });
}

TEST_CASE("result: as cheap to copy as what it holds", "[core][result]") {
  STATIC_CHECK(std::is_trivially_copyable_v<result<pair>>);
  STATIC_CHECK(std::is_trivially_destructible_v<result<pair>>);
  STATIC_CHECK(std::is_trivially_copyable_v<result<std::string_view>>);
  STATIC_CHECK(std::is_trivially_copyable_v<result<void>>);
  STATIC_CHECK(!std::is_convertible_v<result<pair>, bool>);  // no accident in arithmetic
  STATIC_CHECK(std::is_same_v<result<pair>::value_type, pair>);
  STATIC_CHECK(std::is_same_v<result<void>::error_type, error>);
}
