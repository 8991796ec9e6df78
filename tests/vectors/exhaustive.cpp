// SPDX-License-Identifier: BSL-1.0
// Spaces that are tried whole, against the second reading of the standard in fuzz/reference: an optimised program,
// since a sanitizer makes seconds into minutes; what it would see, the fuzz targets and the unit tests show it.
//   exhaustive packets|lengths|texts
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <fuzz/reference/mqtt311_decode.hpp>
#include <fuzz/reference/topics.hpp>
#include <hubwire/diagnosis.hpp>
#include <hubwire/mqtt3.hpp>

namespace {

using namespace hubwire;

// Each text of size bytes, 0 to 3, until one is wrong.
template <class Check>
bool every_text(std::size_t size, Check check) {
  std::uint32_t const count = std::uint32_t{1} << (8 * size);
  for (std::uint32_t number = 0; number != count; ++number) {
    // In the middle of more: g++ 12 warns of blocks that a text of three bytes never reads.
    char bytes[40] = {};
    for (std::size_t i = 0; i != 3; ++i) bytes[16 + i] = static_cast<char>(number >> (16 - 8 * i));
    std::string_view const text(bytes + 16 + 3 - size, size);
    if (check(text)) continue;
    std::printf("FAILED: size %u, number 0x%x\n", static_cast<unsigned>(size), static_cast<unsigned>(number));
    return false;
  }
  return true;
}

errc as_errc(reference::refusal kind) {
  switch (kind) {
    case reference::refusal::malformed: return errc::malformed_packet;
    case reference::refusal::protocol_error: return errc::protocol_error;
    case reference::refusal::unsupported_version: break;
  }
  return errc::unsupported_protocol;
}

// What a reader of a stream makes of it: errc::not_one_frame when more bytes are needed.
error verdict_on(std::string_view input, role sender) {
  frame_result const split = split_frame(input, largest_packet, first_bytes_of<v3_tag>(sender));
  if (split.status == frame_status::need_more) return {errc::not_one_frame, split.size};
  if (split.status == frame_status::failed) return split.error;
  auto const outcome = dispatch<v3_tag>(split.frame, sender, [](auto const&) {});
  return outcome ? error{} : outcome.error();
}

// hubwire and the reference agree on whether it is a packet, and on what is wrong with what is none.
template <role Sender>
bool agree(std::string_view input, reference::sender sender) {
  reference::reading const judged = reference::decode(input, sender);
  error const verdict = verdict_on(input, Sender);
  diagnosis const why = diagnose<v3_tag, Sender>(input.substr(0, judged.packet ? judged.size : input.size()));
  if (why.error.code != verdict.code) return false;
  if (verdict.code == errc::none) return judged.packet.has_value();
  if (verdict.code == errc::not_one_frame)
    return judged.faults.empty() && !judged.packet && verdict.detail == judged.size;
  return !judged.packet && std::any_of(judged.faults.begin(), judged.faults.end(), [&](auto const& fault) {
    return as_errc(fault.kind) == verdict.code && fault.offset == why.offset && fault.says(why.statement);
  });
}

bool packets() {
  for (std::size_t const size : {0u, 1u, 2u, 3u}) {
    bool const right = every_text(size, [](std::string_view input) {
      return agree<role::client>(input, reference::sender::client) &&
             agree<role::server>(input, reference::sender::server);
    });
    if (!right) return false;
  }
  return true;
}

// The bytes of one length after another, counted like the wheels of an odometer: v3.1.1 §2.2.3.
struct odometer {
  char digits[4] = {};
  std::size_t size = 1;

  void advance() {
    for (std::size_t i = 0; i != 4; ++i) {
      auto const digit = static_cast<unsigned char>(digits[i]);
      unsigned const value = (digit & 127u) + 1;
      bool const carry = value == 128;
      if (i >= size) size = i + 1;
      digits[i] = static_cast<char>((carry ? 0u : value) | (i + 1 < size ? 128u : 0u));
      if (!carry) return;
      digits[i] = static_cast<char>(static_cast<unsigned char>(digits[i]) | 128u);
    }
  }
};

bool lengths() {
  odometer wanted;
  for (std::uint32_t value = 0;; ++value) {
    char memory[8] = {'\x30'};  // PUBLISH
    writer out(memory + 1);
    write_varint(out, value);
    std::size_t const size = static_cast<std::size_t>(out.position() - memory) - 1;
    varint const read = read_varint({memory + 1, size});
    frame_result const split = split_frame(std::string_view(memory, 1 + size));
    char again[8] = {};
    writer second(again);
    write_varint(second, read.value);
    bool const same_bytes = size == wanted.size && std::memcmp(memory + 1, wanted.digits, 4) == 0 &&
                            std::memcmp(memory + 1, again, 4) == 0;
    bool const right = same_bytes && read.status == varint_status::ready && read.value == value &&
                       read.size == size && varint_size(value) == size && split.size == 1 + size + value &&
                       split.status == (value == 0 ? frame_status::ready : frame_status::need_more);
    if (!right) {
      std::printf("FAILED: length %u\n", static_cast<unsigned>(value));
      return false;
    }
    if (value == varint_max) return value == 268'435'455;
    wanted.advance();
  }
}

bool texts() {
  for (std::size_t const size : {0u, 1u, 2u, 3u}) {
    bool const right = every_text(size, [](std::string_view input) {
      return text::is_valid(input) == reference::is_mqtt_text(input) &&
             topic_name::is_valid(input) == reference::is_topic_name(input) &&
             topic_filter::is_valid(input) == reference::is_topic_filter(input);
    });
    if (!right) return false;
  }
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  std::string_view const what = count == 2 ? arguments[1] : "";
  if (what == "packets") return packets() ? 0 : 1;
  if (what == "lengths") return lengths() ? 0 : 1;
  if (what == "texts") return texts() ? 0 : 1;
  std::fprintf(stderr, "usage: exhaustive packets|lengths|texts\n");
  return 2;
}
