// SPDX-License-Identifier: BSL-1.0
// The client against a server that sends anything. Input: four or five bytes that choose buffers and
// options, then steps: bytes from the server (raw, or such as a server would send), what the application
// asks for, bytes that leave, time that passes. Oracle: the model of reference/session.hpp predicts each
// event and each answer of a verb, and checks each packet that the client writes; whole chunks, single
// bytes and random chunks give the same events and the same output.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fuzz/support/packets.hpp>
#include <fuzz/support/session_bench.hpp>
#include <fuzz/support/target.hpp>

namespace {

using fuzz::connack_timeout;
using fuzz::ping_timeout;
using fuzz::require;
using hubwire::errc;

class conversation : fuzz::session_bench {
 public:
  conversation(fuzz::choice const& with, std::string_view steps, fuzz::chunks how)
      : session_bench(with, how, steps.size()), steps_(steps) {}

  // What happened, step by step.
  reference::texts run() {
    connect();
    while (!steps_.rest().empty()) {
      step();
      settle();
    }
    lose({errc::connection_lost, 7});
    for (int i = 0; i != 3; ++i) settle();
    require(client_.state() == hubwire::session_state::closed && model_.told_closed(),
            "without a transport it is over");
    require(model_.requests().empty(), "every request was answered or abandoned");
    require(!client_.deadline(), "nothing to wait for after the end");
    return log_;
  }

