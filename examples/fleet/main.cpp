// SPDX-License-Identifier: BSL-1.0
// Thousands of MQTT devices in one process, on one thread, by epoll: ./fleet --devices 10000 --host localhost
#include <netdb.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "member.hpp"
#include "options.hpp"
#include "report.hpp"

namespace {

using namespace fleet;

volatile std::sig_atomic_t interrupted = 0;

// A socket for each device, and some files of the program's own.
bool allow_files(std::uint32_t devices) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  rlim_t const needed = devices + 64;
  if (limit.rlim_cur >= needed) return true;
  rlimit more{needed, std::max<rlim_t>(needed, limit.rlim_max)};  // only root raises the second
  if (::setrlimit(RLIMIT_NOFILE, &more) == 0) return true;
  limit.rlim_cur = limit.rlim_max;
  if (limit.rlim_max >= needed && ::setrlimit(RLIMIT_NOFILE, &limit) == 0) return true;
  std::fprintf(stderr, "fleet: %u devices take %lu open files, and this user may have %lu: see `ulimit -n`\n",
               devices, static_cast<unsigned long>(needed), static_cast<unsigned long>(limit.rlim_max));
  return false;
}

std::vector<hubwire::ip_endpoint> look_up(options const& asked) {
  std::vector<hubwire::ip_endpoint> found;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (int const why = ::getaddrinfo(asked.host.c_str(), std::to_string(asked.port).c_str(), &hints, &list);
      why != 0) {
    std::fprintf(stderr, "fleet: %s: %s\n", asked.host.c_str(), ::gai_strerror(why));
    return found;
  }
  for (addrinfo const* one = list; one != nullptr; one = one->ai_next)
    found.push_back(hubwire::to_endpoint(one->ai_addr, one->ai_addrlen));
  ::freeaddrinfo(list);
  return found;
}

// All devices, and the loop that serves them.
class crowd {
 public:
  explicit crowd(world& shared) : shared_(shared) {
    for (std::uint32_t i = 0; i != shared.asked.devices; ++i)
      members_.push_back(std::make_unique<member>(shared, i));
  }

  void schedule() {
    for (auto const& one : members_) one->schedule(hubwire::posix_now());
  }
  std::size_t connected() const {
    return count([](member const& one) { return one.is_connected(); });
  }
  std::size_t open() const {
    std::size_t sum = 0;
    for (auto const& one : members_) sum += one->open();
    return sum;
  }
  std::size_t never_connected() const {
    return count([](member const& one) { return !one.was_connected(); });
  }
  std::size_t busy() const {
    return count([](member const& one) { return !one.is_idle(); });
  }
  std::size_t bytes_of_one() const { return sizeof(member) + members_.front()->heap(); }

  // Until the condition holds, so many seconds at most. False: the time is up, or somebody has pressed Ctrl+C.
  template <class Condition>
  bool run(std::uint32_t seconds, char const* doing, Condition condition) {
    tick const end = hubwire::posix_now() + seconds * 1'000;
    tick next_look = hubwire::posix_now();
    tick next_line = next_look + 1'000;
    for (;;) {
      tick const now = hubwire::posix_now();
      if (hubwire::reached(next_look, now)) {
        look_at_all(now);
        next_look = now + 10;
        if (condition()) return true;
        if (hubwire::reached(end, now) || interrupted != 0) return false;
      }
      if (hubwire::reached(next_line, now)) {
        print_progress(doing);
        next_line = now + 1'000;
      }
      serve();
    }
  }

