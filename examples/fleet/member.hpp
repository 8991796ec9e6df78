// SPDX-License-Identifier: BSL-1.0
// One device of the fleet: a socket, a client that keeps its messages, and their memory.
#ifndef FLEET_MEMBER_HPP
#define FLEET_MEMBER_HPP

#include <poll.h>
#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <hubwire/driver/pump.hpp>
#include <hubwire/session/client.hpp>
#include <hubwire/session/kept_packets.hpp>
#include <hubwire/transport/posix_tcp.hpp>

#include "options.hpp"
#include "report.hpp"

namespace fleet {

using hubwire::tick;

// What all devices share.
struct world {
  options const& asked;
  std::vector<hubwire::ip_endpoint> addresses{};
  std::string payload{};
  int epoll = -1;
  counts seen{};
  bool publishing = false;
  bool leaving = false;

  std::uint64_t microseconds() const {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
  }
};

class member {
 public:
  // Messages without an answer. The identifiers of so many have different low bits.
  static constexpr std::size_t window = 8;
  using device_client = hubwire::client<hubwire::v3_tag, hubwire::limits{.outgoing = window, .incoming = 4},
                                        hubwire::whole_reader, hubwire::kept_packets>;

  member(world& shared, std::uint32_t number)
      : shared_(shared),
        number_(number),
        name_(shared.asked.name + std::to_string(number)),
        topic_(shared.asked.topic),
        kept_(4 * (shared.asked.payload + shared.asked.topic.size() + name_.size() + 16)),
        client_(receive_, transmit_, hubwire::byte_span(kept_), {}) {
    if (std::size_t const at = topic_.find("{}"); at != std::string::npos) topic_.replace(at, 2, name_);
  }
  member(member const&) = delete;
  member& operator=(member const&) = delete;

  bool is_connected() const { return client_.state() == hubwire::session_state::connected; }
  bool is_idle() const { return client_.state() == hubwire::session_state::idle || client_.finished(); }
  bool is_ready_to_connect(tick now) const { return is_idle() && hubwire::reached(next_try_, now); }
  bool was_connected() const { return was_connected_; }
  std::size_t open() const { return open_; }
  std::size_t heap() const { return kept_.capacity() + topic_.capacity() + name_.capacity(); }

