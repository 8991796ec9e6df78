// SPDX-License-Identifier: BSL-1.0
// A device on Azure IoT Hub; see README.md in this folder. Start reading in program.cpp.
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include <hubwire/transport/bearssl_trust.hpp>

#include "console.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "program.hpp"

namespace {

using device::say;

// Everything that is large lives here, not on the stack and not on the heap.
device::device_memory memory;
hubwire::trust_store<8> trust;

std::sig_atomic_t volatile stop_requested = 0;

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_requested = 1; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);  // whoever reads the output may leave
}

// The file is only needed for a moment, so it borrows the receive buffer.
std::optional<std::string_view> read_file(std::string_view path) {
  std::size_t size = 0;
  int const fd = ::open(path.data(), O_RDONLY | O_CLOEXEC);  // a word of the command line ends in NUL
  while (fd >= 0 && size != memory.receive.size()) {
    ssize_t const count = ::read(fd, memory.receive.data() + size, memory.receive.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count > 0) {
      size += static_cast<std::size_t>(count);
      continue;
    }
    ::close(fd);
    if (count < 0) return std::nullopt;
    return hubwire::bytes(hubwire::byte_view(memory.receive.data(), size)).view();
  }
  if (fd >= 0) ::close(fd);
  return std::nullopt;
}

bool load_trust(std::string_view path) {
  auto const pem = read_file(path);
  if (!pem) {
    say() << "the file of trust anchors cannot be read, or is larger than " << memory.receive.size()
          << " bytes";
    return false;
  }
  auto const count = trust.add_pem(*pem);
  if (count) return true;
  device::say_failure("the trust anchors cannot be used", count.error());
  return false;
}

std::optional<device::settings> settings_from(device::options const& chosen) {
  auto const parts = hubwire::iothub::parse_connection_string(chosen.connection_string);
  if (!parts) {
    device::say_failure(chosen.connection_string,
                        hubwire::iothub::diagnose_connection_string(chosen.connection_string));
    return std::nullopt;
  }
  auto const self = parts->identity();
  if (!self || !parts->module_id.empty() || parts->x509) {
    say() << "this program is for devices with a key: no modules, X.509 certificates or services";
    return std::nullopt;
  }
  bool const gateway = !parts->gateway_host_name.empty();
  auto where = device::parse_endpoint(gateway ? parts->gateway_host_name : parts->host_name);
  if (where && !chosen.connect_to.empty()) {
    auto const detour = device::parse_endpoint(chosen.connect_to);
    if (!detour)
      where.reset();
    else
      where = device::endpoint{detour->host, detour->port, where->server_name};
  }
  if (!where) {
    say() << "that is no host to connect to";
    return std::nullopt;
  }
  return device::settings{*parts, *self, *where, chosen};
}

}  // namespace

int main(int argc, char** argv) {
  device::options chosen;
  std::string_view wrong;
  if (!device::parse_options(argc, argv, chosen, wrong)) {
    say() << wrong << "; --help explains";
    return device::exit_code::unusable;
  }
  if (chosen.help) {
    static_cast<void>(::write(STDOUT_FILENO, device::usage.data(), device::usage.size()));
    return 0;
  }
  auto const settings = settings_from(chosen);
  if (!settings || !load_trust(chosen.trust_file)) return device::exit_code::unusable;

  install_signal_handlers();
  static device::program program(*settings, trust.anchors(), memory, stop_requested);
  return program.run();
}
