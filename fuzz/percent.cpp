// SPDX-License-Identifier: BSL-1.0
// Percent encoding both ways. Oracle: a second encoder and decoder written from RFC 3986 section 2.
#include <cctype>
#include <optional>
#include <string>
#include <vector>

#include <hubwire/text/encoded_text.hpp>
#include <hubwire/text/percent.hpp>
#include <hubwire/text/text_writer.hpp>

#include <fuzz/reference/utf8.hpp>
#include <fuzz/support/target.hpp>

namespace {

std::string encoded(std::string_view text) {
  std::string result;
  for (char const c : text) {
    if (std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~").find(c) !=
        std::string_view::npos) {
      result += c;
    } else {
      char escape[4];
      std::snprintf(escape, sizeof escape, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      result += escape;
    }
  }
  return result;
}

// Nothing, with the offset, at a '%' without two hexadecimal digits.
std::optional<std::string> decoded(std::string_view text, std::size_t& wrong) {
  std::string result;
  for (std::size_t i = 0; i != text.size();) {
    if (text[i] != '%') {
      result += text[i++];
      continue;
    }
    std::string const digits(text.substr(i + 1, 2));
    wrong = i;
    if (digits.size() != 2) return std::nullopt;
    for (char const d : digits)
      if (std::isxdigit(static_cast<unsigned char>(d)) == 0) return std::nullopt;
    result += static_cast<char>(std::stoi(digits, nullptr, 16));
    i += 3;
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using fuzz::require;
  using hubwire::errc;
  std::string_view const input = fuzz::as_text(data, size);

  std::string const wanted = encoded(input);
  require(hubwire::percent_encoded_size(input) == wanted.size(), "the encoded size");
  for (std::size_t const missing : {0u, 1u, 2u, 3u}) {  // also one that is a little too small
    if (missing > wanted.size()) break;
    std::vector<char> output(wanted.size() - missing);
    hubwire::text_writer out(output);
    auto const written = out.put_percent(input).finish();
    require(written.has_value() == (missing == 0), "encoding needs exactly its size");
    if (written) require(*written == wanted, "agree on the encoded text");
    if (!written) require(written.error().detail == wanted.size(), "the size needed");
  }
  require(hubwire::percent_text(wanted) == input, "what is encoded stands for the input");

  require(hubwire::encoded_text::is_valid(wanted) == reference::is_utf8(input),
          "what is encoded is encoded text if it was UTF-8");

  hubwire::percent_text const text(input);
  std::size_t wrong = 0;
  auto const meant = decoded(input, wrong);
  bool const plain =
      input.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%") ==
      std::string_view::npos;
  require(hubwire::encoded_text::is_valid(input) == (plain && meant && reference::is_utf8(*meant)),
          "agree on encoded text");
  auto const length = text.decoded_size();
  require(length.has_value() == meant.has_value() && text.malformed() != meant.has_value(),
          "agree on broken escapes");
  if (!meant) {
    require(length.error().code == errc::invalid_percent_encoding && length.error().detail == wrong,
            "where it breaks");
    require(!(text == input), "broken text equals nothing");
    return 0;
  }
  std::vector<char> output(meant->size());
  auto const read = text.decode(output);
  require(*length == meant->size() && read && *read == *meant, "agree on the decoded text");
  require(text == std::string_view(*meant), "equals what it decodes to");
  require(!(text == std::string_view(*meant + "x")), "differs from something longer");
  std::string in_place(input);
  auto const same_memory = hubwire::percent_text(in_place).decode(in_place);
  require(same_memory && *same_memory == *meant, "decodes in place");
  return 0;
}
