// SPDX-License-Identifier: BSL-1.0
// A connection string, with other parts refused and allowed. Oracle: a reader that cuts the text into a list and
// looks names up agrees on every field, and on which part is wrong and why; the order of the parts does not matter;
// every byte of what is accepted belongs to a part; of what is refused the fault shows the part and the character.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/iothub/connection_string.hpp>
#include <hubwire/iothub/connection_string_fault.hpp>

#include <fuzz/reference/connection_values.hpp>
#include <fuzz/reference/iothub_texts.hpp>
#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;
using hubwire::errc;
namespace iothub = hubwire::iothub;

// In the order of iothub::connection_field.
constexpr std::array<std::string_view, 8> names = {"HostName",
                                                   "DeviceId",
                                                   "ModuleId",
                                                   "SharedAccessKey",
                                                   "SharedAccessKeyName",
                                                   "SharedAccessSignature",
                                                   "GatewayHostName",
                                                   "x509"};
enum field { host, device, module, key, key_name, signature, gateway, x509 };

// What is there, and everything that is wrong with it.
struct outcome {
  std::array<std::string, names.size()> values{};
  std::size_t unknown = 0;
  std::string first_unknown{};
  std::vector<hubwire::error> wrong{};
};

bool is_value(std::size_t which, std::string const& value) {
  switch (which) {
    case host:
    case gateway: return reference::is_host(value);
    case device:
    case module: return reference::is_device(value);
    case key: return reference::is_key(value);
    case key_name: return reference::is_policy_name(value);
    case signature: return reference::is_sas_token(value);
    default: return value == "true" || value == "false";
  }
}

// A word that is no known name in another case.
bool is_other_name(std::string const& name) {
  bool const word = reference::only(name, std::string(reference::alphanumerics) + "-._~");
  return word && std::none_of(names.begin(), names.end(), [&](std::string_view known) {
           return reference::lower(std::string(known)) == reference::lower(name);
         });
}

int ways_in(outcome const& o) {
  return int{!o.values[key].empty()} + int{!o.values[signature].empty()} + int{o.values[x509] == "true"};
}

// One part; what is wrong with it.
std::vector<errc> add(outcome& into, std::string const& part, bool others) {
  std::size_t const equals = part.find('=');
  if (equals == std::string::npos || equals == 0) return {errc::invalid_connection_string};
  std::string const value = part.substr(equals + 1);
  auto const which =
      static_cast<std::size_t>(std::find(names.begin(), names.end(), part.substr(0, equals)) - names.begin());
  if (which == names.size()) {
    if (!others || !is_other_name(part.substr(0, equals))) return {errc::unknown_field};
    if (!reference::is_visible(value)) return {errc::invalid_field};
    if (into.unknown++ == 0) into.first_unknown = part;
    return {};
  }
  std::vector<errc> wrong;
  if (!into.values[which].empty()) wrong.push_back(errc::duplicate_field);
  if (!is_value(which, value)) wrong.push_back(errc::invalid_field);
  into.values[which] = value;
  if (wrong.empty() && ways_in(into) > 1) wrong.push_back(errc::invalid_connection_string);
  return wrong;
}

void add_missing(outcome& o) {
  auto const missing = [&](field which) {
    o.wrong.push_back({errc::missing_field, static_cast<std::uint32_t>(which)});
  };
  bool const of_policy = o.values[module].empty() && !o.values[key_name].empty();
  if (o.values[host].empty()) missing(host);
  if (o.values[device].empty() && !of_policy) missing(device);
  if (ways_in(o) == 0 || (!o.values[key_name].empty() && o.values[key].empty())) missing(key);
}

outcome expected(std::vector<std::string> const& parts, bool others) {
  outcome result;
  std::size_t offset = 0;
  for (std::string const& part : parts) {
    for (errc const why : add(result, part, others))
      result.wrong.push_back({why, static_cast<std::uint32_t>(offset)});
    if (!result.wrong.empty()) return result;  // the first part that is wrong
    offset += part.size() + 1;
  }
  add_missing(result);
  return result;
}

std::array<std::string_view, 7> views_of(iothub::connection_string const& parsed) {
  return {parsed.host_name,
          parsed.device_id,
          parsed.module_id,
          parsed.shared_access_key,
          parsed.shared_access_key_name,
          parsed.shared_access_signature,
          parsed.gateway_host_name};
}

void require_same(iothub::connection_string const& parsed, outcome const& wanted, std::string_view input) {
  auto const views = views_of(parsed);
  for (std::size_t i = 0; i != views.size(); ++i) {
    require(views[i] == wanted.values[i], "agree on a field");
    if (views[i].empty()) continue;
    bool const inside =
        views[i].data() >= input.data() && views[i].data() + views[i].size() <= input.data() + input.size();
    require(inside, "a field is a view of the input");
  }
  require(parsed.x509 == (wanted.values[x509] == "true"), "agree on x509");
  require(parsed.unknown_parts == wanted.unknown, "unknown parts are counted");
  require(parsed.first_unknown_part == wanted.first_unknown, "the first unknown part is shown");

  auto const self = parsed.identity();
  require(self.has_value() == !wanted.values[device].empty(), "a device has an identity");
  if (self) {
    require(self->host.view() == wanted.values[host] && self->device.view() == wanted.values[device],
            "the identity is that of the text");
    auto const host_and_port = reference::split(wanted.values[host], ':');
    require(self->host.without_port() == host_and_port[0], "agree on the host");
    unsigned long const port = host_and_port.size() == 1 ? 0 : std::stoul(host_and_port[1]);
    require(self->host.port() == port, "agree on the port");
  } else {
    require(self.error() == errc::missing_field, "a service has no identity");
  }
}

