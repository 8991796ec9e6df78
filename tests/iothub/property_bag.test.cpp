// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/property_bag.hpp>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <hubwire/text/text_writer.hpp>
#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>

using namespace hubwire;
using namespace hubwire::iothub;
using namespace hubwire::test;

namespace {

std::string decoded(percent_text text) {
  std::vector<char> buffer(text.raw().size() + 1);
  auto const plain = text.decode(buffer);
  return plain ? std::string(*plain) : "malformed:" + std::string(text.raw());
}

// "name" for null, "name=" for empty, "name=value" decoded.
std::vector<std::string> items_of(property_bag const& bag) {
  std::vector<std::string> items;
  for (auto const [name, value] : bag)
    items.push_back(decoded(name) + (value.is_null() ? "" : "=" + decoded(value)));
  return items;
}

std::vector<std::string> parsed(std::string_view raw) {
  guarded_input const input(raw);
  auto const bag = property_bag::parse(input.view());
  if (!bag) return {"error at " + std::to_string(bag.error().detail)};
  CHECK(bag->size() == items_of(*bag).size());
  CHECK(bag->empty() == (bag->size() == 0));
  CHECK(bag->raw() == raw);
  return items_of(*bag);
}

using items = std::vector<std::string>;

}  // namespace

TEST_CASE("property_bag: null, empty and text are three different values", "[iothub][property_bag][H211]") {
  auto const bag = property_bag::parse("prop1&prop2=&prop3=a%20string");
  REQUIRE(bag);
  CHECK(items_of(*bag) == items{"prop1", "prop2=", "prop3=a string"});
  CHECK(bag->find("prop1")->state() == value_state::null);
  CHECK(bag->find("prop2")->state() == value_state::empty);
  CHECK(bag->find("prop3")->state() == value_state::text);
  CHECK(!(*bag->find("prop1") == ""));
  CHECK(*bag->find("prop2") == "");
  CHECK(*bag->find("prop3") == "a string");
  CHECK(!bag->find("prop"));
  CHECK(!bag->find(""));
}

TEST_CASE("property_bag: each odd bag has its one result", "[iothub][property_bag][H211]") {
  CHECK(parsed("") == items{});
  CHECK(parsed("&") == items{"error at 0"});
  CHECK(parsed("a") == items{"a"});
  CHECK(parsed("a=") == items{"a="});
  CHECK(parsed("=b") == items{"error at 0"});
  CHECK(parsed("=") == items{"error at 0"});
  CHECK(parsed("a=b&") == items{"a=b"});
  CHECK(parsed("a&") == items{"a"});
  CHECK(parsed("&&") == items{"error at 0"});
  CHECK(parsed("&a=b") == items{"error at 0"});
  CHECK(parsed("a=b&&") == items{"error at 4"});
  CHECK(parsed("a=1&&b=2") == items{"error at 4"});
  CHECK(parsed("a=1&=2") == items{"error at 4"});
  CHECK(parsed("a=b=c") == items{"a=b=c"});
  CHECK(parsed("a==") == items{"a=="});
  CHECK(parsed("a=b&a=c") == items{"a=b", "a=c"});
  CHECK(parsed("a&b=2") == items{"a", "b=2"});
  CHECK(parsed("a=1&b") == items{"a=1", "b"});
  CHECK(parsed("a=%00") == items{std::string("a=\0", 3)});
  CHECK(parsed("a=%") == items{"a=malformed:%"});
  CHECK(parsed("a=%2") == items{"a=malformed:%2"});
  CHECK(parsed("a=%zz") == items{"a=malformed:%zz"});
  CHECK(parsed("%=1&b=2") == items{"malformed:%=1", "b=2"});
  CHECK(parsed("a%3Db=c") == items{"a=b=c"});
  CHECK(property_bag::parse("&").error() == errc::invalid_iothub_topic);
}

TEST_CASE("property_bag: a broken escape spoils its own item only", "[iothub][property_bag][H211]") {
  auto const bag = property_bag::parse("a=1&b=%E0%A4%A&c%=3&d=%E2%82&e=5");
  REQUIRE(bag);
  CHECK(bag->size() == 5);
  std::vector<bool> malformed;
  for (property const item : *bag) malformed.push_back(item.malformed());
  CHECK(malformed == std::vector{false, true, true, false, false});
  CHECK(bag->find("b")->malformed());
  CHECK(bag->find("b")->raw() == "%E0%A4%A");
  CHECK(!(*bag->find("b") == "%E0%A4%A"));
  CHECK(!bag->find("c%"));
  CHECK(*bag->find("d") == "\xE2\x82");  // an escape may stand for any byte; UTF-8 is another question
  CHECK(*bag->find("e") == "5");
}

