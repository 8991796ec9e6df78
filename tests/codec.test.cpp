// SPDX-License-Identifier: BSL-1.0
#include <hubwire/mqtt3.hpp>

#include <array>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/packet_checks.hpp>

using namespace hubwire;
using namespace hubwire::test;
using namespace std::string_view_literals;

namespace {

// Three packets that live in flash: encoded by the compiler, and decoded by it again.

constexpr auto constant_connect = encoded_by([] {
  return v3::connect{.client_id = "dev-01",
                     .clean_session = false,
                     .keep_alive = 240,
                     .will = v3::will{.topic = "a/b", .message = as_bytes("bye"), .qos = qos::at_least_once},
                     .user_name = text("host/dev-01/?api-version=2021-04-12"),
                     .password = as_bytes("\xc0\xff")};
});
static_assert([] {
  auto const packet = decode<v3::connect>(constant_connect.view());
  return packet && packet->client_id == "dev-01" && !packet->clean_session && packet->keep_alive == 240 &&
         packet->will && packet->will->topic == "a/b" && packet->will->message == as_bytes("bye") &&
         packet->will->qos == qos::at_least_once && !packet->will->retain && packet->user_name &&
         *packet->user_name == "host/dev-01/?api-version=2021-04-12" &&
         packet->password == as_bytes("\xc0\xff");
}());

constexpr std::array<v3::subscription, 2> filters{
    {{.filter = "$iothub/twin/res/#"}, {.filter = "devices/+/x", .qos = qos::at_least_once}}};
constexpr auto constant_subscribe =
    encoded_by([] { return v3::subscribe{.id = 7, .subscriptions = filters}; });
static_assert([] {
  auto const packet = decode<v3::subscribe>(constant_subscribe.view());
  if (!packet || packet->id.number() != 7 || packet->subscriptions.size() != 2) return false;
  std::size_t index = 0;
  for (v3::subscription const s : packet->subscriptions)
    if (!(s == filters[index++])) return false;
  return index == 2;
}());

constexpr auto constant_publish = encoded_by([] {
  return v3::publish{.topic = "t/1",
                     .payload = as_bytes(R"({"t":21})"),
                     .delivery = delivery::at_least_once(258).again(),
                     .retain = true};
});
static_assert([] {
  auto const packet = decode<v3::publish>(constant_publish.view());
  return packet && packet->topic == "t/1" && packet->payload == as_bytes(R"({"t":21})") &&
         packet->delivery == delivery::at_least_once(258).again() && packet->retain;
}());

// Memory that nobody may look at.
class forbidden {
 public:
  std::string_view claiming(std::size_t size) const {
    return {memory_.chars().data() + memory_.chars().size(), size};
  }

 private:
  guarded_output memory_{1};
};

}  // namespace

TEST_CASE("codec: constant packets hold the same bytes at run time", "[codec][constexpr]") {
  CHECK(to_hex(constant_publish.octets()) ==
        "3b0f"
        "0003742f31"
        "0102"
        "7b2274223a32317d");
  CHECK(to_hex(constant_subscribe.octets()) ==
        "8225"
        "0007"
        "0012"
        "24696f746875622f7477696e2f7265732f23"
        "00"
        "000b"
        "646576696365732f2b2f78"
        "01");
  CHECK(decoded<v3::connect>(constant_connect.octets())->client_id == "dev-01");
  CHECK(constant_connect.view().size() == constant_connect.octets().size());
}

