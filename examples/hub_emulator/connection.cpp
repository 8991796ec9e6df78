// SPDX-License-Identifier: BSL-1.0
#include "connection.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace hub_emulator {

namespace {

namespace iothub = hubwire::iothub;
namespace v3 = hubwire::v3;

// 1.5 times the keep alive; IoT Hub takes 0 and everything above for 1767 seconds.
constexpr std::chrono::seconds silence_max{1767};

std::chrono::milliseconds silence_for(std::uint16_t keep_alive) {
  std::chrono::milliseconds const wanted(std::uint32_t{keep_alive} * 1500);
  return keep_alive == 0 ? silence_max : std::min<std::chrono::milliseconds>(wanted, silence_max);
}

// What stands behind the '/' that ends the properties of a telemetry topic: the service does not look at it.
std::string_view behind_properties(std::string_view topic, std::string_view device) {
  constexpr std::string_view parts[] = {"devices/", "/messages/events/"};
  std::size_t const end = topic.find('/', parts[0].size() + device.size() + parts[1].size());
  return end == std::string_view::npos ? std::string_view() : topic.substr(end + 1);
}

}  // namespace

connection::connection(hub& owner, std::shared_ptr<link> transport, boost::asio::any_io_executor executor)
    : hub_(owner),
      link_(std::move(transport)),
      storage_(new std::uint8_t[packet_max]),  // not cleared: pages that no packet reaches cost nothing
      reader_(hubwire::byte_span(storage_.get(), packet_max), packet_max),
      silence_timer_(executor),
      token_timer_(executor) {}

void connection::start(std::chrono::steady_clock::time_point connect_deadline, std::shared_ptr<void> place) {
  place_ = std::move(place);
  hub_.add(shared_from_this());
  silence_timer_.expires_at(connect_deadline);
  silence_timer_.async_wait([self = shared_from_this()](boost::system::error_code code) {
    if (!code) self->close("connect_timeout");
  });
}

bool connection::received(std::size_t count) {
  reader_.commit(count);
  return process();
}

void connection::drained() {
  if (device_ != nullptr) device_->pump();
  if (closed_ || !paused_ || !has_room()) return;
  paused_ = false;
  if (process()) link_->resume();
}

// False when nothing more is to be read for now.
bool connection::process() {
  while (!closed_) {
    if (!has_room()) {  // answers would pile up: let the device read first
      paused_ = true;
      return false;
    }
    hubwire::frame_result const next = reader_.next();
    if (next.status == hubwire::frame_status::need_more) return true;
    if (next.status == hubwire::frame_status::failed) {
      finish(hubwire::to_string(next.error.code), std::to_string(next.error.detail));
    } else if (device_ == nullptr) {
      handle_first(next.frame);
    } else {
      watch_silence();
      handle(next.frame);
    }
  }
  return false;
}

// dispatch() is noexcept and what follows may allocate, so the packet is taken out first.
void connection::handle(hubwire::frame const& frame) {
  any_packet decoded;
  auto const outcome = hubwire::dispatch<hubwire::v3_tag, hubwire::role::client>(
      frame, [&](auto const& one) { decoded = one; });
  if (!outcome) return finish(hubwire::to_string(outcome.error().code), hubwire::to_string(frame.type()));
  std::visit([this](auto const& one) { on(one); }, decoded);
}

void connection::handle_first(hubwire::frame const& frame) {
  if (frame.type() != hubwire::packet_type::connect)
    return finish("first_packet_not_connect", hubwire::to_string(frame.type()));
  auto const packet = hubwire::decode<v3::connect>(frame);
  if (!packet && packet.error() == hubwire::errc::unsupported_protocol)
    return refuse(v3::connect_return_code::unacceptable_protocol_version, "protocol_level",
                  {});  // v3.1.1:MQTT-3.1.2-2
  if (!packet) return finish(hubwire::to_string(packet.error().code), "CONNECT");

  login const how = hub_.check(*packet);
  if (how.code != v3::connect_return_code::accepted)
    return refuse(how.code, how.reason, packet->client_id.view());
  accept(*packet, how);
}

void connection::refuse(v3::connect_return_code code, std::string_view reason, std::string_view client_id) {
  hub_.log().print("refused", {{"peer", link_->peer()},
                               {"client_id", client_id},
                               {"code", static_cast<int>(code)},
                               {"reason", reason}});
  send(v3::connack{false, code});
  finish("refused", {});
}

void connection::accept(v3::connect const& packet, login const& how) {
  if (packet.will)
    will_ = will{std::string(packet.will->topic.view()), std::string(packet.will->message.view()),
                 packet.will->qos, packet.will->retain};
  device& who = hub_.find(how.device->id);
  bool const session_present = who.attach(shared_from_this(), how, packet.clean_session);
  device_ = &who;
  place_.reset();
  json_line fields{{"device", who.id()},
                   {"peer", link_->peer()},
                   {"key", how.key},
                   {"clean_session", packet.clean_session},
                   {"session_present", session_present},
                   {"keep_alive", packet.keep_alive}};
  if (!how.policy.empty()) fields["policy"] = how.policy;
  if (!how.api_version.empty()) fields["api_version"] = how.api_version;
  if (!how.client_type.empty()) fields["client_type"] = how.client_type;
  if (!how.model_id.empty()) fields["model_id"] = how.model_id;
  if (!how.ignored.empty()) fields["ignored"] = how.ignored;
  hub_.log().print("connected", fields);

  allowed_silence_ = silence_for(packet.keep_alive);
  watch_silence();
  watch_token(how.token_expiry);
  send(v3::connack{session_present, v3::connect_return_code::accepted});
  who.pump();
}

