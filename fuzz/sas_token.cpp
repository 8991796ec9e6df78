// SPDX-License-Identifier: BSL-1.0
// Shared access signatures, made and verified. Input: five lines, the resource, the key in base64, the
// expiry, the policy and the time of the hub's clock; what is behind them is a token as somebody may send
// it. Oracle: tokens put together and taken apart a second time over strings, with an HMAC of the
// reference's own; whatever bit of a token is changed, it is verified as the reference says, and not at all
// when the change is in what was signed or in the signature.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/iothub/sas_token.hpp>
#include <hubwire/iothub/sas_verify.hpp>

#include <fuzz/reference/base64.hpp>
#include <fuzz/reference/iothub_texts.hpp>
#include <fuzz/reference/sha256.hpp>
#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;
using hubwire::errc;
namespace iothub = hubwire::iothub;

// The same code is asked for several times in a row, and it is slow.
std::string const& code_of(std::string const& key, std::string const& message) {
  static std::string last_key;
  static std::string last_message;
  static std::string code = reference::hmac_sha256(last_key, last_message);
  if (key != last_key || message != last_message) code = reference::hmac_sha256(key, message);
  last_key = key;
  last_message = message;
  return code;
}

// The reference's HMAC for hubwire; one that fails when it is told to.
struct reference_hmac {
  bool works = true;

  hubwire::result<void> operator()(hubwire::byte_view key, hubwire::message_parts message,
                                   hubwire::sha256_output mac) const noexcept {
    if (!works) return hubwire::error{errc::crypto_failed, 4711};
    std::string text;
    for (hubwire::byte_view const part : message) text += hubwire::bytes(part).view();
    std::string const& code = code_of(std::string(hubwire::bytes(key).view()), text);
    std::copy(code.begin(), code.end(), mac.begin());
    return {};
  }
};
static_assert(hubwire::hmac_sha256<reference_hmac>);

struct token {
  std::string resource{};  // the texts as they stand in the token
  std::string expiry{};
  std::string policy{};
  std::string signature{};  // decoded
};

std::optional<token> taken_apart(std::string_view text) {
  std::string_view const begin = "SharedAccessSignature ";
  if (text.substr(0, begin.size()) != begin) return std::nullopt;
  auto const pairs = reference::pairs_of(text.substr(begin.size()));
  if (!pairs) return std::nullopt;
  auto const value = [&](std::string_view name) -> std::optional<std::string> {
    std::optional<std::string> found;
    for (reference::pair const& p : *pairs)
      if (p.name == name) found = p.value.value_or("");
    return found;
  };
  for (std::string_view const name : {"sr", "sig", "se", "skn"})
    if (std::count_if(pairs->begin(), pairs->end(), [&](auto const& p) { return p.name == name; }) > 1)
      return std::nullopt;
  auto const resource = value("sr");
  auto const expiry = value("se");
  auto const signature = value("sig");
  if (!resource || resource->empty() || !expiry || !reference::natural(*expiry) || !signature)
    return std::nullopt;
  auto const base64 = reference::percent_decoded(*signature);
  auto const code = base64 ? reference::base64_decoded(*base64) : std::nullopt;
  if (!code || code->size() != 32) return std::nullopt;
  return token{*resource, *expiry, value("skn").value_or(""), *code};
}

// Whether a token for this resource opens that one: the same, a part of its path, or the same with one
// level "api-version=…" behind it. The host's case does not count.
bool opens(std::string const& resource, std::string const& wanted) {
  auto const plain = reference::percent_decoded(resource);
  if (!plain) return false;
  auto have = reference::split(*plain, '/');
  auto want = reference::split(wanted, '/');
  have[0] = reference::lower(have[0]);
  want[0] = reference::lower(want[0]);
  if (have.size() <= want.size()) return std::equal(have.begin(), have.end(), want.begin());
  bool const old = have.size() == want.size() + 1 && have.back().rfind("api-version=", 0) == 0;
  return old && std::equal(want.begin(), want.end(), have.begin());
}

