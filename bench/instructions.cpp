// SPDX-License-Identifier: BSL-1.0
// Runs one operation some times, so that callgrind can count its instructions; see instructions.sh.
//   instructions                    the names, one a line, with the packets in one run
//   instructions NAME TIMES         runs it; 0 times for what the program itself costs
//   instructions --verify           every operation does what it says it does
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "operations/operation.hpp"

namespace {

using bench::operation;

template <class Visit>
void for_each_operation(Visit visit) {
  for (auto const& table : {bench::codec_operations(), bench::stream_operations(), bench::iothub_operations(),
                            bench::text_operations()})
    for (operation const& one : table) visit(one);
}

int print_names() {
  for_each_operation([](operation const& one) {
    std::printf("%.*s %zu\n", static_cast<int>(one.name.size()), one.name.data(), one.per_run);
  });
  return 0;
}

int verify() {
  int failures = 0;
  for_each_operation([&](operation const& one) {
    if (one.check()) return;
    ++failures;
    std::printf("%.*s: wrong result\n", static_cast<int>(one.name.size()), one.name.data());
  });
  return failures == 0 ? 0 : 1;
}

int run(std::string_view name, std::size_t times) {
  bool known = false;
  for_each_operation([&](operation const& one) {
    if (one.name != name) return;
    known = true;
    one.run(times);
  });
  return known ? 0 : 2;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 1) return print_names();
  if (count == 2 && std::string_view(arguments[1]) == "--verify") return verify();
  if (count == 3) return run(arguments[1], std::strtoul(arguments[2], nullptr, 10));
  return 2;
}
