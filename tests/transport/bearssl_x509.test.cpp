// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/bearssl_x509.hpp>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <vector>

#include "certificates.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

using chain = std::vector<std::vector<std::uint8_t>>;

identity const& root() {
  static identity const made = make_authority("Check Root");
  return made;
}

// The check behind BearSSL's interface, fed as its engine does it, or worse.
struct checked {
  trust_store<1> trust{};
  br_ssl_client_context client{};
  detail::certificate_check check{};

  explicit checked(std::uint8_t most = 8) {
    REQUIRE(trust.add_der(to_der(root())));
    br_ssl_engine_set_default_rsavrfy(&client.eng);
    br_ssl_engine_set_default_ecdsa(&client.eng);
    check.start(client.eng, trust.anchors(), today, most);
  }

  // end_chain's answer. With patience, what waits is done between the pieces, as it should be.
  unsigned feed(chain const& links, std::size_t piece, bool patience) {
    br_x509_class const** const context = client.eng.x509ctx;
    auto const rest = [&] {
      if (patience && check.is_waiting()) check.go_on();
    };
    (*context)->start_chain(context, "hub.example.test");
    for (auto const& der : links) {
      (*context)->start_cert(context, static_cast<std::uint32_t>(der.size()));
      for (std::size_t at = 0; at < der.size(); at += piece) {
        (*context)->append(context, der.data() + at, std::min(piece, der.size() - at));
        if (at + piece < der.size()) rest();
      }
      (*context)->end_cert(context);
      if (&der != &links.back()) rest();
    }
    return (*context)->end_chain(context);
  }
};

error verdict(chain const& links, std::size_t piece, bool patience) {
  checked c;
  unsigned const said = c.feed(links, piece, patience);
  bool const waited = c.check.is_waiting();
  if (waited) {
    CHECK(said == 0);  // for the time being
    CHECK_FALSE(c.check.is_accepted());
    c.check.go_on();
  } else {
    CHECK((said == 0) == c.check.is_accepted());
  }
  CHECK_FALSE(c.check.is_waiting());
  CHECK(c.check.is_accepted() == (c.check.refusal().code == errc::none));
  unsigned usages = 0;
  CHECK((*c.client.eng.x509ctx)->get_pkey(c.client.eng.x509ctx, &usages) != nullptr);
  CHECK(usages != 0);
  return c.check.refusal();
}

}  // namespace

TEST_CASE("certificate_check: one verdict, however a chain comes in", "[transport][bearssl_tls]") {
  identity const middle = make_authority("Check Middle", key_kind::p256, &root());
  identity const lower = make_authority("Check Lower", key_kind::p256, &middle);
  identity const impostor = make_authority("Check Middle");
  identity const leaf = make_identity({}, &lower);
  identity const nameless = make_identity({.alternative_names = ""}, &lower);
  identity const forged = make_identity({}, &impostor);
  chain const good{to_der(leaf), to_der(lower), to_der(middle)};
  chain const long_way{to_der(leaf), to_der(lower), to_der(middle), to_der(root())};
  for (std::size_t const piece : {1U, 17U, 200U, 256U, 300U, 5000U}) {
    for (bool const patience : {true, false}) {
      INFO("pieces of " << piece << (patience ? "" : ", without a rest"));
      CHECK(verdict(good, piece, patience) == errc::none);
      CHECK(verdict(long_way, piece, patience) == errc::none);
      CHECK(verdict({to_der(nameless), to_der(lower), to_der(middle)}, piece, patience) ==
            error{errc::tls_wrong_server_name, 56});
      CHECK(verdict({to_der(leaf), to_der(lower)}, piece, patience) ==
            error{errc::tls_untrusted_certificate, 62});
      CHECK(verdict({to_der(leaf), to_der(middle)}, piece, patience) ==
            error{errc::tls_untrusted_certificate, 55});
      CHECK(verdict({to_der(forged), to_der(middle)}, piece, patience) ==
            error{errc::tls_untrusted_certificate, 52});
    }
  }
}

TEST_CASE("certificate_check: chains that are none", "[transport][bearssl_tls]") {
  auto const said = [](chain const& links) {
    checked c;
    CHECK(c.feed(links, 100, true) != 0);
    CHECK_FALSE(c.check.is_accepted());
    return c.check.refusal();
  };
  identity const leaf = make_identity({}, &root());
  std::vector<std::uint8_t> cut = to_der(leaf);
  cut.pop_back();
  std::vector<std::uint8_t> longer = to_der(leaf);
  longer.push_back(0);
  CHECK(said({}) == errc::tls_untrusted_certificate);
  CHECK(said({{}}) == errc::tls_untrusted_certificate);
  CHECK(said({{}, to_der(leaf)}) == errc::tls_untrusted_certificate);
  CHECK(said({cut}) == errc::tls_untrusted_certificate);
  CHECK(said({longer}) == errc::tls_untrusted_certificate);
  CHECK(said({{0x30, 0x80, 0, 0}}) == errc::tls_untrusted_certificate);
  CHECK(said(chain(9, std::vector<std::uint8_t>{})).code != errc::none);
}

TEST_CASE("certificate_check: effort is told once", "[transport][bearssl_tls]") {
  identity const leaf = make_identity({}, &root());
  checked c;
  CHECK_FALSE(c.check.take_effort());
  REQUIRE(c.feed({to_der(leaf)}, 256, true) == 0);
  CHECK(c.check.has_effort());
  CHECK(c.check.take_effort());
  CHECK_FALSE(c.check.take_effort());
  static_cast<void>((*c.client.eng.x509ctx)->get_pkey(c.client.eng.x509ctx, nullptr));
  CHECK(c.check.take_effort());  // a signature is about to be checked with it
}
