// SPDX-License-Identifier: BSL-1.0
#include "stream.hpp"

#include <cstdint>
#include <cstdio>
#include <hubwire/core/slice.hpp>
#include <string>
#include <string_view>

#include "examine.hpp"
#include "exit_status.hpp"
#include "foreign.hpp"
#include "hex_text.hpp"
#include "json_writer.hpp"
#include "packet_json.hpp"
#include "verdict.hpp"

namespace inspect {

namespace {

// Holds what has come of a packet, not what it announces: memory grows with the bytes that are there.
class packet_stream {
 public:
  packet_stream(output& out, options const& settings)
      : json_(out),
        how_{settings.sender, settings.limit},
        settings_{settings.sender, settings.reencode},
        from_(settings.form == input_form::hex ? origin::hexadecimal : origin::bytes) {}

  // Where the next bytes go.
  std::string& buffer() noexcept { return buffer_; }

  // Prints the packets that are complete. False after a bad one, which is the last.
  bool take_packets() {
    std::size_t taken = 0;
    while (taken != buffer_.size()) {
      std::string_view const rest = hubwire::drop(buffer_, taken);
      examined const found = examine(rest, how_);
      if (found.why.error == hubwire::errc::not_one_frame) break;
      if (!found.sound()) {
        if (at_start(taken) && recognised(true)) return !is_foreign();
        return refuse(rest, offset_ + taken, found.why);
      }
      if (!write_packet(json_, found, offset_ + taken, settings_)) differs_ = true;
      json_.end_line();
      taken += found.frame.size();
    }
    buffer_.erase(0, taken);
    offset_ += taken;
    return true;
  }

  // Nothing more comes. False when a packet is not complete.
  bool finish() {
    if (buffer_.empty()) return true;
    if (at_start(0) && recognised(false)) return false;
    return refuse(buffer_, offset_, examine(buffer_, how_).why);
  }

  // The input is no MQTT stream; what it is.
  bool is_foreign() const noexcept { return !foreign_.what.empty(); }
  recognition const& foreign() const noexcept { return foreign_; }

  // A packet did not encode to the bytes that it was decoded from.
  bool differs() const noexcept { return differs_; }

 private:
  bool at_start(std::size_t taken) const noexcept { return offset_ + taken == 0; }

  // Whether the input is something else than MQTT, or may still turn out to be when more comes.
  bool recognised(bool more_may_come) {
    foreign_ = recognise(buffer_, from_);
    return is_foreign() || (more_may_come && foreign_.open);
  }

  bool refuse(std::string_view rest, std::uint64_t offset, hubwire::diagnosis const& why) {
    json_.begin_object();
    json_.number("offset", offset);
    json_.text("verdict", to_string(verdict_of(why.error.code)));
    json_.key("error");
    write_error(json_, rest, offset, why);
    json_.end_object();
    json_.end_line();
    return false;
  }

  json_writer json_;
  reading how_;
  report_settings settings_;
  origin from_;
  recognition foreign_{};
  std::string buffer_{};
  std::uint64_t offset_ = 0;  // of buffer_ in the stream
  bool differs_ = false;
};

int refused(std::string_view reason) {
  std::fprintf(stderr, "inspect: %.*s\n", static_cast<int>(reason.size()), reason.data());
  return exit_unusable;
}

int bad_packet(packet_stream const& packets) {
  if (!packets.is_foreign()) return exit_bad_packet;
  std::string text = "this is ";
  text.append(packets.foreign().what).append(", not an MQTT stream: ").append(packets.foreign().advice);
  return refused(text);
}

}  // namespace

int inspect_stream(input& source, output& out, options const& settings) {
  packet_stream packets(out, settings);
  hex_text hex(longest_line(settings.limit));
  bool const is_hex = settings.form == input_form::hex;
  bool good = true;
  bool more = true;
  while (good && more) {
    std::string_view const piece = source.read();
    more = !piece.empty();
    if (!is_hex)
      packets.buffer().append(piece);
    else if (more)
      good = hex.read(piece, packets.buffer());
    else
      good = hex.finish(packets.buffer());
    if (!packets.take_packets()) return bad_packet(packets);
    if (!out.flush()) return exit_io;
  }
  if (!good) return refused(hex.problem());
  if (!packets.finish()) return bad_packet(packets);
  return packets.differs() ? exit_bad_packet : exit_ok;
}

}  // namespace inspect
