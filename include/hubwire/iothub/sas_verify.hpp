// SPDX-License-Identifier: BSL-1.0
// Reading and verifying shared access signatures, the hub's side of iothub/sas_token.hpp.
#ifndef HUBWIRE_IOTHUB_SAS_VERIFY_HPP
#define HUBWIRE_IOTHUB_SAS_VERIFY_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/crypto/hmac_sha256.hpp>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/iothub/property_bag.hpp>
#include <hubwire/iothub/sas_token.hpp>
#include <hubwire/text/base64.hpp>
#include <hubwire/text/decimal.hpp>
#include <hubwire/text/percent.hpp>
#include <hubwire/text/text_writer.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub {

/// A token taken apart, its signature not yet compared. Views into the token.
struct parsed_sas_token {
  percent_text resource{};                    // "sr"; what is signed is its raw()
  std::string_view expiry_text{};             // "se" as it was signed
  std::uint64_t expiry = 0;                   // "se" as a number: seconds since 1970
  percent_text policy{};                      // "skn"; raw() is empty where there is none
  std::array<char, sha256_size> signature{};  // "sig", decoded
};

struct sas_check {
  sas_resource resource;      // whom the token has to be for
  std::string_view key{};     // base64; where there is a secondary key, verify a second time with it
  std::uint64_t now = 0;      // seconds since 1970
  std::uint32_t grace = 300;  // seconds for which an expired token still works, as with the service
};

namespace detail {

// "sig": percent-encoded base64 with hex digits of either case, or base64 as it is.
constexpr bool read_signature(parsed_sas_token& token, std::string_view raw) noexcept {
  std::array<char, base64_encoded_size(sha256_size)> base64{};
  result<std::string_view> text = percent_text(raw).decode(base64);
  if (!text || base64_decoded_size(*text) != sha256_size) return false;
  return base64_decode(char_span(token.signature), *text).has_value();
}

// One "name=value"; seen has a bit for each field that came before.
constexpr bool read_sas_field(parsed_sas_token& token, unsigned& seen, property const& field) noexcept {
  constexpr std::string_view names[] = {"sr", "sig", "se", "skn"};
  unsigned which = 0;
  while (which != 4 && !same(field.name.raw(), names[which])) ++which;
  if (which == 4) return true;
  if ((seen >> which & 1) != 0) return false;
  seen |= 1u << which;

  std::string_view const raw = field.value.raw();
  if (which == 0) token.resource = percent_text(raw);
  if (which == 1) return read_signature(token, raw);
  if (which == 2) {
    auto expiry = parse_decimal(raw);
    token.expiry_text = raw;
    token.expiry = expiry.value_or(0);
    return expiry.has_value();
  }
  if (which == 3) token.policy = percent_text(raw);
  return true;
}

// Whether rest, decoded, is one segment "/api-version=…".
constexpr bool is_old_tail(std::string_view rest) noexcept {
  std::string_view const tail = "/api-version=";
  std::size_t count = 0;
  for (; !rest.empty(); ++count) {
    char c{};
    if (!hubwire::detail::take_decoded(rest, c)) return false;
    if (count < tail.size() ? c != tail[count] : c == '/') return false;
  }
  return count >= tail.size();
}

// Whether resource, decoded, is wanted or its beginning up to a '/'. The host's case does not count. One
// further segment "api-version=…" is let through: old tools made such tokens.
constexpr bool covers(percent_text resource, sas_resource const& wanted) noexcept {
  std::string_view rest = resource.raw();
  bool in_host = true;
  std::size_t at = 0;
  for (; !rest.empty() && at != wanted.size(); ++at) {
    char c{};
    if (!hubwire::detail::take_decoded(rest, c)) return false;
    in_host = in_host && c != '/';
    if (in_host ? to_lower(c) != to_lower(wanted[at]) : c != wanted[at]) return false;
  }
  if (rest.empty()) return at != 0 && (at == wanted.size() || wanted[at] == '/');
  return is_old_tail(rest);
}

}  // namespace detail

/// Takes the fields in any order; sr, sig and se must be there, none twice, unknown ones are ignored.
/// errc::invalid_sas_token for anything else: it does not say where, as a token is a secret.
constexpr result<parsed_sas_token> parse_sas_token(std::string_view token) noexcept {
  parsed_sas_token parsed;
  if (!consume(token, literal("SharedAccessSignature "))) return errc::invalid_sas_token;
  result<property_bag> fields = property_bag::parse(token);
  if (!fields) return errc::invalid_sas_token;
  unsigned seen = 0;
  for (property const field : *fields)
    if (!detail::read_sas_field(parsed, seen, field)) return errc::invalid_sas_token;
  if ((seen & 0b111) != 0b111 || parsed.resource.raw().empty()) return errc::invalid_sas_token;
  return parsed;
}

/// Gives the token, taken apart, if it was signed with the key, for the resource or for a part of its path
/// such as the host, and is not older than allowed. Looks in this order: errc::clock_not_set for a time
/// before 2020; errc::invalid_sas_token; errc::sas_signature_mismatch, found in a time that does not depend
/// on the signatures; errc::sas_resource_mismatch; errc::sas_token_expired with the seconds since. Besides
/// these the errors of the key and of hmac, as sas_token has them.
template <hmac_sha256 Hmac>
result<parsed_sas_token> verify_sas_token(std::string_view token, sas_check const& check,
                                          Hmac&& hmac) noexcept {
  if (check.now < earliest_time) return errc::clock_not_set;  // it would make expired tokens good
  result<parsed_sas_token> parsed = parse_sas_token(token);
  if (!parsed) return parsed.error();

  std::array<std::uint8_t, sha256_size> expected{};
  result<void> done = detail::sign(expected, hmac, {check.key, parsed->resource.raw(), parsed->expiry_text});
  if (!done) return done.error();
  bool const genuine = same_secret(bytes(expected).view(), {parsed->signature.data(), sha256_size});
  wipe(expected);
  if (!genuine) return errc::sas_signature_mismatch;

  // An empty resource, such as that of an identity from a failed result, is nobody's.
  if (check.resource.empty() || !detail::covers(parsed->resource, check.resource))
    return errc::sas_resource_mismatch;
  if (check.now > parsed->expiry && check.now - parsed->expiry > check.grace)
    return error{errc::sas_token_expired, text_writer::saturated(check.now - parsed->expiry)};
  return parsed;
}

}}}  // namespace hubwire::iothub

#endif
