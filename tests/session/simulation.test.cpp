// SPDX-License-Identifier: BSL-1.0
// Nothing is lost and nothing doubled: a client and a server through losses, reboots and delays, by chance and by
// plan. A failed run names its seed. To see it step by step:
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
    FAIL(wrong << "; repeat it with\n  HUBWIRE_SIMULATION_TRACE=1 HUBWIRE_SIMULATION=\""
               << name_of<Keep> << ' ' << seed << "\" test_session \"simulation: one run\"");
  }
}

struct exchange {
  std::vector<unsigned> up;
  std::vector<unsigned> down;
};

// One exchange in every way, with the connections broken where the plan says.
template <class Keep>
class scripted {
  using simulation = sim::simulation<Keep>;

 public:
  explicit scripted(exchange const& what) : what_(what) {}

  // Where the first connection, if it does not break, ends.
  sim::cut_plan length() const {
    sim::dice nothing_rare{std::string_view{}};
    simulation run(nothing_rare, with(false));
    static_cast<void>(run.play({what_.up, what_.down}));
    return run.passed_in_first_connection();
  }
  void break_once() const {
    sim::cut_plan const end = length();
    for (std::size_t byte = 0; byte <= end.up; ++byte) in_every_way({{.up = byte}});
    for (std::size_t byte = 0; byte <= end.down; ++byte) in_every_way({{.down = byte}});
  }
  void break_twice() const {
    sim::cut_plan const end = length();
    std::vector<sim::cut_plan> places;
    for (std::size_t byte = 1; byte <= end.up; ++byte) places.push_back({.up = byte});
    for (std::size_t byte = 1; byte <= end.down; ++byte) places.push_back({.down = byte});
    for (sim::cut_plan const& first : places)
      for (sim::cut_plan const& second : places) in_every_way({first, second});
  }

 private:
  static sim::ways with(bool by_hand) {
    sim::ways how;
    how.client.options.acknowledge = by_hand ? acknowledge::by_application : acknowledge::automatically;
    how.client.subscribe_level = Keep::resends ? 2 : 1;
    return how;
  }
  void in_every_way(std::vector<sim::cut_plan> const& cuts) const {
    for (unsigned way = 0; way != 16; ++way) play(cuts, way);
  }
  void play(std::vector<sim::cut_plan> const& cuts, unsigned way) const try {
    bool const forgets = (way & 1) != 0;
    sim::dice nothing_rare{std::string_view{}};
    sim::ways how = with((way & 2) != 0);
    how.server.hands_on_late = (way & 8) != 0;
    simulation run(nothing_rare, how);
    auto const& all = run.play({what_.up, what_.down, cuts, forgets, (way & 4) != 0});
    for (sim::sent_message const& m : all.sent)
      sim::require(m.level == 0 || forgets || !Keep::resends || m.verdict.find("published") == 0,
                   "given up without need");
    run.finish();
  } catch (sim::broken const& wrong) {
    std::string places;
    for (sim::cut_plan const& cut : cuts)
      places += (cut.up != sim::never ? " up " : " down ") + std::to_string(std::min(cut.up, cut.down));
    FAIL(wrong.what() << "; " << name_of<Keep> << ", broken after" << places << ", way " << way);
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
  run_seeds<keep_with_application>(1, 3'000);
}
TEST_CASE("simulation: kept_packets lose nothing and double nothing", "[session][client][simulation]") {
  run_seeds<kept_packets>(1, 3'000);
}

TEST_CASE("simulation: a hundred thousand runs", "[.][full][session][client][simulation]") {
  std::uint32_t const first = GENERATE(range(1u, 100'001u, 10'000u));
  run_seeds<keep_nothing>(first, 2'000);
  run_seeds<keep_with_application>(first, 4'000);
  run_seeds<kept_packets>(first, 4'000);
}

TEST_CASE("simulation: the connection breaks after every byte", "[session][client][simulation]") {
  exchange const what = GENERATE(values<exchange>(
      {{{1}, {}}, {{2}, {}}, {{}, {1}}, {{}, {2}}, {{2, 1, 2}, {}}, {{}, {2, 1, 2}}, {{0, 1, 2}, {2, 1}}}));
  scripted<keep_nothing>(up_to_qos_1(what)).break_once();
  scripted<keep_with_application>(what).break_once();
  scripted<kept_packets>(what).break_once();
}
TEST_CASE("simulation: the connection breaks after every byte and then again",
          "[.][full][session][client][simulation]") {
  exchange const what = GENERATE(values<exchange>({{{1}, {}}, {{2}, {}}, {{}, {1}}, {{}, {2}}, {{2}, {2}}}));
  scripted<keep_with_application>(what).break_twice();
  scripted<kept_packets>(what).break_twice();
}
