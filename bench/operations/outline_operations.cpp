// SPDX-License-Identifier: BSL-1.0
// Operations of other files, where less is left to the compiler's choice of what to inline.
//   *_outline   each next() of the frame_reader is a real call
//   *_sites     a program that encodes at 20 places; each place is a function, and all are called in turn
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include <hubwire/mqtt3.hpp>

#include "connection.hpp"
#include "data.hpp"
#include "operation.hpp"

namespace bench {

namespace {

using namespace hubwire;

struct outlined {
  [[gnu::noinline]] static frame_result next(frame_reader& reader, byte_view& chunk) {
    return reader.next(chunk);
  }
};

constexpr std::size_t sites = 20;

// Each place writes its own number into the packet. Without it the compiler would merge the 20 functions.
struct site_output {
  std::array<std::uint8_t, 512> output{};
  byte_span buffer = output;
  std::size_t size = 0;

  [[gnu::always_inline]] void put(result<byte_view> const& written) { size = written ? written->size() : 0; }
};

struct connect_at : site_output {
  text client = *text::parse(client_id);
  text user = *text::parse(user_name);
  topic_name topic = *topic_name::parse(will_topic);
  std::string_view message = will_message;
  std::string_view secret = password;

  template <std::uint16_t Number>
  [[gnu::always_inline]] void send() {
    put(encode(buffer, v3::connect{.client_id = client,
                                   .keep_alive = keep_alive + Number,
                                   .will = v3::will{topic, bytes(message), qos::at_least_once},
                                   .user_name = user,
                                   .password = bytes(secret)}));
  }
  // The keep-alive stands behind the type, two bytes of length, the name, the level and the flags.
  static std::string expected(std::uint16_t number) {
    return connect_packet().replace(11, 2, number_16(keep_alive + std::size_t{number}));
  }
};

struct publish_at : site_output {
  placed topic_text{publish_topic, placed::from_3072};
  topic_name topic = *topic_name::parse(topic_text.view());
  placed octets{payload(128)};
  bytes content{octets.view()};
  std::string_view unchecked = topic_text.view();

  template <std::uint16_t Number>
  [[gnu::always_inline]] void send_to(topic_name where) {
    auto const how = delivery::at_least_once(hubwire::packet_id::trusted(bench::packet_id + Number));
    put(encode(buffer, v3::publish{where, content, how}));
  }
  template <std::uint16_t Number>
  [[gnu::always_inline]] void send() {
    send_to<Number>(topic);
  }
  static std::string expected(std::uint16_t number) {
    return publish_packet(128).replace(75, 2, number_16(bench::packet_id + std::size_t{number}));
  }
};

struct publish_checked_at : publish_at {
  template <std::uint16_t Number>
  [[gnu::always_inline]] void send() {
    auto const name = topic_name::parse(unchecked);
    size = 0;
    if (name) send_to<Number>(*name);
  }
};

struct subscribe_at : site_output {
  std::array<v3::subscription, 3> wishes{{{*topic_filter::parse(filter_1), qos::at_least_once},
                                          {*topic_filter::parse(filter_2), qos::at_most_once},
                                          {*topic_filter::parse(filter_3), qos::at_most_once}}};

  template <std::uint16_t Number>
  [[gnu::always_inline]] void send() {
    put(encode(buffer, v3::subscribe{hubwire::packet_id::trusted(bench::packet_id + Number), wishes}));
  }
  static std::string expected(std::uint16_t number) {
    return subscribe_packet().replace(2, 2, number_16(bench::packet_id + std::size_t{number}));
  }
};

template <class Work>
struct in_rotation : Work {
  using site = void (*)(Work&);

  template <std::uint16_t Number>
  [[gnu::noinline]] static void at(Work& work) {
    work.template send<Number>();
  }
  template <std::size_t... Numbers>
  static constexpr std::array<site, sites> all_of(std::index_sequence<Numbers...>) {
    return {&at<Numbers>...};
  }
  std::array<site, sites> places = all_of(std::make_index_sequence<sites>());

  void operator()() {
    for (site const one : places) one(*this);
  }
  bool check() {
    for (std::uint16_t number = 0; number != sites; ++number) {
      this->size = 0;
      places[number](*this);
      std::string_view const written(reinterpret_cast<char const*>(this->output.data()), this->size);
      if (written != Work::expected(number)) return false;
    }
    return true;
  }
};

template <class Policy>
using reader_1460 = with_reader<Policy, 1460, 10'000, outlined>;

constexpr operation operations[] = {
    measured<reader_1460<strict>>("stream_reader_1460_outline", 0, 10'000).above("walk_cold"),
    measured<reader_1460<structural>>("stream_reader_1460_outline_unchecked", 0, 10'000).above("walk_cold"),
    measured<in_rotation<connect_at>>("connect_will_sites", 0, sites).above("memcpy_378"),
    measured<in_rotation<publish_at>>("publish_q1_128_sites", 0, sites).above("memcpy_205"),
    measured<in_rotation<publish_checked_at>>("publish_q1_128_checked_sites", 0, sites).above("memcpy_205"),
    measured<in_rotation<subscribe_at>>("subscribe_3_sites", 0, sites).above("memcpy_96"),
};

}  // namespace

std::span<operation const> outline_operations() { return operations; }

}  // namespace bench
