// SPDX-License-Identifier: BSL-1.0
// Nothing is lost and nothing doubled: a client and a server through losses, reboots and delays, by chance and by
// plan. A failed run names its seed. To see it step by step:
//   HUBWIRE_SIMULATION_TRACE=1 HUBWIRE_SIMULATION="kept 4711" test_session "simulation: one run"
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "simulation.hpp"

using namespace hubwire;
namespace sim = hubwire::simulation;

namespace {

template <class Keep>
constexpr char const* name_of = "nothing";
template <>
constexpr char const* name_of<keep_with_application> = "application";
template <>
constexpr char const* name_of<kept_packets> = "kept";

// What was wrong; empty when nothing was.
template <class Keep>
std::string outcome_of(std::uint32_t seed) try {
  sim::dice chance(seed);
  sim::ways const with = sim::any_ways(chance, Keep::resends);
  sim::simulation<Keep> run(chance, with);
  run.run(100 + chance(600));
  return {};
} catch (sim::broken const& wrong) {
  return wrong.what();
}

template <class Keep>
void run_seeds(std::uint32_t first, std::uint32_t count) {
  for (std::uint32_t seed = first; seed != first + count; ++seed) {
    std::string const wrong = outcome_of<Keep>(seed);
    if (wrong.empty()) continue;
    FAIL(wrong << "; repeat it with\n  HUBWIRE_SIMULATION_TRACE=1 HUBWIRE_SIMULATION=\"" << name_of<Keep> << ' '
               << seed << "\" test_session \"simulation: one run\"");
  }
}

}  // namespace

TEST_CASE("simulation: one run", "[.][simulation]") {
  char const* const wanted = std::getenv("HUBWIRE_SIMULATION");
  REQUIRE(wanted != nullptr);
  std::string const text = wanted;
  auto const seed = static_cast<std::uint32_t>(std::strtoul(text.substr(text.find(' ')).c_str(), nullptr, 10));
  std::string const wrong = text[0] == 'n'   ? outcome_of<keep_nothing>(seed)
                            : text[0] == 'a' ? outcome_of<keep_with_application>(seed)
                                             : outcome_of<kept_packets>(seed);
  INFO(wrong);
  CHECK(wrong.empty());
}

TEST_CASE("simulation: keep_nothing tells the fate of every message", "[session][client][simulation]") {
  run_seeds<keep_nothing>(1, 1'500);
}
TEST_CASE("simulation: keep_with_application loses nothing and doubles nothing",
          "[session][client][simulation]") {
  run_seeds<keep_with_application>(1, 1'500);
}
TEST_CASE("simulation: kept_packets lose nothing and double nothing", "[session][client][simulation]") {
  run_seeds<kept_packets>(1, 1'500);
}
