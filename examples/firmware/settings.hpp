// SPDX-License-Identifier: BSL-1.0
// What differs from one device to the next: a page of flash that is written when the device is made. Its
// first line is the connection string. Then come the roots that the certificate of the hub may lead to, as
// PEM.
#ifndef FIRMWARE_SETTINGS_HPP
#define FIRMWARE_SETTINGS_HPP

#include <cstddef>
#include <string_view>

#include <hubwire/core/slice.hpp>

extern "C" char const settings_page[4'096];  // board.ld

namespace firmware {

struct settings {
  std::string_view connection_string{};
  std::string_view roots{};
};

// Text ends where flash is erased (0xff) or empty (0).
inline settings read_settings() noexcept {
  std::size_t size = 0;
  while (size != sizeof settings_page && settings_page[size] != '\xff' && settings_page[size] != '\0') ++size;
  auto const lines = hubwire::cut({settings_page, size}, '\n');
  return {lines.before, lines.after};
}

}  // namespace firmware

#endif
