// SPDX-License-Identifier: BSL-1.0
// Counts every allocation of the program it is linked into.
#ifndef HUBWIRE_TESTS_GUARDS_ALLOCATION_COUNTER_HPP
#define HUBWIRE_TESTS_GUARDS_ALLOCATION_COUNTER_HPP

#include <cstddef>

std::size_t counted_allocations();

// For what is not the library's: the other end of a connection, say.
class not_counting {
 public:
  not_counting();
  ~not_counting();
  not_counting(not_counting const&) = delete;
  not_counting& operator=(not_counting const&) = delete;

 private:
  bool before_;
};

#endif
