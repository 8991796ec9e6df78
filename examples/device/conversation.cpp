// SPDX-License-Identifier: BSL-1.0
#include "conversation.hpp"

#include <hubwire/driver/blocking.hpp>
#include <hubwire/text/text_writer.hpp>

#include "console.hpp"
#include "failure.hpp"
#include "methods.hpp"

namespace device {

namespace {

namespace iothub = hubwire::iothub;
using hubwire::errc;
using hubwire::qos;
using hubwire::result;
using hubwire::text_writer;
using hubwire::tick;

// Milliseconds. What did not fit will fit when something has been sent or acknowledged.
constexpr std::uint32_t short_while = 50;

bool is_temporary(hubwire::error why) noexcept {
  return why == errc::output_full || why == errc::capacity_exhausted;
}

// Runs the step if its task is due. A step that failed for good is not tried again.
template <class Step>
void attempt(task& planned, tick now, std::string_view what, Step step) noexcept {
  if (!planned.ready(now)) return;
  result<void> const done = step();
  if (!done && is_temporary(done.error())) return planned.plan(now + short_while);
  planned.drop();
  if (!done) say_failure(what, done.error());
}

// Decoded text where it can be decoded, and as it was received where not.
class readable {
 public:
  explicit readable(hubwire::percent_text text) noexcept
      : text_(text.decode(decoded_).value_or(text.raw())) {}
  quoted shown() const noexcept { return quoted(text_); }

