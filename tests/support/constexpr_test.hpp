// SPDX-License-Identifier: BSL-1.0
// One body, run twice: by the compiler, where undefined behaviour cannot hide, and at run time, where the
// code takes its other path (memcpy, blocks of eight) and a debugger can follow. The second holds where the
// compiler does not evaluate the body once more by itself: clang does so with each operand of && that is a
// constant, without optimisation too, g++ only when it optimises. So it is the build with g++ -O0 that runs all
// of it; what only run time shows needs operands that are no constants, that is a test of its own.
#ifndef HUBWIRE_TESTS_SUPPORT_CONSTEXPR_TEST_HPP
#define HUBWIRE_TESTS_SUPPORT_CONSTEXPR_TEST_HPP

#include <catch2/catch_test_macros.hpp>

namespace hubwire::test {

// constexpr_test([] { return 1 + 1 == 2; }): the lambda captures nothing and returns bool.
template <class Body>
void constexpr_test(Body, char const* file = __builtin_FILE(), int line = __builtin_LINE()) {
  static_assert(Body{}(), "the body is false in constant evaluation");
  bool (*volatile at_run_time)() = +Body{};  // volatile: called, not folded
  INFO("constexpr_test at " << file << ':' << line);
  CHECK(at_run_time());
}

}  // namespace hubwire::test

#endif
