// SPDX-License-Identifier: BSL-1.0
// decode [FILE]: hexadecimal digits, from a file or standard input, as MQTT 3.1.1 packets, one line for each. For a
// bad packet: the offset of the field that is wrong, and why. ../inspect shows all fields, as JSON.
#include <cctype>
#include <fstream>
#include <iostream>
#include <string>

#include <hubwire/diagnosis.hpp>
#include <hubwire/mqtt3.hpp>

using namespace hubwire;

// The bytes of a text like "30 05 00 01". Blanks and line ends do not count; any other character ends it.
std::string bytes_of(std::istream& text) {
  std::string found;
  auto const is_digit = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  for (char pair[3]{}; text >> pair[0] >> pair[1] && is_digit(pair[0]) && is_digit(pair[1]);)
    found += static_cast<char>(std::stoi(pair, nullptr, 16));
  return found;
}

// Prints what a packet says: one function for each type that is of interest, and one for all others.
auto const describe = overloaded{
    [](v3::connect const& p) { std::cout << " client " << p.client_id.view(); },
    [](v3::connack const& p) { std::cout << ' ' << to_string(p.code); },
    [](v3::publish const& p) {
      std::cout << ' ' << p.topic.view() << ", " << p.payload.size() << " bytes";
      if (p.delivery.has_id()) std::cout << ", id " << p.delivery.id().number();
    },
    [](v3::puback const& p) { std::cout << " id " << p.id.number(); },
    [](v3::subscribe const& p) {
      for (auto const& one : p.subscriptions) std::cout << ' ' << one.filter.view();
    },
    [](auto const&) {},
};

int main(int count, char** arguments) {
  std::ifstream file(count > 1 ? arguments[1] : "");
  std::string const all = bytes_of(count > 1 ? file : std::cin);
  for (std::string_view rest = all; !rest.empty();) {
    std::size_t const at = all.size() - rest.size();
    // snippet: diagnose
    diagnosis const wrong = diagnose<v3_tag>(char_view(rest));
    if (wrong.error.code != errc::none) {
      std::cout << at + wrong.offset << ": " << to_string(wrong.error.code) << ", " << explain(wrong) << '\n';
      return 1;
    }
    // snippet end
    frame const packet = split_frame(char_view(rest)).frame;
    std::cout << at << ": " << to_string(packet.type());
    static_cast<void>(dispatch<v3_tag>(packet, describe));
    std::cout << '\n';
    rest.remove_prefix(packet.size());
  }
}