// What is wrong with a key; empty: nothing.
std::vector<errc> key_faults(std::string const& key) {
  std::vector<errc> faults;
  if (key.empty()) faults.push_back(errc::missing_field);
  std::size_t const padding = key.ends_with("==") ? 2 : key.ends_with("=") ? 1 : 0;
  if (key.size() / 4 * 3 > 128 + padding) faults.push_back(errc::invalid_field);
  if (!reference::base64_decoded(key)) faults.push_back(errc::invalid_base64);
  return faults;
}

bool contains(std::vector<errc> const& all, errc code) {
  return std::find(all.begin(), all.end(), code) != all.end();
}

std::string signature_of(std::string const& key, std::string const& resource, std::string const& expiry) {
  return code_of(reference::base64_decoded(key).value_or(""), resource + '\n' + expiry);
}

struct claims {
  std::string resource{};
  std::string key{};
  std::uint64_t expiry = 0;
  std::string policy{};
  std::uint64_t now = 0;
};

std::uint32_t saturated(std::uint64_t value) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
}

// The verdict on a token, errc::none for a good one.
void check_verifying(std::string const& text, claims const& with) {
  iothub::sas_check const check{std::string_view(with.resource), with.key, with.now, 300};
  auto const verified = iothub::verify_sas_token(text, check, reference_hmac{});
  auto const refused = [&](errc code, std::uint32_t detail = 0) {
    require(!verified && verified.error() == hubwire::error{code, detail}, "agree on why a token is refused");
  };
  if (with.now < 1'577'836'800) return refused(errc::clock_not_set);
  auto const apart = taken_apart(text);
  auto const parsed = iothub::parse_sas_token(text);
  require(parsed.has_value() == apart.has_value(), "agree on what is a token");
  if (!apart) return refused(errc::invalid_sas_token);
  require(parsed->resource.raw() == apart->resource && parsed->expiry_text == apart->expiry,
          "agree on what is signed");
  require(parsed->policy.raw() == apart->policy, "agree on the policy");
  require(parsed->expiry == *reference::natural(apart->expiry), "agree on the expiry");
  require(std::string_view(parsed->signature.data(), 32) == apart->signature, "agree on the signature");

  if (auto const faults = key_faults(with.key); !faults.empty())
    return require(!verified && contains(faults, verified.error().code), "agree on what is wrong with a key");
  if (signature_of(with.key, apart->resource, apart->expiry) != apart->signature)
    return refused(errc::sas_signature_mismatch);
  if (!opens(apart->resource, with.resource)) return refused(errc::sas_resource_mismatch);
  std::uint64_t const late = with.now - std::min(with.now, parsed->expiry);
  if (late > 300) return refused(errc::sas_token_expired, saturated(late));
  require(verified.has_value(), "a good token is good");
  require(verified->expiry == parsed->expiry, "what is verified is what was parsed");

  auto const broken = iothub::verify_sas_token(text, check, reference_hmac{false});
  require(!broken && broken.error() == hubwire::error{errc::crypto_failed, 4711},
          "without an HMAC nothing is verified");
}

// One bit of a good token.
void check_altered(std::string const& good, claims const& with, std::size_t at, unsigned bit) {
  std::string text = good;
  text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ 1u << bit);
  check_verifying(text, with);
  auto const before = taken_apart(good);
  auto const after = taken_apart(text);
  bool const harmless = after && after->resource == before->resource && after->expiry == before->expiry &&
                        after->signature == before->signature;  // an escape in lower case, another policy
  auto const verified = iothub::verify_sas_token(
      text, {std::string_view(with.resource), with.key, with.now, 300}, reference_hmac{});
  require(harmless || !verified, "what was signed cannot be changed, nor the signature");
}

