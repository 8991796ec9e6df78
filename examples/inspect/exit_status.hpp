// SPDX-License-Identifier: BSL-1.0
// What the program says to the shell.
#ifndef INSPECT_EXIT_STATUS_HPP
#define INSPECT_EXIT_STATUS_HPP

namespace inspect {

inline constexpr int exit_ok = 0;
inline constexpr int exit_bad_packet = 1;   // one that breaks the protocol, or encodes to other bytes
inline constexpr int exit_unusable = 2;     // arguments, or input of another form or that is no MQTT
inline constexpr int exit_unsupported = 3;  // MQTT 5
inline constexpr int exit_io = 4;           // reading or writing failed

}  // namespace inspect

#endif
