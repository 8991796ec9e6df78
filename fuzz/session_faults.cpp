// SPDX-License-Identifier: BSL-1.0
// A client and a server through losses, reboots, power cuts and delays. Input: how the client keeps its
// messages, then the chance of tests/session/simulation.hpp, byte by byte; 0 stands for what is rare. Oracle:
// that of the simulation: nothing is lost, doubled, out of order or without a verdict.
#include <tests/session/simulation.hpp>

#include <fuzz/support/target.hpp>

namespace {

template <class Keep>
void run(std::string_view input) {
  hubwire::simulation::dice chance(input);
  auto const with = hubwire::simulation::any_ways(chance, Keep::resends);
  hubwire::simulation::simulation<Keep>(chance, with).run(3'000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view const input = fuzz::as_text(data, size).substr(1);
  try {
    if (data[0] % 4 == 0)
      run<hubwire::keep_nothing>(input);
    else if (data[0] % 4 == 1)
      run<hubwire::keep_with_application>(input);
    else if (data[0] % 4 == 2)
      run<hubwire::kept_packets>(input);
    else
      run<hubwire::simulation::stored>(input);
  } catch (hubwire::simulation::broken const& wrong) {
    fuzz::require(false, wrong.what());
  }
  return 0;
}
