// SPDX-License-Identifier: BSL-1.0
// Where a device's state goes when it changes, so that it can outlive the process.
#ifndef HUB_EMULATOR_STORE_HPP
#define HUB_EMULATOR_STORE_HPP

#include <deque>
#include <string_view>
#include <vector>

#include "message.hpp"
#include "subscriptions.hpp"
#include "twin.hpp"

namespace hub_emulator {

// The part of a session that a device with CleanSession 0 finds again.
struct session_state {
  bool present = false;
  subscriptions filters{};
};

struct device_state {
  twin document{};
  session_state session{};
  std::deque<c2d_message> messages{};
};

class store {
 public:
  virtual ~store() = default;

  // What was saved; a device that is new has the default state.
  virtual device_state load(std::string_view device) = 0;
  virtual void save_twin(std::string_view device, twin const& document) = 0;
  virtual void save_session(std::string_view device, session_state const& session) = 0;
  virtual void save_messages(std::string_view device, std::deque<c2d_message> const& messages) = 0;
};

// Keeps nothing: the hub holds the state of its devices while it runs, and starts afresh.
class no_store final : public store {
 public:
  device_state load(std::string_view) override { return {}; }
  void save_twin(std::string_view, twin const&) override {}
  void save_session(std::string_view, session_state const&) override {}
  void save_messages(std::string_view, std::deque<c2d_message> const&) override {}
};

}  // namespace hub_emulator

#endif
