// SPDX-License-Identifier: BSL-1.0
#ifndef METER_HPP
#define METER_HPP

#include <hubwire/mqtt3.hpp>

hubwire::result<hubwire::byte_view> reading(hubwire::byte_span output, hubwire::bytes value);

#endif
