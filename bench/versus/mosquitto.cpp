// SPDX-License-Identifier: BSL-1.0
// libmosquitto: its functions for texts, topics and filters. Its packets are written and read inside its client only.
#include <mosquitto.h>

#include <array>

#include "adapter.hpp"

namespace bench {

namespace {

bool is_topic(std::string const& text) {
  return mosquitto_validate_utf8(text.data(), static_cast<int>(text.size())) == MOSQ_ERR_SUCCESS &&
         mosquitto_pub_topic_check2(text.data(), text.size()) == MOSQ_ERR_SUCCESS;
}

struct scan {
  std::string text;
  bool valid = false;
  explicit scan(std::string_view given) : text(given) {}
  void operator()() { valid = is_topic(text); }
  bool check() {
    bool const good = valid;
    for (char const bad : {'\xC3', '#', '\0'}) {
      std::string broken = text;
      broken.back() = bad;
      if (is_topic(broken)) return false;
    }
    return good;
  }
};

constexpr std::string_view topics_256 =
    "devices/device-0042a/messages/devicebound/%24.mid=0123456789&%24.to=%2Fdevices%2Fdevice-0042a%2Fmessages"
    "%2FdeviceBound&prop=value&site=plant-7&line=2&firmware=4.12.0-rc1&build=991&unit=celsius&alert="
    "temperature-high&cmd=set-interval&seconds=000000000000060";

template <std::size_t Size>
struct ascii : scan {
  ascii() : scan(topics_256.substr(0, Size)) {}
};
struct mixed_70 : scan {
  mixed_70() : scan(mixed_text) {}
};

struct matching {
  std::array<std::string, 8> filters;
  std::string topic = std::string(publish_topic);
  std::array<bool, 8> matched{};

  matching() {
    for (std::size_t i = 0; i != filters.size(); ++i) filters[i] = match_filters[i];
  }
  void operator()() {
    for (std::size_t i = 0; i != filters.size(); ++i)
      mosquitto_topic_matches_sub2(filters[i].data(), filters[i].size(), topic.data(), topic.size(),
                                   &matched[i]);
  }
  bool check() const {
    for (std::size_t i = 0; i != filters.size(); ++i)
      if (matched[i] != filter_matches(match_filters[i], publish_topic)) return false;
    return true;
  }
};

struct checking {
  std::array<std::string, 3> filters{std::string(filter_1), std::string(filter_2), std::string(filter_3)};
  std::size_t valid = 0;

  static bool is_filter(std::string const& text) {
    return mosquitto_validate_utf8(text.data(), static_cast<int>(text.size())) == MOSQ_ERR_SUCCESS &&
           mosquitto_sub_topic_check2(text.data(), text.size()) == MOSQ_ERR_SUCCESS;
  }
  void operator()() {
    valid = 0;
    for (std::string const& one : filters)
      if (is_filter(one)) ++valid;
  }
  bool check() const { return valid == 3 && !is_filter("a/#/b"); }
};

}  // namespace

std::vector<operation> all_operations() {
  return {
      measured<ascii<16>>("utf8_ascii16", 16),    measured<ascii<32>>("utf8_ascii32", 32),
      measured<ascii<70>>("utf8_ascii70", 70),    measured<ascii<128>>("utf8_ascii128", 128),
      measured<ascii<256>>("utf8_ascii256", 256), measured<mixed_70>("utf8_mixed70", 70),
      measured<matching>("topic_match", 0, 8),    measured<checking>("filter_check", 0, 3),
  };
}

std::string measured_library() {
  int major = 0, minor = 0, revision = 0;
  mosquitto_lib_version(&major, &minor, &revision);
  return "libmosquitto " + std::to_string(major) + '.' + std::to_string(minor) + '.' +
         std::to_string(revision);
}

}  // namespace bench
