// SPDX-License-Identifier: BSL-1.0
// The words of an HTTP proxy: the request CONNECT (RFC 9110 section 9.3.6), with Basic credentials (RFC
// 7617), and the head of the reply (RFC 9112). http_proxy.hpp makes a byte_stream of them.
#ifndef HUBWIRE_TRANSPORT_HTTP_CONNECT_HPP
#define HUBWIRE_TRANSPORT_HTTP_CONNECT_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/core/wipe.hpp>
#include <hubwire/text/base64.hpp>
#include <hubwire/text/percent.hpp>
#include <hubwire/text/text_writer.hpp>
#include <hubwire/transport/http_head.hpp>

namespace hubwire { inline namespace abi1 {

/// Where a proxy has to connect to, and as whom.
struct proxy_tunnel {
  /// A host name of letters, digits, '-', '.' and '_', an IPv4 address, or an IPv6 address in brackets. At
  /// most 255 characters.
  std::string_view host{};
  std::uint16_t port = 0;  ///< not 0
  /// Credentials for the proxy, without control characters, and no ':' in the user name. Both empty: none are
  /// sent. Basic credentials are readable by whoever sees the connection to the proxy.
  std::string_view user_name{};
  std::string_view password{};
  /// The most bytes that the proxy may answer with, interim replies (1xx) among them. Bytes behind the empty
  /// line are the tunnel's and do not count.
  std::uint32_t most_reply = 8192;
};

namespace detail {

// An IPv6 address has digits, ':' and '.'. The proxy finds out whether these are one.
constexpr bool is_address_character(char c) noexcept {
  char const lower = static_cast<char>(c | 0x20);
  return (c >= '0' && c <= ':') || c == '.' || (lower >= 'a' && lower <= 'f');
}

constexpr bool is_bracketed_address(std::string_view host) noexcept {
  if (host.size() < 4 || !ends_with(host, "]")) return false;
  std::string_view const address = first(drop(host, 1), host.size() - 2);
  for (char const c : address)
    if (!is_address_character(c)) return false;
  return index_of(address, ':') != address.size();
}

constexpr bool is_proxy_host(std::string_view host) noexcept {
  if (host.empty() || host.size() > 255) return false;
  if (host.front() == '[') return is_bracketed_address(host);
  for (char const c : host)
    if (!is_unreserved(c) || c == '~') return false;
  return true;
}

constexpr bool has_control_character(std::string_view text) noexcept {
  for (char const c : text)
    if (to_byte(c) < 0x20 || to_byte(c) == 0x7F) return true;
  return false;
}

constexpr bool is_sound(proxy_tunnel const& to) noexcept {
  if (!is_proxy_host(to.host) || to.port == 0 || to.most_reply == 0) return false;
  if (has_control_character(to.user_name) || has_control_character(to.password)) return false;
  return index_of(to.user_name, ':') == to.user_name.size();
}

// Writes user_name:password as base64, three characters at a time: nothing holds all of it in plain text.
constexpr void put_basic(text_writer& out, std::string_view user_name, std::string_view password) noexcept {
  char plain[3]{};
  char encoded[4]{};
  std::size_t const size = user_name.size() + 1 + password.size();
  for (std::size_t at = 0; at < size;) {
    std::size_t count = 0;
    for (; count != 3 && at != size; ++count, ++at) {
      std::size_t const user = user_name.size();
      plain[count] = at < user ? user_name[at] : at == user ? ':' : password[at - user - 1];
    }
    out.put(base64_encode(encoded, bytes(std::string_view(plain, count))).value_or({}));
  }
  wipe(char_span(plain));
  wipe(char_span(encoded));
}

// Writes where to connect to, after the word in front of it.
constexpr void put_place(text_writer& out, std::string_view word, proxy_tunnel const& to) noexcept {
  out.put(word).put(to.host).put(':').put_number(to.port);
}

constexpr void put_connect(text_writer& out, proxy_tunnel const& to) noexcept {
  put_place(out, literal("CONNECT "), to);
  put_place(out.put(literal(" HTTP/1.1\r\n")), literal("Host: "), to);
  if (!to.user_name.empty() || !to.password.empty()) {
    out.put(literal("\r\nProxy-Authorization: Basic "));
    put_basic(out, to.user_name, to.password);
  }
  out.put(literal("\r\n\r\n"));
}

// Reads the replies to CONNECT and keeps none of them. A reply that is not interim ends the reading: with 2xx
// at its empty line, with any other status at the end of its first line.
class connect_reply {
 public:
  enum class outcome : std::uint8_t { need_more, opened, failed };

  static constexpr unsigned most_interim = 8;

  constexpr void restart(std::uint32_t most) noexcept {
    head_.restart(most);
    final_status_ = 0;
    interims_ = 0;
  }

  // Not to be called again after opened or failed.
  constexpr outcome take(std::uint8_t octet) noexcept {
    switch (head_.take(octet)) {
      case http_step::need_more:
      case http_step::field: return outcome::need_more;
      case http_step::first_line: return end_first_line();
      case http_step::end: return is_interim() ? end_interim() : outcome::opened;
      case http_step::failed: break;
    }
    return fail({head_.is_too_long() ? errc::http_reply_too_long : errc::invalid_http_reply, taken()});
  }

  // What was wrong, after failed.
  constexpr error why() const noexcept { return why_; }
  // Three digits, once the first line of a reply that is not interim is complete; 0 before.
  constexpr std::uint16_t status() const noexcept { return final_status_; }
  // How many bytes were taken.
  constexpr std::uint32_t taken() const noexcept { return head_.taken(); }

 private:
  constexpr outcome fail(error why) noexcept {
    why_ = why;
    return outcome::failed;
  }
  // 101 would be another protocol, which nobody has asked for.
  constexpr bool is_interim() const noexcept { return head_.status() / 100 == 1 && head_.status() != 101; }
  constexpr outcome end_first_line() noexcept {
    if (is_interim()) return outcome::need_more;
    unsigned const status = head_.status();
    final_status_ = static_cast<std::uint16_t>(status);
    if (status / 100 == 2) return outcome::need_more;
    return fail({status == 407 ? errc::proxy_wants_credentials : errc::proxy_refused, status});
  }
  constexpr outcome end_interim() noexcept {
    if (interims_++ != most_interim) return outcome::need_more;
    return fail({errc::invalid_http_reply, taken() - 1});
  }

  http_head_reader head_{"HTTP/1.# ###", 0, {}};
  error why_{};
  std::uint16_t final_status_ = 0;
  std::uint8_t interims_ = 0;
};

}  // namespace detail

/// The size of the request, which is what http_proxy needs memory for.
constexpr std::size_t proxy_request_size(proxy_tunnel const& to) noexcept {
  text_writer counted(char_span{});
  detail::put_connect(counted, to);
  return counted.size();
}

}}  // namespace hubwire

#endif
