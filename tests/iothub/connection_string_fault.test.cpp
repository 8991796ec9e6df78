// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/connection_string_fault.hpp>

#include <set>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>

using namespace hubwire;
using namespace hubwire::iothub;
using namespace hubwire::test;
using enum hubwire::iothub::connection_string_mistake;

namespace {

struct expectation {
  std::string_view text;
  connection_string_mistake mistake;
  connection_field field;
  std::size_t offset;
};

constexpr connection_field nobody = connection_field::unknown;

constexpr expectation expectations[] = {
    {"HostName=h;;DeviceId=d", empty_part, nobody, 11},
    {";HostName=h", empty_part, nobody, 0},
    {"HostName=h;DeviceId=press;7;SharedAccessKey=aw==", no_equals_sign, nobody, 26},
    {"HostName=h;DeviceId", no_equals_sign, connection_field::device_id, 11},
    {"HostName=h;=x", no_name, nobody, 11},
    {"HostName=h; DeviceId=d", blank, nobody, 11},
    {"HostName=h;DeviceId =d", blank, nobody, 19},
    {"HostName=h;DeviceId= d", blank, connection_field::device_id, 20},
    {"HostName=h;DeviceId=d ", blank, connection_field::device_id, 21},
    {"HostName=h;DeviceId=d;SharedAccessKey=aw==\n", line_end, connection_field::shared_access_key, 42},
    {"HostName=h;DeviceId=d;SharedAccessKey=aw==\r\n", line_end, connection_field::shared_access_key, 42},
    {"HostName=h;DeviceId=d;SharedAccessKey=a\nw==", line_end, connection_field::shared_access_key, 39},
    {"HostName=h;DeviceId=d;SharedAccessKey=aw==;\n", line_end, nobody, 43},
    {"\"HostName=h;DeviceId=d\"", quotation_mark, nobody, 0},
    {"'HostName=h;DeviceId=d'", quotation_mark, nobody, 0},
    {"HostName=\"h\"", quotation_mark, connection_field::host_name, 9},
    {"HostName=h;DeviceId=d;SharedAccessKey=aw==\"", quotation_mark, connection_field::shared_access_key, 42},
    {"HostName=h;SharedAccessKeyName=n'", quotation_mark, connection_field::shared_access_key_name, 32},
    {"\xEF\xBB\xBFHostName=h", not_ascii, nobody, 0},
    {"HostName=h\xC2\xA0;", not_ascii, connection_field::host_name, 10},
    {"HostName=h;DeviceId=d\x7F", not_ascii, connection_field::device_id, 21},
    {"hostname=h", letter_case, connection_field::host_name, 0},
    {"HostName=h;DeviceID=d", letter_case, connection_field::device_id, 11},
    {"HostName=h;DeviceId=press;line=7", unknown_name, nobody, 26},
    {"HostName=h;HostName=h", given_twice, connection_field::host_name, 11},
    {"HostName=h;x509=true;SharedAccessKey=aw==", second_way_to_authenticate,
     connection_field::shared_access_key, 21},
    {"HostName=;DeviceId=d", empty_value, connection_field::host_name, 9},
    {"HostName=https://h", wrong_value, connection_field::host_name, 15},
    {"HostName=h.", wrong_value, connection_field::host_name, 9},
    {"HostName=h;DeviceId=a/b", wrong_value, connection_field::device_id, 21},
    {"HostName=h;DeviceId=d;ModuleId=a\\b", wrong_value, connection_field::module_id, 32},
    {"GatewayHostName=h/", wrong_value, connection_field::gateway_host_name, 17},
    {"SharedAccessKey=a=w=", wrong_value, connection_field::shared_access_key, 16},
    {"SharedAccessKey=a-_=", wrong_value, connection_field::shared_access_key, 17},
    {"SharedAccessKeyName=a/b", wrong_value, connection_field::shared_access_key_name, 21},
    {"SharedAccessSignature=aw==", wrong_value, connection_field::shared_access_signature, 22},
    {"SharedAccessSignature=SharedAccessSignature sr=a b", blank, connection_field::shared_access_signature,
     48},
    {"HostName=`h`", quotation_mark, connection_field::host_name, 9},
    {"HostName=h\t", blank, connection_field::host_name, 10},
    {"HostName=h~", wrong_value, connection_field::host_name, 10},
    {"x509='true'", wrong_value, connection_field::x509, 5},
    {"x509=True", wrong_value, connection_field::x509, 5},
    {"", missing_part, connection_field::host_name, 0},
    {"HostName=h;SharedAccessKey=aw==", missing_part, connection_field::device_id, 31},
    {"HostName=h;DeviceId=d", missing_part, connection_field::shared_access_key, 21},
};

connection_string_fault found_in(std::string_view text, unknown_fields others = unknown_fields::refuse) {
  guarded_input const input(text);
  return diagnose_connection_string(input.view(), others);
}

}  // namespace

