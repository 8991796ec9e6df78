// SPDX-License-Identifier: BSL-1.0
// IoT Hub: text in, text out.
#include <array>
#include <string>
#include <string_view>

#include <hubwire/iothub.hpp>

#include "data.hpp"
#include "operation.hpp"

namespace bench {

namespace {

using namespace hubwire;

struct device {
  iothub::identity self{*iothub::host_name::parse("contoso-hub-001.azure-devices.net"),
                        *iothub::device_id::parse(client_id)};
};

struct writing : device {
  std::array<char, 512> output{};
  std::string_view written{};
  char_span buffer = output;

  [[gnu::always_inline]] void put(auto const& made) { written = made ? made->view() : std::string_view(); }
};

constexpr std::string_view telemetry_topic =
    "devices/device-0042a/messages/events/%24.ct=application%2Fjson&%24.ce=utf-8&"
    "%24.mid=0f8fad5b-d9cb-469f&alert=temperature-high";

struct telemetry_topic_4 : writing {
  std::string_view content_type = "application/json";
  std::string_view encoding = "utf-8";
  std::string_view message_id = "0f8fad5b-d9cb-469f";
  std::string_view alert = "temperature-high";

  void operator()() {
    put(iothub::telemetry_topic(buffer, self.device)
            .add(iothub::system_property::content_type, content_type)
            .add(iothub::system_property::content_encoding, encoding)
            .add(iothub::system_property::message_id, message_id)
            .add("alert", alert)
            .done());
  }
  bool check() const { return written == telemetry_topic; }
};

// The same topic from text that was encoded before.
struct telemetry_topic_4_encoded : writing {
  encoded_text content_type = "application%2Fjson";
  encoded_text encoding = "utf-8";
  encoded_text message_id = "0f8fad5b-d9cb-469f";
  encoded_text alert = "temperature-high";

  void operator()() {
    put(iothub::telemetry_topic(buffer, self.device)
            .add_encoded("%24.ct", content_type)
            .add_encoded("%24.ce", encoding)
            .add_encoded("%24.mid", message_id)
            .add_encoded("alert", alert)
            .done());
  }
  bool check() const { return written == telemetry_topic; }
};

struct reading : device {
  explicit reading(std::string_view text) : storage(text) {}

  placed storage;
  topic_name topic = *topic_name::parse(storage.view());
  bool read = false;
};

constexpr std::string_view c2d =
    "devices/device-0042a/messages/devicebound/%24.mid=0f8fad5b-d9cb-469f&"
    "%24.to=%2Fdevices%2Fdevice-0042a%2Fmessages%2FdeviceBound&iothub-ack=full&prio=high&site=plant-7&cmd="
    "set-interval";

struct c2d_find : reading {
  c2d_find() : reading(c2d) {}

  std::string_view name = "site";
  std::string_view value{};

  void operator()() {
    auto const event = iothub::parse_topic(topic, self);
    value = {};
    if (!event || event->c2d() == nullptr) return;
    auto const found = event->c2d()->properties.find(name);
    if (found) value = found->raw();
  }
  bool check() const { return value == "plant-7"; }
};

struct c2d_iterate : reading {
  c2d_iterate() : reading(c2d) {}

  std::size_t properties = 0;

  void operator()() {
    auto const event = iothub::parse_topic(topic, self);
    properties = 0;
    if (!event || event->c2d() == nullptr) return;
    for (iothub::property const item : event->c2d()->properties) {
      keep(item.name.raw().data(), item.name.raw().size(), item.value.raw().data(), item.value.raw().size());
      ++properties;
    }
  }
  bool check() const { return properties == 6; }
};

struct method_topic : reading {
  method_topic() : reading("$iothub/methods/POST/SetTelemetryInterval/?$rid=1f") {}

  void operator()() {
    auto const event = iothub::parse_topic(topic, self);
    read = event && event->method_request() != nullptr;
    if (!read) return;
    iothub::method_request const& request = *event->method_request();
    keep(request.name.data(), request.name.size(), request.id.text().data(), request.id.text().size());
  }
  bool check() const {
    auto const event = iothub::parse_topic(topic, self);
    return read && event->method_request()->name == "SetTelemetryInterval" &&
           event->method_request()->id == "1f";
  }
};

struct twin_response : reading {
  twin_response() : reading("$iothub/twin/res/204/?$rid=42&$version=17") {}

