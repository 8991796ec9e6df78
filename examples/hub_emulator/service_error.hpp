// SPDX-License-Identifier: BSL-1.0
// Why the hub refuses a request of the service side, as IoT Hub's REST interface would put it.
#ifndef HUB_EMULATOR_SERVICE_ERROR_HPP
#define HUB_EMULATOR_SERVICE_ERROR_HPP

#include <stdexcept>
#include <string>

namespace hub_emulator {

class service_error : public std::runtime_error {
 public:
  service_error(int status, int code, std::string const& message)
      : std::runtime_error(message), status_(status), code_(code) {}

  int status() const noexcept { return status_; }  // HTTP
  int code() const noexcept { return code_; }      // IoT Hub's own, six digits

 private:
  int status_;
  int code_;
};

inline service_error bad_request(std::string const& message) { return {400, 400'004, message}; }
inline service_error not_found(std::string const& message) { return {404, 404'001, message}; }
inline service_error not_online(std::string const& message) { return {404, 404'103, message}; }

}  // namespace hub_emulator

#endif
