// SPDX-License-Identifier: BSL-1.0
#if __has_include(<bearssl.h>)
#include <hubwire/transport/bearssl_explain.hpp>

#include <set>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

bool holds(std::string_view text, std::string_view wanted) { return text.find(wanted) != text.npos; }

std::string_view tls(std::uint32_t number) { return explain_bearssl(error{errc::tls_failed, number}); }
std::string_view chain(std::uint32_t number) {
  return explain_bearssl(error{errc::tls_untrusted_certificate, number});
}

}  // namespace

TEST_CASE("bearssl_explain: alerts of the server", "[transport][tls][explain]") {
  CHECK(holds(tls(256 + 70), "1.3 only"));
  CHECK(holds(tls(256 + 40), "ECDHE"));
  CHECK(holds(tls(256 + 112), "name"));
  for (std::uint32_t const about_certificates : {42u, 43u, 44u, 45u, 46u, 48u, 116u})
    CHECK(holds(tls(256 + about_certificates), "client certificate"));
  CHECK(tls(256 + 99) == explain(error{errc::tls_failed, 0}));
  CHECK(tls(512 + 70) == explain(error{errc::tls_failed, 0}));  // our own alert
}

TEST_CASE("bearssl_explain: numbers of the handshake and of certificates", "[transport][tls][explain]") {
  CHECK(holds(tls(BR_ERR_UNSUPPORTED_VERSION), "plain MQTT"));
  CHECK(holds(tls(BR_ERR_TOO_LARGE), "full_input"));
  CHECK(holds(tls(BR_ERR_NO_CLIENT_AUTH), "client certificate"));
  CHECK(holds(chain(BR_ERR_X509_DN_MISMATCH), "leaves one out"));
  CHECK(holds(chain(BR_ERR_X509_WEAK_PUBLIC_KEY), "less than 2,048 bits"));
  CHECK(holds(chain(BR_ERR_X509_FORBIDDEN_KEY_USAGE), "server authentication"));
  CHECK(holds(chain(BR_ERR_X509_CRITICAL_EXTENSION), "name constraints"));
  CHECK(chain(BR_ERR_X509_NOT_TRUSTED) == explain(error{errc::tls_untrusted_certificate, 62}));
  // The number of an errno is not taken for one of BearSSL's.
  CHECK(explain_bearssl(error{errc::connect_failed, 22}) == explain(error{errc::connect_failed, 22}));
  CHECK(explain_bearssl(error{errc::tls_wrong_server_name, 56}) ==
        explain(error{errc::tls_wrong_server_name, 56}));
  CHECK(explain_bearssl(error{errc::connection_lost, 0}, moment::just_connected) ==
        explain(error{errc::connection_lost, 0}, moment::just_connected));
}

TEST_CASE("bearssl_explain: no number is without words", "[transport][tls][explain]") {
  std::set<std::string_view> different;
  for (std::uint32_t number = 0; number != 1'024; ++number)
    for (errc const code : {errc::tls_failed, errc::tls_untrusted_certificate}) {
      std::string_view const text = explain_bearssl(error{code, number});
      CHECK(text.size() > 20);
      CHECK(text.back() == (text.ends_with('?') ? '?' : '.'));
      different.insert(text);
    }
  CHECK(different.size() >= 22);
  constexpr_test([] { return explain_bearssl(error{}) == "Nothing is wrong."; });
}

#endif