// Takes each "Name=value" that was found out of the text: what is left are the ';' and x509, which has no view. The
// reference is not asked, so that both cannot overlook the same.
void require_complete(iothub::connection_string const& parsed, std::string_view input) {
  std::string left(input);
  auto const views = views_of(parsed);
  for (std::size_t i = 0; i != views.size(); ++i) {
    if (views[i].empty()) continue;
    std::string const part = std::string(names[i]) + '=' + std::string(views[i]);
    auto const at = static_cast<std::size_t>(views[i].data() - input.data()) - names[i].size() - 1;
    require(left.substr(at, part.size()) == part, "a field is all of its part");
    require(at == 0 || input[at - 1] == ';', "a part begins behind a ';'");
    left.replace(at, part.size(), part.size(), ';');
  }
  left.erase(std::remove(left.begin(), left.end(), ';'), left.end());
  require(left == (parsed.x509 ? "x509=true" : "x509=false") || (left.empty() && !parsed.x509),
          "nothing of the text is ignored");
}

bool is_stray(iothub::connection_string_mistake mistake, char c) {
  using enum iothub::connection_string_mistake;
  switch (mistake) {
    case blank: return c == ' ' || c == '\t';
    case line_end: return c == '\r' || c == '\n';
    case quotation_mark: return c == '"' || c == '\'' || c == '`';
    case not_ascii: return c < ' ' || c > '~';
    case no_name: return c == '=';
    case empty_part: return c == ';';
    default: return true;
  }
}

// The fault of a text that is refused with why: it lies in the part, and its character is what it is said to be.
void require_fault(iothub::connection_string_fault const& fault, hubwire::error why, std::string_view input) {
  using enum iothub::connection_string_mistake;
  require(fault && fault.why == why && fault.mistake != none, "a text that is refused has a fault");
  require(explain(fault).size() > 20, "a fault has words");
  if (why == errc::missing_field) {
    require(fault.mistake == missing_part && fault.offset == input.size(), "a part is missing at the end");
    require(static_cast<std::uint32_t>(fault.field) == why.detail, "the missing part has a name");
    return;
  }
  std::size_t const end = std::min(input.find(';', why.detail), input.size());
  require(fault.offset >= why.detail && fault.offset <= end, "the fault lies in the part that is wrong");
  std::string_view const part = input.substr(why.detail, end - why.detail);
  auto const which = static_cast<std::size_t>(fault.field);
  if (fault.mistake == letter_case)
    require(part.substr(0, part.find('=')) != names[which], "a name of another case is another name");
  else if (which != names.size() && fault.mistake != no_equals_sign)
    require(part.starts_with(std::string(names[which]) + '='), "the part has the name that is said");
  if (fault.mistake == empty_value) require(fault.offset == end, "there is nothing behind the name");
  if (fault.offset != input.size())
    require(is_stray(fault.mistake, input[fault.offset]), "the character is such");
  bool const as_wide = fault.mistake != empty_part || part.empty();
  require(as_wide && (fault.mistake != no_equals_sign || part.find('=') == part.npos),
          "the part looks like that");
}

std::string joined(std::vector<std::string> const& parts) {
  std::string text;
  for (std::string const& part : parts) text += part + ';';
  return text;
}

void check(std::string_view input, bool others) {
  std::vector<std::string> parts = reference::split(input, ';');
  if (parts.back().empty()) parts.pop_back();  // nothing, or one ';' at the end
  outcome const wanted = expected(parts, others);
  auto const mode = others ? iothub::unknown_fields::allow : iothub::unknown_fields::refuse;

  auto const parsed = iothub::parse_connection_string(input, mode);
  auto const fault = iothub::diagnose_connection_string(input, mode);
  require(parsed.has_value() == wanted.wrong.empty(), "agree on what is a connection string");
  if (!parsed) {
    require(std::find(wanted.wrong.begin(), wanted.wrong.end(), parsed.error()) != wanted.wrong.end(),
            "agree on what is wrong and where");
    return require_fault(fault, parsed.error(), input);
  }
  require(!fault, "what is sound has no fault");
  require_same(*parsed, wanted, input);
  if (!others) require_complete(*parsed, input);

  std::rotate(parts.begin(), parts.begin() + 1, parts.end());
  std::string const turned = joined(parts);
  auto const again = iothub::parse_connection_string(turned, mode);
  require(again.has_value(), "parts may come in any order");
  require_same(*again, expected(parts, others), turned);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const input = fuzz::as_text(data, size);
  check(input, false);
  check(input, true);
  return 0;
}
