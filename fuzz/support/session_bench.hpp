// SPDX-License-Identifier: BSL-1.0
// A client and its model side by side, with a network between them and the server: whatever the client is
// asked or sent, the model is told too, and the two have to agree.
#ifndef HUBWIRE_FUZZ_SUPPORT_SESSION_BENCH_HPP
#define HUBWIRE_FUZZ_SUPPORT_SESSION_BENCH_HPP

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/diagnosis.hpp>
#include <hubwire/session/client.hpp>

#include <fuzz/reference/session.hpp>
#include <fuzz/support/target.hpp>

namespace fuzz {

inline constexpr std::size_t outgoing = 3;
inline constexpr std::size_t incoming = 2;
inline constexpr std::uint32_t connack_timeout = 60'000;
inline constexpr std::uint32_t ping_timeout = 10'000;
inline constexpr std::uint32_t request_timeout = 90'000;
inline constexpr std::uint32_t disconnect_timeout = 20'000;

enum class chunks { whole, single, random };

inline std::string text_of(hubwire::error e) {
  return std::string(to_string(e.code)) + ' ' + std::to_string(e.detail);
}

inline std::string tell(hubwire::v3::event const& e) {
  using hubwire::event_kind;
  std::string const id = ' ' + std::to_string(e.has_id() ? e.id().number() : 0);
  switch (e.kind()) {
    case event_kind::none: return "none";
    case event_kind::connected: return e.session_present() ? "connected, session present" : "connected";
    case event_kind::message:
      return "message" + id + ' ' + std::string(e.message().topic.view()) + ' ' +
             std::string(e.message().payload.view());
    case event_kind::message_begin:
      return "begin" + id + ' ' + std::string(e.message().topic.view()) + ' ' +
             std::to_string(e.payload_size());
    case event_kind::message_piece: return "piece" + id + ' ' + std::string(e.payload().view());
    case event_kind::message_end: return "end" + id;
    case event_kind::published: return "published" + id;
    case event_kind::subscribed: {
      std::string told = "subscribed" + id;
      for (auto const code : e.codes()) told += ' ' + std::to_string(static_cast<unsigned>(code));
      return told;
    }
    case event_kind::unsubscribed: return "unsubscribed" + id;
    case event_kind::abandoned: return "abandoned" + id;
    case event_kind::repeat: return "repeat" + id;
    case event_kind::closed: return "closed " + text_of(e.cause());
  }
  return "an event without a name";
}

struct choice {
  hubwire::client_options options{};
  reference::session_settings settings{};
  unsigned keep_alive = 0;
  bool clean = true;
};

inline choice read_choice(choices& from) {
  choice with;
  with.settings.receive = 8 + from.byte() % 120;
  with.settings.transmit = 20 + from.byte() % 100;
  unsigned const flags = from.byte();
  unsigned const limit = from.byte();
  with.settings.by_application = (flags & 1) != 0;
  with.settings.large = "rps"[(flags >> 1) % 3];
  with.settings.largest = limit == 0 ? hubwire::largest_packet : 2 * limit;
  with.settings.outgoing = outgoing;
  with.settings.incoming = incoming;
  with.clean = (flags & 8) == 0;
  with.keep_alive = (flags & 16) != 0 ? from.byte() : 0;
  with.options.connack_timeout = connack_timeout;
  with.options.ping_timeout = ping_timeout;
  with.options.request_timeout = request_timeout;
  with.options.disconnect_timeout = disconnect_timeout;
  with.options.acknowledge = with.settings.by_application ? hubwire::acknowledge::by_application
                                                          : hubwire::acknowledge::automatically;
  with.options.large_messages = static_cast<hubwire::large_messages>((flags >> 1) % 3);
  with.options.largest_packet = static_cast<std::uint32_t>(with.settings.largest);
  return with;
}

class session_bench {
 public:
  session_bench(choice const& with, chunks how, std::uint64_t seed)
      : with_(with),
        how_(how),
        random_(seed),
        rx_(with.settings.receive),
        tx_(with.settings.transmit),
        client_(rx_, tx_, with.options),
        model_(with.settings) {}

 protected:
  using phase = reference::session::phase;

  void note(std::string const& what) { log_.push_back(what); }

  // Everything that is queued now, shown to the model before it leaves.
  std::size_t observe() {
    std::size_t const offered = client_.pending_output().size();
    model_.offers(offered);
    hubwire::byte_view const pending = client_.unsent();
    require(offered <= pending.size() && (offered != 0) == !pending.empty(), "what is queued is offered");
    if (pending.size() > shown_) {
      auto const* const chars = reinterpret_cast<char const*>(pending.data());
      model_.writes({chars + shown_, pending.size() - shown_});
      shown_ = pending.size();
    }
    require(model_.broken().empty(), model_.broken().c_str());
    return pending.size();
  }

  void settle() {
    pump();
    std::size_t const pending = observe();
    require(!model_.is_late(pending), "an acknowledgement that fits is written");
    require(client_.payload_missing() == model_.missing(), "agree on the payload that is missing");
    phase const expected = model_.state();
    require(static_cast<int>(client_.state()) == static_cast<int>(expected), "agree on the state");
    require(client_.finished() == (expected == phase::closed), "finished means closed");
    check_rejected();
  }

