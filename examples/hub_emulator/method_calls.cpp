// SPDX-License-Identifier: BSL-1.0
#include "method_calls.hpp"

#include <utility>

namespace hub_emulator {

void method_calls::add(std::string rid, std::chrono::milliseconds timeout, on_answer answer) {
  if (calls_.size() == most) throw service_error(403, 403'800, "10 methods run on this device already");
  auto timer = std::make_unique<boost::asio::steady_timer>(executor_, timeout);
  timer->async_wait([this, rid](boost::system::error_code code) {
    auto const found = code ? calls_.end() : calls_.find(rid);
    if (found == calls_.end()) return;
    on_answer const late = std::move(calls_.extract(found).mapped().answer);
    service_error const error(504, 504'101, "the device did not answer in time");
    late(nullptr, &error);
  });
  calls_.emplace(std::move(rid), call{std::move(answer), std::move(timer)});
}

bool method_calls::complete(std::string_view rid, method_answer const& answer) {
  auto const found = calls_.find(rid);
  if (found == calls_.end()) return false;
  on_answer const wanted = std::move(calls_.extract(found).mapped().answer);
  wanted(&answer, nullptr);
  return true;
}

void method_calls::fail_all(service_error const& error) {
  for (auto& [rid, open] : std::exchange(calls_, {})) open.answer(nullptr, &error);
}

}  // namespace hub_emulator
