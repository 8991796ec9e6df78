// SPDX-License-Identifier: BSL-1.0
// Nothing is lost and nothing doubled: a client and a server through losses, reboots, power cuts and delays,
// by chance and by plan. A failed run names its seed. To see it step by step:
//   HUBWIRE_SIMULATION_TRACE=1 HUBWIRE_SIMULATION="kept 4711" test_session "simulation: one run"
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "simulation.hpp"
#include "simulation_script.hpp"

using namespace hubwire;
namespace sim = hubwire::simulation;

namespace {

template <class Keep>
constexpr char const* name_of = "nothing";
template <>
constexpr char const* name_of<keep_with_application> = "application";
template <>
constexpr char const* name_of<kept_packets> = "kept";
template <>
constexpr char const* name_of<sim::stored> = "stored";

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
    INFO("repeat it with HUBWIRE_SIMULATION_TRACE=1 HUBWIRE_SIMULATION=\""
         << name_of<Keep> << ' ' << seed << "\" test_session \"simulation: one run\"");
    REQUIRE(outcome_of<Keep>(seed) == "");
  }
}

struct exchange {
  std::vector<unsigned> up;
  std::vector<unsigned> down;
};

// One exchange in every way, with the connections or the power cut where the plan says.
template <class Keep>
class scripted {
  using simulation = sim::script_run<Keep>;

 public:
  explicit scripted(exchange const& what) : what_(what) {}

  void break_once() const {
    sim::cut_plan const end = length().bytes;
    for (std::size_t byte = 0; byte <= end.up; ++byte) in_every_way({.cuts = {{.up = byte}}});
    for (std::size_t byte = 0; byte <= end.down; ++byte) in_every_way({.cuts = {{.down = byte}}});
  }
  void break_twice() const {
    sim::cut_plan const end = length().bytes;
    std::vector<sim::cut_plan> places;
    for (std::size_t byte = 1; byte <= end.up; ++byte) places.push_back({.up = byte});
    for (std::size_t byte = 1; byte <= end.down; ++byte) places.push_back({.down = byte});
    for (sim::cut_plan const& first : places)
      for (sim::cut_plan const& second : places) in_every_way({.cuts = {first, second}});
  }
  std::size_t snapshots() const { return length().snapshots; }
  // A step is a byte that is sent or written into the store, or a part of an erase.
  void cut_power_once() const {
    std::size_t const end = length().steps;
    for (std::size_t step = 1; step <= end; ++step) in_every_way({.lives = {step}});
  }
  void cut_power_twice(std::size_t stride) const {
    std::size_t const end = length().steps;
    for (std::size_t first = 1; first <= end; first += stride)
      for (std::size_t second = 1; second <= end; second += stride) in_every_way({.lives = {first, second}});
  }

 private:
  struct extent {
    sim::cut_plan bytes;
    std::size_t steps;
    std::size_t snapshots;
  };

  // How long a run without a break is.
  extent length() const {
    sim::dice nothing_rare{std::string_view{}};
    simulation run(nothing_rare, with(0));
    static_cast<void>(run.play({.up = what_.up, .down = what_.down}));
    return {run.bytes_passed(), run.steps_of_device(), run.snapshots()};
  }
  static sim::ways with(unsigned way) {
    sim::ways how;
    how.client.options.acknowledge =
        (way & 2) != 0 ? acknowledge::by_application : acknowledge::automatically;
    how.client.subscribe_level = Keep::resends ? 2 : 1;
    how.client.kept = 64;
    how.client.store = {sim::smallest_store(how.client.kept), (way & 4) != 0 ? 16u : 1u, way};
    how.server.hands_on_late = (way & 8) != 0;
    return how;
  }
  void in_every_way(sim::script plan) const {
    plan.up = what_.up;
    plan.down = what_.down;
    for (unsigned way = 0; way != 16; ++way) {
      plan.server_forgets = (way & 1) != 0;
      plan.server_learns_late = (way & 4) != 0;
      INFO(name_of<Keep> << ", broken" << places(plan) << ", way " << way);
      REQUIRE(outcome(plan, way) == "");
    }
  }
  static std::string outcome(sim::script const& plan, unsigned way) try {
    sim::dice nothing_rare{std::string_view{}};
    simulation run(nothing_rare, with(way));
    auto const& all = run.play(plan);
    bool const may_be_lost =
        plan.server_forgets || !Keep::resends || (!Keep::survives && !plan.lives.empty());
    for (sim::sent_message const& m : all.sent)
      sim::require(m.level == 0 || may_be_lost || m.verdict.find("abandoned") != 0, "given up without need");
    run.finish();
    return {};
  } catch (sim::broken const& wrong) {
    return wrong.what();
  }
  static std::string places(sim::script const& plan) {
    std::string all;
    for (sim::cut_plan const& cut : plan.cuts)
      all += (cut.up != sim::never ? " up " : " down ") + std::to_string(std::min(cut.up, cut.down));
    for (std::size_t const steps : plan.lives) all += " power " + std::to_string(steps);
    return all;
  }

