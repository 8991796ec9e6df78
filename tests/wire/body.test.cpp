// SPDX-License-Identifier: BSL-1.0
#include <hubwire/wire/body.hpp>

#include <array>
#include <limits>
#include <string>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include <hubwire/mqtt3.hpp>

#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

v3::connect const full_connect{.client_id = "c",
                               .keep_alive = 0,
                               .will = v3::will{.topic = "w", .message = as_bytes("m")},
                               .user_name = "u",
                               .password = as_bytes("p")};
v3::publish const full_publish{
    .topic = "t", .payload = as_bytes("x"), .delivery = delivery::exactly_once(0x1234)};

template <class P>
struct recorded {
  explicit recorded(P const& packet) : record(fields) {
    write_body(record, packet);
    if constexpr (!requires { packet.payload; }) record.raw({});
  }
  std::size_t size() const { return detail::size_of_fields(fields, record.end(), record.lengths()); }
  std::size_t count() const { return static_cast<std::size_t>(record.end() - fields); }

  detail::body_field fields[16]{};  // more than any packet has
  detail::body_record record;
};

template <class P>
std::size_t measured(P const& packet) {
  detail::body_size size;
  write_body(size, packet);
  return size.total();
}

template <class P>
void check_all_ways_agree(P const& packet) {
  recorded<P> const kept(packet);
  std::size_t const size = measured(packet);
  REQUIRE(size != detail::no_size);
  CHECK(kept.size() == size);
  guarded_output const direct(size);
  guarded_output const later(size);
  writer out(direct.chars().data());
  write_body(out, packet);
  CHECK(out.position() == direct.chars().data() + size);
  detail::write_fields(writer(later.chars().data()), kept.fields, kept.record.end());
  CHECK(to_hex(later.octets()) == to_hex(direct.octets()));
}

template <class P>
bool overlaps(P const& packet, std::string_view memory) {
  detail::body_overlap found(char_view(memory.data(), memory.size()));
  write_body(found, packet);
  return found.found();
}

}  // namespace

TEST_CASE("body: measured, written and recorded, a packet is the same", "[wire][body]") {
  check_all_ways_agree(full_connect);
  check_all_ways_agree(v3::connect{});
  check_all_ways_agree(v3::connect{.client_id = "c", .clean_session = false, .user_name = "u"});
  check_all_ways_agree(full_publish);
  check_all_ways_agree(v3::publish{.topic = "t"});
}

TEST_CASE("body: no packet has more fields than its type says", "[wire][body]") {
  CHECK(recorded(full_connect).count() == v3::connect::most_fields);
  CHECK(recorded(full_publish).count() == v3::publish::most_fields);
}

TEST_CASE("body: what cannot be written has no size, measured or recorded", "[wire][body]") {
  std::string const long_text(65'536, 'x');
  auto const refused = [](auto const& packet) {
    return measured(packet) == detail::no_size && recorded(packet).size() == detail::no_size;
  };
  CHECK(refused(v3::publish{.topic = topic_name::trusted("")}));
  CHECK(refused(v3::publish{.topic = topic_name::trusted(long_text)}));
  CHECK(refused(v3::publish{.topic = detail::absent{}}));
  CHECK(refused(v3::publish{.topic = "t", .delivery = delivery::at_least_once(detail::absent{})}));
  CHECK(refused(v3::connect{.client_id = "c", .password = as_bytes("p")}));
  CHECK(refused(v3::connect{.client_id = "c", .user_name = "u", .password = as_bytes(long_text)}));
  CHECK(refused(v3::connect{.clean_session = false}));
  std::string_view const longest(long_text.data(), 65'535);
  CHECK_FALSE(refused(v3::publish{.topic = topic_name::trusted(longest)}));
  CHECK_FALSE(refused(v3::connect{.client_id = "c", .user_name = "u", .password = as_bytes(longest)}));
}

TEST_CASE("body: sizes that no memory has do not wrap", "[wire][body]") {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  for (std::size_t const size : {most, most - 1, most - 5}) {
    v3::publish const packet{.topic = "topic", .payload = bytes(std::string_view("x", size))};
    CHECK(measured(packet) > varint_max);
    CHECK(recorded(packet).size() > varint_max);
    CHECK(measured(packet) == recorded(packet).size());
  }
}

TEST_CASE("body: what a packet views is found in memory, its neighbours are not", "[wire][body]") {
  static constexpr std::string_view memory = "before|topic|after";
  v3::publish const topic{.topic = topic_name::trusted(memory.substr(7, 5))};
  v3::publish const payload{.topic = "t", .payload = as_bytes(memory.substr(7, 5))};
  for (auto const& packet : {topic, payload}) {
    CHECK(overlaps(packet, memory));
    CHECK(overlaps(packet, memory.substr(11)));
    CHECK_FALSE(overlaps(packet, memory.substr(12)));
    CHECK_FALSE(overlaps(packet, memory.substr(0, 7)));
  }
}
