// SPDX-License-Identifier: BSL-1.0
// The packet functions of aws-c-mqtt as npm's aws-crt 1.33.2 carries them: its library for node exports them, no header
// declares them. They are looked up when the program starts.
#ifndef HUBWIRE_BENCH_VERSUS_AWS_C_MQTT_API_HPP
#define HUBWIRE_BENCH_VERSUS_AWS_C_MQTT_API_HPP

#include <dlfcn.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace bench {

struct aws_cursor {
  std::size_t size;
  char const* data;
};
struct aws_buffer {
  std::size_t size;
  char* data;
  std::size_t capacity;
  void* allocator;
};
struct aws_header {
  int type;
  std::size_t remaining;
  std::uint8_t flags;
};
struct aws_publish {
  aws_header header;
  std::uint16_t id;
  aws_cursor topic;
  aws_cursor payload;
};
struct aws_ack {
  aws_header header;
  std::uint16_t id;
};
struct aws_connack {
  aws_header header;
  bool session_present;
  std::uint8_t code;
};
struct aws_list {
  void* allocator;
  std::size_t capacity;
  std::size_t length;
  std::size_t item_size;
  void* data;
};
struct aws_suback {
  aws_header header;
  std::uint16_t id;
  aws_list codes;
};
struct aws_opaque {
  alignas(16) std::byte memory[512];
};
struct aws_handlers {
  int (*by_type[16])(aws_cursor, void*);
};
struct aws_decoder_options {
  aws_handlers const* handlers;
  void* user_data;
};

inline void* library() {
  static void* const opened = [] {
    void* const handle = dlopen(HUBWIRE_BENCH_AWS_CRT, RTLD_LAZY | RTLD_LOCAL);
    if (handle == nullptr) {
      std::fprintf(stderr, "%s\n", dlerror());
      std::exit(3);
    }
    return handle;
  }();
  return opened;
}

// A function of the library, bound before anything is measured.
template <class Signature>
struct function;
template <class Result, class... Arguments>
struct function<Result(Arguments...)> {
  explicit function(char const* name)
      : pointer(reinterpret_cast<Result (*)(Arguments...)>(dlsym(library(), name))) {
    if (pointer != nullptr) return;
    std::fprintf(stderr, "no %s in the library\n", name);
    std::exit(3);
  }
  Result operator()(Arguments... arguments) const { return pointer(arguments...); }
  Result (*pointer)(Arguments...);
};

inline function<void*()> const default_allocator("aws_default_allocator");
inline function<int(void*, aws_cursor, bool, std::uint16_t)> const connect_init(
    "aws_mqtt_packet_connect_init");
inline function<int(void*, aws_cursor, aws_cursor)> const connect_credentials(
    "aws_mqtt_packet_connect_add_credentials");
inline function<int(void*, aws_cursor, int, bool, aws_cursor)> const connect_will(
    "aws_mqtt_packet_connect_add_will");
inline function<int(aws_buffer*, void const*)> const connect_encode("aws_mqtt_packet_connect_encode");
inline function<int(aws_publish*, bool, int, bool, aws_cursor, std::uint16_t, aws_cursor)> const publish_init(
    "aws_mqtt_packet_publish_init");
inline function<int(aws_buffer*, aws_publish const*)> const publish_encode("aws_mqtt_packet_publish_encode");
inline function<int(aws_buffer*, aws_publish const*)> const publish_headers(
    "aws_mqtt_packet_publish_encode_headers");
inline function<int(aws_cursor*, aws_publish*)> const publish_decode("aws_mqtt_packet_publish_decode");
inline function<int(void*, void*, std::uint16_t)> const subscribe_init("aws_mqtt_packet_subscribe_init");
inline function<int(void*, aws_cursor, int)> const subscribe_add("aws_mqtt_packet_subscribe_add_topic");
inline function<int(aws_buffer*, void const*)> const subscribe_encode("aws_mqtt_packet_subscribe_encode");
inline function<void(void*)> const subscribe_clean_up("aws_mqtt_packet_subscribe_clean_up");
inline function<int(aws_ack*, std::uint16_t)> const puback_init("aws_mqtt_packet_puback_init");
inline function<int(aws_buffer*, aws_ack const*)> const ack_encode("aws_mqtt_packet_ack_encode");
inline function<int(aws_cursor*, aws_ack*)> const ack_decode("aws_mqtt_packet_ack_decode");
inline function<int(void*)> const pingreq_init("aws_mqtt_packet_pingreq_init");
inline function<int(aws_buffer*, void const*)> const connection_encode("aws_mqtt_packet_connection_encode");
inline function<int(aws_cursor*, void*)> const connection_decode("aws_mqtt_packet_connection_decode");
inline function<int(aws_cursor*, aws_connack*)> const connack_decode("aws_mqtt_packet_connack_decode");
inline function<int(aws_suback*, void*, std::uint16_t)> const suback_init("aws_mqtt_packet_suback_init");
inline function<int(aws_cursor*, aws_suback*)> const suback_decode("aws_mqtt_packet_suback_decode");
inline function<void(aws_suback*)> const suback_clean_up("aws_mqtt_packet_suback_clean_up");
inline function<bool(aws_cursor const*)> const is_valid_topic("aws_mqtt_is_valid_topic");
inline function<bool(aws_cursor const*)> const is_valid_filter("aws_mqtt_is_valid_topic_filter");
inline function<void(void*, void*, aws_decoder_options const*)> const decoder_init(
    "aws_mqtt311_decoder_init");
inline function<void(void*)> const decoder_reset("aws_mqtt311_decoder_reset_for_new_connection");
inline function<int(void*, aws_cursor)> const decoder_receive("aws_mqtt311_decoder_on_bytes_received");

}  // namespace bench

#endif
