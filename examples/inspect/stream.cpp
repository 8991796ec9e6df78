// SPDX-License-Identifier: BSL-1.0
#include "stream.hpp"

#include <cstdint>
#include <cstdio>
#include <hubwire/core/slice.hpp>
#include <string>
#include <string_view>

#include "examine.hpp"
#include "exit_status.hpp"
#include "hex.hpp"
#include "json_writer.hpp"
#include "packet_json.hpp"
#include "verdict.hpp"

namespace inspect {

namespace {

// Holds what has come of a packet, not what it announces: memory grows with the bytes that are there.
class packet_stream {
 public:
  packet_stream(output& out, options const& settings)
      : json_(out), how_{settings.sender, settings.limit}, settings_{settings.sender, settings.reencode} {}

  // Where the next bytes go.
  std::string& buffer() noexcept { return buffer_; }

  // Prints the packets that are complete. False after a bad one, which is the last.
  bool take_packets() {
    std::size_t taken = 0;
    while (taken != buffer_.size()) {
      std::string_view const rest = hubwire::drop(buffer_, taken);
      examined const found = examine(rest, how_);
      if (found.why.error == hubwire::errc::not_one_frame) break;
      if (!found.sound()) return refuse(rest, offset_ + taken, found.why);
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
    return refuse(buffer_, offset_, examine(buffer_, how_).why);
  }

  // A packet did not encode to the bytes that it was decoded from.
  bool differs() const noexcept { return differs_; }

 private:
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
  std::string buffer_{};
  std::uint64_t offset_ = 0;  // of buffer_ in the stream
  bool differs_ = false;
};

int not_hex(hex_reader const& hex) {
  std::fprintf(stderr, "inspect: no hexadecimal digit at offset %llu of the input\n",
               static_cast<unsigned long long>(hex.offset()));
  return exit_unusable;
}

}  // namespace

int inspect_stream(input& source, output& out, options const& settings) {
  packet_stream packets(out, settings);
  hex_reader hex;
  for (std::string_view piece = source.read(); !piece.empty(); piece = source.read()) {
    bool good = true;
    if (settings.form == input_form::hex)
      good = hex.read(piece, packets.buffer());
    else
      packets.buffer().append(piece);
    if (!packets.take_packets()) return exit_bad_packet;
    if (!good) return not_hex(hex);
    if (!out.flush()) return exit_io;
  }
  if (hex.inside_byte()) return not_hex(hex);
  if (!packets.finish() || packets.differs()) return exit_bad_packet;
  return exit_ok;
}

}  // namespace inspect