void connection::on(v3::publish const& packet) {
  if (!route(packet)) return;
  if (packet.delivery.qos() == hubwire::qos::exactly_once) return close("qos_2");  // IoT Hub has no QoS 2
  if (packet.delivery.has_id()) send(v3::puback{packet.delivery.id()});
}

// False when the topic closed the connection.
bool connection::route(v3::publish const& packet) {
  auto const topic = iothub::parse_device_topic(packet.topic, device_->identity());
  if (!topic) {
    finish(hubwire::to_string(topic.error().code), packet.topic.view());
    return false;
  }
  std::string_view const payload = packet.payload.view();
  if (auto const* message = topic->telemetry())
    return take({message->properties, payload, behind_properties(packet.topic.view(), device_->id()),
                 packet.delivery.qos(), packet.retain, false});
  if (auto const* get = topic->twin_get())
    device_->received(*get);
  else if (auto const* update = topic->reported_update())
    device_->received(*update, payload);
  else if (auto const* response = topic->method_response())
    device_->received(*response, payload);
  return !closed_;
}

bool connection::take(device_message const& message) {
  std::size_t const size = device_->received(message);
  if (size > device::message_max) finish("message_too_large", std::to_string(size));
  return !closed_;
}

void connection::on(v3::subscribe const& packet) {
  std::vector<v3::suback_return_code> codes;
  for (v3::subscription const wanted : packet.subscriptions) {
    codes.push_back(device_->subscribe(wanted));
    bool const served = codes.back() != v3::suback_return_code::failure &&
                        iothub::kind_of(wanted.filter, device_->identity()) != filter_kind::unknown;
    hub_.log().print("subscribed", {{"device", device_->id()},
                                    {"filter", wanted.filter.view()},
                                    {"requested", static_cast<int>(wanted.qos)},
                                    {"granted", static_cast<int>(codes.back())},
                                    {"served", served}});
  }
  send(v3::suback{packet.id, codes});
  device_->pump();
}

void connection::on(v3::unsubscribe const& packet) {
  for (v3::unsubscription const given_up : packet.filters) {
    bool const found = device_->unsubscribe(given_up.filter.view());
    hub_.log().print("unsubscribed",
                     {{"device", device_->id()}, {"filter", given_up.filter.view()}, {"found", found}});
  }
  send(v3::unsuback{packet.id});
}

void connection::on(v3::disconnect const&) {
  will_.reset();  // v3.1.1:MQTT-3.14.4-3
  finish("disconnect", {});
}

void connection::publish_will() {
  if (!will_) return;
  auto const topic =
      iothub::parse_device_topic(hubwire::topic_name::trusted(will_->topic), device_->identity());
  auto const* const message = topic ? topic->telemetry() : nullptr;
  if (message == nullptr)
    hub_.log().print("will_dropped", {{"device", device_->id()}, {"topic", will_->topic}});
  else
    device_->received({message->properties, will_->message, behind_properties(will_->topic, device_->id()),
                       will_->qos, will_->retain, true});
}

hubwire::delivery connection::untracked(hubwire::qos level) {
  if (level == hubwire::qos::at_most_once) return {};
  auto const number = static_cast<std::uint16_t>(0x4001 + (untracked_ids_++ & 0x3FFF));
  return hubwire::delivery::at_least_once(hubwire::packet_id::trusted(number));
}

template <class Packet>
void connection::send(Packet const& packet) {
  if (closed_) return;
  auto const size = hubwire::encoded_size(packet);
  if (!size) return finish(hubwire::to_string(size.error().code), "encode");
  std::string wire(*size, '\0');
  if (auto const written = hubwire::encode(hubwire::char_span(wire), packet); written)
    link_->send(std::move(wire));
}

void connection::watch_silence() {
  silence_timer_.expires_after(allowed_silence_);
  silence_timer_.async_wait([self = weak_from_this()](boost::system::error_code code) {
    auto const alive = self.lock();
    if (!code && alive) alive->close("keep_alive_timeout");
  });
}

void connection::watch_token(std::uint64_t expiry) {
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  // A token may be valid for longer than a timer can count.
  auto const until = std::chrono::seconds(std::min<std::uint64_t>(expiry, 9'000'000'000)) - now;
  if (until > std::chrono::hours(24 * 365)) return;
  token_timer_.expires_after(std::chrono::duration_cast<std::chrono::milliseconds>(until) +
                             hub_.token_grace());
  token_timer_.async_wait([self = weak_from_this()](boost::system::error_code code) {
    auto const alive = self.lock();
    if (!code && alive) alive->close("token_expired");
  });
}

void connection::close(std::string_view reason) { finish(reason, {}); }

void connection::lost(std::string const& reason) { finish("connection_lost", reason); }

void connection::finish(std::string_view reason, std::string_view detail) {
  if (std::exchange(closed_, true)) return;
  auto const self = shared_from_this();  // hub and link let go of it below
  silence_timer_.cancel();
  token_timer_.cancel();
  place_.reset();
  auto const transport = std::move(link_);
  transport->close();

  json_line fields = json_line::object();
  if (device_ != nullptr) fields["device"] = device_->id();
  fields["peer"] = transport->peer();
  fields["reason"] = reason;
  if (!detail.empty()) fields["detail"] = detail;
  if (reason != "refused") hub_.log().print(device_ != nullptr ? "disconnected" : "closed", fields);
  if (device_ != nullptr) {
    publish_will();
    std::exchange(device_, nullptr)->detach(*this);
  }
  hub_.remove(*this);
}

}  // namespace hub_emulator