TEST_CASE("property_bag: find compares decoded names and takes the first", "[iothub][property_bag]") {
  auto const bag = property_bag::parse("%24.mid=1&$.cid=2&b%20ey=3&a=x&a=y&%61=z");
  REQUIRE(bag);
  CHECK(*bag->find("$.mid") == "1");
  CHECK(*bag->find(system_property::correlation_id) == "2");
  CHECK(*bag->find("b ey") == "3");
  CHECK(*bag->find("a") == "x");
  CHECK(!bag->find("%24.mid"));
}

TEST_CASE("property_bag: + is a plus", "[iothub][property_bag]") {
  CHECK(parsed("a+b=c+d") == items{"a+b=c+d"});
}

TEST_CASE("property_bag: what Microsoft's SDKs and the service write", "[iothub][property_bag]") {
  CHECK(
      parsed("%24.mid=m%3A1&%24.cid=c%2B1&%24.uid=u&%24.to=x&%24.ct=application%2Fjson&%24.ce=utf-8&%24.exp="
             "1735689600000&b%20ey=v%2F1%2B%23%26%3D%E2%82%AC&emp=&a'!()*~=z") ==
      items{"$.mid=m:1", "$.cid=c+1", "$.uid=u", "$.to=x", "$.ct=application/json", "$.ce=utf-8",
            "$.exp=1735689600000", "b ey=v/1+#&=\xE2\x82\xAC", "emp=", "a'!()*~=z"});
  CHECK(
      parsed("%24.mid=m%3A1&%24.cid=c%2B1&%24.ct=application%2Fjson&%24.ce=utf-8&a%27%21%28%29%2A~=z&b%20ey="
             "v%2F1%2B%23%26%3D%E2%82%AC&emp=") == items{"$.mid=m:1", "$.cid=c+1", "$.ct=application/json",
                                                         "$.ce=utf-8", "a'!()*~=z",
                                                         "b ey=v/1+#&=\xE2\x82\xAC", "emp="});
  CHECK(parsed("%24.to=%2Fdevices%2Fsnoopy%2Fmessages%2FdeviceBound&iothub-ack=full&functionId=9&trackingId="
               "&requestId=0") == items{"$.to=/devices/snoopy/messages/deviceBound", "iothub-ack=full",
                                        "functionId=9", "trackingId=", "requestId=0"});
  CHECK(parsed(
            "alert=true&sp%20ace=a%26b%3Dc%2Fd%3Fe%25f%2Bg%23h'i(j)*k!l~m&%C3%BCn%C3%AF=%C3%A9%E2%82%AC%F0%9F"
            "%98%80&empty=") == items{"alert=true", "sp ace=a&b=c/d?e%f+g#h'i(j)*k!l~m",
                                      "\xC3\xBCn\xC3\xAF=\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "empty="});
}

TEST_CASE("property_bag: a thousand pairs and 64 KiB", "[iothub][property_bag][H211]") {
  std::string raw;
  for (int i = 0; i != 1000; ++i) raw += "k" + std::to_string(i) + "=" + std::to_string(i) + "&";
  auto const many = property_bag::parse(raw);
  REQUIRE(many);
  CHECK(many->size() == 1000);
  CHECK(*many->find("k999") == "999");

  std::string const long_value(65'536, 'v');
  std::string const large = "a=" + long_value;
  auto const one = property_bag::parse(large);
  REQUIRE(one);
  CHECK(*one->find("a") == long_value);

  std::string const nothing_but_ands(65'536, '&');
  CHECK(property_bag::parse(nothing_but_ands).error() == error{errc::invalid_iothub_topic, 0});
  std::string nulls;
  for (int i = 0; i != 32'768; ++i) nulls += "a&";
  CHECK(property_bag::parse(nulls)->size() == 32'768);
}

TEST_CASE("property_bag: every beginning of a bag is read or refused, never read past",
          "[iothub][property_bag][H211]") {
  std::string_view const whole = "%24.mid=m%3A1&a&b=&c=d=e%2Ff&g=%zz&h";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    guarded_input const input(whole.substr(0, size));
    auto const bag = property_bag::parse(input.view());
    REQUIRE(bag);
    CHECK(items_of(*bag).size() == bag->size());
    CHECK(!bag->find("zz"));
  }
}

TEST_CASE("property_bag: works in constant evaluation", "[iothub][property_bag]") {
  constexpr_test([] {
    auto const bag = property_bag::parse("%24.ct=application%2Fjson&n&e=");
    int nulls = 0;
    for (auto const [name, value] : *bag) nulls += value.is_null() ? 1 : 0;
    return bag->size() == 3 && nulls == 1 && *bag->find("$.ct") == "application/json" &&
           !property_bag::parse("a&&b");
  });
}

TEST_CASE("property_bag: a default value is null and an empty bag has no items", "[iothub][property_bag]") {
  CHECK(property_value().is_null());
  CHECK(property_bag().empty());
  CHECK(items_of(property_bag()).empty());
}

TEST_CASE("property_bag: an iterator steps on and hands back where it was", "[iothub][property_bag]") {
  auto const bag = property_bag::parse("a=1&b=2");
  REQUIRE(bag);
  auto at = bag->begin();
  auto const before = at++;
  CHECK((*before).name == "a");
  CHECK((*at).name == "b");
}

TEST_CASE("property_bag: a separator is no part of a name unless it is escaped", "[iothub][property_bag]") {
  property_bag const bag = *property_bag::parse("a&b=1&c=d=2&e%26f=3&g%3dh=4");
  CHECK_FALSE(bag.find("a&b"));
  CHECK_FALSE(bag.find("c=d"));
  CHECK(bag.find("e&f")->raw() == "3");
  CHECK(bag.find("g=h")->raw() == "4");
}

namespace {

// Cut and decoded first; where the value stands in raw, or nothing.
std::optional<std::string_view> found_by_cutting(std::string_view raw, std::string_view name) {
  for (std::size_t begin = 0; begin < raw.size();) {
    std::size_t const end = std::min(raw.find('&', begin), raw.size());
    std::string_view const item = raw.substr(begin, end - begin);
    std::string_view const item_name = item.substr(0, item.find('='));
    if (decoded(percent_text(item_name)) == name)
      return item.substr(std::min(item_name.size() + 1, item.size()));
    begin = end + 1;
  }
  return std::nullopt;
}

void check_find(std::string const& raw, std::string_view name) {
  guarded_input const input{std::string_view(raw)};
  auto const bag = property_bag::parse(input.view());
  REQUIRE(bag);
  auto const value = bag->find(name);
  auto const wanted = found_by_cutting(input.view(), name);
  INFO(raw << " has " << name);
  REQUIRE(value.has_value() == wanted.has_value());
  if (value && !value->is_null()) REQUIRE(value->raw().data() == wanted->data());
  if (value) REQUIRE(value->raw() == *wanted);
}

}  // namespace

TEST_CASE("property_bag: find takes the same property wherever it stands, plain or escaped",
          "[iothub][property_bag]") {
  for (std::string_view const name : {"s", "sit", "site", "site-name", "a-name-of-15-ch", "a-name-of-16-chr",
                                      "$.mid", "\xC3\xBCnter", "a&b=c", "50%%", "=abc", "&abc"}) {
    std::vector<std::string> forms;
    std::string escaped;
    for (std::size_t at = 0; at <= name.size(); ++at) {  // the first characters escaped, each alone, none
      char small[4];
      std::string plain(name);
      if (at != name.size()) {
        std::snprintf(small, sizeof small, "%%%02x", static_cast<unsigned char>(name[at]));
        plain.replace(at, 1, small);
      }
      forms.push_back(escaped + std::string(name.substr(at)));
      forms.push_back(plain);
      if (at == name.size()) continue;
      std::snprintf(small, sizeof small, "%%%02X", static_cast<unsigned char>(name[at]));
      escaped += small;
    }
    for (std::string const& form : forms) {
      if (form.front() == '=' || form.front() == '&' || form.find('&') != std::string::npos) continue;
      for (std::size_t before = 0; before != 36; ++before)
        for (std::string_view const behind :
             {"", "=", "=1", "=%41&x=y", "&x=1", "=0123456789abcdefghi&z", "x=1"}) {
          std::string const front =
              before == 0 ? "" : std::string(before, name.front() == 's' ? 's' : 'x') + "&";
          check_find(front + form + std::string(behind), name);
        }
    }
  }
}

TEST_CASE("property_bag: names that begin alike are told apart", "[iothub][property_bag]") {
  for (std::string_view const raw :
       {"site-name=1&site2=2&sit=3&site=4&site=5", "s%69te=1&site=2", "s=%74&site=2&padding=0123456789",
        "%73%69te&site=1", "%7=1&%73i=2&site=3&0123456789", "sitE=1&siteE=2&site%20=3&site=4&padding",
        "site%=1&site=2&padding=01234567", "a=site&b=&site=&c=0123456789abc", "x=0123456789abcdef&site",
        "x=0123456789abcdef&site&", "site&x=0123456789abcdef"})
    for (std::string_view const name :
         {"site", "sit", "site-name", "site2", "site ", "siteE", "none", "padding", "0123456789"})
      check_find(std::string(raw), name);
}

TEST_CASE("property_bag: the first property without a name is found at every place",
          "[iothub][property_bag]") {
  for (std::size_t size = 2; size != 56; ++size)
    for (std::size_t at = 0; at + 1 != size; ++at)
      for (std::string_view const pair : {"&&", "&=", "&6", "&;", "&'", "&x", "=&"}) {
        std::string raw(size, 'a');
        raw.replace(at, 2, pair);
        guarded_input const input{std::string_view(raw)};
        auto const bag = property_bag::parse(input.view());
        std::size_t const wrong =
            raw.front() == '&' || raw.front() == '=' ? 0 : std::min(raw.find("&&"), raw.find("&="));
        INFO(raw);
        REQUIRE(bag.has_value() == (wrong == std::string::npos));
        if (!bag) REQUIRE(bag.error().detail == (wrong == 0 ? 0 : wrong + 1));
      }
}