  void operator()() {
    auto const event = iothub::parse_topic(topic, self);
    read = event && event->twin_response() != nullptr;
    if (!read) return;
    iothub::twin_response const& response = *event->twin_response();
    keep(response.status, response.id.text().data(), response.id.text().size(), response.version.value_or(0));
  }
  bool check() const {
    auto const event = iothub::parse_topic(topic, self);
    return read && event->twin_response()->status == 204 && *event->twin_response()->version == 17 &&
           event->twin_response()->id == "42";
  }
};

struct user_name : writing {
  iothub::user_name_options options{.api_version = "2020-09-30",
                                    .device_client_type = "c/1.0.0",
                                    .model_id = "dtmi:com:example:Thermostat;1"};

  void operator()() { put(iothub::user_name(buffer, self, options)); }
  bool check() const {
    return written ==
           "contoso-hub-001.azure-devices.net/device-0042a/?api-version=2020-09-30&"
           "DeviceClientType=c%2F1.0.0&model-id=dtmi%3Acom%3Aexample%3AThermostat%3B1";
  }
};

struct signing : writing {
  std::uint64_t expiry = 1'767'225'600;
};

struct string_to_sign : signing {
  void operator()() { written = iothub::string_to_sign(buffer, self, expiry).value_or({}); }
  bool check() const {
    return written == "contoso-hub-001.azure-devices.net%2Fdevices%2Fdevice-0042a\n1767225600";
  }
};

struct sas_password : signing {
  std::string_view policy = "primary-device-key-name";
  std::string_view signature = "q8u+NfAqm4Zc2yUJ0iYtW4mUjP3C1gq8l2k9vV0d5sE=";

  void operator()() {
    written = iothub::sas_password(buffer, {.resource = self, .expiry = expiry, .policy = policy}, signature)
                  .value_or({});
  }
  bool check() const {
    return written ==
           "SharedAccessSignature sr=contoso-hub-001.azure-devices.net%2Fdevices%2Fdevice-0042a&"
           "sig=q8u%2BNfAqm4Zc2yUJ0iYtW4mUjP3C1gq8l2k9vV0d5sE%3D&se=1767225600&skn=primary-device-key-name";
  }
};

struct desired_patch : reading {
  desired_patch() : reading("$iothub/twin/PATCH/properties/desired/?$version=18") {}

  void operator()() {
    auto const event = iothub::parse_topic(topic, self);
    read = event && event->desired_update() != nullptr;
    if (read) keep(event->desired_update()->version);
  }
  bool check() const { return read && iothub::parse_topic(topic, self)->desired_update()->version == 18; }
};

// 8 KiB, of which Escaped in a hundred characters, spread by a fixed rule, are not unreserved.
constexpr std::size_t percent_size = 8192;

template <unsigned Escaped>
struct percent_8k {
  percent_8k() {
    constexpr std::string_view plain = "temperature-high.0123456789_ABCDEF";
    constexpr std::string_view reserved = "/ =&%:;+#?$@";
    std::uint32_t state = 1;
    for (std::size_t i = 0; i != percent_size; ++i) {
      state = state * 1'664'525 + 1'013'904'223;
      std::string_view const from = (state >> 16) % 100 < Escaped ? reserved : plain;
      text += from[i % from.size()];
    }
    input = text;
  }

  std::string text{};
  std::string_view input{};
  std::string output = std::string(3 * percent_size + 32, '\0');
  std::string_view written{};

  void operator()() { written = text_writer(output).put_percent(input).finish().value_or({}); }
  // Written apart from the library.
  bool check() const {
    std::string expected;
    for (char const c : text) {
      constexpr std::string_view plain = "temperature-high.0123456789_ABCDEF";
      constexpr std::string_view digits = "0123456789ABCDEF";
      auto const byte = static_cast<unsigned char>(c);
      if (plain.find(c) != std::string_view::npos)
        expected += c;
      else
        expected.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
    return written == expected;
  }
};

constexpr operation operations[] = {
    measured<telemetry_topic_4>("telemetry_topic_4", 125).above("memcpy"),
    measured<telemetry_topic_4_encoded>("telemetry_topic_4_encoded", 125).above("memcpy"),
    measured<c2d_find>("c2d_find"),
    measured<method_topic>("method_topic"),
    measured<twin_response>("twin_response"),
    measured<user_name>("user_name", 144).above("memcpy"),
    measured<string_to_sign>("string_to_sign", 69).above("memcpy"),
    measured<sas_password>("sas_password", 178).above("memcpy"),
    measured<c2d_iterate>("c2d_iterate"),
    measured<desired_patch>("desired_patch"),
    measured<percent_8k<0>>("percent_8k_clean", 8192).above("memcpy"),
    measured<percent_8k<10>>("percent_8k_tenth", 9834).above("memcpy"),
    measured<percent_8k<90>>("percent_8k_dense", 23'020).above("memcpy"),
};

}  // namespace

std::span<operation const> iothub_operations() { return operations; }

}  // namespace bench
