// SPDX-License-Identifier: BSL-1.0
// A packet as JSON.
#ifndef INSPECT_PACKET_JSON_HPP
#define INSPECT_PACKET_JSON_HPP

#include <cstdint>
#include <hubwire/wire/role.hpp>
#include <string_view>

#include "examine.hpp"
#include "json_writer.hpp"

namespace inspect {

struct report_settings {
  hubwire::role sender = hubwire::role::any;
  bool reencode = false;
};

// Writes an object: "offset", where the packet begins in the input; "size"; "type"; its fields; with
// reencode also whether encoding it again gives the same bytes. False when it does not.
bool write_packet(json_writer& json, examined const& found, std::uint64_t offset,
                  report_settings const& settings);

// What is wrong with the packet at the start of input, which is at offset of all input.
void write_error(json_writer& json, std::string_view input, std::uint64_t offset,
                 hubwire::diagnosis const& why);
// The same where no packet is to blame.
void write_error(json_writer& json, std::uint64_t offset, std::string_view message);

}  // namespace inspect

#endif
