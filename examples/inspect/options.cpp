// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <charconv>
#include <hubwire/wire/frame.hpp>

namespace inspect {

namespace {

constexpr std::string_view usage_text = R"(usage: inspect [options] [FILE]

Reads MQTT packets from FILE or standard input and prints one JSON object per packet. A packet that breaks
the protocol is the last one: what is wrong, where, and which statement of the standard says so.

  --from client|server|either  who sent the bytes (default either)
  --protocol 3.1.1|5|auto      version of MQTT (default auto; 5 is not there yet)
  --hex                        the input is hexadecimal text: digits, xxd, hexdump -C, od -t x1, Wireshark,
                               {0x10, 0xc}, \x10\x0c, Python's bytes, node's Buffer
  --lines                      each line of input is "client|server 4|5 HEX", a buffer of its own that a
                               client or a server sent; each is answered by one line
  --reencode                   encode again what was decoded, and report bytes that differ
  --limit BYTES                the largest packet that is taken (default 16777216)
  --help                       this text

Exit status: 0 all is well, 1 a bad packet or a difference, 2 unusable arguments or input that has not the
form it should have or is no MQTT stream, 3 MQTT 5, 4 reading or writing failed. With --lines bad packets are answers: they leave
it at 0.
)";

std::uint32_t packet_limit(std::string_view text) {
  std::uint32_t value = 0;
  auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size() || value < 2 || value > hubwire::largest_packet)
    throw usage_error("--limit takes a number from 2 to " + std::to_string(hubwire::largest_packet) +
                      ", not \"" + std::string(text) + "\"");
  return value;
}

hubwire::role sender(std::string_view text) {
  if (text == "client") return hubwire::role::client;
  if (text == "server") return hubwire::role::server;
  if (text == "either") return hubwire::role::any;
  throw usage_error("--from takes client, server or either, not \"" + std::string(text) + "\"");
}

protocol_version protocol(std::string_view text) {
  if (text == "3.1.1") return protocol_version::v3;
  if (text == "5") return protocol_version::v5;
  if (text == "auto") return protocol_version::automatic;
  throw usage_error("--protocol takes 3.1.1, 5 or auto, not \"" + std::string(text) + "\"");
}

void set_form(options& o, input_form form) {
  if (o.form != input_form::raw && o.form != form)
    throw usage_error("--hex and --lines exclude each other: lines are in hexadecimal anyway");
  o.form = form;
}

// Options without a value; false when name is none of them.
bool set_switch(options& o, std::string_view name) {
  if (name == "--hex")
    set_form(o, input_form::hex);
  else if (name == "--lines")
    set_form(o, input_form::lines);
  else if (name == "--reencode")
    o.reencode = true;
  else if (name == "--help" || name == "-h")
    o.help = true;
  else
    return false;
  return true;
}

bool takes_value(std::string_view name) noexcept {
  return name == "--from" || name == "--protocol" || name == "--limit";
}

// Each option with a value may be there once: the last of two would win in silence.
class given_once {
 public:
  void note(std::string_view name) {
    bool& given = name == "--from" ? from_ : name == "--protocol" ? protocol_ : limit_;
    if (given) throw usage_error(std::string(name) + " is there twice");
    given = true;
  }

 private:
  bool from_ = false;
  bool protocol_ = false;
  bool limit_ = false;
};

void set_value(options& o, std::string_view name, std::string_view value) {
  if (name == "--from")
    o.sender = sender(value);
  else if (name == "--protocol")
    o.protocol = protocol(value);
  else
    o.limit = packet_limit(value);
}

}  // namespace

std::string_view usage() noexcept { return usage_text; }

options parse_options(int count, char const* const* arguments) {
  options o;
  bool has_file = false;
  given_once given;
  for (int i = 1; i < count && !o.help; ++i) {
    std::string_view const argument = arguments[i];
    std::size_t const equals = argument.find('=');
    std::string_view const name = argument.substr(0, equals);
    if (set_switch(o, argument)) continue;
    if (takes_value(name)) {
      if (equals == argument.npos && i + 1 == count)
        throw usage_error(std::string(name) + " lacks its value");
      given.note(name);
      set_value(o, name, equals == argument.npos ? arguments[++i] : argument.substr(equals + 1));
    } else if (argument.starts_with('-') && argument != "-") {
      throw usage_error("unknown option \"" + std::string(argument) + "\"");
    } else if (has_file || argument.empty()) {
      throw usage_error("one file only, not also \"" + std::string(argument) + "\"");
    } else {
      o.file = argument;
      has_file = true;
    }
  }
  return o;
}

}  // namespace inspect
