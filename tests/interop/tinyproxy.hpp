// SPDX-License-Identifier: BSL-1.0
// A real HTTP proxy for one test program: tinyproxy on 127.0.0.1, on a port that was free, that asks for credentials.
// Started and stopped by process id; every wait has an end.
#ifndef HUBWIRE_TESTS_INTEROP_TINYPROXY_HPP
#define HUBWIRE_TESTS_INTEROP_TINYPROXY_HPP

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include <hubwire/transport/posix_tcp.hpp>

#include "mosquitto.hpp"

namespace hubwire::test {

class tinyproxy {
 public:
  static constexpr char const* user = "aladdin";
  static constexpr char const* password = "opensesame";

  static bool is_installed() { return ::access(binary, X_OK) == 0; }
  // It connects to these two ports alone.
  tinyproxy(std::uint16_t allowed, std::uint16_t also_allowed) {
    std::string name = (std::filesystem::temp_directory_path() / "hubwire-tinyproxy-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make the folder " + name);
    folder_ = name;
    for (int attempt = 0; attempt != 5 && !proxy_;
         ++attempt) {  // somebody else may take a free port meanwhile
      port_ = mosquitto::free_port();
      std::ofstream(folder_ / "conf") << "Port " << port_ << "\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\n"
                                      << "BasicAuth " << user << ' ' << password << "\nConnectPort "
                                      << allowed << "\nConnectPort " << also_allowed << '\n';
      proxy_ =
          std::make_unique<process>(std::vector<std::string>{binary, "-d", "-c", (folder_ / "conf").string()},
                                    (folder_ / "output").string());
      if (!listens()) proxy_.reset();
    }
    if (!proxy_) throw std::runtime_error("tinyproxy does not start:\n" + log());
  }
  tinyproxy(tinyproxy const&) = delete;
  tinyproxy& operator=(tinyproxy const&) = delete;
  ~tinyproxy() {
    proxy_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::uint16_t port() const { return port_; }
  std::string log() const { return text_of(folder_ / "output"); }

 private:
  static constexpr char const* binary = "/usr/bin/tinyproxy";

  // The port answers within ten seconds.
  bool listens() {
    for (int i = 0; i != 200; ++i) {
      if (proxy_->wait(std::chrono::milliseconds(0))) return false;
      if (mosquitto::answers(port_)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  }

  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<process> proxy_;
};

}  // namespace hubwire::test

#endif
