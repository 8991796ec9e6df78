// SPDX-License-Identifier: BSL-1.0
#include "conversation.hpp"

#include <hubwire/text/text_writer.hpp>

#include "console.hpp"

namespace firmware {

namespace iothub = hubwire::iothub;
using hubwire::qos;
using hubwire::result;

void conversation::handle(hubwire::v3::event const& event, hubwire::tick now) noexcept {
  using enum hubwire::event_kind;
  switch (event.kind()) {
    case connected:
      say("connected; the token and the certificate are good");
      return check("subscribing", subscribe());
    case subscribed:
      say("subscribed");
      is_up_ = true;
      next_measurement_ = now;
      return check("reading the twin", read_twin());
    case abandoned:
      say("telemetry ", measurements_, " was lost: ", event.cause());
      is_waiting_ = false;
      return;
    case published:
      say("telemetry ", measurements_, " is with the hub");
      is_waiting_ = false;
      return;
    case message: return received(event.message());
    case closed:
      is_up_ = false;
      failure_ = event.cause();
      return;
    default: return;
  }
}

void conversation::advance(hubwire::tick now) noexcept {
  if (!is_up_ || is_waiting_ || !hubwire::reached(next_measurement_, now)) return;
  next_measurement_ = now + interval;
  check("telemetry", measure());
}

// Messages of QoS 1 are acknowledged when this function has returned.
void conversation::received(hubwire::v3::publish const& message) noexcept {
  std::string_view const payload = message.payload.view();
  auto const topic = iothub::parse_topic(message.topic, self_);
  if (!topic) return say("ignored a message: ", topic.error());
  if (auto const* const response = topic->twin_response()) return received(*response, payload);
  if (auto const* const request = topic->method_request()) return received(*request, payload);
  if (topic->desired_update() != nullptr) return say("the hub wishes ", quoted{payload});
  say("a message from the cloud: ", quoted{payload});
}

void conversation::received(iothub::twin_response const& response, std::string_view payload) noexcept {
  if (!iothub::status::succeeded(response.status))
    return say("twin request failed, status ", response.status);
  if (response.id == iothub::request_id(twin_report)) return say("the hub has the reported property");
  say("the twin is ", quoted{payload});
  check("reporting", report());
}

// stop is answered first: what was sent before disconnect() leaves before it.
void conversation::received(iothub::method_request const& request, std::string_view payload) noexcept {
  bool const stop = request.name == "stop";
  bool const known = stop || request.name == "led";
  say("method ", quoted{request.name}, " called with ", quoted{payload});
  auto const topic = iothub::method_response_topic(topic_, {known ? 200 : 404, request.id});
  if (!topic) return say("the method was not answered: ", topic.error());
  auto const sent = client_.publish(*topic, known ? R"({"done":true})" : R"({"error":"no such method"})");
  if (!sent) return say("the method was not answered: ", sent.error());
  if (!stop) return;
  is_up_ = false;
  check("disconnecting", client_.disconnect());
}

// Only messages from the cloud need QoS 1.
result<void> conversation::subscribe() noexcept {
  auto const messages = iothub::c2d_filter(topic_, self_.device);
  if (!messages) return messages.error();
  std::array<hubwire::v3::subscription, 4> const wanted{{{*messages, qos::at_least_once},
                                                         {iothub::twin_response_filter},
                                                         {iothub::desired_update_filter},
                                                         {iothub::method_request_filter}}};
  auto const sent = client_.subscribe(wanted);
  return sent ? result<void>{} : sent.error();
}

result<void> conversation::measure() noexcept {
  auto const topic = iothub::telemetry_topic(topic_, self_.device)
                         .add(iothub::system_property::content_type, "application/json")
                         .add(iothub::system_property::content_encoding, "utf-8")
                         .add("alert", "yes & no")
                         .done();
  if (!topic) return topic.error();
  std::array<char, 64> text;
  hubwire::text_writer json(text);
  json.put(R"({"number":)").put_number(++measurements_).put(R"(,"temperature":21.5})");
  auto const payload = json.finish();
  if (!payload) return payload.error();
  auto const sent = client_.publish(*topic, *payload, qos::at_least_once);
  if (!sent) return sent.error();
  is_waiting_ = true;
  return {};
}

result<void> conversation::read_twin() noexcept {
  auto const topic = iothub::twin_get_topic(topic_, twin_read);
  if (!topic) return topic.error();
  auto const sent = client_.publish({*topic});
  return sent ? result<void>{} : sent.error();
}

result<void> conversation::report() noexcept {
  auto const topic = iothub::reported_update_topic(topic_, {twin_report});
  if (!topic) return topic.error();
  auto const sent = client_.publish(*topic, R"({"firmware":")" HUBWIRE_VERSION_STRING R"("})");
  return sent ? result<void>{} : sent.error();
}

void conversation::check(std::string_view what, result<void> done) noexcept {
  if (!done) say(what, " failed: ", done.error());
}

}  // namespace firmware
