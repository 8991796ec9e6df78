// SPDX-License-Identifier: BSL-1.0
#include <hubwire/core/fixed_list.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

template <class T>
std::vector<T> content(list_base<T> const& list) {
  return {list.begin(), list.end()};
}

}  // namespace

TEST_CASE("fixed_list: starts empty and takes what it has room for", "[core][fixed_list]") {
  constexpr_test([] {
    fixed_list<int, 2> list;
    bool const fresh = list.empty() && !list.full() && list.size() == 0 && list.capacity() == 2;
    bool const taken = list.push_back(1) && list.push_back(2);
    bool const refused = !list.push_back(3);
    return fresh && taken && refused && list.full() && !list.empty() && list.size() == 2 && list[0] == 1 &&
           list[1] == 2;
  });
}

TEST_CASE("fixed_list: a full list stays as it was", "[core][fixed_list]") {
  fixed_list<int, 1> list;
  REQUIRE(list.push_back(7));
  CHECK(!list.push_back(8));
  CHECK(content(list) == std::vector{7});
}

TEST_CASE("fixed_list: erasing keeps the order of the others, at every index", "[core][fixed_list]") {
  for (std::size_t index = 0; index != 4; ++index) {
    fixed_list<int, 4> list;
    std::vector<int> expected;
    for (int i = 0; i != 4; ++i) {
      REQUIRE(list.push_back(i));
      if (static_cast<std::size_t>(i) != index) expected.push_back(i);
    }
    list.erase(index);
    CHECK(content(list) == expected);
    CHECK(list.push_back(9));  // the slot is free again
    CHECK(list.full());
  }
}

TEST_CASE("fixed_list: erasing the only element leaves an empty list", "[core][fixed_list]") {
  constexpr_test([] {
    fixed_list<int, 3> list;
    bool const pushed = list.push_back(5);
    list.erase(0);
    return pushed && list.empty() && list.begin() == list.end();
  });
}

TEST_CASE("fixed_list: clear makes room for all", "[core][fixed_list]") {
  constexpr_test([] {
    fixed_list<char, 2> list;
    bool ok = list.push_back('a') && list.push_back('b');
    list.clear();
    ok = ok && list.empty() && list.push_back('c') && list.push_back('d') && list[0] == 'c';
    return ok;
  });
}

TEST_CASE("fixed_list: an element of its own can be pushed", "[core][fixed_list]") {
  fixed_list<int, 2> list;
  REQUIRE(list.push_back(3));
  REQUIRE(list.push_back(list[0]));
  CHECK(content(list) == std::vector{3, 3});
}

TEST_CASE("fixed_list: elements change in place, through the base that knows no capacity",
          "[core][fixed_list]") {
  constexpr_test([] {
    fixed_list<int, 3> owner;
    list_base<int>& list = owner;
    bool const pushed = list.push_back(1) && list.push_back(2);
    for (int& item : list) item *= 10;
    list[1] += 1;
    list_base<int> const& constant = owner;
    return pushed && constant[0] == 10 && constant[1] == 21 && constant.end() - constant.begin() == 2;
  });
}

TEST_CASE("fixed_list: neither copied nor moved, since its base points into it", "[core][fixed_list]") {
  using list = fixed_list<int, 2>;
  STATIC_CHECK(!std::is_copy_constructible_v<list>);
  STATIC_CHECK(!std::is_move_constructible_v<list>);
  STATIC_CHECK(!std::is_copy_assignable_v<list>);
  STATIC_CHECK(!std::is_move_assignable_v<list>);
}