// A token for these claims; nothing where none can be made.
std::optional<std::string> check_making(claims const& with) {
  iothub::sas_claims const claim{std::string_view(with.resource), with.key, with.expiry, with.policy};
  std::string const resource = reference::percent_encoded(with.resource);
  std::string const expiry = std::to_string(with.expiry);
  std::string wanted =
      "SharedAccessSignature sr=" + resource + "&sig=" +
      reference::percent_encoded(reference::base64_encoded(signature_of(with.key, resource, expiry))) +
      "&se=" + expiry;
  if (!with.policy.empty()) wanted += "&skn=" + reference::percent_encoded(with.policy);

  std::vector<char> storage(wanted.size(), '\xa5');
  auto const made = iothub::sas_token(storage, claim, reference_hmac{});
  std::vector<errc> faults = key_faults(with.key);
  if (with.expiry < 1'577'836'800) faults.push_back(errc::clock_not_set);
  if (with.resource.empty()) faults.push_back(errc::missing_field);
  require(made.has_value() == faults.empty(), "agree on what can be made a token");
  if (!made) {
    require(contains(faults, made.error().code), "agree on why not");
    return std::nullopt;
  }
  require(*made == wanted, "agree on the token");
  std::vector<char> small(wanted.size() - 1);
  auto const refused = iothub::sas_token(small, claim, reference_hmac{});
  require(!refused && refused.error() ==
                          hubwire::error{errc::buffer_too_small, static_cast<std::uint32_t>(wanted.size())},
          "a buffer one byte too small is refused with the size needed");
  auto const unsigned_token = iothub::sas_token(storage, claim, reference_hmac{false});
  require(!unsigned_token && unsigned_token.error() == hubwire::error{errc::crypto_failed, 4711},
          "nothing without an HMAC");
  return wanted;
}

// The token with the signature that its own resource and expiry need.
std::string signed_again(std::string const& text, std::string const& key) {
  auto const apart = taken_apart(text);
  if (!apart) return text;
  std::string const begin = text.substr(0, 22);
  std::string result = begin;
  auto const pairs = reference::pairs_of(std::string_view(text).substr(begin.size()));
  for (reference::pair const& p : *pairs) {
    if (result.size() != begin.size()) result += '&';
    result += p.name;
    if (p.name == "sig") {
      result += '=' + reference::base64_encoded(signature_of(key, apart->resource, apart->expiry));
    } else if (p.value) {
      result += '=' + *p.value;
    }
  }
  return result;
}

void require_known_answers() {
  // RFC 4231, test cases 2 and 6.
  require(reference::base64_encoded(reference::hmac_sha256("Jefe", "what do ya want for nothing?")) ==
              "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=",
          "the reference signs as the standard says");
  require(reference::base64_encoded(reference::hmac_sha256(
              std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
              "YOQxWR7gtn8Niiaqy/W3f44LxiE3KMUUBUYEDw7jf1Q=",
          "the reference takes long keys");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static bool const checked = (require_known_answers(), true);
  static_cast<void>(checked);
  std::string_view rest = fuzz::as_text(data, size);
  auto const line = [&] {
    std::size_t const end = std::min(rest.find('\n'), rest.size());
    std::string const text(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return text;
  };
  claims with;
  with.resource = line();
  with.key = line();
  with.expiry = reference::natural(line()).value_or(0);
  with.policy = line();
  with.now = reference::natural(line()).value_or(0);
  std::string const received(rest);
  check_verifying(received, with);
  check_verifying(signed_again(received, with.key), with);

  auto const made = check_making(with);
  if (!made) return 0;
  check_verifying(*made, with);
  if (with.now > with.expiry + 300 || with.now < 1'577'836'800) with.now = with.expiry;
  check_verifying(*made, with);
  fuzz::random_numbers random(size);
  for (int i = 0; i != 6; ++i)
    check_altered(*made, with, random(made->size()), static_cast<unsigned>(random(8)));
  return 0;
}
