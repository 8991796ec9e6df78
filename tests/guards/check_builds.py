#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# How users build: small buffers on the stack and packets without a body give no warnings at any level of optimisation,
# and what fails is a constant where it succeeds as one. And the parts of a program, each built at a level of its own,
# give each other every public type: by value, by reference, and in a struct of the program.
#   check_builds.py COMPILER INCLUDE
import pathlib
import subprocess
import sys
import tempfile

# Buffers whose size the compiler sees, and texts whose size it does not.
SMALL_BUFFERS = """
#include <hubwire/iothub.hpp>
#include <hubwire/mqtt3.hpp>
#include <array>
namespace hub = hubwire::iothub;
hubwire::result<std::size_t> forward(hub::device_id device, hubwire::encoded_text n, hubwire::encoded_text v) {
  std::array<char, 32> buffer{};
  auto const topic = hub::telemetry_topic(buffer, device).add_encoded(n, v).add_encoded(v, n).done();
  if (!topic) return topic.error();
  return topic->size();
}
hubwire::result<std::size_t> telemetry(hub::device_id device, std::string_view n, std::string_view v) {
  std::array<char, 48> buffer{};
  auto const topic = hub::telemetry_topic(buffer, device).add(n, v).add_null(v).add("alert", v).done();
  if (!topic) return topic.error();
  return topic->size();
}
hubwire::result<std::size_t> numbers(std::uint64_t a, std::uint64_t b) {
  char buffer[24];
  hubwire::text_writer out(buffer);
  auto const text = out.put_number(a).put(',').put_number(b).finish();
  if (!text) return text.error();
  return text->size();
}
template <class Topic>
std::size_t size_of(Topic const& topic) { return topic ? topic->size() : 0; }
std::size_t topics(std::uint32_t id, std::uint64_t version, std::int32_t status) {
  std::array<char, 64> a{};
  std::array<char, 48> b{};
  return size_of(hub::twin_response_topic(a, {200, id, version})) + size_of(hub::method_response_topic(b, {status, id})) +
         size_of(hub::twin_get_topic(a, id));
}
hubwire::result<std::size_t> publish(hubwire::topic_name topic, hubwire::bytes payload, hubwire::packet_id id) {
  std::array<std::uint8_t, 16> buffer{};
  auto const packet = hubwire::encode(
      buffer, hubwire::v3::publish{topic, payload, hubwire::delivery::at_least_once(id)});
  if (!packet) return packet.error();
  return packet->size();
}
// A text in an array that is smaller than the words that texts are read by.
bool short_texts(char a, char b, char c, std::size_t size) {
  char const few[3] = {a, b, c};
  std::string_view const text(few, size);
  return hubwire::text::parse(text) && hubwire::topic_name::parse(text) && hubwire::topic_filter::parse(text);
}
// Packets without a body, and a failure as a constant.
bool empty_packets(hubwire::bytes input) {
  namespace v3 = hubwire::v3;
  return hubwire::decode<v3::disconnect>(input.octets()).has_value() || hubwire::decode<v3::pingreq>(input.octets()).has_value() ||
         hubwire::decode<v3::pingresp>(input.octets()).has_value();
}
constexpr hubwire::result<int> refused = hubwire::errc::invalid_field;
constexpr hubwire::result<hubwire::topic_name> no_topic = hubwire::topic_name::parse("a/#");
static_assert(refused.error() == hubwire::errc::invalid_field && !no_topic);
"""
LEVELS = ("-O0", "-Og", "-O2", "-O3", "-Os")
# Types that one part gives the other by value and by reference, each with the member of the parcel that is given.
GIVEN = {
    "hubwire::frame": "frame", "hubwire::frame_result": "split", "hubwire::bytes": "payload", "hubwire::error": "error",
    "hubwire::tick": "tick", "hubwire::text": "text", "hubwire::topic_name": "name", "hubwire::topic_filter": "filter",
    "hubwire::packet_id": "id", "hubwire::delivery": "delivery", "hubwire::encoded_text": "encoded", "hub::identity": "self",
    "hub::request_id": "request", "hub::topic_event": "event", "hub::property_bag": "bag", "hub::sas_claims": "claims",
    "hub::connection_string": "connection", "hub::parsed_user_name": "user", "hub::user_name_options": "options",
    "v3::connect": "connect", "v3::connack": "connack", "v3::publish": "publish", "v3::puback": "puback",
    "v3::subscribe": "subscribe", "hubwire::result<int>": "number", "hubwire::result<hubwire::topic_name>": "topic",
    "hubwire::result<void>": "nothing", "hubwire::result<v3::publish>": "received", "hubwire::first_bytes": "bytes",
}
DECLARED = "".join(f"{kind} by_value({kind} given);\nvoid by_reference({kind} const& given, {kind}& to);\n" for kind in GIVEN)
DEFINED = "".join(f"{kind} by_value({kind} given) {{ return given; }}\n"
                  f"void by_reference({kind} const& given, {kind}& to) {{ to = given; }}\n" for kind in GIVEN)