 private:
  template <class Predicate>
  std::size_t count(Predicate is) const {
    std::size_t sum = 0;
    for (auto const& one : members_) sum += is(*one) ? 1u : 0u;
    return sum;
  }
  void serve() {
    std::array<epoll_event, 512> ready{};
    int const count = ::epoll_wait(shared_.epoll, ready.data(), static_cast<int>(ready.size()), 5);
    tick const now = hubwire::posix_now();
    for (int i = 0; i < count; ++i) members_[ready[static_cast<std::size_t>(i)].data.u64 >> 32]->turn(now);
  }
  // Timers, messages that are due, and connections to begin.
  void look_at_all(tick now) {
    std::size_t beginning = busy() - connected();
    for (auto const& one : members_) {
      if (one->is_due(now)) one->turn(now);
      if (shared_.leaving || beginning >= shared_.asked.at_once || !one->is_ready_to_connect(now)) continue;
      one->begin(now);
      one->turn(now);
      ++beginning;
    }
  }
  void print_progress(char const* doing) const {
    counts const& seen = shared_.seen;
    std::fprintf(stderr, "%s: %zu connected, %zu published, %zu acknowledged, %zu reconnects\n", doing,
                 connected(), seen.published, seen.acknowledged, seen.reconnected);
  }

  world& shared_;
  std::vector<std::unique_ptr<member>> members_{};
};

void print_table(world& shared, crowd const& all, std::size_t resident, double seconds, double processor) {
  counts& seen = shared.seen;
  std::size_t const devices = shared.asked.devices;
  std::printf("%zu devices, %.1f seconds, %.2f seconds of processor time\n", devices, seconds, processor);
  std::printf(
      "  published %zu (%.0f a second), acknowledged %zu, given up %zu, not taken because a device was "
      "behind %zu\n",
      seen.published, static_cast<double>(seen.published) / seconds, seen.acknowledged, seen.abandoned,
      seen.not_taken);
  std::printf("  bytes sent %zu, received %zu\n", seen.sent, seen.received);
  std::printf("  memory of a device: %zu bytes by its types, %zu resident\n", all.bytes_of_one(),
              resident / devices);
  seen.connecting.print("connect to CONNACK");
  seen.publishing.print("publish to answer");
  std::printf("  reconnects %zu\n", seen.reconnected);
  for (auto const& [cause, times] : seen.ends)
    std::printf("  connections that ended with %s: %zu\n", cause.c_str(), times);
}

int run(options const& asked) {
  world shared{.asked = asked};
  shared.addresses = look_up(asked);
  if (shared.addresses.empty() || !allow_files(asked.devices)) return 1;
  shared.payload.assign(asked.payload, 'x');
  shared.epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::size_t const before = resident_bytes();
  crowd all(shared);

  bool const complete = all.run(120, "connecting", [&] { return all.connected() == asked.devices; });
  if (!complete)
    std::fprintf(stderr, "fleet: %zu of %u devices are connected\n", all.connected(), asked.devices);
  double const processor = processor_seconds();
  std::uint64_t const begun = shared.microseconds();
  all.schedule();
  shared.publishing = complete;
  if (complete) static_cast<void>(all.run(asked.seconds, "publishing", [] { return false; }));
  shared.publishing = false;
  double const seconds = static_cast<double>(shared.microseconds() - begun) / 1e6;
  double const used = processor_seconds() - processor;
  std::size_t const resident = resident_bytes() - before;
  interrupted = 0;  // answers are awaited behind the first Ctrl+C, not behind a second
  static_cast<void>(all.run(30, "waiting for answers", [&] { return all.open() == 0; }));
  std::size_t const unanswered = all.open();
  interrupted = 0;
  shared.leaving = true;
  static_cast<void>(all.run(20, "leaving", [&] { return all.busy() == 0; }));

  print_table(shared, all, resident, seconds, used);
  if (unanswered != 0) std::printf("  messages without an answer: %zu\n", unanswered);
  if (all.never_connected() != 0) std::printf("  devices that never connected: %zu\n", all.never_connected());
  return complete && unanswered == 0 && shared.seen.abandoned == 0 ? 0 : 1;
}

}  // namespace

int main(int argument_count, char** argument_list) {
  std::span const words(argument_list + 1, static_cast<std::size_t>(argument_count - 1));
  if (words.size() == 1 && std::string_view(words[0]) == "--help")
    return std::fputs(help, stdout) < 0 ? 1 : 0;
  auto const asked = read_options(words);
  if (!asked) return 2;
  for (int const number : {SIGINT, SIGTERM}) std::signal(number, [](int) { interrupted = 1; });
  std::signal(SIGPIPE, SIG_IGN);
  return run(*asked);
}