  void begin(tick now) {
    started_ = shared_.microseconds();
    registered_ = {};
    hubwire::v3::connect packet{
        .client_id = hubwire::text::trusted(name_), .clean_session = false, .keep_alive = 60};
    if (!shared_.asked.user.empty()) packet.user_name = hubwire::text::trusted(shared_.asked.user);
    if (!shared_.asked.password.empty()) packet.password = hubwire::as_bytes(shared_.asked.password);
    hubwire::result<void> good = tcp_.start(shared_.addresses, 30'000);
    if (good) good = client_.connect(packet, now);
    if (!good) {
      tcp_.close();
      end(good.error(), now);
    }
  }

  // The first message: not of all devices at the same moment.
  void schedule(tick now) {
    next_message_ =
        now + static_cast<std::uint32_t>(number_ * std::uint64_t{interval()} / shared_.asked.devices);
  }

  // One turn: what has to be published, bytes, events; then what to wait for.
  void turn(tick now) {
    if (is_idle()) return;
    if (shared_.publishing && is_connected() && hubwire::reached(next_message_, now)) publish(now);
    if (shared_.leaving && is_connected() && open_ == 0) static_cast<void>(client_.disconnect());
    hubwire::pump_result moved{.again = true};
    for (int i = 0; i != 8 && moved.again && !client_.finished(); ++i) {
      moved = hubwire::pump(client_, tcp_, now, [&](hubwire::v3::event const& event) { take(event, now); });
      shared_.seen.received += moved.received;
      shared_.seen.sent += moved.sent;
    }
    if (client_.finished())
      tcp_.close();
    else
      wait_for(moved.wait_for);
  }
  // Whether a turn has something to do although no byte has come.
  bool is_due(tick now) const {
    if (is_idle()) return false;
    bool const speaks =
        is_connected() && ((shared_.publishing && hubwire::reached(next_message_, now)) || shared_.leaving);
    auto const timer = client_.deadline();
    auto const connecting = tcp_.deadline();
    return speaks || (timer && hubwire::reached(*timer, now)) ||
           (connecting && hubwire::reached(*connecting, now));
  }

 private:
  std::uint32_t interval() const { return static_cast<std::uint32_t>(1'000 / shared_.asked.rate); }
  void publish(tick now) {
    next_message_ = next_message_ + interval();
    if (now - next_message_ > 0) next_message_ = now;  // it cannot keep up
    auto const level = static_cast<hubwire::qos>(shared_.asked.qos);
    auto const sent =
        client_.publish({hubwire::topic_name::trusted(topic_), hubwire::as_bytes(shared_.payload), level});
    if (!sent) return static_cast<void>(++shared_.seen.not_taken);
    ++shared_.seen.published;
    if (!sent->has_id()) return static_cast<void>(++shared_.seen.acknowledged);
    ++open_;
    sent_at_[sent->id().number() % window] = shared_.microseconds();
  }
  void take(hubwire::v3::event const& event, tick now) {
    switch (event.kind()) {
      case hubwire::event_kind::connected:
        shared_.seen.connecting.add(shared_.microseconds() - started_);
        shared_.seen.reconnected += was_connected_ ? 1u : 0u;
        was_connected_ = true;
        failures_ = 0;
        break;
      case hubwire::event_kind::published:
        shared_.seen.publishing.add(shared_.microseconds() - sent_at_[event.id().number() % window]);
        ++shared_.seen.acknowledged;
        --open_;
        break;
      case hubwire::event_kind::abandoned:
        ++shared_.seen.abandoned;
        --open_;
        break;
      case hubwire::event_kind::closed: end(event.cause(), now); break;
      default: break;
    }
  }
  // The next try comes later each time, up to half a minute, and not for all devices at the same moment.
  void end(hubwire::error why, tick now) {
    if (why.code != hubwire::errc::none) {
      hubwire::connect_attempt const cause = tcp_.log().cause();
      std::string told(to_string(why.code));
      if (cause.why.code != hubwire::errc::none)
        told += ", system's number " + std::to_string(cause.why.detail);
      ++shared_.seen.ends[told];
    }
    if (failures_ < 6) ++failures_;
    std::uint32_t const most = std::uint32_t{500} << failures_;
    next_try_ = now + most / 2 + (number_ * 2'654'435'761u >> 8) % (most / 2);
  }

  // Tells epoll, where something has changed. A connection that is being made may have several sockets.
  void wait_for(hubwire::io_interest interest) {
    std::array<pollfd, 4> entries{};
    std::size_t const count = tcp_.watch(entries, interest);
    std::array<epoll_event, 4> wanted{};
    for (std::size_t i = 0; i != count; ++i) {
      std::uint32_t const events = ((entries[i].events & POLLIN) != 0 ? EPOLLIN : 0u) |
                                   ((entries[i].events & POLLOUT) != 0 ? EPOLLOUT : 0u);
      wanted[i].events = events;
      wanted[i].data.u64 = (std::uint64_t{number_} << 32) | static_cast<std::uint32_t>(entries[i].fd);
      if (wanted[i].data.u64 == registered_[i].data.u64 && events == registered_[i].events) continue;
      if (::epoll_ctl(shared_.epoll, EPOLL_CTL_MOD, entries[i].fd, &wanted[i]) != 0)
        static_cast<void>(::epoll_ctl(shared_.epoll, EPOLL_CTL_ADD, entries[i].fd, &wanted[i]));
    }
    registered_ = wanted;  // sockets that were closed have left epoll by themselves
  }

  world& shared_;
  std::uint32_t number_;
  std::uint32_t failures_ = 0;
  std::size_t open_ = 0;
  bool was_connected_ = false;
  tick next_try_{};
  tick next_message_{};
  std::uint64_t started_ = 0;
  std::string name_;
  std::string topic_;
  std::array<std::uint64_t, window> sent_at_{};
  std::array<epoll_event, 4> registered_{};
  std::array<std::uint8_t, 256> receive_{};
  std::array<std::uint8_t, 512> transmit_{};
  std::vector<std::uint8_t> kept_;
  device_client client_;
  hubwire::posix_tcp tcp_{};
};

}  // namespace fleet

#endif
