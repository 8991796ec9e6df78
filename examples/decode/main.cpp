// SPDX-License-Identifier: BSL-1.0
// decode [FILE]: hexadecimal digits, from a file or standard input, as MQTT 3.1.1 packets, one line for each. For a
// bad packet: the offset of the field that is wrong, and why. ../inspect shows all fields, as JSON.
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include <hubwire/diagnosis.hpp>
#include <hubwire/mqtt3.hpp>

using namespace hubwire;

// The bytes of a text like "30 05 00 01"; blanks and line ends do not count. None if it is anything else.
std::string bytes_of(std::istream& text) {
  std::string const digits{std::istream_iterator<char>(text), {}};
  if (digits.size() % 2 != 0 || digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos) return {};
  std::string found;
  for (std::size_t i = 0; i != digits.size(); i += 2)
    found += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
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
  if (all.empty()) return std::cerr << "no bytes: pairs of hexadecimal digits are read\n", 2;
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
