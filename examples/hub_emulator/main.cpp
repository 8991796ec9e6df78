// SPDX-License-Identifier: BSL-1.0
// A local Azure IoT Hub. README.md tells how to use it.
#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "control.hpp"
#include "control_input.hpp"
#include "control_port.hpp"
#include "events.hpp"
#include "hub.hpp"
#include "line_output.hpp"
#include "options.hpp"
#include "registry.hpp"
#include "store.hpp"
#include "tls_listener.hpp"

namespace {

using namespace hub_emulator;

class program {
 public:
  explicit program(options const& settings) : settings_(settings), devices_(load_registry(settings.devices)) {
    if (settings.control_port)
      port_.emplace(io_, control_port::settings{*settings.control_port, settings.control_idle}, requests_,
                    log_);
  }

  int run() {
    signals_.async_wait([this](boost::system::error_code code, int) {
      if (!code) stop();
    });
    listener_.start();
    json_line fields{{"address", settings_.address}, {"port", listener_.port()}};
    fields.update(listener_.description());
    if (port_) {
      port_->start();
      fields["control_port"] = port_->port();
    }
    fields["host_name"] = settings_.host_name;
    log_.print("listening", fields);

    control_input const input({[this](std::string line, control_input::ticket held) {
                                 post_line(std::move(line), std::move(held));
                               },
                               [this] { post_refusal(); },
                               [this] { boost::asio::post(io_, [this] { on_end_of_input(); }); }});
    while (!stopping_) io_.run_one();
    io_.run_for(std::chrono::milliseconds(500));  // farewells
    line_output::outcome const written = log_.finish();
    if (written == line_output::outcome::not_read)
      throw std::runtime_error("nobody reads standard output: what happened last is lost");
    return broken_ || written == line_output::outcome::broken ? 1 : 0;
  }

 private:
  void stop() {
    if (stopping_) return;
    stopping_ = true;
    listener_.stop();
    if (port_) port_->stop();
    signals_.cancel();
    hub_.close_all("hub_stopped");
  }

  void post_line(std::string line, control_input::ticket held) {
    boost::asio::post(io_, [this, line = std::move(line), held = std::move(held)] {
      requests_.handle(line, [this](json_line const& answer) { log_.print("answer", answer); });
    });
  }

  void post_refusal() {
    boost::asio::post(io_, [this] {
      control::refuse_long_line([this](json_line const& answer) { log_.print("answer", answer); });
    });
  }

  void on_end_of_input() {
    if (settings_.stop_at_end_of_input) stop();
  }

  // In another thread.
  void on_broken_output() {
    boost::asio::post(io_, [this] {
      broken_ = true;
      stop();
    });
  }

  options const& settings_;
  registry const devices_;
  boost::asio::io_context io_{1};
  boost::asio::signal_set signals_{io_, SIGINT, SIGTERM};
  event_log log_{STDOUT_FILENO, [this] { on_broken_output(); }};
  no_store store_{};
  hub hub_{{io_.get_executor(), settings_, devices_, store_, log_}};
  control requests_{hub_, [this] { boost::asio::post(io_, [this] { stop(); }); }};
  tls_listener listener_{io_, settings_, hub_};
  std::optional<control_port> port_{};
  bool stopping_ = false;
  bool broken_ = false;
};

// On standard error. As with standard output, a reader who does not read may not hold up the end.
void complain(std::string const& what) {
  line_output errors(STDERR_FILENO, {});
  errors.write("hub_emulator: " + what);
  errors.finish();
}

}  // namespace

int main(int count, char** arguments) try {
  options const settings = parse_options(count, arguments);
  if (settings.help) {
    std::cout << usage();
    return 0;
  }
  std::signal(SIGPIPE, SIG_IGN);
  return program(settings).run();
} catch (usage_error const& problem) {
  complain(std::string(problem.what()) + "\n\n" + std::string(usage()));
  return 2;
} catch (std::exception const& problem) {
  complain(std::string(problem.what()) + '\n');
  return 1;
}
