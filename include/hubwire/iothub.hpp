// SPDX-License-Identifier: BSL-1.0
// All of IoT Hub's text: topics, properties, credentials, connection strings and what is wrong with one.
// Which HMAC to use is left to you: hubwire/crypto/bearssl_hmac.hpp is one.
#ifndef HUBWIRE_IOTHUB_HPP
#define HUBWIRE_IOTHUB_HPP

#include <hubwire/iothub/c2d.hpp>
#include <hubwire/iothub/connection_string.hpp>
#include <hubwire/iothub/connection_string_fault.hpp>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/iothub/methods.hpp>
#include <hubwire/iothub/property_bag.hpp>
#include <hubwire/iothub/request_id.hpp>
#include <hubwire/iothub/sas_token.hpp>
#include <hubwire/iothub/sas_verify.hpp>
#include <hubwire/iothub/status.hpp>
#include <hubwire/iothub/subscription.hpp>
#include <hubwire/iothub/telemetry.hpp>
#include <hubwire/iothub/topic_event.hpp>
#include <hubwire/iothub/twin.hpp>
#include <hubwire/iothub/twin_document.hpp>
#include <hubwire/iothub/user_name.hpp>

#endif
