// SPDX-License-Identifier: BSL-1.0
// Base64 both ways. Oracle: the reference agrees on what each text and its spelling stand for, on what is
// no base64 and where that shows.
#include <string>
#include <vector>

#include <hubwire/text/base64.hpp>

#include <fuzz/reference/base64.hpp>
#include <fuzz/support/target.hpp>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using fuzz::require;
  std::string_view const input = fuzz::as_text(data, size);

  std::string const wanted = reference::base64_encoded(input);
  std::vector<char> text(wanted.size());
  auto const written = hubwire::base64_encode(text, hubwire::bytes(input));
  require(written && *written == wanted, "agree on the encoded text");
  std::vector<char> octets(input.size());
  auto const again = hubwire::base64_decode(octets, wanted);
  require(again && again->view() == input, "decodes what it encoded");

  std::vector<char> output(hubwire::base64_decoded_size(input));
  auto const read = hubwire::base64_decode(output, input);
  auto const meant = reference::base64_decoded(input);
  require(read.has_value() == meant.has_value(), "agree on what decodes");
  if (read) require(read->view() == *meant, "agree on what it stands for");
  if (!read) {
    std::size_t const at = read.error().detail;
    require(read.error() == hubwire::errc::invalid_base64 && at < input.size(),
            "what is no base64 is invalid");
    auto const group = reference::base64_decoded(input.substr(at, 4));
    bool const padded_inside = group && group->size() != 3 && at + 4 != input.size();
    require(at % 4 == 0 && (!group || padded_inside), "the offset is that of a wrong group");
  }
  if (wanted.empty()) return 0;
  std::vector<char> small(wanted.size() - 1);
  require(hubwire::base64_encode(small, hubwire::bytes(input)).error() ==
              hubwire::error{hubwire::errc::buffer_too_small, static_cast<std::uint32_t>(wanted.size())},
          "encoding says what it needs");
  require(hubwire::base64_decode(hubwire::char_span(octets).first(input.size() - 1), wanted).error() ==
              hubwire::error{hubwire::errc::buffer_too_small, static_cast<std::uint32_t>(input.size())},
          "decoding says what it needs");
  return 0;
}
