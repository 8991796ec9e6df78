// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/posix_file_store.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <catch2/catch_test_macros.hpp>
#include <hubwire/session/session_records.hpp>
#include <session/record_stores.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

static_assert(session_store<posix_file_store>);

constexpr std::size_t size = 4 * 4096;

// A folder that is gone when the test is done.
class folder {
 public:
  folder() {
    std::string name = (std::filesystem::temp_directory_path() / "hubwire_store_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  folder(folder const&) = delete;
  folder& operator=(folder const&) = delete;
  ~folder() { std::filesystem::remove_all(path_); }
  std::string file(char const* name = "session") const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_{};
};

std::vector<char> content(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("posix_file_store: a new file has the size that is needed, is blank, and for its owner alone",
          "[transport][store]") {
  folder const in;
  posix_file_store store;
  CHECK(store.size() == 0);
  REQUIRE(store.open(in.file().c_str(), size));
  CHECK(store.size() == size);
  CHECK(content(in.file()) == std::vector<char>(size, '\xFF'));
  namespace fs = std::filesystem;
  CHECK(fs::status(in.file()).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  session_records records(store);
  CHECK(load(records).report->clean());
}

TEST_CASE("posix_file_store: what was written is there after the next open", "[transport][store]") {
  folder const in;
  plain_session now;
  {
    posix_file_store store;
    REQUIRE(store.open(in.file().c_str(), size));
    session_records records(store);
    REQUIRE(load(records).report);
    for (step const& one : random_steps(100, 1, 3000)) {
      REQUIRE(change(records, now, one.kind, one.id, one.body));
      now.apply(one.kind, one.id, one.body);
    }
  }
  posix_file_store store;
  REQUIRE(store.open(in.file().c_str(), size));
  session_records records(store);
  auto const seen = load(records);
  CHECK(seen.report->refused == 0);
  CHECK(seen.session == now);
}

TEST_CASE("posix_file_store: a write at the start of a page erases the page", "[transport][store]") {
  folder const in;
  posix_file_store store;
  REQUIRE(store.open(in.file().c_str(), size));
  std::array<std::uint8_t, 4096> zeros{};
  REQUIRE(store.write_at(4096, zeros));
  REQUIRE(store.write_at(4096, byte_view(zeros).first(32)));
  REQUIRE(store.write_at(4128, byte_view(zeros).first(16)));
  std::vector<char> wanted(size, '\xFF');
  std::fill_n(wanted.begin() + 4096, 48, '\0');
  CHECK(content(in.file()) == wanted);
}

TEST_CASE("posix_file_store: a file of another size is begun anew", "[transport][store]") {
  folder const in;
  std::ofstream(in.file()) << "something else";
  posix_file_store store;
  REQUIRE(store.open(in.file().c_str(), size));
  CHECK(content(in.file()) == std::vector<char>(size, '\xFF'));
  std::array<std::uint8_t, 16> zeros{};
  REQUIRE(store.write_at(0, zeros));
  REQUIRE(store.open(in.file().c_str(), size / 2));
  CHECK(content(in.file()) == std::vector<char>(size / 2, '\xFF'));
}

TEST_CASE("posix_file_store: nobody else opens it at the same time", "[transport][store]") {
  folder const in;
  posix_file_store store;
  REQUIRE(store.open(in.file().c_str(), size));
  posix_file_store second;
  CHECK(second.open(in.file().c_str(), size).error() == error{errc::store_failed, EWOULDBLOCK});
  CHECK(second.size() == 0);
  pid_t const child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    posix_file_store third;
    ::_exit(third.open(in.file().c_str(), size).error() == error{errc::store_failed, EWOULDBLOCK} ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  store.close();
  CHECK(second.open(in.file().c_str(), size));
}

TEST_CASE("posix_file_store: sizes that are no even number of pages", "[transport][store]") {
  folder const in;
  posix_file_store store;
  for (std::size_t const wrong : {std::size_t{0}, std::size_t{1}, std::size_t{4096}, std::size_t{3 * 4096}})
    CHECK(store.open(in.file().c_str(), wrong).error() == error{errc::store_failed, EINVAL});
  CHECK_FALSE(std::filesystem::exists(in.file()));
}

TEST_CASE("posix_file_store: errors carry errno", "[transport][store]") {
  folder const in;
  posix_file_store store;
  CHECK(store.open((in.file("no") + "/such").c_str(), size).error() == error{errc::store_failed, ENOENT});
  CHECK(store.open(std::filesystem::path(in.file()).parent_path().c_str(), size).error() ==
        error{errc::store_failed, EISDIR});
  std::array<std::uint8_t, 16> memory{};
  CHECK(store.read_at(0, memory).error() == error{errc::store_failed, EBADF});
  CHECK(store.write_at(0, memory).error() == error{errc::store_failed, EBADF});
  CHECK(store.write_at(16, memory).error() == error{errc::store_failed, EBADF});

  REQUIRE(store.open(in.file().c_str(), size));
  std::filesystem::resize_file(in.file(), 100);  // somebody has cut it
  CHECK(store.read_at(96, memory).error() == error{errc::store_failed, EIO});
}

TEST_CASE("posix_file_store: a disk that is full", "[transport][store]") {
  folder const in;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  auto* const handler = ::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 8192;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  posix_file_store store;
  auto const opened = store.open(in.file().c_str(), size);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  ::signal(SIGXFSZ, handler);
  CHECK(opened.error() == error{errc::store_failed, EFBIG});
  CHECK(store.size() == 0);
  CHECK(store.open(in.file().c_str(), size));  // the half of it that was made counts for nothing
  CHECK(content(in.file()) == std::vector<char>(size, '\xFF'));
}

TEST_CASE("posix_file_store: a file in the working folder", "[transport][store]") {
  folder const in;
  auto const before = std::filesystem::current_path();
  std::filesystem::current_path(std::filesystem::path(in.file()).parent_path());
  posix_file_store store;
  auto const opened = store.open("session", size);
  std::filesystem::current_path(before);
  CHECK(opened);
  CHECK(std::filesystem::file_size(in.file()) == size);
}