  // The packet that ended the connection, for whoever wants to know what was wrong with it.
  void check_rejected() {
    std::string const blamed = model_.blamed();
    hubwire::char_view const rejected = client_.rejected();
    require(rejected.empty() == blamed.empty(), "a packet is rejected when the server's packet is to blame");
    require(blamed.rfind(std::string(rejected.begin(), rejected.end()), 0) == 0, "and it is that packet");
    if (!model_.ended_for("malformed_packet")) return;
    using hubwire::errc;
    errc const found = hubwire::diagnose<hubwire::v3_tag, hubwire::role::server>(rejected).error.code;
    bool const head = found == errc::not_one_frame;  // of a message that does not fit
    require(found == errc::malformed_packet || head, "diagnose() finds it malformed too");
  }

  // A connection that ended for a reason has words for it, and a byte that is there.
  void check_words(hubwire::error cause) {
    hubwire::char_view const rejected = client_.rejected();
    auto const found = hubwire::diagnose_refused<hubwire::v3_tag, hubwire::role::server>(rejected, cause);
    bool const sound = cause == hubwire::errc::none;
    require((found.error == hubwire::errc::none) == sound, "what ended a connection has a diagnosis");
    require((hubwire::explain(found) == "nothing is wrong") == sound, "and words that say so");
    require(found.offset <= rejected.size(), "and a byte of the packet");
  }

  // The network's bytes as far as there is room for them, and every event.
  void pump() {
    for (;;) {
      drain();
      hubwire::byte_span const window = client_.window();
      std::size_t const chunk = how_ == chunks::whole    ? network_.size()
                                : how_ == chunks::single ? 1
                                                         : 1 + random_(9);
      std::size_t const count = std::min({chunk, window.size(), network_.size()});
      if (count == 0) return;
      std::memcpy(window.data(), network_.data(), count);
      client_.commit(count);
      model_.receive(std::string_view(network_).substr(0, count));
      network_.erase(0, count);
      heard_ = true;
      moved_at_ = now_;
    }
  }

  void drain() {
    for (int events = 0;; ++events) {
      require(events < 10'000, "events come to an end");
      bool const open = model_.state() != phase::closed;
      model_.asks();
      auto const happened = client_.next_event();
      if (happened.kind() == hubwire::event_kind::closed) check_words(happened.cause());
      std::string const told = tell(happened);
      bool const ended = open && client_.finished();
      if (ended) shown_ = 0;  // what had not left is dropped
      observe();
      expect_told(ended, told);
      if (told == "none") return in_time_.reset();
      if (told.rfind("piece", 0) == 0 && !log_.empty() && log_.back().rfind("piece", 0) == 0) {
        log_.back() += told.substr(told.find(' ', 6) + 1);  // how many pieces there are depends on the chunks
      } else {
        note(told);
      }
    }
  }

  // When the connection has ended, what was acknowledged last cannot be seen any more: then both are right.
  void expect_told(bool ended, std::string const& told) {
    std::optional<reference::session> other;
    if (ended) other = model_;
    auto const contains = [&](reference::texts const& all) {
      return std::find(all.begin(), all.end(), told) != all.end();
    };
    std::optional<reference::session> behind = in_time_;
    if (behind) behind->asks();
    if (contains(model_.next(false))) return;
    // A timer may have ended it while the application was behind; then what waited is told.
    if (behind && contains(behind->next(false))) {
      model_ = *behind;
      in_time_.reset();
      return;
    }
    bool const second = other && contains(other->next(true));
    if (!second) std::fprintf(stderr, "told: %s\n", told.c_str());
    require(second, "the event that the model predicts");
    model_ = *other;
  }

  void from_server(std::string const& bytes) {
    if (!model_.lost()) network_ += bytes;
  }

  void send(std::size_t count) {
    std::string sent;
    while (count != 0) {
      std::size_t const pending = observe();
      std::size_t const chunk = how_ == chunks::whole ? count : how_ == chunks::single ? 1 : 1 + random_(5);
      std::size_t const now = std::min({chunk, pending, client_.pending_output().size(), count});
      if (now == 0) break;
      sent.append(reinterpret_cast<char const*>(client_.pending_output().data()), now);
      client_.consume(now);
      model_.left(now);
      shown_ -= now;
      count -= now;
      sent_at_ = now_;
      just_sent_ = true;
      moved_at_ = now_;
      if (client_.unsent().empty()) model_.drained();
    }
    note("sent " + sent);
  }

  hubwire::tick clock() const { return hubwire::tick(0xFFFF'0000u + static_cast<std::uint32_t>(now_)); }

  choice with_;
  chunks how_;
  random_numbers random_;
  std::vector<std::uint8_t> rx_;
  std::vector<std::uint8_t> tx_;
  hubwire::client<hubwire::v3_tag, hubwire::limits{.outgoing = outgoing, .incoming = incoming}> client_;
  reference::session model_;
  std::uint64_t now_ = 0;    // milliseconds; the client's clock wraps after a minute
  std::uint64_t since_ = 0;  // the state that has its time
  std::uint64_t sent_at_ = 0;
  std::uint64_t received_at_ = 0;
  std::uint64_t moved_at_ = 0;  // in either direction, in truth
  bool heard_ = false;          // since the client was told the time
  bool just_sent_ = false;      // since then too
  bool new_state_ = false;
  // The model if a timer has ended the connection, which shows only when the application asks for more.
  std::optional<reference::session> in_time_{};
  std::size_t shown_ = 0;  // of the pending output, to the model
  std::string network_{};  // sent by the server, not received yet
  reference::texts log_{};
};

}  // namespace fuzz

#endif
