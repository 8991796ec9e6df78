// SPDX-License-Identifier: BSL-1.0
#include "program.hpp"

#include <poll.h>

#include <hubwire/driver/pump.hpp>

#include "console.hpp"
#include "failure.hpp"
#include "platform.hpp"

namespace device {

namespace {

namespace iothub = hubwire::iothub;
using hubwire::errc;
using hubwire::result;
using hubwire::tick;

// Seconds. A load balancer on the way may cut a connection that is silent for four minutes.
constexpr std::uint16_t keep_alive = 230;
// Milliseconds. A signal that arrives just before a wait is noticed this much later.
constexpr std::uint32_t longest_wait = 1'000;
constexpr std::uint32_t goodbye_time = 2'000;

constexpr hubwire::client_options client_options{.disconnect_timeout = goodbye_time,
                                                 .acknowledge = hubwire::acknowledge::by_application};

// Trying again changes nothing: the key is not base64, say. A clock may still be set.
bool is_hopeless(hubwire::error why) noexcept {
  return why.blamed_on() == hubwire::blame::caller && why != errc::clock_not_set;
}

}  // namespace

program::program(settings const& all, hubwire::trust_anchors anchors, device_memory& memory,
                 std::sig_atomic_t const volatile& stop) noexcept
    : settings_(all),
      stop_(stop),
      link_(anchors, {memory.tls_input, memory.tls_output}),
      credentials_(all.credentials, all.self, all.chosen.token_lifetime),
      client_(memory.receive, memory.send, client_options),
      conversation_(client_, all.self, all.chosen.interval, random_number()) {}

// What looks permanent often is not: a hub refuses while it is busy, a key is rolled, a clock is set late.
// So the device goes on trying, ever more slowly, unless it was told when to give up.
int program::run() noexcept {
  for (std::uint32_t failures = 0; stop_ == 0;) {
    ending const how = connect_and_talk();
    if (how == ending::stopped || stop_ != 0) break;
    if (how == ending::unusable) return exit_code::unusable;
    if (how == ending::renewal) continue;

    if (was_connected_)
      failures = 0;
    else
      ++failures;
    if (settings_.chosen.attempts != 0 && failures >= settings_.chosen.attempts) {
      say() << "giving up after " << failures << " failed attempts";
      return how == ending::refused ? exit_code::refused : exit_code::unreachable;
    }
    if (was_connected_ && now() - connected_at_ >= static_cast<std::int32_t>(backoff::stable))
      backoff_.reset();
    std::uint32_t const delay = backoff_.next(random_number());
    say() << "next attempt in " << delay << " ms";
    pause(delay);
  }
  say() << "stopped";
  return exit_code::stopped;
}

program::ending program::connect_and_talk() noexcept {
  was_connected_ = false;
  ended_ = false;
  leave_by_.reset();
  endpoint const& where = settings_.where;
  say() << "connecting to " << where.host << " port " << where.port << " as device "
        << settings_.self.device.view() << " of " << settings_.self.host.view();
  auto ready = link_.open(where);
  if (ready) ready = send_connect();
  if (!ready) {
    say_failure("could not connect", ready.error(), hubwire::moment::connecting);
    link_.close();
    return is_hopeless(ready.error()) ? ending::unusable : ending::lost;
  }
  ending const how = talk();
  link_.close();
  return how;
}

// CleanSession 0: the hub keeps messages for the device that arrive while it is away, if only for the
// second that a new token takes. With 1 it would drop them.
result<void> program::send_connect() noexcept {
  std::array<char, 128> id;
  std::array<char, 640> name;
  std::array<char, 256> topic;
  auto const client_id = iothub::client_id(id, settings_.self);
  if (!client_id) return client_id.error();
  auto const user_name = iothub::user_name(name, settings_.self,
                                           {.device_client_type = "hubwire-device/" HUBWIRE_VERSION_STRING});
  if (!user_name) return user_name.error();
  // The hub turns the will into a telemetry message of this device if the connection breaks.
  auto const will_topic =
      iothub::telemetry_topic(topic, settings_.self.device).add("reason", "connection lost").done();
  if (!will_topic) return will_topic.error();
  auto const password = credentials_.password(unix_time());
  if (!password) return password.error();

  auto const queued = client_.connect(
      {
          .client_id = *client_id,
          .clean_session = false,
          .keep_alive = keep_alive,
          .will = hubwire::v3::will{*will_topic, hubwire::as_bytes(R"({"state":"offline"})"),
                                    hubwire::qos::at_least_once},
          .user_name = *user_name,
          .password = *password,
      },
      now());
  credentials_.forget();
  return queued;
}

// The heart: bytes in and out, events, what is due, and a wait until one of these can go on.
program::ending program::talk() noexcept {
  for (;;) {
    hubwire::pump_result const moved = hubwire::pump(client_, link_.stream(), now());
    bool const link_ended = !moved.again && !moved.wait_for.read && !moved.wait_for.write;
    handle_events(link_ended || overdue());
    if (ended_) return how_it_ended();
    leave_if_asked();
    conversation_.advance(now());
    std::uint32_t const left = hubwire::time_left(client_.deadline(), now(), longest_wait);
    link_.wait(moved, client_, conversation_.time_left(now(), left));
  }
}

// An event may lead to an answer, so the next one waits until there is room: it stays in the receive buffer,
// and when that is full the hub has to wait too. Once the link has ended there is nothing to wait for.
void program::handle_events(bool link_ended) noexcept {
  while (link_ended || client_.pending_output().empty()) {
    hubwire::v3::event const event = client_.next_event();
    if (!event) break;
    if (event.kind() == hubwire::event_kind::connected) {
      was_connected_ = true;
      connected_at_ = now();
      say() << "connected" << (event.session_present() ? ", the hub remembers the session" : "");
    } else if (event.kind() == hubwire::event_kind::closed) {
      cause_ = event.cause();
      ended_ = true;
    }
    conversation_.handle(event, now());
  }
}

// For good, or to come back at once with a fresh token: MQTT 3.1.1 cannot renew one within a connection.
void program::leave_if_asked() noexcept {
  using enum hubwire::session_state;
  if (client_.state() != connecting && client_.state() != connected) return;
  bool const renewal = client_.state() == connected && credentials_.renewal_due(unix_time());
  if ((stop_ == 0 && !renewal && !leave_by_) || client_.disconnect()) return;
  if (!leave_by_) leave_by_ = now() + goodbye_time;  // there is no room for it now; this is called again
  if (overdue()) client_.lost({errc::disconnect_timeout, 0});
}

// The hub takes nothing, not even what is in front of the DISCONNECT.
bool program::overdue() const noexcept { return leave_by_ && hubwire::reached(*leave_by_, now()); }

program::ending program::how_it_ended() noexcept {
  if (cause_ == errc::none) {
    say() << "disconnected" << (stop_ != 0 ? "" : ", to renew the token");
    return stop_ != 0 ? ending::stopped : ending::renewal;
  }
  say_failure(was_connected_ ? "connection ended" : "could not connect", cause_, when());
  return cause_ == errc::connection_refused ? ending::refused : ending::lost;
}

// What is likely behind an error depends on it. Two devices with one identity, which close each other's connections,
// come back after a while that grows, so "just" is as long as a connection that counts for the delays.
hubwire::moment program::when() const noexcept {
  if (!was_connected_) return hubwire::moment::connecting;
  bool const lasted = now() - connected_at_ >= static_cast<std::int32_t>(backoff::stable);
  return lasted ? hubwire::moment::connected : hubwire::moment::just_connected;
}

// A wait that a stop ends early.
void program::pause(std::uint32_t milliseconds) noexcept {
  tick const deadline = now() + milliseconds;
  for (std::uint32_t left = milliseconds; left != 0 && stop_ == 0;
       left = hubwire::time_left(deadline, now())) {
    std::uint32_t const slice = left < longest_wait ? left : longest_wait;
    ::poll(nullptr, 0, static_cast<int>(slice));
  }
}

}  // namespace device
