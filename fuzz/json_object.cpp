// SPDX-License-Identifier: BSL-1.0
// The JSON object view. Oracle: nlohmann::json on ASCII input. The two may differ in three ways only: depth
// (hubwire has a limit), numbers too large for a double, and \u escapes of lone surrogates (RFC 8259's
// grammar has both; nlohmann has to convert them and cannot).
#include <algorithm>
#include <set>
#include <string>

#include <hubwire/text/json_object.hpp>
#include <nlohmann/json.hpp>

#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;
using json = nlohmann::json;

// Brackets that are open at the same time, strings left out; an empty pair does not count.
unsigned depth_of(std::string_view text) {
  unsigned depth = 0;
  unsigned most = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    if (quoted && c == '\\') ++i;
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '{' || c == '[') {
      std::size_t const next = text.find_first_not_of(" \t\r\n", i + 1);
      bool const empty = next != std::string_view::npos && (text[next] == '}' || text[next] == ']');
      ++depth;
      if (!empty) most = std::max(most, depth);
    }
    if ((c == '}' || c == ']') && depth != 0) --depth;
  }
  return most;
}

// Every \uDxxx becomes \u0xxx: no surrogates are left.
std::string without_surrogates(std::string text) {
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    if (text[i] != '\\') continue;
    ++i;
    if (text[i] == 'u' && (text[i + 1] == 'd' || text[i + 1] == 'D')) text[i + 1] = '0';
  }
  return text;
}

// Notes the names of the outermost object, and whether a number is too large.
struct listener : nlohmann::json_sax<json> {
  std::multiset<std::string> names{};
  unsigned depth = 0;
  bool outermost_object = false;
  bool too_large = false;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, string_t const&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override {
    if (depth++ == 0) outermost_object = true;
    return true;
  }
  bool key(string_t& name) override {
    if (depth == 1) names.insert(name);
    return true;
  }
  bool end_object() override { return --depth, true; }
  bool start_array(std::size_t) override { return ++depth, true; }
  bool end_array() override { return --depth, true; }
  bool parse_error(std::size_t, std::string const&, json::exception const& error) override {
    too_large = error.id == 406;
    return false;
  }
};

void compare_members(std::string const& input, hubwire::json_object const& object, listener const& heard) {
  if (input.find('\\') != std::string::npos) return;  // hubwire compares names as written
  json const whole = json::parse(input);
  for (std::string const& name : heard.names) {
    auto const found = object.find(name);
    require(found.has_value(), "every name is found");
    require(found->data() >= input.data() && found->data() + found->size() <= input.data() + input.size(),
            "a value is a view of the input");
    json const value = json::parse(*found, nullptr, false);
    require(!value.is_discarded(), "a value is JSON");
    if (heard.names.count(name) == 1) require(value == whole[name], "the same value");
    if (heard.names.count(name + "x") == 0) require(!object.find(name + "x"), "nothing under another name");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string const input(fuzz::as_text(data, size));
  auto const object = hubwire::json_object::parse(input);
  require(object || (object.error() == hubwire::errc::invalid_json && object.error().detail <= size),
          "a refusal says where");
  if (object) {
    std::string_view const text = object->text();
    require(text.front() == '{' && text.back() == '}', "from brace to brace");
    require(!object->find(std::string_view("\x01", 1)), "no such name");
  }
  for (char const c : input)
    if (static_cast<unsigned char>(c) > 0x7f) return 0;
  if (input.find('\0') != std::string::npos) {  // nlohmann takes it for the end
    require(!object, "U+0000 is nowhere in JSON");
    return 0;
  }

  listener heard;
  bool const sound = json::sax_parse(without_surrogates(input), &heard);
  if (heard.too_large) return 0;
  bool const shallow = depth_of(input) <= hubwire::json_depth_max;
  require(object.has_value() == (sound && heard.outermost_object && shallow), "agree on what is an object");
  if (object) compare_members(input, *object, heard);
  return 0;
}
