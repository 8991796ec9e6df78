// SPDX-License-Identifier: BSL-1.0
// Runs operations under callgrind, which counts their instructions; see instructions.sh.
//   instructions --verify           every operation does what it says it does
//   instructions --count [NAME...]  each of them some times and some more times; callgrind dumps after both
//   instructions NAME TIMES         one of them, to look at its profile
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_ZERO_STATS std::abort()
#define CALLGRIND_DUMP_STATS_AT(name) std::abort()
#endif

#include "operations/operation.hpp"

namespace {

using bench::operation;

int verify() {
  int failures = 0;
  std::vector<operation> const all = bench::all_operations();
  for (operation const& one : all) {
    std::string const floor = bench::floor_of(one);
    if (!floor.empty() && std::ranges::find(all, floor, &operation::name) == all.end()) {
      ++failures;
      std::printf("%.*s: no operation %s\n", static_cast<int>(one.name.size()), one.name.data(),
                  floor.c_str());
    }
    if (one.note != nullptr)
      std::printf("%.*s: %s\n", static_cast<int>(one.name.size()), one.name.data(), one.note().c_str());
    if (one.check(one.bytes)) continue;
    ++failures;
    std::printf("%.*s: wrong result\n", static_cast<int>(one.name.size()), one.name.data());
  }
  return failures == 0 ? 0 : 1;
}

void run_and_dump(operation const& one, std::size_t times) {
  std::string const label =
      std::string(one.name) + " " + std::to_string(times) + " " + std::to_string(one.per_run);
  CALLGRIND_ZERO_STATS;
  one.run(times);
  CALLGRIND_DUMP_STATS_AT(label.c_str());
}

// What a run costs besides its rounds falls out of the difference between the two. The one before them makes
// the inputs.
void count(operation const& one) {
  bool const is_long = one.per_run >= 1'000 || one.bytes >= 50'000;
  one.run(1);
  run_and_dump(one, is_long ? 1 : 10);
  run_and_dump(one, is_long ? 2 : 30);
}

bool with_operation(std::string_view name, auto action) {
  for (operation const& one : bench::all_operations()) {
    if (one.name != name) continue;
    action(one);
    return true;
  }
  std::fprintf(stderr, "no operation %.*s\n", static_cast<int>(name.size()), name.data());
  return false;
}

int count_all() {
  for (operation const& one : bench::all_operations()) count(one);
  return 0;
}

int count_some(std::span<char*> names) {
  for (char const* name : names)
    if (!with_operation(name, count)) return 2;
  return 0;
}

}  // namespace

int main(int argument_count, char** argument_list) {
  std::span const arguments(argument_list, static_cast<std::size_t>(argument_count));
  std::string_view const mode = arguments.size() < 2 ? "" : arguments[1];
  if (mode == "--verify") return verify();
  if (mode == "--count") return arguments.size() == 2 ? count_all() : count_some(arguments.subspan(2));
  if (arguments.size() != 3) return 2;
  std::size_t const times = std::strtoul(arguments[2], nullptr, 10);
  return with_operation(mode, [&](operation const& one) { one.run(times); }) ? 0 : 2;
}
