// SPDX-License-Identifier: BSL-1.0
// The serial line of examples/custom_transport, over a pair of pseudo-terminals.
#include "../../examples/custom_transport/serial_line.hpp"

#include <cstdlib>

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/driver/blocking.hpp>

using namespace hubwire;

static_assert(byte_stream<custom_transport::serial_line>);
static_assert(waitable<custom_transport::serial_line>);

namespace {

constexpr io_interest reading{.read = true, .write = false};
constexpr error lost{errc::connection_lost, 0};

// The other end of the line.
struct far_end {
  int fd = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  std::string name{};

  far_end() {
    REQUIRE(fd >= 0);
    REQUIRE(::grantpt(fd) == 0);
    REQUIRE(::unlockpt(fd) == 0);
    name = ::ptsname(fd);
  }
  far_end(far_end const&) = delete;
  far_end& operator=(far_end const&) = delete;
  ~far_end() { hang_up(); }

  void hang_up() {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  void send(std::string_view text) const {
    REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
};

std::string read_from(custom_transport::serial_line& line, std::size_t most = 100) {
  std::vector<std::uint8_t> room(most);
  io_result const got = line.read_some(room);
  CHECK((got.status == io_status::ok) == (got.count != 0));
  return {room.begin(), room.begin() + static_cast<std::ptrdiff_t>(got.count)};
}

}  // namespace

TEST_CASE("serial_line: bytes as they are, both ways, and nobody waits", "[transport][custom_transport]") {
  far_end const far;
  custom_transport::serial_line line(far.name.c_str());
  std::uint8_t octet = 0;
  CHECK(line.read_some(byte_span(&octet, 1)).status == io_status::would_block);
  CHECK_FALSE(line.wait(reading, 10));
  CHECK(line.wait({.read = false, .write = true}, 1'000));

  std::string const odd("\x03\r\n\x11\xff\0x", 7);  // what a terminal would take for itself
  far.send(odd);
  CHECK(line.wait(reading, 1'000));
  CHECK(read_from(line, 3) + read_from(line) == odd);
  CHECK(line.write_some(byte_view(reinterpret_cast<std::uint8_t const*>(odd.data()), 7)).count == 7);
  char back[8] = {};
  CHECK(::read(far.fd, back, sizeof back) == 7);
  CHECK(std::string(back, 7) == odd);
  CHECK(line.read_some({}).status == io_status::ok);
  CHECK(line.write_some({}).status == io_status::ok);
}

TEST_CASE("serial_line: a full line blocks, and takes the rest when it is read",
          "[transport][custom_transport]") {
  far_end const far;
  custom_transport::serial_line line(far.name.c_str());
  std::vector<std::uint8_t> const block(1'000, 7);
  io_result put{};
  std::size_t sent = 0;
  for (int i = 0; i != 1'000 && put.status == io_status::ok; ++i)
    sent += (put = line.write_some(block)).count;
  CHECK(put.status == io_status::would_block);
  CHECK(sent > 0);
  std::vector<std::uint8_t> room(100'000);
  for (std::size_t got = 0; got < sent;) {
    ssize_t const count = ::read(far.fd, room.data(), room.size());
    REQUIRE(count > 0);
    got += static_cast<std::size_t>(count);
  }
  CHECK(line.wait({.read = false, .write = true}, 1'000));
  CHECK(line.write_some(block).status == io_status::ok);
}

TEST_CASE("serial_line: a line that was hung up is lost for good", "[transport][custom_transport]") {
  far_end far;
  custom_transport::serial_line line(far.name.c_str());
  far.hang_up();
  CHECK(line.wait(reading, 1'000));
  std::uint8_t octet = 0;
  for (int i = 0; i != 2; ++i) {
    io_result const got = line.read_some(byte_span(&octet, 1));
    CHECK(got.status == io_status::failed);
    CHECK(got.error == lost);
    CHECK(line.write_some(byte_view(&octet, 1)).error == lost);
  }
  CHECK(line.read_some({}).status == io_status::ok);
}

TEST_CASE("serial_line: what is no serial line is lost from the beginning", "[transport][custom_transport]") {
  for (char const* const device : {"/nowhere/tty", "/dev/null"}) {
    custom_transport::serial_line line(device);
    std::uint8_t octet = 0;
    CHECK(line.read_some(byte_span(&octet, 1)).error == lost);
    CHECK(line.write_some(byte_view(&octet, 1)).error == lost);
  }
}
