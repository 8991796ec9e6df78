// SPDX-License-Identifier: BSL-1.0
// A second HTTP proxy for one test program: squid on 127.0.0.1, on a port that was free, that asks for credentials.
// Started and stopped by process id; every wait has an end.
#ifndef HUBWIRE_TESTS_INTEROP_SQUID_HPP
#define HUBWIRE_TESTS_INTEROP_SQUID_HPP

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "mosquitto.hpp"

namespace hubwire::test {

class squid {
 public:
  static constexpr char const* user = "aladdin";
  static constexpr char const* password = "opensesame";

  static bool is_installed() { return ::access(binary, X_OK) == 0; }
  // It connects to these two ports alone.
  squid(std::uint16_t allowed, std::uint16_t also_allowed) {
    std::string name = (std::filesystem::temp_directory_path() / "hubwire-squid-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make the folder " + name);
    folder_ = name;
    for (int attempt = 0; attempt != 3 && !proxy_;
         ++attempt) {  // somebody else may take a free port meanwhile
      port_ = mosquitto::free_port();
      write_configuration(std::to_string(allowed) + ' ' + std::to_string(also_allowed));
      proxy_ = std::make_unique<process>(
          std::vector<std::string>{binary, "-N", "-d", "1", "-f", (folder_ / "conf").string()},
          (folder_ / "output").string());
      if (!listens()) proxy_.reset();
    }
    if (proxy_) return;
    std::string const why = log();
    std::filesystem::remove_all(folder_);
    throw std::runtime_error("squid does not start:\n" + why);
  }
  squid(squid const&) = delete;
  squid& operator=(squid const&) = delete;
  ~squid() {
    proxy_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::uint16_t port() const { return port_; }
  std::string log() const { return text_of(folder_ / "output"); }

 private:
  static constexpr char const* binary = "/usr/sbin/squid";

  void write_configuration(std::string const& ports) const {
    // As root it becomes another user, who may not be able to read this folder: so the judge of credentials is no file.
    std::string const judge =
        std::string("/usr/bin/perl -ne $|=1;print/^") + user + "\\s" + password + "$/?\"OK\\n\":\"ERR\\n\"";
    std::ofstream(folder_ / "conf")
        << "http_port 127.0.0.1:" << port_
        << "\npid_filename none\ncache_log /dev/null\naccess_log none\ncache deny all\n"
           "shutdown_lifetime 0 seconds\nvisible_hostname localhost\npinger_enable off\n"
           "hosts_file /etc/hosts\nauth_param basic children 1\nauth_param basic program "
        << judge << "\nacl known proxy_auth REQUIRED\nacl allowed port " << ports
        << "\nhttp_access deny !known\nhttp_access allow CONNECT allowed\n"
           "http_access deny all\n";
  }

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
