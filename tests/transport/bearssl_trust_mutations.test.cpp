// SPDX-License-Identifier: BSL-1.0
// Two roots, damaged in every place. BearSSL's decoder has no memory of its own failure, so each of these is a
// chance to be written over; AddressSanitizer watches.
#include <hubwire/transport/bearssl_trust.hpp>

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "certificates.hpp"
#include "support/guarded.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

// Where the decoder stands at the error decides what it goes on with, so the roots have names of several lengths.
identity const& root(bool rsa) {
  static identity const of_rsa =
      make_authority("Damaged RSA Root of Example Trust Services R1", key_kind::rsa2048);
  static identity const of_p384 =
      make_authority("Damaged P-384 Root of Example Trust Services E1", key_kind::p384);
  return rsa ? of_rsa : of_p384;
}

// A store with one anchor in it, which has to stay as it is when something else is refused.
class watched_store {
 public:
  watched_store() {
    REQUIRE(store_.add_der(to_der(kept_)));
    used_ = store_.used();
    name_ = store_.anchors()[0].dn.len;
  }

  trust_store_base& store() { return store_; }
  // What was added goes; false if the first anchor is not what it was.
  bool unchanged_after(bool added) {
    bool const same = store_.anchors().size() == (added ? 2U : 1U) && store_.anchors()[0].dn.len == name_;
    bool const bytes = added ? store_.used() > used_ : store_.used() == used_;
    store_.clear();
    return same && bytes && store_.add_der(to_der(kept_)).has_value();
  }

 private:
  identity kept_ = make_authority("Kept");
  trust_store<3> store_{};
  std::size_t used_ = 0;
  std::size_t name_ = 0;
};

}  // namespace

TEST_CASE("trust_store: every letter of a PEM text changed, to several others", "[transport][trust_store]") {
  watched_store watched;
  for (bool const rsa : {true, false}) {
    std::string const whole = to_pem(root(rsa));
    int refused = 0;
    for (std::size_t at = 0; at != whole.size(); ++at) {
      for (char const other : {'A', 'B', 'K', 'Q', 'g', 'w', '/', '9', '=', '-', '\n', '\0', '!'}) {
        if (whole[at] == other) continue;
        std::string changed = whole;
        changed[at] = other;
        guarded_input const guarded(changed);
        auto const added = watched.store().add_pem(guarded.view());
        if (!added) ++refused;
        INFO("position " << at << ", letter " << static_cast<int>(other));
        REQUIRE(watched.unchanged_after(added.has_value()));
      }
    }
    CHECK(refused > 1000);
  }
}

TEST_CASE("trust_store: every bit of a DER certificate changed", "[transport][trust_store]") {
  watched_store watched;
  for (bool const rsa : {true, false}) {
    std::vector<std::uint8_t> const whole = to_der(root(rsa));
    int refused = 0;
    for (std::size_t bit = 0; bit != whole.size() * 8; ++bit) {
      std::vector<std::uint8_t> changed = whole;
      changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1U << bit % 8);
      guarded_input const guarded((byte_view(changed)));
      auto const added = watched.store().add_der(guarded.octets());
      if (!added) ++refused;
      INFO("bit " << bit);
      REQUIRE(watched.unchanged_after(added.has_value()));
    }
    CHECK(refused > 500);
  }
}

// The same bits, in a PEM text: the decoder then gets the certificate in pieces, and goes on getting pieces behind
// the one that is wrong.
TEST_CASE("trust_store: every bit of the certificate within a PEM text changed", "[transport][trust_store]") {
  watched_store watched;
  for (bool const rsa : {true, false}) {
    std::vector<std::uint8_t> const whole = to_der(root(rsa));
    for (std::size_t bit = 0; bit != whole.size() * 8; ++bit) {
      std::vector<std::uint8_t> changed = whole;
      changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1U << bit % 8);
      guarded_input const guarded(as_pem(changed));
      auto const added = watched.store().add_pem(guarded.view());
      INFO("bit " << bit);
      REQUIRE(watched.unchanged_after(added.has_value()));
    }
  }
}
