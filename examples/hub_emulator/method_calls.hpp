// SPDX-License-Identifier: BSL-1.0
// The direct methods that one device was asked to run and has not answered yet.
#ifndef HUB_EMULATOR_METHOD_CALLS_HPP
#define HUB_EMULATOR_METHOD_CALLS_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "service_error.hpp"

namespace hub_emulator {

struct method_answer {
  std::int32_t status = 0;
  std::string payload{};
};

class method_calls {
 public:
  // Exactly one of the two is not null; both are gone after the call.
  using on_answer = std::function<void(method_answer const*, service_error const*)>;

  static constexpr std::size_t most = 10;

  explicit method_calls(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  // Starts to wait for the answer with this $rid. Throws service_error 403800 when too many are open.
  void add(std::string rid, std::chrono::milliseconds timeout, on_answer answer);
  // False when nobody waits: an unknown $rid, or one that is too late.
  bool complete(std::string_view rid, method_answer const& answer);
  void fail_all(service_error const& error);

 private:
  struct call {
    on_answer answer;
    std::unique_ptr<boost::asio::steady_timer> timer;
  };

  boost::asio::any_io_executor executor_;
  std::map<std::string, call, std::less<>> calls_{};
};

}  // namespace hub_emulator

#endif
