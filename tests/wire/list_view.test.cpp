// SPDX-License-Identifier: BSL-1.0
#include <hubwire/wire/list_view.hpp>

#include <array>
#include <iterator>
#include <utility>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <hubwire/core/writer.hpp>
#include <hubwire/wire/body.hpp>

#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>

namespace list_elements {

// An element of its own: a name with a number, without a default constructor, as topic_filter has none.
struct entry {
  std::string_view name;
  std::uint8_t number;

  constexpr entry(std::string_view n, std::uint8_t value) noexcept : name(n), number(value) {}
  friend constexpr bool operator==(entry const&, entry const&) noexcept = default;
};

template <class Out>
constexpr void write_element(Out& out, entry const& e) noexcept {
  out.refuse_if(e.number == 0xff);
  out.prefixed(e.name);
  out.u8(e.number);
}

template <class Policy>
constexpr entry read_element(hubwire::reader<Policy>& in, std::type_identity<entry>) noexcept {
  std::string_view const name = in.prefixed();
  std::uint8_t const number = in.u8();
  in.require(number != 0xff, hubwire::errc::protocol_error);
  return {name, number};
}

}  // namespace list_elements

using namespace hubwire;
using namespace hubwire::test;
using list_elements::entry;

namespace {

constexpr std::array<entry, 3> three{{{"a", 1}, {"", 2}, {"xyz", 3}}};
constexpr std::string_view three_on_the_wire{"\0\1a\1\0\0\2\0\3xyz\3", 13};

constexpr bool holds_three(list_view<entry> const& list) {
  std::size_t index = 0;
  for (entry const e : list)
    if (index == 3 || !(e == three[index++])) return false;
  return index == 3 && list.size() == 3 && !list.empty();
}

}  // namespace

TEST_CASE("list_view: of the caller's elements", "[wire][list_view]") {
  constexpr_test([] {
    return holds_three(three) && holds_three(std::span<entry const>(three)) &&
           holds_three(std::span<entry const, 3>(three));
  });
  entry const c_array[] = {three[0], three[1], three[2]};
  std::vector<entry> vector(three.begin(), three.end());
  CHECK(holds_three(c_array));
  CHECK(holds_three(vector));
}

TEST_CASE("list_view: of a writable span, kept or temporary", "[wire][list_view]") {
  constexpr_test([] {
    std::array<entry, 4> room{three[0], three[1], three[2], entry{"unused", 0}};
    std::span<entry> const all(room);
    std::span<entry> front = all.first(3);
    return holds_three(front) && holds_three(all.first(3)) && holds_three(all.first<3>());
  });
}

TEST_CASE("list_view: of wire bytes, decoded while iterating", "[wire][list_view]") {
  constexpr_test([] { return holds_three(list_view<entry>::trusted(three_on_the_wire, 3)); });
}

TEST_CASE("list_view: nothing is the default", "[wire][list_view]") {
  constexpr_test([] {
    list_view<entry> const nothing;
    return nothing.empty() && nothing.size() == 0 && nothing.begin() == nothing.end() &&
           list_view<entry>(std::span<entry const>()).empty();
  });
}

TEST_CASE("list_view: a temporary array would be gone, so it is refused", "[wire][list_view]") {
  STATIC_CHECK(!std::is_constructible_v<list_view<entry>, std::array<entry, 3>>);
  STATIC_CHECK(!std::is_constructible_v<list_view<entry>, std::array<entry, 3> const>);
  STATIC_CHECK(!std::is_constructible_v<list_view<entry>, std::vector<entry>>);
  STATIC_CHECK(std::is_constructible_v<list_view<entry>, std::array<entry, 3>&>);
  STATIC_CHECK(std::is_constructible_v<list_view<entry>, std::array<entry, 3> const&>);
  STATIC_CHECK(std::is_convertible_v<std::span<entry>, list_view<entry>>);
  STATIC_CHECK(std::is_convertible_v<std::span<entry const>, list_view<entry>>);
  STATIC_CHECK(!std::is_constructible_v<list_view<entry>, std::span<int>>);
  STATIC_CHECK(std::is_trivially_copyable_v<list_view<entry>>);
}

TEST_CASE("list_view: its iterator is a standard input iterator", "[wire][list_view]") {
  STATIC_CHECK(std::input_iterator<list_view<entry>::iterator>);
  auto const list = list_view<entry>::trusted(three_on_the_wire, 3);
  auto position = list.begin();
  position++;
  CHECK((*position).number == 2);
  ++position;
  CHECK((*position).name == "xyz");
  CHECK(position != list.end());
  ++position;
  CHECK(position == list.end());
}

std::size_t size_with_id(packet_id id, list_view<entry> const& list) {
  detail::body_size size;
  detail::write_list(size, id, list);
  return size.total();
}

TEST_CASE("list_view: measured and written from either source", "[wire][list_view]") {
  for (auto const& list : {list_view<entry>(three), list_view<entry>::trusted(three_on_the_wire, 3)}) {
    CHECK(size_with_id(1, list) == 2 + 13);
    guarded_output const output(2 + 13);
    writer out(output.chars().data());
    detail::write_list(out, 1, list);
    CHECK(to_hex(output.octets()) == "0001" + to_hex(three_on_the_wire));
  }
}

TEST_CASE("list_view: no body without elements, nor with one that cannot be encoded", "[wire][list_view]") {
  CHECK(size_with_id(1, {}) == detail::no_size);
  std::array<entry, 3> odd = three;
  for (entry& each : odd) {
    std::uint8_t const number = std::exchange(each.number, std::uint8_t{0xff});
    CHECK(size_with_id(1, odd) == detail::no_size);
    each.number = number;
  }
  CHECK(size_with_id(1, odd) == 2 + 13);
  CHECK(size_with_id(detail::absent{}, odd) == detail::no_size);
}

TEST_CASE("list_view: read to the end of the packet, in place", "[wire][list_view]") {
  guarded_input const input(three_on_the_wire);
  reader in(input.view());
  auto const list = detail::read_list<entry>(in);
  CHECK(holds_three(list));
  CHECK(in.empty());
  CHECK(!in.failed());
  CHECK((*list.begin()).name.data() == input.view().data() + 2);
}

TEST_CASE("list_view: a list cut inside an element is refused, between two it is shorter",
          "[wire][list_view]") {
  for (std::size_t size = 0; size != three_on_the_wire.size(); ++size) {
    CAPTURE(size);
    guarded_input const input(three_on_the_wire.substr(0, size));
    reader<structural> in(input.view());
    auto const list = detail::read_list<entry>(in);
    bool const whole = size == 4 || size == 7;
    CHECK(in.failed() != whole);
    CHECK(list.size() == (size == 4 ? 1 : size == 7 ? 2 : 0));
    if (!whole) CHECK(in.error() == errc::malformed_packet);
  }
}

TEST_CASE("list_view: one bad element spoils the list", "[wire][list_view]") {
  for (std::string_view const hex : {"000161ff", "00016101 000162ff", "000161ff 00016201"}) {
    guarded_input const input(from_hex(hex));
    reader in(input.view());
    bool const nothing = detail::read_list<entry>(in).empty();
    CHECK(nothing);
    CHECK(in.error() == errc::protocol_error);
  }
}

TEST_CASE("list_view: nothing is read after an earlier failure", "[wire][list_view]") {
  reader in(three_on_the_wire);
  in.fail(errc::unsupported_protocol, 9);
  bool const nothing = detail::read_list<entry>(in).empty();
  CHECK(nothing);
  CHECK(in.error() == error{errc::unsupported_protocol, 9});
}
