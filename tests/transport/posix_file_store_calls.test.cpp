// SPDX-License-Identifier: BSL-1.0
// posix_file_store on a system that does what a test says: the order of what goes to the disk, and every error that a
// call may return.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <hubwire/transport/posix_file_store.hpp>

namespace {

// The calls of this thread while an object lives: what is planned for each name, and what was called.
struct disk_script {
  std::map<std::string, std::deque<int>> plan{};  // errno; 0: as always; negative: so many bytes
  std::vector<std::string> calls{};

  disk_script();
  ~disk_script();
  disk_script(disk_script const&) = delete;
  disk_script& operator=(disk_script const&) = delete;
};

thread_local disk_script* script = nullptr;

disk_script::disk_script() { script = this; }
disk_script::~disk_script() { script = nullptr; }

// What is planned for this call.
int planned(char const* name, std::string const& details = {}) {
  if (script == nullptr) return 0;
  script->calls.push_back(name + details);
  auto& codes = script->plan[name];
  if (codes.empty()) return 0;
  int const code = codes.front();
  codes.pop_front();
  if (code > 0) errno = code;
  return code;
}

template <class Function>
Function real(char const* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

std::string place(std::size_t size, off_t at) {
  return " " + std::to_string(size) + " at " + std::to_string(at);
}

}  // namespace

extern "C" {

ssize_t pwrite(int fd, void const* data, size_t size, off_t at) {
  static auto const system = real<ssize_t (*)(int, void const*, size_t, off_t)>("pwrite");
  int const code = planned("pwrite", place(size, at));
  return code > 0 ? -1 : system(fd, data, code < 0 ? static_cast<std::size_t>(-code) : size, at);
}
ssize_t pread(int fd, void* room, size_t size, off_t at) {
  static auto const system = real<ssize_t (*)(int, void*, size_t, off_t)>("pread");
  int const code = planned("pread", place(size, at));
  return code > 0 ? -1 : system(fd, room, code < 0 ? static_cast<std::size_t>(-code) : size, at);
}
int fdatasync(int fd) {
  static auto const system = real<int (*)(int)>("fdatasync");
  return planned("fdatasync") > 0 ? -1 : system(fd);
}
int fsync(int fd) {
  static auto const system = real<int (*)(int)>("fsync");
  return planned("fsync") > 0 ? -1 : system(fd);
}
int ftruncate(int fd, off_t size) noexcept {
  static auto const system = real<int (*)(int, off_t)>("ftruncate");
  return planned("ftruncate") > 0 ? -1 : system(fd, size);
}

}  // extern "C"

namespace {

using hubwire::errc;
using hubwire::error;
using hubwire::posix_file_store;
using words = std::vector<std::string>;

constexpr std::size_t size = 2 * 4096;

struct temporary {
  std::string name = (std::filesystem::temp_directory_path() / "hubwire_calls_XXXXXX").string();
  temporary() { REQUIRE(::mkdtemp(name.data()) != nullptr); }
  temporary(temporary const&) = delete;
  temporary& operator=(temporary const&) = delete;
  ~temporary() { std::filesystem::remove_all(name); }
  std::string file() const { return name + "/session"; }
};

}  // namespace

TEST_CASE("posix_file_store: a page is blank on the disk before its first bytes are written",
          "[transport][store]") {
  temporary const folder;
  posix_file_store store;
  REQUIRE(store.open(folder.file().c_str(), size));
  disk_script disk;
  std::array<std::uint8_t, 32> const data{};
  REQUIRE(store.write_at(4096, data));
  CHECK(disk.calls == words{"pwrite 4096 at 4096", "fdatasync", "pwrite 32 at 4096", "fdatasync"});
  disk.calls.clear();
  REQUIRE(store.write_at(4128, data));
  CHECK(disk.calls == words{"pwrite 32 at 4128", "fdatasync"});
}

TEST_CASE("posix_file_store: a new file, its size and its name are on the disk when it is open",
          "[transport][store]") {
  temporary const folder;
  disk_script disk;
  posix_file_store store;
  REQUIRE(store.open(folder.file().c_str(), size));
  CHECK(disk.calls == words{"ftruncate", "pwrite 4096 at 0", "pwrite 4096 at 4096", "fsync", "fsync"});
  disk.calls.clear();
  REQUIRE(store.open(folder.file().c_str(), size));
  CHECK(disk.calls.empty());
}

TEST_CASE("posix_file_store: interrupted and short calls go on", "[transport][store]") {
  temporary const folder;
  posix_file_store store;
  REQUIRE(store.open(folder.file().c_str(), size));
  disk_script disk;
  disk.plan["pwrite"] = {EINTR, -5, EINTR, -1};
  disk.plan["pread"] = {EINTR, -3, EINTR, -20};
  std::array<std::uint8_t, 32> data{};
  for (std::uint8_t i = 0; i != 32; ++i) data[i] = i;
  REQUIRE(store.write_at(16, data));
  std::array<std::uint8_t, 32> back{};
  REQUIRE(store.read_at(16, back));
  CHECK(back == data);
  CHECK(disk.calls == words{"pwrite 32 at 16", "pwrite 32 at 16", "pwrite 27 at 21", "pwrite 27 at 21",
                            "pwrite 26 at 22", "fdatasync", "pread 32 at 16", "pread 32 at 16",
                            "pread 29 at 19", "pread 29 at 19", "pread 9 at 39"});
}

TEST_CASE("posix_file_store: what the disk refuses is told with its errno", "[transport][store]") {
  temporary const folder;
  posix_file_store store;
  REQUIRE(store.open(folder.file().c_str(), size));
  std::array<std::uint8_t, 32> data{};
  disk_script disk;
  auto const check = [&](char const* call, std::deque<int> plan, int number) {
    disk.plan = {{call, plan}};
    CHECK(store.write_at(0, data).error() == error{errc::store_failed, static_cast<std::uint32_t>(number)});
  };
  check("pwrite", {ENOSPC}, ENOSPC);        // of the page
  check("pwrite", {0, EIO}, EIO);           // of the bytes
  check("fdatasync", {EIO}, EIO);           // behind the page
  check("fdatasync", {0, EDQUOT}, EDQUOT);  // behind the bytes
  disk.plan = {{"pread", {EIO}}};
  CHECK(store.read_at(0, data).error() == error{errc::store_failed, EIO});
}

TEST_CASE("posix_file_store: a file that cannot be made ready is not open", "[transport][store]") {
  auto const [call, plan] = GENERATE(table<std::string, std::deque<int>>({{"ftruncate", {EIO}},
                                                                          {"pwrite", {EIO}},
                                                                          {"pwrite", {0, EIO}},
                                                                          {"fsync", {EIO}},
                                                                          {"fsync", {0, EIO}}}));
  temporary const folder;
  posix_file_store store;
  {
    disk_script disk;
    disk.plan[call] = plan;
    CHECK(store.open(folder.file().c_str(), size).error() == error{errc::store_failed, EIO});
    CHECK(store.size() == 0);
  }
  CHECK(store.open(folder.file().c_str(), size));  // and is not locked
}