  exchange what_;
};

exchange up_to_qos_1(exchange what) {
  for (auto* const list : {&what.up, &what.down})
    for (unsigned& level : *list) level = std::min(level, 1u);
  return what;
}

}  // namespace

TEST_CASE("simulation: one run", "[.][simulation]") {
  char const* const wanted = std::getenv("HUBWIRE_SIMULATION");
  REQUIRE(wanted != nullptr);
  std::string const text = wanted;
  auto const seed =
      static_cast<std::uint32_t>(std::strtoul(text.substr(text.find(' ')).c_str(), nullptr, 10));
  INFO(text);
  if (text[0] == 'n') REQUIRE(outcome_of<keep_nothing>(seed) == "");
  if (text[0] == 'a') REQUIRE(outcome_of<keep_with_application>(seed) == "");
  if (text[0] == 'k') REQUIRE(outcome_of<kept_packets>(seed) == "");
  if (text[0] == 's') REQUIRE(outcome_of<sim::stored>(seed) == "");
}

TEST_CASE("simulation: keep_nothing tells the fate of every message", "[session][client][simulation]") {
  run_seeds<keep_nothing>(1, 1'500);
}
TEST_CASE("simulation: keep_with_application loses nothing and doubles nothing",
          "[session][client][simulation]") {
  run_seeds<keep_with_application>(1, 3'000);
}
TEST_CASE("simulation: kept_packets lose nothing and double nothing", "[session][client][simulation]") {
  run_seeds<kept_packets>(1, 3'000);
}

TEST_CASE("simulation: stored_packets lose nothing and double nothing, whatever is rebooted",
          "[session][client][stored][simulation]") {
  run_seeds<sim::stored>(1, 3'000);
}

// Of each Keep.
TEST_CASE("simulation: a hundred thousand runs", "[.][full][session][client][simulation]") {
  std::uint32_t const first = GENERATE(range(1u, 100'001u, 10'000u));
  run_seeds<keep_nothing>(first, 10'000);
  run_seeds<keep_with_application>(first, 10'000);
  run_seeds<kept_packets>(first, 10'000);
  run_seeds<sim::stored>(first, 10'000);
}

TEST_CASE("simulation: the connection breaks after every byte", "[session][client][simulation]") {
  exchange const what = GENERATE(values<exchange>(
      {{{1}, {}}, {{2}, {}}, {{}, {1}}, {{}, {2}}, {{2, 1, 2}, {}}, {{}, {2, 1, 2}}, {{0, 1, 2}, {2, 1}}}));
  scripted<keep_nothing>(up_to_qos_1(what)).break_once();
  scripted<keep_with_application>(what).break_once();
  scripted<kept_packets>(what).break_once();
  scripted<sim::stored>(what).break_once();
}
TEST_CASE("simulation: the connection breaks after every byte and then again",
          "[.][full][session][client][simulation]") {
  exchange const what = GENERATE(values<exchange>({{{1}, {}}, {{2}, {}}, {{}, {1}}, {{}, {2}}, {{2}, {2}}}));
  scripted<keep_with_application>(what).break_twice();
  scripted<kept_packets>(what).break_twice();
}

// Every byte sent, every byte of every record and snapshot, every erase. The store is so small that snapshots
// come in the middle.
TEST_CASE("simulation: the power is cut at every step", "[session][client][stored][simulation]") {
  exchange const what = GENERATE(
      values<exchange>({{{2, 1}, {}}, {{}, {2, 1}}, {{1, 2, 1, 2, 2, 1, 2, 1, 2, 2, 2}, {2, 1, 2, 2, 2}}}));
  scripted<sim::stored>(what).cut_power_once();
}
TEST_CASE("simulation: the plan for power cuts has snapshots in the middle",
          "[session][client][stored][simulation]") {
  CHECK(scripted<sim::stored>({{1, 2, 1, 2, 2, 1, 2, 1, 2, 2, 2}, {2, 1, 2, 2, 2}}).snapshots() > 3);
}
TEST_CASE("simulation: the power is cut while bytes are sent, and what was kept is gone",
          "[session][client][simulation]") {
  exchange const what = {{2, 1, 2}, {1}};
  scripted<keep_nothing>(up_to_qos_1(what)).cut_power_once();
  scripted<keep_with_application>(what).cut_power_once();
  scripted<kept_packets>(what).cut_power_once();
}
TEST_CASE("simulation: the power is cut at every step and then again",
          "[.][full][session][client][stored][simulation]") {
  exchange const what = GENERATE(values<exchange>({{{2, 1}, {2}}, {{1, 2, 1, 2, 2, 1}, {2, 1, 2}}}));
  scripted<sim::stored>(what).cut_power_twice(5);
}
