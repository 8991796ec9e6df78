// SPDX-License-Identifier: BSL-1.0
// A real broker for one test program: mosquitto on 127.0.0.1, plain, TLS, and WebSocket with and without TLS, on ports
// that were free, with certificates made now. Started and stopped by process id; every wait has an end.
#ifndef HUBWIRE_TESTS_INTEROP_MOSQUITTO_HPP
#define HUBWIRE_TESTS_INTEROP_MOSQUITTO_HPP

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace hubwire::test {

inline std::string text_of(std::filesystem::path const& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// A program that runs until it ends by itself or is told to, or until this one ends, be it killed.
class process {
 public:
  process(std::vector<std::string> const& command, std::string const& log) {
    std::vector<char*> arguments;
    for (std::string const& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t const parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("cannot start " + command[0]);
    if (pid_ == 0) run(arguments, log.c_str(), parent);
  }
  process(process const&) = delete;
  process& operator=(process const&) = delete;
  ~process() { stop(); }

  // False: it still runs after so long.
  bool wait(std::chrono::milliseconds longest) {
    auto const end = std::chrono::steady_clock::now() + longest;
    while (pid_ > 0) {
      if (::waitpid(pid_, &status_, WNOHANG) == pid_) pid_ = -1;
      if (pid_ > 0 && std::chrono::steady_clock::now() > end) return false;
      if (pid_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }
  bool succeeded() const { return pid_ < 0 && WIFEXITED(status_) && WEXITSTATUS(status_) == 0; }

  void signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
  }
  // As a power cut ends it.
  void kill() {
    signal(SIGKILL);
    static_cast<void>(wait(std::chrono::seconds(5)));
  }
  void stop() {
    signal(SIGTERM);
    if (wait(std::chrono::seconds(5))) return;
    kill();
  }

 private:
  // In the child, between fork and exec: only what is safe there.
  [[noreturn]] static void run(std::vector<char*> const& arguments, char const* log, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    int const in = ::open("/dev/null", O_RDONLY);
    int const out = ::open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    bool const right =
        in >= 0 && out >= 0 && ::dup2(in, 0) == 0 && ::dup2(out, 1) == 1 && ::dup2(out, 2) == 2;
    if (right && ::getppid() == parent) ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }

  pid_t pid_ = -1;
  int status_ = 0;
};

class mosquitto {
 public:
  static constexpr char const* user = "device";
  static constexpr char const* password = "secret";

  // A broker that is persistent keeps its state over kill() and start_again(), as it was at the last save().
  explicit mosquitto(bool persistent = false) : persistent_(persistent) {
    std::string name = (std::filesystem::temp_directory_path() / "hubwire-mosquitto-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make the folder " + name);
    folder_ = name;
    try {
      start();
    } catch (...) {
      std::filesystem::remove_all(folder_);
      throw;
    }
  }
  mosquitto(mosquitto const&) = delete;
  mosquitto& operator=(mosquitto const&) = delete;
  ~mosquitto() {
    delete broker_;
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void kill() { broker_->kill(); }
  // On the same ports. Throws where that cannot be done within ten seconds.
  void start_again() {
    delete broker_;
    broker_ = nullptr;
    launch();
    if (!listens())
      throw std::runtime_error("mosquitto does not start again:\n" + text_of(folder_ / "output") + log());
  }
  // Has the broker write its state to its file, after it has handled all that came before: its log has nothing behind
  // that. False when that takes longer than ten seconds.
  bool save() const {
    for (int i = 0; i != 100; ++i) {
      ino_t const before = database();
      broker_->signal(SIGUSR1);  // one that comes while it writes is forgotten
      for (int wait = 0; wait != 20 && database() == before; ++wait)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      std::string const all = log();
      std::size_t const last_line = all.rfind('\n', all.size() - 2);
      if (database() != before && all.find("Saving in-memory database", last_line) != std::string::npos)
        return true;
    }
    return false;
  }

  std::uint16_t port() const { return port_; }
  std::uint16_t tls_port() const { return tls_port_; }
  std::uint16_t websocket_port() const { return websocket_port_; }
  std::uint16_t websocket_tls_port() const { return websocket_tls_port_; }
  std::string ca() const { return text_of(folder_ / "ca.pem"); }
  std::string log() const { return text_of(folder_ / "log"); }
  // Whether the broker writes this line within five seconds.
  bool logs(std::string const& line) const {
    for (int i = 0; i != 500; ++i) {
      if (log().find(line) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  static bool answers(std::uint16_t port) {
    int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in const address = local(port);
    bool const connected = ::connect(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0;
    ::close(fd);
    return connected;
  }
  static std::uint16_t free_port() {
    int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = local(0);
    socklen_t size = sizeof address;
    bool const bound = ::bind(fd, reinterpret_cast<sockaddr const*>(&address), size) == 0 &&
                       ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    ::close(fd);
    if (!bound) throw std::runtime_error("no free port on 127.0.0.1");
    return ntohs(address.sin_port);
  }

 private:
  void start() {
    make_certificates();
    run({"mosquitto_passwd", "-b", "-c", (folder_ / "passwords").string(), user, password});
    for (int attempt = 0; attempt != 5; ++attempt) {  // somebody else may take a free port meanwhile
      port_ = free_port();
      tls_port_ = free_port();
      websocket_port_ = free_port();
      websocket_tls_port_ = free_port();
      write_configuration();
      launch();
      if (listens()) return;
      delete broker_;
      broker_ = nullptr;
    }
    throw std::runtime_error("mosquitto does not start:\n" + text_of(folder_ / "output") + log());
  }

  // It writes another file and renames that.
  ino_t database() const {
    struct stat file {};
    return ::stat((folder_ / "mosquitto.db").c_str(), &file) == 0 ? file.st_ino : 0;
  }
  void launch() {
    broker_ = new process({find_binary(), "-c", (folder_ / "conf").string()}, (folder_ / "output").string());
  }

  static std::string find_binary() {
    for (char const* const path : {"/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"})
      if (::access(path, X_OK) == 0) return path;
    throw std::runtime_error("mosquitto is not installed (package mosquitto); tests/run.sh installs it");
  }

  void run(std::vector<std::string> const& command) {
    process tool(command, (folder_ / "tools.log").string());
    if (tool.wait(std::chrono::seconds(30)) && tool.succeeded()) return;
    throw std::runtime_error(command[0] + " failed:\n" + text_of(folder_ / "tools.log"));
  }

  void make_certificates() {
    auto const in = [this](char const* name) { return (folder_ / name).string(); };
    std::ofstream(folder_ / "server.ext") << "subjectAltName=DNS:localhost\n";
    run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", in("ca.key"), "-out", in("ca.pem"), "-days", "2", "-subj", "/CN=hubwire test CA"});
    run({"openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
         in("server.key"), "-out", in("server.csr"), "-subj", "/CN=localhost"});
    run({"openssl", "x509", "-req", "-in", in("server.csr"), "-CA", in("ca.pem"), "-CAkey", in("ca.key"),
         "-CAcreateserial", "-days", "2", "-out", in("server.pem"), "-extfile", in("server.ext")});
  }

  void write_configuration() const {
    std::ofstream conf(folder_ / "conf");
    if (persistent_)
      conf << "persistence true\npersistence_location " << folder_.string() << "/\nmax_queued_messages 0\n";
    else
      conf << "persistence false\n";
    conf << "allow_anonymous false\npassword_file " << (folder_ / "passwords").string()
         << "\nlog_type all\nlog_dest file " << (folder_ / "log").string() << '\n';
    if (::geteuid() == 0) conf << "user root\n";  // the folder is ours alone
    std::string const with_tls = "certfile " + (folder_ / "server.pem").string() + "\nkeyfile " +
                                 (folder_ / "server.key").string() + '\n';
    // mosquitto 2.0.11 starts only where there is a listener without WebSocket, too, and it heeds the address of one
    // with WebSocket only in socket_domain ipv4.
    std::string const websocket = "protocol websockets\nsocket_domain ipv4\n";
    conf << "listener " << port_ << " 127.0.0.1\nlistener " << tls_port_ << " 127.0.0.1\n"
         << with_tls << "listener " << websocket_port_ << " 127.0.0.1\n"
         << websocket << "listener " << websocket_tls_port_ << " 127.0.0.1\n"
         << websocket << with_tls;
  }

  // All ports answer within ten seconds.
  bool listens() {
    for (int i = 0; i != 200; ++i) {
      if (broker_->wait(std::chrono::milliseconds(0))) return false;
      if (answers(port_) && answers(tls_port_) && answers(websocket_port_) && answers(websocket_tls_port_))
        return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  }

  static sockaddr_in local(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  bool persistent_;
  std::filesystem::path folder_;
  process* broker_ = nullptr;
  std::uint16_t port_ = 0;
  std::uint16_t tls_port_ = 0;
  std::uint16_t websocket_port_ = 0;
  std::uint16_t websocket_tls_port_ = 0;
};

}  // namespace hubwire::test

#endif