TEST_CASE("connection_string_fault: each mistake, with its part and character",
          "[iothub][connection_string]") {
  std::set<connection_string_mistake> seen;
  for (expectation const& wanted : expectations) {
    CAPTURE(wanted.text);
    connection_string_fault const fault = found_in(wanted.text);
    CHECK(fault);
    CHECK(fault.why == parse_connection_string(wanted.text).error());
    CHECK(fault.mistake == wanted.mistake);
    CHECK(fault.field == wanted.field);
    CHECK(fault.offset == wanted.offset);
    seen.insert(fault.mistake);
  }
  CHECK(seen.size() == static_cast<std::size_t>(missing_part));  // all but none
}

TEST_CASE("connection_string_fault: a sound connection string has none", "[iothub][connection_string]") {
  constexpr_test([] {
    auto const fault = diagnose_connection_string("HostName=h;DeviceId=d;SharedAccessKey=aw==");
    return !fault && fault.mistake == none && explain(fault) == "The connection string is sound.";
  });
  CHECK_FALSE(found_in("HostName=h;DeviceId=d;SharedAccessKey=aw==;Foo=x", unknown_fields::allow));
}

TEST_CASE("connection_string_fault: others that are allowed keep to rules as well",
          "[iothub][connection_string]") {
  auto const with = [](std::string_view part) {
    return found_in("HostName=h;DeviceId=d;SharedAccessKey=aw==;" + std::string(part), unknown_fields::allow);
  };
  CHECK(with("deviceid=d").mistake == letter_case);
  CHECK(with("a/b=d").mistake == unknown_name);
  CHECK(with("Foo=x\n").mistake == line_end);
  CHECK(with("Foo=x\n").offset == 48);
}

TEST_CASE("connection_string_fault: the words fit, differ and hold nothing of the input",
          "[iothub][connection_string]") {
  std::set<std::string_view> words;
  std::set<std::pair<connection_string_mistake, connection_field>> cases;
  for (expectation const& wanted : expectations) {
    connection_string_fault const fault = found_in(wanted.text);
    std::string_view const text = explain(fault);
    CHECK(text.size() > 30);
    CHECK(text.find("  ") == text.npos);
    words.insert(text);
    // Host names and ids share a text, other fields count for two mistakes only.
    connection_field field = fault.field;
    if (field == connection_field::gateway_host_name) field = connection_field::host_name;
    if (field == connection_field::module_id) field = connection_field::device_id;
    bool const counts = fault.mistake == wrong_value || fault.mistake == missing_part;
    cases.insert({fault.mistake, counts ? field : nobody});
  }
  CHECK(words.size() == cases.size());
  auto const key = found_in("HostName=h;DeviceId=d;SharedAccessKey=top-secret");
  CHECK(explain(key).find("top-secret") == std::string_view::npos);
  CHECK(explain(found_in("HostName=h.")).find("no path or dot behind it") != std::string_view::npos);
  CHECK(explain(found_in("HostName=h;DeviceId=a;b=c")).find("';'") != std::string_view::npos);
}

TEST_CASE("connection_string_fault: names of parts", "[iothub][connection_string]") {
  CHECK(to_string(connection_field::gateway_host_name) == "GatewayHostName");
  CHECK(to_string(connection_field::x509) == "x509");
  CHECK(to_string(connection_field::unknown) == "unknown");
}

TEST_CASE("connection_string_fault: values that no text leads to have words, too",
          "[iothub][connection_string]") {
  connection_string_fault made{{errc::invalid_field, 0}, wrong_value, connection_field::unknown, 0};
  CHECK(explain(made).find("no part of a connection string has") != std::string_view::npos);
  made.field = static_cast<connection_field>(0xff);
  CHECK(explain(made).find("no part of a connection string has") != std::string_view::npos);
  made.mistake = static_cast<connection_string_mistake>(0xff);
  CHECK(explain(made) == "The connection string cannot be used.");
}
