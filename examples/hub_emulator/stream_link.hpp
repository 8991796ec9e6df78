// SPDX-License-Identifier: BSL-1.0
// A link over any asynchronous stream of Asio that has a TCP socket at the bottom.
#ifndef HUB_EMULATOR_STREAM_LINK_HPP
#define HUB_EMULATOR_STREAM_LINK_HPP

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "link.hpp"

namespace hub_emulator {

// The socket below; a further kind of stream adds its own.
inline boost::asio::ip::tcp::socket& socket_below(
    boost::asio::ssl::stream<boost::asio::ip::tcp::socket>& stream) {
  return stream.next_layer();
}

// Stream has async_read_some, async_write_some, async_shutdown like asio::ssl::stream, and a socket_below().
template <class Stream>
class stream_link : public link, public std::enable_shared_from_this<stream_link<Stream>> {
 public:
  stream_link(Stream stream, std::string peer)
      : stream_(std::move(stream)), timer_(stream_.get_executor()), peer_(std::move(peer)) {}

  // The user is kept alive until it has lost the link or closed it.
  void start(std::shared_ptr<link_user> user) {
    user_ = std::move(user);
    read();
  }

  void send(std::string bytes) override {
    if (closing_) return;
    waiting_ += bytes;
    write();
  }
  std::size_t queued() const override { return waiting_.size() + writing_.size(); }
  std::string peer() const override { return peer_; }

  void resume() override {
    if (!closing_ && !reading_) read();
  }

  void close() override {
    if (closing_) return;
    closing_ = true;
    // A peer that does not read would otherwise hold the socket and the queue for ever.
    timer_.expires_after(std::chrono::seconds(2));
    timer_.async_wait([self = this->shared_from_this()](boost::system::error_code code) {
      if (!code) self->cut();
    });
    if (writing_.empty()) say_goodbye();
  }

 private:
  using error_code = boost::system::error_code;

  void read() {
    std::span<std::uint8_t> const window = user_->window();
    reading_ = true;
    stream_.async_read_some(boost::asio::buffer(window.data(), window.size()),
                            [self = this->shared_from_this()](error_code code, std::size_t count) {
                              self->reading_ = false;
                              self->on_read(code, count);
                            });
  }

  void on_read(error_code code, std::size_t count) {
    if (closing_) return drop_user();
    if (code) return fail(code == boost::asio::error::eof ? "connection closed" : code.message());
    auto const user = user_;  // received() may close the link
    if (user->received(count) && !closing_ && !reading_) read();
    if (closing_) drop_user();
  }

  void write() {
    if (!writing_.empty() || waiting_.empty()) return;
    std::swap(writing_, waiting_);
    boost::asio::async_write(stream_, boost::asio::buffer(writing_),
                             [self = this->shared_from_this()](error_code code, std::size_t) {
                               self->writing_.clear();
                               self->on_written(code);
                             });
  }

  void on_written(error_code code) {
    if (code) return closing_ ? cut() : fail(code.message());
    if (!waiting_.empty()) return write();
    if (closing_) return say_goodbye();
    auto const user = user_;  // drained() may close the link
    user->drained();
  }

  void fail(std::string const& reason) {
    if (closing_) return;
    closing_ = true;
    auto const user = user_;
    cut();
    user->lost(reason);
  }

  // The last bytes must not be lost to a reset, which is what closing a socket with unread input causes: so
  // end the sending side, then read until the peer has gone as well. The timer bounds all of it.
  void say_goodbye() {
    if (ended_) return;
    ended_ = true;
    stream_.async_shutdown([self = this->shared_from_this()](error_code) {
      error_code ignored;
      socket_below(self->stream_).shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
      self->discard();
    });
  }

  void discard() {
    socket_below(stream_).async_read_some(boost::asio::buffer(rest_),
                                          [self = this->shared_from_this()](error_code code, std::size_t) {
                                            if (code) return self->cut();
                                            self->discard();
                                          });
  }

  void cut() {
    error_code ignored;
    timer_.cancel();
    socket_below(stream_).close(ignored);
    if (!reading_) drop_user();
  }

  void drop_user() { user_.reset(); }

  Stream stream_;
  boost::asio::steady_timer timer_;
  std::string peer_;
  std::shared_ptr<link_user> user_{};
  std::string writing_{};  // with the operating system
  std::string waiting_{};  // behind it
  std::array<char, 4096> rest_{};
  bool reading_ = false;
  bool closing_ = false;
  bool ended_ = false;
};

}  // namespace hub_emulator

#endif