# What was given both ways stands where it was; the rest of main() looks at it.
EXCHANGED = "".join(f"  {{ auto copy = by_value(p.{member}); by_reference(copy, p.{member}); }}\n" for member in GIVEN.values())

# A struct of the program that holds one of each type; a part fills it in, another one looks.
PARCEL = """
#include <array>
#include <new>
#include <hubwire/core/fixed_list.hpp>
#include <hubwire/iothub.hpp>
#include <hubwire/mqtt3.hpp>
namespace hub = hubwire::iothub;
namespace v3 = hubwire::v3;
inline constexpr v3::subscription wanted[] = {{"a/+", hubwire::qos::at_least_once}};
// clang 14 cannot evaluate a literal in the initialiser of a member.
inline constexpr hubwire::topic_name t = "t";
inline constexpr hubwire::topic_filter f = "f";
inline constexpr hub::identity someone{"h", "d"};
inline constexpr hubwire::packet_id one = 1;
struct parcel {
  std::array<unsigned char, 64> memory{}; std::array<unsigned char, 64> rx{}; std::array<unsigned char, 64> tx{};
  hubwire::frame frame; char c0; hubwire::frame_result split; char c1; hubwire::frame_result part; char c2;
  hubwire::bytes payload; char c3; hubwire::error error; char c4; hubwire::tick tick; char c5;
  hubwire::text text; char c6; hubwire::topic_name name = t; char c7; hubwire::topic_filter filter = f; char c8;
  hubwire::packet_id id = one; char c9; hubwire::delivery delivery; char d0; hubwire::encoded_text encoded; char d1;
  hub::identity self = someone; char d2; hub::request_id request = 0; char d3; hub::topic_event event = hub::twin_get{}; char d4;
  hub::property_bag bag; char d5; hub::sas_claims claims{.resource = "r"}; char d6; hub::connection_string connection; char d7;
  hub::parsed_user_name user{someone.host, someone.device}; char d8; hub::user_name_options options; char d9;
  v3::connect connect; char e0; v3::connack connack; char e1; v3::publish publish{.topic = t}; char e2; v3::puback puback{one}; char e3;
  v3::subscribe subscribe{one, {}}; char e4; hubwire::fixed_list<int, 3> list; char e5;
  hubwire::result<int> number = 1; char e6; hubwire::result<hubwire::topic_name> topic = t; char e7;
  hubwire::result<void> nothing; char e8; hubwire::result<v3::publish> received = v3::publish{.topic = t}; char e9;
  hubwire::result<v3::pingreq> empty = v3::pingreq{}; char f0; hubwire::result<hub::identity> failed = hubwire::errc::invalid_field; char f1;
  hubwire::frame_buffer<64> frames; char f2; hubwire::payload_reader<hubwire::v3_tag> in{memory, hubwire::large_messages::skip}; char f3; hubwire::whole_reader whole{memory}; char f4;
  hubwire::first_bytes bytes{0xFFFE, 0xFFFE}; char f5;
  hubwire::client<hubwire::v3_tag, hubwire::limits{.outgoing = 2, .incoming = 3}> client{rx, tx}; char end;
};
void fill(void* memory);
bool look(parcel& seen);
""" + DECLARED
FILLS = """
#include "parcel.hpp"
static unsigned char const packet[] = {0x32, 7, 0, 1, 't', 0, 9, 'x', 'y'};
void fill(void* memory) {
  auto& p = *new (memory) parcel;
  hubwire::byte_view const input(packet);
  p.split = hubwire::split_frame(input); p.frame = p.split.frame;
  p.part.frame = p.frame; p.part.status = hubwire::frame_status::end; p.part.size = 77;
  p.payload = hubwire::as_bytes("pay"); p.error = {hubwire::errc::output_full, 5}; p.tick = hubwire::tick(6);
  p.text = "text"; p.name = "name"; p.filter = "fil/#"; p.id = 321; p.delivery = hubwire::delivery::at_least_once(9).again();
  p.encoded = "a%20b"; p.self = {"host", "dev+ice"}; p.request = 99; p.event = hub::twin_response{204, "r7", 8};
  p.bag = *hub::property_bag::parse("a=1"); p.claims = {.resource = p.self, .key = "k", .expiry = 1, .policy = "pol"};
  p.connection.x509 = true; p.connection.unknown_parts = 3; p.user.module_id = "mod"; p.options.model_id = "model";
  p.connect = {.client_id = "id", .keep_alive = 60, .will = v3::will{.topic = "w"}, .user_name = hubwire::text("u")};
  p.connack = {true, v3::connect_return_code::accepted}; p.publish = *hubwire::decode<v3::publish>(p.frame);
  p.puback.id = 5; p.subscribe = {6, wanted}; static_cast<void>(p.list.push_back(4)); p.number = hubwire::errc::output_full;
  p.topic = hubwire::topic_name("top"); p.nothing = hubwire::error{hubwire::errc::invalid_state, 2};
  p.received = hubwire::decode<v3::publish>(input); p.frames.commit(0); hubwire::byte_view chunk = input.first(4);
  static_cast<void>(p.frames.next(chunk)); p.in.window()[0] = 0xD0; p.in.commit(1); p.whole.refuse({hubwire::errc::malformed_packet, 4});
  static_cast<void>(p.client.connect(p.connect, hubwire::tick(1)));
  p.c0 = p.c9 = p.d9 = p.e9 = p.f5 = p.end = 42;
}
""" + DEFINED
LOOKS = """
#include "parcel.hpp"
bool look(parcel& p) {
  bool const wire = p.frame.size() == 9 && p.frame.flags() == 2 && p.frame.type() == hubwire::packet_type::publish && p.frame.body().size() == 7 &&
      p.split.frame.view() == p.frame.view() && p.part.frame.size() == 9 && p.part.size == 77 && p.part.status == hubwire::frame_status::end &&
      p.payload.view() == "pay" && p.error.detail == 5 && p.tick == hubwire::tick(6) && p.text == "text" && p.name == "name" &&
      p.filter == "fil/#" && p.id.number() == 321 && p.delivery.duplicate() && p.delivery.id().number() == 9 && p.list[0] == 4;
  bool const iot = p.encoded.view() == "a%20b" && p.self.device.view() == "dev+ice" && !p.self.device.fits_topics() && p.self.host.view() == "host" &&
      p.request == hub::request_id(99) && p.event.twin_response() != nullptr && p.event.twin_response()->version == 8u && p.event.twin_response()->id == "r7" &&
      p.bag.find("a") && p.claims.policy == "pol" && p.claims.resource.size() == 4 + 9 + 7 && p.connection.x509 && p.connection.unknown_parts == 3 &&
      p.user.module_id == "mod" && p.options.model_id == "model";
  bool const packets = p.connect.keep_alive == 60 && p.connect.will && p.connect.will->topic == "w" && p.connect.user_name == hubwire::text("u") &&
      p.connack.session_present && p.publish.payload.view() == "xy" && p.puback.id.number() == 5 && p.subscribe.subscriptions.size() == 1 &&
      (*p.subscribe.subscriptions.begin()).filter == "a/+";
  bool const results = p.number.error() == hubwire::errc::output_full && p.topic && *p.topic == "top" && p.nothing.error().detail == 2 && p.received &&
      p.received->topic == "t" && p.empty.has_value() && p.failed.error() == hubwire::errc::invalid_field;
  bool const streams = p.frames.buffered() == 4 && p.frames.unread()[3] == 1 && p.in.buffered() == 1 && p.whole.next().error.detail == 4 &&
      p.bytes.has(0xD0) && !p.bytes.has(0xD1) && p.client.pending_output().size() > 20 && p.client.pending_output()[0] == 0x10;
  return wire && iot && packets && results && streams && p.c0 + p.c9 + p.d9 + p.e9 + p.f5 + p.end == 6 * 42;
}
alignas(64) static unsigned char memory[65536];
static_assert(sizeof(parcel) <= sizeof memory);
int main() {
  fill(memory);
  auto& p = *std::launder(reinterpret_cast<parcel*>(memory));
  if (!look(p)) return 1;
""" + EXCHANGED + """
  return look(p) ? 0 : 2;
}
"""


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def main(compiler, include):
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        for name, text in (("buffers", SMALL_BUFFERS), ("fills", FILLS), ("looks", LOOKS)):
            (work / f"{name}.cpp").write_text(text, encoding="utf-8")

        def compiled(name, level, *flags):
            unit = work / f"{name}{level}.o"
            made = run(compiler, "-std=c++20", level, "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror",
                       *flags, "-I", include, "-c", work / f"{name}.cpp", "-o", unit)
            if made.returncode != 0:
                print(f"{name} with {level}:\n{made.stdout}")
            return unit if made.returncode == 0 else None

        (work / "parcel.hpp").write_text(PARCEL, encoding="utf-8")
        for level in ("-O1", *LEVELS):
            failures += compiled("buffers", level) is None
        filled, looking = ({level: compiled(name, level) for level in LEVELS} for name in ("fills", "looks"))
        for filler in LEVELS:
            for looker in LEVELS:
                units = filled[filler], looking[looker]
                if None in units or run(compiler, *units, "-o", work / "program").returncode != 0 or run(work / "program").returncode != 0:
                    print(f"what {filler} fills in is not what {looker} sees")
                    failures += 1
    print(f"{failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
