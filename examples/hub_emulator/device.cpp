// SPDX-License-Identifier: BSL-1.0
#include "device.hpp"

#include <charconv>
#include <hubwire/iothub/methods.hpp>
#include <hubwire/iothub/telemetry.hpp>
#include <hubwire/iothub/twin.hpp>
#include <hubwire/wire/text.hpp>
#include <utility>
#include <vector>

#include "c2d_topic.hpp"

namespace hub_emulator {

namespace {

namespace iothub = hubwire::iothub;

constexpr std::size_t method_payload_max = 128 * 1024;

// Builders write here; every topic of MQTT fits.
using topic_buffer = std::vector<char>;
topic_buffer make_buffer() { return topic_buffer(hubwire::text_max); }

json_line auth_method(login const& how) {
  return {{"scope", how.policy.empty() ? "device" : "hub"}, {"type", "sas"}, {"issuer", "iothub"}};
}

// Twins came with this version of the interface. Versions are dates, and a suffix may follow.
constexpr std::string_view first_twin_version = "2016-11-14";

bool knows_twins(std::string_view api_version) {
  std::string_view const date = api_version.substr(0, first_twin_version.size());
  for (std::size_t at = 0; at != date.size(); ++at) {
    bool const dash = at == 4 || at == 7;
    if (dash ? date[at] != '-' : date[at] < '0' || date[at] > '9') return false;
  }
  return date.size() == first_twin_version.size() && date >= first_twin_version;
}

twin_outcome too_old() { return {400, "twins take api-version=2016-11-14 or later in the user name"}; }

// Identifiers of packets that nobody tracks, twin messages with QoS 1: connection::untracked() makes them.
bool is_untracked(std::uint16_t packet_id) { return packet_id > 0x4000 && packet_id <= 0x8000; }

}  // namespace

device::device(device_record const& record, device_surroundings around)
    : record_(record),
      around_(around),
      state_(around.store.load(record.id)),
      queue_([this](c2d_message const& message, std::string_view reason) { log_dropped(message, reason); }),
      calls_(around.executor),
      lock_timer_(around.executor) {
  login_.host = around.host_name;
  queue_.restore(std::move(state_.messages));
}

iothub::identity device::identity() const {
  return {*iothub::host_name::parse(login_.host), *iothub::device_id::parse(record_.id)};
}

bool device::attach(std::shared_ptr<device_port> port, login const& how, bool clean_session) {
  if (port_) disconnect("replaced");
  port_ = std::move(port);
  login_ = how;
  clean_session_ = clean_session;
  if (clean_session) {
    state_.session = {};
    queue_.discard("clean_session");
    save_messages();
  }
  bool const found = state_.session.present;
  state_.session.present = !clean_session;
  around_.store.save_session(id(), state_.session);
  return found;
}

void device::detach(device_port const& port) {
  if (port_.get() != &port) return;
  port_.reset();
  lock_timer_.cancel();
  queue_.requeue();
  if (clean_session_) state_.session = {};
  calls_.fail_all(not_online("the device disconnected before it answered"));
}

void device::pump() {
  auto const level = state_.session.filters.granted(filter_kind::c2d);
  if (!level) return;
  while (port_ && port_->has_room()) {
    c2d_message* const message = queue_.next();
    if (message == nullptr) break;
    deliver(*message, *level, false);
  }
  watch_locks();
}

// QoS 0 has no acknowledgement, so such a message is done once it is sent, and no longer there afterwards.
void device::deliver(c2d_message& message, hubwire::qos level, bool again) {
  auto buffer = make_buffer();
  auto const topic = c2d_topic(hubwire::char_span(buffer), identity().device, message);
  if (!topic) return;  // send() has seen that it can be built
  hubwire::delivery how{};
  if (level == hubwire::qos::at_least_once)
    how = hubwire::delivery::at_least_once(hubwire::packet_id::trusted(message.packet_id));
  around_.log.print("c2d", {{"device", id()},
                            {"message_id", message.id},
                            {"state", "sent"},
                            {"delivery_count", message.deliveries}});
  port_->publish({*topic, hubwire::as_bytes(message.payload), again ? how.again() : how});
  if (level == hubwire::qos::at_most_once) acknowledged(message.packet_id);
}

void device::acknowledged(std::uint16_t packet_id) {
  c2d_message done;
  if (!queue_.complete(packet_id, done)) {
    if (!is_untracked(packet_id))
      around_.log.print("ignored", {{"device", id()}, {"packet", "PUBACK"}, {"packet_id", packet_id}});
    return;
  }
  save_messages();
  around_.log.print("c2d", {{"device", id()}, {"message_id", done.id}, {"state", "completed"}});
}

void device::watch_locks() {
  auto const oldest = queue_.oldest_sent();
  lock_timer_.cancel();
  if (oldest == std::chrono::steady_clock::time_point::max()) return;
  lock_timer_.expires_at(oldest + around_.c2d_lock);
  lock_timer_.async_wait([this](boost::system::error_code code) {
    if (!code) resend();
  });
}

// Who has unsubscribed meanwhile gets nothing more; who has subscribed again with QoS 0, one last copy.
void device::resend() {
  auto const level = state_.session.filters.granted(filter_kind::c2d);
  if (!level) return;
  auto const then = std::chrono::steady_clock::now() - around_.c2d_lock;
  while (port_ && port_->has_room()) {
    c2d_message* const message = queue_.overdue(then);
    if (message == nullptr) break;
    deliver(*message, *level, true);
  }
  pump();
}

hubwire::v3::suback_return_code device::subscribe(hubwire::v3::subscription const& wanted) {
  bool const had_c2d = state_.session.filters.granted(filter_kind::c2d).has_value();
  auto const code = state_.session.filters.add(wanted, identity());
  // What was sent before there was anybody to send it to is not delivered, as with IoT Hub.
  if (!had_c2d && state_.session.filters.granted(filter_kind::c2d)) {
    queue_.discard("before_subscription");
    save_messages();
  }
  around_.store.save_session(id(), state_.session);
  return code;
}

bool device::unsubscribe(std::string_view filter) {
  bool const found = state_.session.filters.remove(filter);
  around_.store.save_session(id(), state_.session);
  return found;
}

std::size_t device::received(device_message const& message) {
  property_list const properties = read_properties(message.properties);
  std::size_t const size = message.payload.size() + size_of(properties);
  if (size > message_max) return size;

  json_line fields{{"device", id()}, {"qos", static_cast<int>(message.qos)}};
  add_properties(fields, properties);
  json_line& application = fields["properties"];
  if (message.retain) application["mqtt-retain"] = "true";
  if (message.will) application["iothub-MessageType"] = "Will";
  json_line& system = fields["system"];
  system["iothub-connection-device-id"] = id();
  system["iothub-connection-auth-method"] = to_text(auth_method(login_));
  system["iothub-connection-auth-generation-id"] = record_.generation;
  system["iothub-enqueuedtime"] = iso_time(std::chrono::system_clock::now());
  system["iothub-message-source"] = "Telemetry";
  if (!login_.model_id.empty()) system["dt-dataschema"] = login_.model_id;
  add_payload(fields, message.payload);
  if (!message.ignored.empty()) fields["ignored"] = message.ignored;
  around_.log.print("telemetry", fields);
  return size;
}

void device::received(iothub::twin_get const& request) {
  bool const known = knows_twins(login_.api_version);
  json_line fields{{"device", id()}, {"status", known ? 200 : 400}, {"answered", is_listening()}};
  if (!known) fields["message"] = too_old().message;
  around_.log.print("twin_get", fields);
  if (known)
    respond({200, request.id, {}}, hub_emulator::document(state_.document));
  else
    respond({400, request.id, {}}, error_body(400, too_old().message));
}

void device::received(iothub::reported_update const& request, std::string_view payload) {
  twin_patch const patch = read_patch(payload);
  twin_outcome outcome = patch.outcome;
  if (!knows_twins(login_.api_version)) outcome = too_old();
  if (outcome.status == 204) outcome = apply(state_.document.reported, patch.members, request.version);
  json_line fields{{"device", id()}, {"status", outcome.status}, {"answered", is_listening()}};
  if (outcome.status != 204) {
    fields["message"] = outcome.message;
    around_.log.print("reported", fields);
    return respond({static_cast<std::uint16_t>(outcome.status), request.id, {}},
                   error_body(outcome.status, outcome.message));
  }
  around_.store.save_twin(id(), state_.document);
  fields["version"] = state_.document.reported.version;
  fields["patch"] = patch.members;
  around_.log.print("reported", fields);
  respond({204, request.id, state_.document.reported.version}, nullptr);
}

// Whether an answer about the twin reaches the device. Without a subscription it is lost.
bool device::is_listening() const {
  return port_ && state_.session.filters.granted(filter_kind::twin_response).has_value();
}

void device::respond(iothub::twin_response const& response, json const& body) {
  if (!is_listening()) return;
  auto const level = state_.session.filters.granted(filter_kind::twin_response);
  auto buffer = make_buffer();
  auto const topic = iothub::twin_response_topic(hubwire::char_span(buffer), response);
  if (!topic) return port_->close("twin_response_topic");
  std::string const text = body.is_null() ? std::string() : to_text(body);
  port_->publish({*topic, hubwire::as_bytes(text), port_->untracked(*level)});
}

void device::received(iothub::method_response const& response, std::string_view payload) {
  method_answer const answer{response.status, std::string(payload)};
  bool const wanted = calls_.complete(response.id.text(), answer);
  around_.log.print("method_response", {{"device", id()}, {"status", response.status}, {"awaited", wanted}});
}

bool device::send(c2d_message message) {
  auto buffer = make_buffer();
  auto const topic = c2d_topic(hubwire::char_span(buffer), identity().device, message);
  if (!topic) throw bad_request("the properties do not fit into a topic");
  std::string const message_id = message.id;
  queue_.push(std::move(message));
  save_messages();
  around_.log.print("c2d", {{"device", id()}, {"message_id", message_id}, {"state", "queued"}});
  pump();
  return state_.session.filters.granted(filter_kind::c2d).has_value();
}

std::uint64_t device::update_desired(json members) {
  twin_patch patch = check_patch(std::move(members));
  twin_outcome outcome = patch.outcome;
  if (outcome.status == 204) outcome = apply(state_.document.desired, patch.members, {});
  if (outcome.status != 204) throw bad_request(outcome.message);
  std::uint64_t const version = state_.document.desired.version;
  around_.store.save_twin(id(), state_.document);
  auto const level = state_.session.filters.granted(filter_kind::desired_update);
  around_.log.print("desired", {{"device", id()},
                                {"version", version},
                                {"patch", patch.members},
                                {"sent", port_ && level && port_->has_room()}});
  if (!port_ || !level) return version;  // not kept for later: the device reads the whole twin then
  if (!port_->has_room()) {
    port_->close("output_queue_full");
    return version;
  }
  auto buffer = make_buffer();
  auto const topic = iothub::desired_update_topic(hubwire::char_span(buffer), {version});
  std::string const text = to_text(desired_notice(std::move(patch.members), version));
  if (topic) port_->publish({*topic, hubwire::as_bytes(text), port_->untracked(*level)});
  return version;
}

void device::call(std::string_view method, std::string_view payload, std::chrono::milliseconds timeout,
                  method_calls::on_answer answer) {
  if (payload.size() > method_payload_max) throw service_error(413, 413'001, "more than 128 KB of payload");
  if (!port_ || !state_.session.filters.granted(filter_kind::method_request))
    throw not_online("the device is not connected, or has not subscribed to methods");
  if (!port_->has_room()) throw service_error(429, 429'005, "the device does not read fast enough");
  char digits[16];
  std::string const rid(digits, std::to_chars(digits, digits + sizeof digits, ++calls_made_, 16).ptr);
  auto buffer = make_buffer();
  auto const topic =
      iothub::method_request_topic(hubwire::char_span(buffer), {method, iothub::request_id::trusted(rid)});
  if (!topic) throw bad_request("not a method name");
  calls_.add(rid, timeout, std::move(answer));
  around_.log.print("method_request", {{"device", id()}, {"method", method}});
  port_->publish({*topic, hubwire::as_bytes(payload)});
}

bool device::disconnect(std::string_view reason) {
  if (!port_) return false;
  auto const port = port_;  // close() leads to detach()
  port->close(reason);
  return true;
}

json device::description() const {
  json filters = json::array();
  for (subscription_record const& record : state_.session.filters.records())
    filters.push_back(json{{"filter", record.filter},
                           {"qos", static_cast<int>(record.qos)},
                           {"served", record.kind != filter_kind::unknown}});
  return {{"device", id()},
          {"enabled", record_.enabled},
          {"connected", connected()},
          {"subscriptions", filters},
          {"messages", queue_.messages().size()}};
}

void device::log_dropped(c2d_message const& message, std::string_view reason) {
  around_.log.print("c2d", {{"device", id()}, {"message_id", message.id}, {"state", reason}});
}

}  // namespace hub_emulator