 private:
  void step() {
    unsigned const what = steps_.byte();
    switch (what % 19) {
      case 0: return from_server(std::string(steps_.take(steps_.byte())));
      case 1: return from_server(reference::encoded(reference::connack{steps_.byte() % 8 == 7, 0}));
      case 2:
      case 3: return answer(what % 19 == 3);
      case 4: return message_from_server(1);
      case 5: return message_from_server(0);
      case 6: return from_server(reference::encoded(reference::empty_packet{13}));
      case 7: return send(steps_.byte());
      case 8: return send(1'000);
      case 9: return publish();
      case 10: return subscribe();
      case 11: return unsubscribe();
      case 12: return publish_in_parts();
      case 13: return publish_payload();
      case 14: return acknowledge();
      case 15: return disconnect();
      case 16: return pass();
      case 17: return model_.told_closed() || what >= 128 ? lose({}) : void(send(1'000));
      default:
        if (model_.told_closed()) return connect();
        return what < 128 ? void(send(1'000)) : lose({errc::connection_lost, 7});
    }
  }

  void message_from_server(unsigned qos) {
    unsigned const how = steps_.byte();
    unsigned const size = steps_.byte();
    reference::publish p{
        "t/" + std::string(how % 4, 'x'), std::string(size, 'p'), qos, 0, false, (how & 4) != 0};
    if (qos != 0) p.id = 1 + how % 8;
    p.duplicate = qos != 0 && (how & 64) != 0;
    from_server(reference::encoded(p));
  }
  // To one of the requests, or what looks like it.
  void answer(bool wrong) {
    unsigned const which = steps_.byte();
    if (model_.requests().empty()) return;
    auto request = model_.requests()[which % model_.requests().size()];
    if (wrong) request.kind = which & 64 ? 4 : which & 32 ? 9 : 11;
    if (wrong && (request.filters == 0 || (which & 128) != 0)) ++request.filters;
    if (request.kind != 9)
      return from_server(reference::encoded(reference::acknowledgement{request.kind, request.id}));
    reference::suback p{request.id, std::vector<unsigned>(request.filters, 0)};
    for (unsigned& code : p.codes) code = which % 3 == 0 ? 128 : which % 3 - 1;
    from_server(reference::encoded(p));
  }

  void connect() {
    hubwire::v3::connect packet;
    packet.client_id = "c";
    packet.clean_session = with_.clean;
    packet.keep_alive = static_cast<std::uint16_t>(with_.keep_alive);
    bool const allowed =
        model_.state() == phase::idle || (model_.state() == phase::closed && model_.told_closed());
    auto const made = client_.connect(packet, clock());
    require(made.has_value() == allowed, "connecting is for the idle");
    if (!made) return;
    network_.clear();
    shown_ = 0;
    since_ = sent_at_ = received_at_ = moved_at_ = now_;
    new_state_ = heard_ = just_sent_ = false;
    in_time_.reset();
    model_.connect(std::get<reference::connect>(fuzz::owned(packet)));
    note("connect");
  }

  // The model's opinion on a verb, and what came of it.
  template <class Result>
  bool agreed(Result const& made, reference::texts const& refusals) {
    if (made) {
      require(refusals.empty(), "a verb that has to be refused");
      note("done");
      return true;
    }
    std::string const why(to_string(made.error().code));
    require(!refusals.empty(), "a verb that must not be refused");
    require(std::find(refusals.begin(), refusals.end(), why) != refusals.end(),
            "refused for a reason of the model");
    note(why);
    return false;
  }

  std::optional<unsigned> take_id(unsigned id) {
    auto const& open = model_.requests();
    bool const free = std::none_of(open.begin(), open.end(), [&](auto const& r) { return r.id == id; });
    require(id != 0 && id < 65'536 && free, "an identifier that is in nobody's use");
    return id;
  }

  void publish() {
    unsigned const how = steps_.byte();
    std::string const payload(steps_.byte() % 64, 'q');
    reference::publish p{"up", payload, how % 3, how % 3 == 0 ? 0u : 1u, false, (how & 64) != 0};
    auto const refusals = model_.refusals(p, reference::encoded(p).size(), observe());
    auto const made =
        client_.publish({"up", hubwire::as_bytes(payload), static_cast<hubwire::qos>(how % 3), p.retain});
    if (!agreed(made, refusals)) return;
    require(made->has_id() == (p.qos == 1) && !made->duplicate(), "QoS 1 has an identifier");
    if (p.qos == 1) p.id = *take_id(made->id().number());
    model_.queued(p, p.qos == 1 ? 4 : 0, p.id, now_);
  }
  void subscribe() {
    unsigned const how = steps_.byte();
    reference::subscribe p{1, {}};
    std::vector<hubwire::v3::subscription> filters;
    for (unsigned i = 0; i != how % 4; ++i) {
      auto const level = (how >> 4) % 3;
      p.filters.emplace_back("a/+", level);
      filters.push_back({"a/+", static_cast<hubwire::qos>(level)});
    }
    auto const refusals = model_.refusals(p, reference::encoded(p).size(), observe());
    auto const made = client_.subscribe(filters);
    if (!agreed(made, refusals)) return;
    p.id = *take_id(made->number());
    model_.queued(p, 9, p.id, now_, filters.size());
  }
  void unsubscribe() {
    reference::unsubscribe p{1, std::vector<std::string>(steps_.byte() % 3, "a/#")};
    std::vector<hubwire::v3::unsubscription> const filters(p.filters.size(), {"a/#"});
    auto const refusals = model_.refusals(p, reference::encoded(p).size(), observe());
    auto const made = client_.unsubscribe(filters);
    if (!agreed(made, refusals)) return;
    p.id = *take_id(made->number());
    model_.queued(p, 11, p.id, now_);
  }
  void publish_in_parts() {
    unsigned const how = steps_.byte();
    std::size_t const size = steps_.byte();
    reference::publish p{"big", std::string(size, ' '), how % 3, how % 3 == 0 ? 0u : 1u, false, false};
    auto const refusals = model_.refusals(p, reference::encoded(p).size() - size, observe());
    auto const made = client_.publish_in_parts({"big", {}, static_cast<hubwire::qos>(how % 3)}, size);
    if (!agreed(made, refusals)) return;
    p.payload.clear();
    if (p.qos == 1) p.id = *take_id(made->id().number());
    model_.queued_in_parts(p, size, now_);
  }
  void publish_payload() {
    std::string const piece(steps_.byte(), 'r');
    std::size_t const room = with_.settings.transmit - observe();
    auto const made = client_.publish_payload(hubwire::as_bytes(piece));
    if (model_.state() != phase::connected)
      return require(!made && made.error() == errc::invalid_state, "no payload now");
    if (piece.size() > model_.missing()) {
      require(!made && made.error() == hubwire::error{errc::packet_too_large,
                                                      static_cast<std::uint32_t>(model_.missing())},
              "more payload than was announced");
      return;
    }
    require(made && *made == std::min(piece.size(), room), "as much payload as there is room for");
    if (*made != 0) model_.payload(piece.substr(0, *made));
    note("payload " + std::to_string(*made));
  }
  void acknowledge() {
    unsigned const id = 1 + steps_.byte() % 8;
    bool const allowed = model_.may_acknowledge(id);
    auto const made = client_.acknowledge(hubwire::packet_id::trusted(static_cast<std::uint16_t>(id)));
    require(made.has_value() == allowed, "agree on what may be acknowledged");
    if (allowed) model_.acknowledged(id);
  }
  void disconnect() {
    std::size_t const room = with_.settings.transmit - observe();
    bool const open = model_.state() == phase::connecting || model_.state() == phase::connected;
    auto const made = client_.disconnect();
    if (made) {
      require(open && model_.missing() == 0 && room >= 2, "leaving is for the connected");
      model_.disconnect();
      new_state_ = true;
    } else {
      std::string const why(to_string(made.error().code));
      std::string const wanted = !open                   ? "invalid_state"
                                 : model_.missing() != 0 ? "payload_incomplete"
                                                         : "output_full";
      require(why == wanted && (why != "output_full" || room < 4), "what keeps a client from leaving");
    }
    note(made ? "leaving" : "staying");
  }
  void lose(hubwire::error why) {
    client_.lost(why);
    if (client_.finished()) shown_ = 0;
    network_.clear();
    model_.lose({why == errc::none ? "end" : fuzz::text_of(why)});
    note("lost");
  }

  void pass() {
    now_ += 1'000 * std::uint64_t{steps_.byte()};
    if (new_state_) since_ = now_;
    if (heard_) received_at_ = now_;
    new_state_ = heard_ = false;
    phase const before = model_.state();
    bool const behind = model_.is_behind();
    if (just_sent_) sent_at_ = now_;  // or at any time up to now: the client cannot know
    just_sent_ = false;
    client_.advance(clock());
    model_.told_the_time(now_);
    note("time");
    if (before == phase::idle || before == phase::closed || model_.lost()) return;
    if (client_.finished()) {
      require_due(before);
      shown_ = 0;
      model_.timed_out();
    } else if (behind) {
      in_time_ = model_;
      in_time_->timed_out();
      auto const& open = model_.requests();
      if (!open.empty() && now_ - open.front().since >= fuzz::request_timeout) model_.waits_anew(now_);
    } else {
      require_not_overdue(before);
    }
  }
  // Nobody is given up early.
  void require_due(phase before) {
    if (before == phase::connecting) return require(now_ - since_ >= connack_timeout, "the time for CONNACK");
    if (before != phase::connected)
      return require(now_ - since_ >= fuzz::disconnect_timeout, "the time for leaving");
    std::uint64_t const whole = 1'000 * std::uint64_t{with_.keep_alive};
    std::uint64_t const interval = whole - std::min<std::uint64_t>(whole / 4, 10'000);
    bool const stuck = now_ - moved_at_ >= interval + ping_timeout;
    bool const silent = whole != 0 && (stuck || now_ - received_at_ >= ping_timeout);
    auto const& open = model_.requests();
    bool const unanswered = !open.empty() && now_ - open.front().since >= fuzz::request_timeout;
    require(silent || unanswered, "the time for an answer");
  }
  // Nor does anybody wait for ever.
  void require_not_overdue(phase before) {
    if (before == phase::connecting)
      return require(now_ - since_ < connack_timeout, "CONNACK is not waited for longer");
    if (before != phase::connected)
      return require(now_ - since_ < fuzz::disconnect_timeout, "leaving does not take longer");
    std::uint64_t const silence = now_ - std::max(received_at_, sent_at_);
    bool const stuck = with_.keep_alive != 0 && silence >= 1'000 * with_.keep_alive + ping_timeout;
    require(!stuck, "a connection on which nothing moves is given up");
    auto const& open = model_.requests();
    bool const left = !open.empty() && open.front().end != 0 && open.front().end <= model_.sent();
    require(!left || now_ - open.front().since < fuzz::request_timeout, "an answer is not waited for longer");
  }

  fuzz::choices steps_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::choices from(fuzz::as_text(data, size));
  fuzz::choice const with = fuzz::read_choice(from);
  reference::texts const whole = conversation(with, from.rest(), fuzz::chunks::whole).run();
  require(conversation(with, from.rest(), fuzz::chunks::single).run() == whole, "byte by byte");
  require(conversation(with, from.rest(), fuzz::chunks::random).run() == whole, "random chunks");
  return 0;
}
