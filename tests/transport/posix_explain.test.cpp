// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/posix_explain.hpp>

#include <netdb.h>

#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace hubwire;

namespace {

bool holds(std::string_view text, std::string_view wanted) { return text.find(wanted) != text.npos; }
std::string_view connecting(int number) {
  return explain_posix(error{errc::connect_failed, static_cast<std::uint32_t>(number)});
}
std::string_view looking_up(int number) {
  return explain_posix(error{errc::address_not_found, static_cast<std::uint32_t>(std::abs(number))});
}

}  // namespace

TEST_CASE("posix_explain: numbers of connecting", "[transport][posix_tcp][explain]") {
  CHECK(holds(connecting(ECONNREFUSED), "nothing listens"));
  for (int const number : {ENETUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT})
    CHECK(holds(connecting(number), "IPv6"));
  CHECK(holds(connecting(EHOSTUNREACH), "switched off"));
  for (int const number : {EACCES, EPERM}) CHECK(holds(connecting(number), "forbids"));
  for (int const number : {EMFILE, ENFILE}) CHECK(holds(connecting(number), "open files"));
  for (int const number : {ENOBUFS, ENOMEM}) CHECK(holds(connecting(number), "memory"));
  CHECK(holds(connecting(ECONNRESET), "cut"));
  CHECK(connecting(EIO) == explain(error{errc::connect_failed, 0}));
}

TEST_CASE("posix_explain: numbers of the look-up", "[transport][posix_tcp][explain]") {
  CHECK(holds(looking_up(EAI_AGAIN), "No name server answered"));
  CHECK(holds(looking_up(EAI_NONAME), "spelling"));
  CHECK(holds(looking_up(EAI_FAIL), "operator"));
  CHECK(looking_up(EAI_MEMORY) == explain(error{errc::address_not_found, 0}));
  CHECK(looking_up(0) == explain(error{errc::address_not_found, 0}));
}

TEST_CASE("posix_explain: every other error has the words of explain()", "[transport][posix_tcp][explain]") {
  for (unsigned code = 0; code != 256; ++code)
    for (std::uint32_t number = 0; number != 200; ++number) {
      error const why{static_cast<errc>(code), number};
      std::string_view const words = explain_posix(why, moment::just_connected);
      CHECK(words.size() > 15);
      if (why.code != errc::connect_failed && why.code != errc::address_not_found)
        CHECK(words == explain(why, moment::just_connected));
    }
}
