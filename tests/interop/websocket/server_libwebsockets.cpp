// SPDX-License-Identifier: BSL-1.0
// libwebsockets as a server on 127.0.0.1: see peers.test.py for what its paths do. It has no
// bridge to a broker: mosquitto, whose WebSocket is libwebsockets, is one. And it always takes the subprotocol.
//   server_libwebsockets
#include <libwebsockets.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace {

struct frame {
  std::string payload{};
  int kind = LWS_WRITE_BINARY;
};

// One connection.
struct visit {
  std::string path{};
  std::deque<frame> to_send{};
  bool then_close = false;
  unsigned short code = 1000;
  unsigned seen = 1006;
  std::string message{};
};

void begin(visit& v) {
  if (v.path == "/text") v.to_send = {{"a text", LWS_WRITE_TEXT}};
  if (v.path == "/ping") v.to_send = {{"are you there", LWS_WRITE_PING}};
  if (v.path == "/fragments")
    v.to_send = {{"frag", LWS_WRITE_BINARY | LWS_WRITE_NO_FIN},
                 {"between", LWS_WRITE_PING},
                 {"", LWS_WRITE_CONTINUATION | LWS_WRITE_NO_FIN},
                 {"ments", LWS_WRITE_CONTINUATION}};
  v.then_close = v.path == "/leave" || v.path == "/fragments";
  if (v.path == "/leave") v.code = 1001;
}

int close_with(lws* socket, visit& v) {
  std::string reason = "bye";
  lws_close_reason(socket, static_cast<lws_close_status>(v.code),
                   reinterpret_cast<unsigned char*>(reason.data()), reason.size());
  v.seen = v.code;
  return -1;
}

int send_next(lws* socket, visit& v) {
  if (v.to_send.empty()) return v.then_close ? close_with(socket, v) : 0;
  frame const next = v.to_send.front();
  v.to_send.pop_front();
  std::vector<unsigned char> memory(LWS_PRE + next.payload.size() + 1);
  std::memcpy(memory.data() + LWS_PRE, next.payload.data(), next.payload.size());
  if (lws_write(socket, memory.data() + LWS_PRE, next.payload.size(),
                static_cast<lws_write_protocol>(next.kind)) < 0)
    return -1;
  if (!v.to_send.empty() || v.then_close) lws_callback_on_writable(socket);
  return 0;
}

int receive(lws* socket, visit& v, std::string_view part) {
  v.message += part;
  if (v.path == "/small" && v.message.size() > 1000) {
    v.code = 1009;
    return close_with(socket, v);
  }
  if (lws_remaining_packet_payload(socket) != 0 || lws_is_final_fragment(socket) == 0) return 0;
  v.to_send.push_back({v.message, lws_frame_is_binary(socket) != 0 ? LWS_WRITE_BINARY : LWS_WRITE_TEXT});
  v.message.clear();
  lws_callback_on_writable(socket);
  return 0;
}

std::string path_of(lws* socket) {
  char path[64]{};
  lws_hdr_copy(socket, path, sizeof path, WSI_TOKEN_GET_URI);
  return path;
}

int serve(lws* socket, lws_callback_reasons why, void* user, void* in, std::size_t size) {
  visit*& v = *static_cast<visit**>(user);
  std::string_view const data(static_cast<char*>(in), in == nullptr ? 0 : size);
  switch (why) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
      if (path_of(socket) != "/missing") return 0;
      lws_return_http_status(socket, HTTP_STATUS_NOT_FOUND, nullptr);
      return -1;
    case LWS_CALLBACK_ESTABLISHED:
      v = new visit;
      v->path = path_of(socket);
      begin(*v);
      if (!v->to_send.empty() || v->then_close) lws_callback_on_writable(socket);
      return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE: return send_next(socket, *v);
    case LWS_CALLBACK_RECEIVE: return receive(socket, *v, data);
    case LWS_CALLBACK_RECEIVE_PONG:
      if (v->path != "/ping") return 0;
      v->then_close = true;
      v->code = data == "are you there" ? 1000 : 1011;
      lws_callback_on_writable(socket);
      return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      if (data.size() >= 2)
        v->seen = static_cast<unsigned>(static_cast<unsigned char>(data[0])) << 8 |
                  static_cast<unsigned char>(data[1]);
      return 0;
    case LWS_CALLBACK_CLOSED:
      if (v == nullptr) return 0;
      std::cout << v->path << ' ' << v->seen << std::endl;
      delete v;
      v = nullptr;
      return 0;
    default: return 0;
  }
}

}  // namespace

int main() {
  std::thread([] {  // ends with who started it
    std::string line;
    while (std::getline(std::cin, line)) {}
    std::_Exit(0);
  })
      .detach();
  lws_set_log_level(LLL_ERR, nullptr);
  lws_protocols const protocols[] = {{"mqtt", serve, sizeof(visit*), 65'536, 0, nullptr, 0}, {}};
  lws_context_creation_info info{};
  info.port = 0;
  info.iface = "127.0.0.1";
  info.protocols = protocols;
  info.options = LWS_SERVER_OPTION_DISABLE_IPV6;
  lws_context* const context = lws_create_context(&info);
  if (context == nullptr) return 1;
  lws_vhost* const host = lws_get_vhost_by_name(context, "default");
  std::cout << "port " << lws_get_vhost_listen_port(host) << std::endl;
  while (lws_service(context, 0) >= 0) {}
  lws_context_destroy(context);
}
