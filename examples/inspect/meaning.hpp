// SPDX-License-Identifier: BSL-1.0
// What IoT Hub means by a topic, a filter or a user name. Nobody tells an onlooker whose connection it is,
// so a topic is taken to be of the device that it names itself.
#ifndef INSPECT_MEANING_HPP
#define INSPECT_MEANING_HPP

#include <hubwire/wire/role.hpp>
#include <hubwire/wire/text.hpp>
#include <hubwire/wire/topic_filter.hpp>
#include <hubwire/wire/topic_name.hpp>

#include "json_writer.hpp"

namespace inspect {

// Each writes one JSON value: an object, or null for what is not IoT Hub's.

// {"kind":"telemetry", ...} or, for a topic of IoT Hub that is broken, {"error":"missing_request_id"}.
void write_topic_meaning(json_writer& json, hubwire::topic_name topic, hubwire::role sender);
// "c2d", "twin_response", "desired_update" or "method_request".
void write_filter_meaning(json_writer& json, hubwire::topic_filter filter);
void write_user_name_meaning(json_writer& json, hubwire::text user_name);

}  // namespace inspect

#endif
