// SPDX-License-Identifier: BSL-1.0
// What is in these bytes? README.md tells how to use it.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>

#include "exit_status.hpp"
#include "input.hpp"
#include "lines.hpp"
#include "options.hpp"
#include "output.hpp"
#include "stream.hpp"

namespace {

using namespace inspect;

// What was printed has arrived, or the shell hears of it; a reader that left early (head) needs no word.
int close_output(output& out, int status) {
  if (out.flush()) return status;
  if (out.error_number() != EPIPE)
    std::fprintf(stderr, "inspect: standard output: %s\n", std::strerror(out.error_number()));
  return exit_io;
}

int run(options const& settings) {
  output out(stdout);
  if (settings.help) {
    out.put(usage());
    return close_output(out, exit_ok);
  }
  bool const lines = settings.form == input_form::lines;
  if (settings.protocol == protocol_version::v5 && !lines) {  // each line says its own
    std::fputs("inspect: MQTT 5 is not there yet: this program reads MQTT 3.1.1\n", stderr);
    return exit_unsupported;
  }
  input source(settings.file);
  int const status = lines ? inspect_lines(source, out, settings) : inspect_stream(source, out, settings);
  return close_output(out, status);
}

}  // namespace

int main(int count, char** arguments) try {
  std::signal(SIGPIPE, SIG_IGN);
  return run(parse_options(count, arguments));
} catch (usage_error const& problem) {
  std::fprintf(stderr, "inspect: %s\n\n%s", problem.what(), usage().data());
  return exit_unusable;
} catch (std::exception const& problem) {
  std::fflush(stdout);
  std::fprintf(stderr, "inspect: %s\n", problem.what());
  return exit_io;
}
