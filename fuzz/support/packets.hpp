// SPDX-License-Identifier: BSL-1.0
// What hubwire decoded as the packets of the reference, field by field, so that the two can be compared.
#ifndef HUBWIRE_FUZZ_SUPPORT_PACKETS_HPP
#define HUBWIRE_FUZZ_SUPPORT_PACKETS_HPP

#include <string>

#include <hubwire/mqtt3.hpp>

#include <fuzz/reference/mqtt311.hpp>

namespace fuzz {

inline reference::any_packet owned(hubwire::v3::connect const& p) {
  reference::connect copy;
  copy.client_id = p.client_id.view();
  copy.clean_session = p.clean_session;
  copy.keep_alive = p.keep_alive;
  if (p.will)
    copy.will = reference::will{std::string(p.will->topic.view()), std::string(p.will->message.view()),
                                static_cast<unsigned>(p.will->qos), p.will->retain};
  if (p.user_name) copy.user_name = std::string(p.user_name->view());
  if (p.password) copy.password = std::string(p.password->view());
  return copy;
}

inline reference::any_packet owned(hubwire::v3::connack const& p) {
  return reference::connack{p.session_present, static_cast<unsigned>(p.code)};
}

inline reference::any_packet owned(hubwire::v3::publish const& p) {
  reference::publish copy;
  copy.topic = p.topic.view();
  copy.payload = p.payload.view();
  copy.qos = static_cast<unsigned>(p.delivery.qos());
  copy.id = p.delivery.has_id() ? p.delivery.id().number() : 0u;
  copy.duplicate = p.delivery.duplicate();
  copy.retain = p.retain;
  return copy;
}

template <hubwire::packet_type Type>
reference::any_packet owned(hubwire::v3::acknowledgement<Type> const& p) {
  return reference::acknowledgement{static_cast<unsigned>(Type), p.id.number()};
}

inline reference::any_packet owned(hubwire::v3::subscribe const& p) {
  reference::subscribe copy{p.id.number(), {}};
  for (hubwire::v3::subscription const s : p.subscriptions)
    copy.filters.emplace_back(std::string(s.filter.view()), static_cast<unsigned>(s.qos));
  return copy;
}

inline reference::any_packet owned(hubwire::v3::suback const& p) {
  reference::suback copy{p.id.number(), {}};
  for (hubwire::v3::suback_return_code const code : p.codes)
    copy.codes.push_back(static_cast<unsigned>(code));
  return copy;
}

inline reference::any_packet owned(hubwire::v3::unsubscribe const& p) {
  reference::unsubscribe copy{p.id.number(), {}};
  for (hubwire::v3::unsubscription const u : p.filters) copy.filters.emplace_back(u.filter.view());
  return copy;
}

template <hubwire::packet_type Type>
reference::any_packet owned(hubwire::v3::empty_packet<Type> const&) {
  return reference::empty_packet{static_cast<unsigned>(Type)};
}

}  // namespace fuzz

#endif