TEST_CASE("codec: every other packet is encoded and decoded by the compiler", "[codec][constexpr]") {
  constexpr_test([] {
    auto const round_trip = []<class P>(P const& packet) {
      char buffer[8] = {};
      auto const written = encode(char_span(buffer), packet);
      if (!written) return false;
      auto const read = decode<P>(*written);
      return read && *read == packet;
    };
    return round_trip(v3::connack{.session_present = true}) &&
           round_trip(v3::connack{.code = v3::connect_return_code::not_authorized}) &&
           round_trip(v3::puback{.id = 1}) && round_trip(v3::pubrec{.id = 2}) &&
           round_trip(v3::pubrel{.id = 3}) && round_trip(v3::pubcomp{.id = 4}) &&
           round_trip(v3::unsuback{.id = 65'535}) && round_trip(v3::pingreq{}) &&
           round_trip(v3::pingresp{}) && round_trip(v3::disconnect{});
  });
  constexpr_test([] {
    v3::suback_return_code const codes[] = {v3::suback_return_code::granted_qos_1,
                                            v3::suback_return_code::failure};
    v3::unsubscription const topics[] = {{.filter = "a/#"}};
    char buffer[16] = {};
    auto const suback = decode<v3::suback>(*encode(char_span(buffer), v3::suback{.id = 9, .codes = codes}));
    bool right = suback && suback->id.number() == 9 && *suback->codes.begin() == codes[0];
    auto const unsubscribe =
        decode<v3::unsubscribe>(*encode(char_span(buffer), v3::unsubscribe{.id = 9, .filters = topics}));
    return right && unsubscribe && (*unsubscribe->filters.begin()).filter == "a/#";
  });
}

TEST_CASE("encode_header: the bytes in front of a payload that is elsewhere", "[codec][encode_header]") {
  std::string const payload(300, 'p');
  v3::publish packet{
      .topic = "a/b", .payload = as_bytes(payload), .delivery = delivery::exactly_once(5), .retain = true};
  octet_vector whole(400);
  auto const written = encode(byte_span(whole), packet);
  REQUIRE(written);
  std::string const header_hex = to_hex(written->first(written->size() - payload.size()));

  guarded_output const octets(header_hex.size() / 2);
  auto const header = encode_header(octets.octets(), packet, payload.size());
  REQUIRE(header);
  CHECK(to_hex(*header) == header_hex);
  CHECK(header->data() == octets.octets().data());

  guarded_output const chars(header_hex.size() / 2);
  auto const same = encode_header(chars.chars(), packet, payload.size());
  REQUIRE(same);
  CHECK(to_hex(*same) == header_hex);

  for (std::size_t room = 0; room != header_hex.size() / 2; ++room) {
    guarded_output const small(room);
    auto const refused = encode_header(small.octets(), packet, payload.size());
    REQUIRE(!refused);
    CHECK(refused.error() ==
          error{errc::buffer_too_small, static_cast<std::uint32_t>(header_hex.size() / 2)});
    CHECK(small.untouched());
  }
}

TEST_CASE("encode_header: the packet's own payload is not looked at", "[codec][encode_header]") {
  forbidden const memory;
  v3::publish const packet{.topic = "t", .payload = bytes(memory.claiming(1'000'000))};
  guarded_output const output(5);
  CHECK(to_hex(*encode_header(output.octets(), packet, 0)) ==
        "3003"
        "000174");
  CHECK(to_hex(*encode_header(output.octets(), packet, 2)) ==
        "3005"
        "000174");
}

TEST_CASE("encode_header: works in constant evaluation", "[codec][encode_header][constexpr]") {
  constexpr_test([] {
    char buffer[16] = {};
    auto const header = encode_header(char_span(buffer), v3::publish{.topic = "t"}, 124);
    return header && std::string_view(header->data(), header->size()) == std::string_view("\x30\x7f\0\1t", 5);
  });
}

TEST_CASE("encode_header: up to 268,435,455 bytes of Remaining Length, and not one more",
          "[codec][encode_header]") {
  v3::publish const packet{.topic = "t", .delivery = delivery::at_least_once(1)};
  constexpr std::size_t largest = 268'435'455 - 5;
  guarded_output const output(10);
  auto const header = encode_header(output.octets(), packet, largest);
  REQUIRE(header);
  CHECK(to_hex(*header) ==
        "32ffffff7f"
        "000174"
        "0001");

  guarded_output const untouched(10);
  auto const over = encode_header(untouched.octets(), packet, largest + 1);
  REQUIRE(!over);
  CHECK(over.error() == error{errc::packet_too_large, 268'435'456});
  for (std::size_t const absurd :
       {std::size_t{0xffff'fffb}, static_cast<std::size_t>(-1), static_cast<std::size_t>(-6)}) {
    auto const refused = encode_header(untouched.octets(), packet, absurd);
    REQUIRE(!refused);
    CHECK(refused.error() == error{errc::packet_too_large, 0xffff'ffff});
  }
  CHECK(untouched.untouched());
}

TEST_CASE("encode: a payload that is too large is refused before anything is read or written",
          "[codec][encode]") {
  forbidden const memory;
  constexpr std::size_t largest = 268'435'455 - 3;
  v3::publish packet{.topic = "t", .payload = bytes(memory.claiming(largest))};
  CHECK(*encoded_size(packet) == 268'435'460);
  guarded_output const output(64);
  CHECK(encode(output.octets(), packet).error() == error{errc::buffer_too_small, 268'435'460});
  packet.payload = bytes(memory.claiming(largest + 1));
  check_refuses_to_encode(packet, {errc::packet_too_large, 268'435'456});
  packet.payload = bytes(memory.claiming(static_cast<std::size_t>(-1)));
  check_refuses_to_encode(packet, {errc::packet_too_large, 0xffff'ffff});
  CHECK(output.untouched());
}

TEST_CASE("encode: the length field grows where the standard says", "[codec][encode]") {
  struct sample {
    std::size_t payload;
    std::string_view header;
  };
  std::string const zeros(2'097'152, '0');
  octet_vector buffer(2'097'200);
  for (auto const& [payload, header] : {sample{124, "307f"},
                                        {125, "308001"},
                                        {16'380, "30ff7f"},
                                        {16'381, "30808001"},
                                        {2'097'148, "30ffff7f"},
                                        {2'097'149, "3080808001"}}) {
    v3::publish const packet{.topic = "t", .payload = as_bytes(std::string_view(zeros).substr(0, payload))};
    auto const written = encode(byte_span(buffer), packet);
    REQUIRE(written);
    CHECK(written->size() == header.size() / 2 + 3 + payload);
    CHECK(to_hex(written->first(header.size() / 2)) == header);
    CHECK(*decode<v3::publish>(*written) == packet);
  }
}

TEST_CASE("decode: another packet's frame is told by its type", "[codec][decode]") {
  CHECK(decode_error<v3::puback>("50020001") == error{errc::wrong_packet_type, 5});
  CHECK(decode_error<v3::puback>("5003000100") ==
        error{errc::wrong_packet_type, 5});  // its body is not judged
  CHECK(decode<v3::puback>(frame()).error() == error{errc::wrong_packet_type, 0});
}

TEST_CASE("decode: bytes that are not one packet say how many would be", "[codec][decode]") {
  CHECK(decode_error<v3::puback>("") == error{errc::not_one_frame, 0});
  CHECK(decode_error<v3::puback>("40") == error{errc::not_one_frame, 0});
  CHECK(decode_error<v3::puback>("4002") == error{errc::not_one_frame, 4});
  CHECK(decode_error<v3::puback>("400200") == error{errc::not_one_frame, 4});
  CHECK(decode_error<v3::puback>("4002000140020002") == error{errc::not_one_frame, 4});
}

TEST_CASE("decode: a broken fixed header is malformed", "[codec][decode]") {
  for (std::string_view const hex :
       {"00", "0000", "41020001", "408080808001", "40820000", "1603010200010001"})
    CHECK(decode_error<v3::puback>(hex) == error{errc::malformed_packet, 0});
}

TEST_CASE("decode: a packet of one size is refused for another before anything else", "[codec][decode]") {
  for (std::string_view const hex : {"4000", "400100", "4003000000", "40800100", "4003000100"}) {
    CAPTURE(hex);
    errc const expected = hex == "40800100" ? errc::not_one_frame : errc::malformed_packet;
    CHECK(decode_error<v3::puback>(hex).code == expected);
    CHECK(decode_error<v3::puback, structural>(hex).code == expected);
  }
  CHECK(decode_error<v3::connack>("2003020000") == error{errc::malformed_packet, 0});
  CHECK(decode_error<v3::pingresp>("d00100") == error{errc::malformed_packet, 0});
  CHECK(decode_error<v3::pingresp>("d0000000") == error{errc::not_one_frame, 2});
  CHECK(decode_error<v3::pubrel>("60020001") == error{errc::malformed_packet, 0});
  CHECK(decode_error<v3::pubrel>("62020000") == error{errc::protocol_error, 0});
}

TEST_CASE("first_bytes_from: every byte, from either side, as the standard's tables say",
          "[codec][first_bytes]") {
  // v3.1.1 §2.2.1: c from a client, s from a server, b from both; §2.2.2 and §3.3.1: the flags.
  constexpr std::string_view directions = "-csbbbbbcscscsc-";
  constexpr std::string_view flags = "x00*002020200000";
  constexpr std::string_view publish_flags = "yyyyyynnnnyyyynn";
  for (unsigned byte = 0; byte != 256; ++byte) {
    CAPTURE(byte);
    char const direction = directions[byte >> 4];
    char const wanted = flags[byte >> 4];
    bool const sound = direction != '-' && (wanted == '*' ? publish_flags[byte & 15] == 'y'
                                                          : wanted == static_cast<char>('0' + (byte & 15)));
    auto const octet = static_cast<std::uint8_t>(byte);
    for (role const sender : {role::client, role::server, role::any}) {
      char const letter = sender == role::client ? 'c' : 's';
      bool const sends = direction == 'b' || sender == role::any || direction == letter;
      first_bytes const& accepted = first_bytes_of<v3_tag>(sender);
      CHECK(accepted.has(octet) == (sound && sends));
      if (!accepted.has(octet))
        CHECK(accepted.refusal(octet) == (sound ? errc::protocol_error : errc::malformed_packet));
    }
  }
  CHECK(&first_bytes_of<v3_tag>(role::client) == &first_bytes_from<v3_tag, role::client>);
  CHECK(&first_bytes_of<v3_tag>(role::server) == &first_bytes_from<v3_tag, role::server>);
  CHECK(&first_bytes_of<v3_tag>(role::any) == &first_bytes_from<v3_tag, role::any>);
}

TEST_CASE("decode: from a frame that was split before", "[codec][decode]") {
  guarded_input const input(
      from_hex("40020102"
               "d000"));
  frame_result const split = split_frame(input.octets());
  REQUIRE(split.status == frame_status::ready);
  CHECK(decode<v3::puback>(split.frame)->id.number() == 0x0102);
  CHECK(decode<v3::puback, structural>(split.frame)->id.number() == 0x0102);
}

namespace {

// One good packet of each type, and the same type with a body that its decoder refuses.
struct sample_packet {
  std::string_view good;
  std::string_view bad;
};

constexpr sample_packet samples[] = {
    {"100c00044d51545404020000"
     "0000",
     "1001ff"},
    {"20020000", "20020200"},
    {"3003000174", "3002ffff"},
    {"40020001", "40020000"},
    {"50020001", "50020000"},
    {"62020001", "62020000"},
    {"70020001", "70020000"},
    {"8206000100017400", "8206000100017403"},
    {"9003000100", "9003000103"},
    {"a2050001000174", "a20500010001ff"},
    {"b0020001", "b0020000"},
    {"c000", "c00100"},
    {"d000", "d00100"},
    {"e000", "e00100"},
};

struct dispatched {
  hubwire::error error;
  unsigned type = 0;  // 0 when the visitor was not called
  int calls = 0;
};

template <class Policy = strict>
dispatched dispatch_hex(std::string_view hex, role sender) {
  guarded_input const input(from_hex(hex));
  frame_result const split = split_frame(input.chars());
  REQUIRE(split.status == frame_status::ready);
  dispatched seen;
  seen.error = dispatch<v3_tag, Policy>(split.frame, sender, [&]<class P>(P const&) {
                 seen.type = static_cast<unsigned>(P::type);
                 ++seen.calls;
               }).error();
  return seen;
}

bool sends(role sender, unsigned type) { return v3_tag::may_send(sender, static_cast<packet_type>(type)); }

}  // namespace

TEST_CASE("dispatch: each packet arrives as its own type, once, from whoever may send it",
          "[codec][dispatch]") {
  for (role const sender : {role::client, role::server, role::any}) {
    for (unsigned type = 1; type <= 14; ++type) {
      CAPTURE(type, static_cast<int>(sender));
      dispatched const seen = dispatch_hex(samples[type - 1].good, sender);
      bool const allowed = sends(sender, type);
      CHECK(seen.error == error{allowed ? errc::none : errc::protocol_error, 0});
      CHECK(seen.calls == (allowed ? 1 : 0));
      CHECK(seen.type == (allowed ? type : 0));
    }
  }
}

TEST_CASE("dispatch: what the sender may not send is refused before its body is looked at",
          "[codec][dispatch]") {
  for (role const sender : {role::client, role::server}) {
    for (unsigned type = 1; type <= 14; ++type) {
      CAPTURE(type, static_cast<int>(sender));
      dispatched const seen = dispatch_hex(samples[type - 1].bad, sender);
      errc const of_body = dispatch_hex(samples[type - 1].bad, role::any).error.code;
      CHECK((of_body == errc::malformed_packet || of_body == errc::protocol_error));
      CHECK(seen.error.code == (sends(sender, type) ? of_body : errc::protocol_error));
      CHECK(seen.calls == 0);
    }
  }
  // Malformed from a server, and yet a protocol error from a client, who must not send it at all.
  CHECK(dispatch_hex("20020200", role::server).error == errc::malformed_packet);
  CHECK(dispatch_hex("20020200", role::client).error == errc::protocol_error);
  CHECK(dispatch_hex("1001ff", role::client).error == errc::malformed_packet);
  CHECK(dispatch_hex("1001ff", role::server).error == errc::protocol_error);
}

TEST_CASE("dispatch: a CONNACK sent to a server is a protocol error, sound, broken or empty",
          "[codec][dispatch][H090]") {
  for (std::string_view const connack :
       {"20020000", "20020005", "20020100", "200200ff", "20020200", "2000", "200100"})
    CHECK(dispatch_hex(connack, role::client).error == error{errc::protocol_error, 0});
  CHECK(split_frame(guarded_input(from_hex("29020001")).view()).status == frame_status::failed);  // and flags
}

TEST_CASE("dispatch: AUTH is no packet of this version", "[codec][dispatch]") {
  for (role const sender : {role::client, role::server, role::any}) {
    dispatched const seen = dispatch_hex("f000", sender);
    CHECK(seen.error == errc::malformed_packet);
    CHECK(seen.calls == 0);
  }
}

TEST_CASE("dispatch: an empty frame is malformed", "[codec][dispatch]") {
  CHECK(dispatch<v3_tag>(frame(), [](auto const&) {}).error() == errc::malformed_packet);
}

TEST_CASE("dispatch: a sender known at compile time needs a visitor for its packets only",
          "[codec][dispatch]") {
  guarded_input const input(from_hex("d000"));
  frame const received = split_frame(input.chars()).frame;
  int pings = 0;
  auto visitor = overloaded{[&](v3::pingresp const&) { ++pings; },
                            [](v3::connack const&) {},
                            [](v3::publish const&) {},
                            [](v3::puback const&) {},
                            [](v3::pubrec const&) {},
                            [](v3::pubrel const&) {},
                            [](v3::pubcomp const&) {},
                            [](v3::suback const&) {},
                            [](v3::unsuback const&) {}};
  CHECK(dispatch<v3_tag, role::server>(received, visitor).has_value());
  CHECK(pings == 1);
  CHECK(dispatch<v3_tag, role::client>(received, [](auto const&) {}).error() == errc::protocol_error);
}

TEST_CASE("dispatch: an exception of the visitor passes through", "[codec][dispatch]") {
  frame_result const split = split_frame("\x40\x02\x00\x07"sv);
  REQUIRE(split.status == frame_status::ready);
  auto const throwing = [](auto const&) { throw 7; };
  CHECK_THROWS_AS(dispatch<v3_tag>(split.frame, throwing), int);
  CHECK_THROWS_AS((dispatch<v3_tag, role::server>(split.frame, throwing)), int);
  CHECK_THROWS_AS(dispatch<v3_tag>(split.frame, role::server, throwing), int);

  auto const quiet = [](auto const&) noexcept {};
  static_assert(noexcept(dispatch<v3_tag>(split.frame, quiet)));
  static_assert(noexcept(dispatch<v3_tag>(split.frame, role::client, quiet)));
  static_assert(!noexcept(dispatch<v3_tag>(split.frame, throwing)));
  // What the sender may not send does not count.
  auto const some = overloaded{[](v3::connect const&) { throw 7; }, [](auto const&) noexcept {}};
  static_assert(noexcept(dispatch<v3_tag, role::server>(split.frame, some)));
  static_assert(!noexcept(dispatch<v3_tag, role::client>(split.frame, some)));
}

TEST_CASE("dispatch: the policy reaches the decoder", "[codec][dispatch]") {
  constexpr std::string_view broken_text = "30030001ff";
  CHECK(dispatch_hex(broken_text, role::client).error == errc::malformed_packet);
  CHECK(dispatch_hex<structural>(broken_text, role::client).error == errc::none);
}

TEST_CASE("dispatch: CONNECT of another version keeps its level", "[codec][dispatch]") {
  CHECK(dispatch_hex("100c00044d515454050200000000", role::client).error ==
        error{errc::unsupported_protocol, 5});
}

TEST_CASE("dispatch: works in constant evaluation", "[codec][dispatch][constexpr]") {
  constexpr_test([] {
    std::size_t payload = 0;
    auto const outcome = dispatch<v3_tag>(
        split_frame(constant_publish.view()).frame,
        overloaded{[&](v3::publish const& p) { payload = p.payload.size(); }, [](auto const&) {}});
    return outcome && payload == 8;
  });
}

TEST_CASE("structural: leaves the text alone, and nothing but the text", "[codec][structural]") {
  // Text that strict refuses: ill-formed, U+0000, wildcards, misplaced wildcards.
  for (std::string_view const hex : {"30030001ff", "3003000100", "3003000123"})
    CHECK((decode_error<v3::publish>(hex) != errc::none &&
           decode_error<v3::publish, structural>(hex) == errc::none));
  for (std::string_view const hex : {"820600010001ff00",
                                     "8207000100026123"
                                     "00"})
    CHECK((decode_error<v3::subscribe>(hex) != errc::none &&
           decode_error<v3::subscribe, structural>(hex) == errc::none));
  CHECK((decode_error<v3::connect, structural>("100d00044d515454040200000001ff")) == errc::none);

  // Structure that both refuse in the same way; the bodies cut short are in the tests of each packet.
  auto const same = []<class P>(std::type_identity<P>, std::string_view hex) {
    CAPTURE(hex);
    error const strictly = decode_error<P>(hex);
    CHECK(strictly != errc::none);
    CHECK((decode_error<P, structural>(hex)) == strictly);
  };
  using std::type_identity;
  same(type_identity<v3::connect>{}, "100c00044d515455040200000000");  // protocol name
  same(type_identity<v3::connect>{}, "100c00044d515454050200000000");  // level
  same(type_identity<v3::connect>{}, "100c00044d515454040300000000");  // reserved flag
  same(type_identity<v3::connack>{}, "20020101");
  same(type_identity<v3::publish>{}, "30020000");        // empty topic
  same(type_identity<v3::publish>{}, "36050001740001");  // QoS 3
  same(type_identity<v3::publish>{}, "32050001740000");  // id 0
  same(type_identity<v3::subscribe>{}, "8206000100017403");
  same(type_identity<v3::suback>{}, "9003000103");
  same(type_identity<v3::pingreq>{}, "c00100");
  same(type_identity<v3::puback>{}, "41020001");
}
