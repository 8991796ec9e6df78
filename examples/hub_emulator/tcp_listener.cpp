// SPDX-License-Identifier: BSL-1.0
#include "tcp_listener.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

namespace hub_emulator {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::string_view both = "localhost";
// Free ports to try until one is free on every address.
constexpr int attempts_max = 50;

bool is_not_there(error_code code) {
  return code == asio::error::address_family_not_supported ||
         code == boost::system::errc::address_not_available ||
         code == boost::system::errc::protocol_not_supported;
}

error_code open(tcp::acceptor& acceptor, tcp::endpoint const& endpoint) {
  error_code code;
  acceptor.open(endpoint.protocol(), code);
  if (!code) acceptor.set_option(tcp::acceptor::reuse_address(true), code);
  if (!code) acceptor.bind(endpoint, code);
  if (!code) acceptor.listen(tcp::acceptor::max_listen_connections, code);
  return code;
}

}  // namespace

struct tcp_listener::places {
  std::size_t taken = 0;
  std::function<void()> freed{};
};

struct tcp_listener::door {
  explicit door(asio::io_context& io) : acceptor(io), pause(io) {}

  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::optional<tcp::socket> arrived{};  // and not yet given a place
  bool waits_for_a_place = false;
};

tcp_listener::tcp_listener(asio::io_context& io, settings const& what, event_log& log)
    : io_(io), settings_(what), log_(log), places_(std::make_shared<places>()) {
  int attempts = settings_.port == 0 ? attempts_max : 1;
  while (!open_all(settings_.port))
    if (--attempts == 0) refuse("no port is free on every address");
  if (doors_.empty()) refuse("neither 127.0.0.1 nor ::1 is there");
  places_->freed = [this] { go_on(); };
}

tcp_listener::~tcp_listener() { places_->freed = nullptr; }

std::vector<asio::ip::address> tcp_listener::addresses() const {
  if (settings_.address == both) return {asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};
  error_code code;
  auto const address = asio::ip::make_address(settings_.address, code);
  if (code) throw std::runtime_error("address " + settings_.address + ": " + code.message());
  return {address};
}

void tcp_listener::refuse(std::string const& detail) const {
  throw std::runtime_error(settings_.address + " port " + std::to_string(settings_.port) + ": " + detail);
}

// False when the port that the first address got is not free on another one.
bool tcp_listener::open_all(std::uint16_t port) {
  doors_.clear();
  missing_ = json_line::array();
  for (asio::ip::address const& address : addresses()) {
    auto next = std::make_unique<door>(io_);
    error_code const code = open(next->acceptor, {address, port});
    if (code == asio::error::address_in_use && settings_.port == 0 && !doors_.empty()) return false;
    if (code && settings_.address == both && is_not_there(code)) {
      missing_.push_back({{"address", address.to_string()}, {"reason", code.message()}});
      continue;
    }
    if (code) refuse(address.to_string() + ": " + code.message());
    port_ = port = next->acceptor.local_endpoint().port();
    doors_.push_back(std::move(next));
  }
  return true;
}

json_line tcp_listener::description() const {
  json_line list = json_line::array();
  for (auto const& one : doors_) list.push_back(one->acceptor.local_endpoint().address().to_string());
  json_line fields{{"addresses", list}};
  if (!missing_.empty()) fields["missing"] = missing_;
  return fields;
}

void tcp_listener::start(on_accepted accepted) {
  accepted_ = std::move(accepted);
  for (auto const& one : doors_) accept(*one);
}

void tcp_listener::stop() {
  error_code ignored;
  for (auto const& one : doors_) {
    one->acceptor.close(ignored);
    one->pause.cancel();
  }
}

void tcp_listener::accept(door& at) {
  if (!at.acceptor.is_open()) return;
  at.waits_for_a_place = places_->taken >= settings_.most;
  if (at.waits_for_a_place) return say("accept_full", {{"connections", places_->taken}});
  if (at.arrived) admit(*std::exchange(at.arrived, std::nullopt));
  at.acceptor.async_accept([this, &at](error_code code, tcp::socket socket) {
    if (!at.acceptor.is_open()) return;
    if (code) {
      say("accept_failed", {{"reason", code.message()}});
      return wait(at);
    }
    at.arrived = std::move(socket);
    accept(at);
  });
}

void tcp_listener::admit(tcp::socket socket) {
  ++places_->taken;
  place const taken(places_.get(), [kept = places_](places* all) {
    --all->taken;
    if (all->freed) all->freed();
  });
  accepted_(std::move(socket), taken);
}

// Out of file descriptors, most likely: trying at once would only spin.
void tcp_listener::wait(door& at) {
  at.pause.expires_after(std::chrono::milliseconds(100));
  at.pause.async_wait([this, &at](error_code cancelled) {
    if (!cancelled) accept(at);
  });
}

// A place is free. It is given to the next connection later, as this runs in the middle of something else.
void tcp_listener::go_on() {
  for (auto const& one : doors_)
    if (std::exchange(one->waits_for_a_place, false)) asio::post(io_, [this, &at = *one] { accept(at); });
}

// Once a second at most: what fails now is likely to fail again at once.
void tcp_listener::say(std::string_view event, json_line fields) {
  auto const now = std::chrono::steady_clock::now();
  if (said_ != decltype(said_){} && now - said_ < std::chrono::seconds(1)) return;
  said_ = now;
  json_line all{{"port", port_}};
  all.update(fields);
  log_.print(event, all);
}

}  // namespace hub_emulator
