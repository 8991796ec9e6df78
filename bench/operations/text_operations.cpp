// SPDX-License-Identifier: BSL-1.0
// The check of text: UTF-8, U+0000 and wildcards in one.
#include <string>
#include <string_view>

#include <hubwire/core/utf8.hpp>
#include <hubwire/wire/topic_name.hpp>

#include "data.hpp"
#include "operation.hpp"

namespace bench {

namespace {

constexpr std::string_view ascii_256 =
    "devices/device-0042a/messages/devicebound/%24.mid=0123456789&%24.to=%2Fdevices%2Fdevice-0042a%2Fmessages"
    "%2FdeviceBound&prop=value&site=plant-7&line=2&firmware=4.12.0-rc1&build=991&unit=celsius&alert="
    "temperature-high"
    "&cmd=set-interval&seconds=000000000000060";
static_assert(ascii_256.size() >= 256);

struct scan {
  explicit scan(std::string_view given) : storage(given) {}

  placed storage;
  std::string_view text = storage.view();
  bool valid = false;

  void operator()() { valid = hubwire::topic_name::is_valid(text); }
  bool check() {
    bool const good = valid;
    std::string broken(text);
    broken.back() = '\xC3';
    bool refused = !hubwire::topic_name::is_valid(broken);
    broken.back() = '#';
    refused = refused && !hubwire::topic_name::is_valid(broken);
    broken.back() = '\0';
    return good && refused && !hubwire::topic_name::is_valid(broken);
  }
};

template <std::size_t Size>
struct ascii : scan {
  ascii() : scan(ascii_256.substr(0, Size)) {}
};
struct mixed_70 : scan {
  mixed_70() : scan(mixed_text) {}
};

constexpr operation operations[] = {
    measured<ascii<70>>("utf8_ascii70", 70).above("memchr_70"),
    measured<mixed_70>("utf8_mixed70", 70).above("memchr_70"),
    measured<ascii<16>>("utf8_ascii16", 16).above("memchr_16"),
    measured<ascii<32>>("utf8_ascii32", 32).above("memchr_32"),
    measured<ascii<128>>("utf8_ascii128", 128).above("memchr_128"),
    measured<ascii<256>>("utf8_ascii256", 256).above("memchr_256"),
};

}  // namespace

std::span<operation const> text_operations() { return operations; }

}  // namespace bench
