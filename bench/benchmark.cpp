// SPDX-License-Identifier: BSL-1.0
// Times every operation of this program with Google Benchmark; run.sh runs it for hubwire and for each alternative.
// What gives a wrong result is not timed.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <string>

#include "operations/operation.hpp"

#ifdef HUBWIRE_BENCH_TLS
#include "tls_operations.hpp"
#endif

namespace {

using bench::operation;

// One call runs a batch, so that calling through a pointer does not count.
void measure(benchmark::State& state, operation const& one) {
  if (!one.check(one.bytes)) {
    state.SkipWithError("wrong result");
    return;
  }
  one.run(1);  // makes the inputs
  bool const is_long = one.per_run >= 1'000 || one.bytes >= 10'000;
  std::size_t const batch = is_long ? 1 : one.per_run > 1 ? 16 : 256;
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(batch))) one.run(batch);
  state.counters["per_run"] = static_cast<double>(one.per_run);
  state.counters["bytes"] = static_cast<double>(one.bytes);
  state.counters["less"] = one.less ? 1 : 0;
  state.SetLabel(bench::floor_of(one));
}

}  // namespace

int main(int argument_count, char** arguments) {
  std::vector<operation> operations = bench::all_operations();
#ifdef HUBWIRE_BENCH_TLS
  for (operation const& one : bench::tls_operations()) operations.push_back(one);
#endif
  for (operation const& one : operations)
    benchmark::RegisterBenchmark(std::string(one.name).c_str(),
                                 [&one](benchmark::State& state) { measure(state, one); });
  benchmark::AddCustomContext("library", bench::measured_library());
  benchmark::AddCustomContext("compiler", HUBWIRE_BENCH_COMPILER);
  benchmark::Initialize(&argument_count, arguments);
  if (benchmark::ReportUnrecognizedArguments(argument_count, arguments)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