 private:
  std::array<char, 512> decoded_;
  std::string_view text_;
};

void print(iothub::property const& item) noexcept {
  readable const name(item.name);
  if (item.malformed()) {
    say() << "    " << quoted(item.name.raw()) << " is malformed: " << quoted(item.value.raw());
    return;
  }
  switch (item.value.state()) {
    case iothub::value_state::null: say() << "    " << name.shown() << " is null"; break;
    case iothub::value_state::empty: say() << "    " << name.shown() << " is empty"; break;
    case iothub::value_state::text:
      say() << "    " << name.shown() << " = " << readable(item.value).shown();
      break;
  }
}

}  // namespace

void conversation::handle(hubwire::v3::event const& event, tick now) noexcept {
  using hubwire::event_kind;
  switch (event.kind()) {
    case event_kind::connected: return begin(now);
    case event_kind::subscribed: return subscribed(event, now);
    case event_kind::message: return received(event, now);
    case event_kind::published:
    case event_kind::abandoned: return telemetry_settled(event, now);
    default: return;
  }
}

// Subscriptions may have survived in the hub's session; asking again does no harm and is the only way to
// be sure. Messages that waited arrive before the answer.
void conversation::begin(tick now) noexcept {
  subscribe_.plan(now);
  read_twin_.drop();
  report_.drop();
  twin_requests_.clear();
  newest_update_ = 0;  // the twin is read afresh
}

void conversation::subscribed(hubwire::v3::event const& event, tick now) noexcept {
  for (auto const code : event.codes())
    if (code == hubwire::v3::suback_return_code::failure) say() << "the hub refused one of the subscriptions";
  say() << "subscribed to cloud-to-device messages, twin and methods";
  read_twin_.plan(now);
  if (!telemetry_.wanted && !telemetry_in_flight_) telemetry_.plan(now);
}

void conversation::telemetry_settled(hubwire::v3::event const& event, tick now) noexcept {
  if (event.id() != telemetry_in_flight_) return;  // an abandoned SUBSCRIBE
  telemetry_in_flight_.reset();
  if (event.kind() == hubwire::event_kind::published) {
    say() << "telemetry " << telemetry_number_ << " accepted by the hub";
    ++telemetry_number_;
    telemetry_.plan(now + interval_);
  } else {
    say() << "telemetry " << telemetry_number_ << " was not acknowledged, it will be sent again";
    telemetry_.plan(now);
  }
}

// A message is settled, with a PUBACK, when the device is done with it and not when it has arrived. Also
// one that makes no sense: the hub would send it again and again.
void conversation::received(hubwire::v3::event const& event, tick now) noexcept {
  std::string_view const payload = event.message().payload.view();
  auto const topic = iothub::parse_topic(event.message().topic, self_);
  if (!topic) {
    say() << "ignored a message to " << quoted(event.message().topic.view());
    say_failure("    the reason", topic.error());
  } else if (auto const* const message = topic->c2d()) {
    received(*message, payload);
  } else if (auto const* const request = topic->method_request()) {
    received(*request, payload);
  } else if (auto const* const update = topic->desired_update()) {
    received(*update, payload, now);
  } else if (auto const* const response = topic->twin_response()) {
    received(*response, payload, now);
  }
  if (!event.has_id()) return;
  auto const settled = client_.acknowledge(event.id());
  say() << (settled ? "settled: the hub may forget the message" : "could not settle the message");
}

void conversation::received(iothub::c2d_message const& message, std::string_view payload) noexcept {
  say() << "cloud-to-device message, " << payload.size() << " bytes: " << quoted(payload);
  for (iothub::property const item : message.properties) print(item);
}

void conversation::received(iothub::method_request const& request, std::string_view payload) noexcept {
  say() << "method " << quoted(request.name) << " called with " << quoted(payload);
  method_answer const done = run_method(request.name, payload);
  auto sent = answer({done.status, request.id}, done.payload);
  if (!sent && sent.error() == errc::buffer_too_small)
    sent = answer({500, request.id}, R"({"message":"the answer is too large"})");
  if (sent)
    say() << "method " << quoted(request.name) << " answered with status " << done.status;
  else
    say_failure("the method was not answered", sent.error());
}

// A product would parse the JSON and act on it. This one reports which version it has seen.
void conversation::received(iothub::desired_update const& update, std::string_view payload,
                            tick now) noexcept {
  if (update.version <= newest_update_) return;  // duplicates happen
  newest_update_ = last_update_ = update.version;
  say() << "desired properties, version " << update.version << ": " << quoted(payload);
  report_.plan(now);
}

void conversation::received(iothub::twin_response const& response, std::string_view payload,
                            tick now) noexcept {
  auto const what = twin_requests_.answered(response.id);
  if (!what) return;
  if (!iothub::status::succeeded(response.status)) {
    say() << "twin request failed with status " << response.status << ": " << quoted(payload);
    if (iothub::status::retryable(response.status)) retry(*what, now);
  } else if (*what == twin_request::read) {
    say() << "twin, status " << response.status << ": " << quoted(payload);
    report_.plan(now);
  } else {
    say() << "reported properties accepted, status " << response.status << ", version "
          << response.version.value_or(0);
  }
}

void conversation::advance(tick now) noexcept {
  while (auto const what = twin_requests_.expired(now)) {
    say() << "no answer to a twin request";
    retry(*what, now);
  }
  if (client_.state() != hubwire::session_state::connected) return;
  attempt(subscribe_, now, "subscribing failed", [&] { return subscribe(); });
  attempt(telemetry_, now, "sending telemetry failed", [&] { return send_telemetry(); });
  attempt(read_twin_, now, "reading the twin failed", [&] { return read_twin(now); });
  attempt(report_, now, "reporting properties failed", [&] { return report(now); });
}

std::uint32_t conversation::time_left(tick now, std::uint32_t longest) const noexcept {
  if (client_.state() != hubwire::session_state::connected) return longest;
  for (task const* planned : {&subscribe_, &telemetry_, &read_twin_, &report_})
    if (planned->wanted) longest = hubwire::time_left(planned->due, now, longest);
  return longest;
}

void conversation::retry(twin_request what, tick now) noexcept {
  (what == twin_request::read ? read_twin_ : report_).plan(now + twin_retry);
}

// One SUBSCRIBE for all. Only messages from the cloud need QoS 1; IoT Hub's other answers do not wait.
result<void> conversation::subscribe() noexcept {
  auto const messages = iothub::c2d_filter(topic_, self_.device);
  if (!messages) return messages.error();
  std::array<hubwire::v3::subscription, 4> const wanted{{{*messages, qos::at_least_once},
                                                         {iothub::twin_response_filter},
                                                         {iothub::desired_update_filter},
                                                         {iothub::method_request_filter}}};
  auto const id = client_.subscribe(wanted);
  if (!id) return id.error();
  return {};
}

// Names and values are plain text; the library escapes what a topic cannot hold.
result<void> conversation::send_telemetry() noexcept {
  text_writer message_id(payload_);
  message_id.put_number(boot_number_).put('-').put_number(telemetry_number_);
  auto const id_text = message_id.finish();
  if (!id_text) return id_text.error();
  auto const topic = iothub::telemetry_topic(topic_, self_.device)
                         .add(iothub::system_property::message_id, *id_text)
                         .add(iothub::system_property::content_type, "application/json")
                         .add(iothub::system_property::content_encoding, "utf-8")
                         .add("alert", "yes & no")
                         .add("place", "Halle 3/Süd, 100 % = voll?")
                         .add_empty("note")
                         .done();
  if (!topic) return topic.error();
  text_writer json(payload_);
  json.put(R"({"number":)").put_number(telemetry_number_);
  json.put(R"(,"temperature":21.)").put_number(telemetry_number_ % 10).put('}');
  auto const text = json.finish();
  if (!text) return text.error();

  auto const sent = client_.publish({*topic, hubwire::as_bytes(*text), qos::at_least_once});
  if (!sent) return sent.error();
  telemetry_in_flight_ = sent->id();
  say() << "telemetry " << telemetry_number_ << " sent: " << quoted(*text);
  return {};
}

result<void> conversation::read_twin(tick now) noexcept {
  if (twin_requests_.full()) return errc::capacity_exhausted;
  auto const topic = iothub::twin_get_topic(topic_, twin_requests_.next_id());
  if (!topic) return topic.error();
  auto const sent = client_.publish({*topic});
  if (!sent) return sent.error();
  twin_requests_.sent(twin_request::read, now);
  say() << "twin asked for";
  return {};
}

result<void> conversation::report(tick now) noexcept {
  if (twin_requests_.full()) return errc::capacity_exhausted;
  auto const topic = iothub::reported_update_topic(topic_, {twin_requests_.next_id()});
  if (!topic) return topic.error();
  text_writer json(payload_);
  json.put(R"({"firmware":")" HUBWIRE_VERSION_STRING R"(","desiredUpdateSeen":)");
  json.put_number(last_update_).put('}');
  auto const text = json.finish();
  if (!text) return text.error();

  auto const sent = client_.publish({*topic, hubwire::as_bytes(*text)});
  if (!sent) return sent.error();
  twin_requests_.sent(twin_request::report, now);
  say() << "reported properties sent: " << quoted(*text);
  return {};
}

result<void> conversation::answer(iothub::method_response const& how, std::string_view payload) noexcept {
  auto const topic = iothub::method_response_topic(topic_, how);
  if (!topic) return topic.error();
  auto const sent = client_.publish({*topic, hubwire::as_bytes(payload)});
  if (!sent) return sent.error();
  return {};
}

}  // namespace device
