// SPDX-License-Identifier: BSL-1.0
// The packet layer of Eclipse Paho's C client, version 1.3.12: no header of its package declares it.
#ifndef HUBWIRE_BENCH_VERSUS_PAHO_C_API_HPP
#define HUBWIRE_BENCH_VERSUS_PAHO_C_API_HPP

#include <sys/time.h>

#include <cstddef>

extern "C" {

struct paho_buffers {
  int count;
  char** data;
  std::size_t* sizes;
  int* frees;
  unsigned char mask[4];
};

struct paho_net {
  int socket;
  timeval last_sent;
  unsigned char rest[72];
};

struct paho_will {
  char const* topic;
  int payload_size;
  void const* payload;
  int retained;
  int qos;
};

struct paho_client {
  char const* client_id;
  char const* user_name;
  int password_size;
  void const* password;
  unsigned flags;             // bit 0: clean session
  unsigned char padding[20];  // up to net
  paho_net net;
  int last_id;
  int keep_alive;
  unsigned char rest_1[8];
  paho_will* will;
  unsigned char rest_2[104];
  int version;
  unsigned char rest_3[60];
};

struct paho_properties {
  int count, capacity, size;
  void* items;
};

struct paho_publish {
  unsigned char header[4];
  char* topic;
  int topic_size;
  int id;
  char* payload;
  int payload_size;
  int version;
  paho_properties properties;
  unsigned char mask[4];
};

struct paho_ack {
  unsigned char header[4];
  int id;
};

struct paho_connack {
  unsigned char header[4];
  unsigned flags;
  char code;
};

struct paho_element {
  paho_element *previous, *next;
  void* content;
};

struct paho_list {
  paho_element *first, *last, *current;
  int count;
  std::size_t size;
};

struct paho_suback {
  unsigned char header[4];
  int id;
  int version;
  paho_properties properties;
  paho_list* codes;
};

int MQTTPacket_send_connect(paho_client*, int version, void*, void*);
int MQTTPacket_send_publish(paho_publish*, int dup, int qos, int retained, paho_net*, char const* client);
int MQTTPacket_send_subscribe(paho_list* topics, paho_list* qos, void*, void*, int id, int dup, paho_client*);
int MQTTPacket_send_puback(int version, int id, paho_net*, char const* client);
int MQTTPacket_send_pingreq(paho_net*, char const* client);
int MQTTPacket_decodeBuf(char* data, int* value);
void* MQTTPacket_publish(int version, unsigned char header, char* data, std::size_t size);
void* MQTTPacket_ack(int version, unsigned char header, char* data, std::size_t size);
void* MQTTPacket_connack(int version, unsigned char header, char* data, std::size_t size);
void* MQTTPacket_suback(int version, unsigned char header, char* data, std::size_t size);
void* MQTTPacket_header_only(int version, unsigned char header, char* data, std::size_t size);
void MQTTPacket_freePublish(paho_publish*);
void MQTTPacket_freeAck(paho_ack*);
void MQTTPacket_freeConnack(paho_connack*);
void MQTTPacket_freeSuback(paho_suback*);
paho_list* ListInitialize();
paho_element* ListAppend(paho_list*, void* content, std::size_t size);
int UTF8_validate(int size, char const* data);
}

static_assert(offsetof(paho_client, net) == 0x38 && offsetof(paho_client, keep_alive) == 0x9C);
static_assert(offsetof(paho_client, will) == 0xA8 && offsetof(paho_client, version) == 0x118);
static_assert(offsetof(paho_publish, properties) == 0x28 && sizeof(paho_publish) == 0x48);

#endif
