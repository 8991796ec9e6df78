// SPDX-License-Identifier: BSL-1.0
#include <hubwire/core/explain.hpp>

#include <hubwire/diagnosis.hpp>
#include <hubwire/mqtt3.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

// -Wswitch makes to_string name every enumerator, so the named values are the enumerators.
std::vector<errc> all_codes() {
  std::vector<errc> codes;
  for (unsigned value = 0; value != 256; ++value)
    if (to_string(static_cast<errc>(value)) != "unknown") codes.push_back(static_cast<errc>(value));
  return codes;
}

bool holds(std::string_view text, std::string_view wanted) { return text.find(wanted) != text.npos; }

// Sentences that fit into a line of a log and can be read on every terminal.
void check_sentences(std::string_view text) {
  CAPTURE(text);
  CHECK(text.size() > 10);
  CHECK(text.size() <= 400);
  REQUIRE_FALSE(text.empty());
  CHECK((text.front() >= 'A' && text.front() <= 'Z'));
  CHECK((text.back() == '.' || text.back() == '?'));
  CHECK_FALSE(holds(text, "  "));
  CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }));
}

}  // namespace

TEST_CASE("explain: every error has words of its own", "[core][errc][explain]") {
  auto const codes = all_codes();
  CHECK(codes.size() >= 51);
  std::set<std::string_view> texts{explain(error{static_cast<errc>(0x3f), 0})};
  for (errc const code : codes) {
    CAPTURE(to_string(code));
    std::string_view const text = explain(error{code, 0});
    check_sentences(text);
    CHECK(texts.insert(text).second);
    if (holds(to_string(code), "_")) CHECK_FALSE(holds(text, to_string(code)));  // words, not the name again
  }
  check_sentences(explain(error{static_cast<errc>(0xff), 0}));
}

TEST_CASE("explain: a refusing CONNACK is explained by its code", "[core][errc][explain]") {
  std::set<std::string_view> texts;
  for (std::uint32_t code = 1; code != 7; ++code) {
    std::string_view const text = explain(error{errc::connection_refused, code});
    check_sentences(text);
    CHECK(texts.insert(text).second);
  }
  CHECK(explain(error{errc::connection_refused, 255}) == explain(error{errc::connection_refused, 6}));
  CHECK(holds(explain(error{errc::connection_refused, 3}), "disabled"));
  CHECK(holds(explain(error{errc::connection_refused, 5}), "key"));
}

TEST_CASE("explain: a lost connection has other causes at other times", "[core][errc][explain]") {
  auto const at = [](moment when) { return explain(error{errc::connection_lost, 104}, when); };
  for (moment const when : {moment::unknown, moment::connecting, moment::just_connected, moment::connected})
    check_sentences(at(when));
  CHECK(at(moment::unknown) == at(moment::connected));
  CHECK(at(static_cast<moment>(0xff)) == at(moment::connected));
  CHECK(holds(at(moment::connected), "1,767 s"));
  CHECK(holds(at(moment::connected), "1,177 s"));
  CHECK(holds(at(moment::just_connected), "same identity"));
  CHECK_FALSE(holds(at(moment::connected), "same identity"));
  CHECK(holds(at(moment::connecting), "TLS"));
  // No other error asks when.
  for (errc const code : all_codes())
    if (code != errc::connection_lost)
      CHECK(explain(error{code, 0}, moment::just_connected) == explain(error{code, 0}));
}

TEST_CASE("explain: what users stumble over is said", "[core][errc][explain]") {
  constexpr_test([] { return explain(error{}) == "Nothing is wrong."; });
  CHECK(holds(explain(error{errc::tls_wrong_server_name, 56}), "subjectAltName"));
  CHECK(holds(explain(error{errc::tls_wrong_server_name, 56}), "CN only"));
  CHECK(holds(explain(error{errc::tls_certificate_expired, 54}), "clock"));
  CHECK(holds(explain(error{errc::tls_untrusted_certificate, 62}), "root"));
  CHECK(holds(explain(error{errc::connect_failed, 111}), "errno"));
  CHECK(holds(explain(error{errc::clock_not_set, 0}), "2020"));
}

// Both headers in one program: an error is an error and a diagnosis a diagnosis.
TEST_CASE("explain: beside the words of a diagnosis", "[core][errc][explain]") {
  diagnosis const found = diagnose<v3_tag>(bytes(std::string_view("\xC1\x00", 2)).octets());
  CHECK(explain(found) != explain(found.error));
  CHECK(explain(found.error) == explain(error{errc::malformed_packet, 0}));
}
