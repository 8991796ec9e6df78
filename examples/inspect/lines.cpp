// SPDX-License-Identifier: BSL-1.0
#include "lines.hpp"

#include <cstddef>
#include <cstdint>
#include <hubwire/core/slice.hpp>
#include <string>
#include <string_view>

#include "examine.hpp"
#include "exit_status.hpp"
#include "hex_list.hpp"
#include "json_writer.hpp"
#include "line_splitter.hpp"
#include "packet_json.hpp"
#include "verdict.hpp"

namespace inspect {

namespace {

struct request {
  hubwire::role sender = hubwire::role::any;
  bool version_5 = false;
  std::string bytes{};
  // Of a line that is not of the form, "" otherwise.
  std::string problem{};
  std::size_t offset = 0;
};

request parse_line(std::string_view line) {
  request asked;
  std::string_view rest = line;
  auto const refuse = [&](std::string_view problem, std::size_t ahead = 0) {
    asked.problem = problem;
    asked.offset = line.size() - rest.size() + ahead;
    return asked;
  };
  bool const client = hubwire::consume(rest, "client ");
  if (!client && !hubwire::consume(rest, "server "))
    return refuse("a line begins with \"client \" or \"server \"");
  asked.sender = client ? hubwire::role::client : hubwire::role::server;
  asked.version_5 = hubwire::begins_with(rest, "5");
  if (!asked.version_5 && !hubwire::begins_with(rest, "4")) return refuse("the second word is 4 or 5");
  rest = hubwire::drop(rest, 1);
  bool const more = !rest.empty() && rest != "\r";
  if (more && !hubwire::consume(rest, " "))
    return refuse("a space and hexadecimal digits follow the version");

  hex_list hex;
  if (fault const found = hex.read(rest, asked.bytes)) return refuse(found.reason, found.at);
  if (fault const found = hex.finish()) return refuse(found.reason, rest.size());
  return asked;
}

// The buffer up to the first packet that is not sound, which ends it.
struct outcome {
  std::size_t consumed = 0;
  hubwire::diagnosis why{};
};

// An empty buffer holds no packet, and is incomplete for that.
template <class Visitor>
outcome walk(std::string_view buffer, reading const& how, Visitor&& visit) {
  outcome reached;
  do {
    examined const found = examine(hubwire::drop(buffer, reached.consumed), how);
    reached.why = found.why;
    if (!found.sound()) break;
    visit(found, reached.consumed);
    reached.consumed += found.frame.size();
  } while (reached.consumed != buffer.size());
  return reached;
}

class line_inspector {
 public:
  line_inspector(output& out, options const& settings) : json_(out), settings_(settings) {}

  void answer(std::string_view line, bool too_long) {
    if (too_long) return answer_problem("the line is too long for the limit", line.size());
    request const asked = parse_line(line);
    if (!asked.problem.empty()) return answer_problem(asked.problem, asked.offset);
    if (asked.version_5) return answer_version_5();
    answer_buffer(asked.bytes, asked.sender);
  }

  int exit_status() const noexcept {
    if (unusable_) return exit_unusable;
    return differs_ ? exit_bad_packet : exit_ok;
  }

 private:
  void answer_problem(std::string_view problem, std::size_t offset) {
    unusable_ = true;
    json_.begin_object();
    json_.null("verdict");
    end_without_packets(offset, problem);
  }

  void answer_version_5() {
    json_.begin_object();
    json_.text("verdict", to_string(verdict_of(hubwire::errc::not_supported)));
    end_without_packets(0, "MQTT 5 is not there yet: this program reads MQTT 3.1.1");
  }

  void end_without_packets(std::size_t offset, std::string_view message) {
    json_.number("consumed", 0u);
    json_.key("packets");
    json_.begin_array();
    json_.end_array();
    json_.key("error");
    write_error(json_, offset, message);
    json_.end_object();
    json_.end_line();
  }

  // The verdict comes first in the answer, so the buffer is walked twice: decoding is cheap, and keeping
  // what the first walk found would take a hundred times the memory of the line.
  void answer_buffer(std::string_view buffer, hubwire::role sender) {
    reading const how{sender, settings_.limit};
    outcome const reached = walk(buffer, how, [](examined const&, std::size_t) {});
    json_.begin_object();
    json_.text("verdict", to_string(verdict_of(reached.why.error.code)));
    json_.number("consumed", reached.consumed);
    json_.key("packets");
    json_.begin_array();
    walk(buffer, how, [&](examined const& found, std::size_t offset) {
      if (!write_packet(json_, found, offset, {sender, settings_.reencode})) differs_ = true;
    });
    json_.end_array();
    json_.key("error");
    if (reached.why.error.code == hubwire::errc::none)
      json_.null();
    else
      write_error(json_, hubwire::drop(buffer, reached.consumed), reached.consumed, reached.why);
    json_.end_object();
    json_.end_line();
  }

  json_writer json_;
  options const& settings_;
  bool unusable_ = false;
  bool differs_ = false;
};

}  // namespace

int inspect_lines(input& source, output& out, options const& settings) {
  line_inspector lines(out, settings);
  line_splitter split(longest_line(settings.limit));
  for (std::string_view piece = source.read(); !piece.empty(); piece = source.read()) {
    while (!piece.empty())
      if (split.take(piece)) lines.answer(split.line(), split.too_long());
    if (!out.flush()) return exit_io;
  }
  if (split.unfinished()) lines.answer(split.line(), split.too_long());
  return lines.exit_status();
}

}  // namespace inspect
