#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# How users build: small buffers on the stack and packets without a body give no warnings at any level of optimisation,
# and what fails is a constant where it succeeds as one. And of a program in parts,
# for size some and for speed the others, one that gives another an object of the library does not link; where that
# goes unnoticed, since what a function returns is not part of its name, a result is the same to both.
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
RETURNS = """
#include <hubwire/core/result.hpp>
hubwire::result<unsigned> give() { return hubwire::error{hubwire::errc::output_full, 7}; }
"""
GIVES = """
#include <hubwire/core/result.hpp>
void give(hubwire::result<unsigned>& to) { to = hubwire::error{hubwire::errc::output_full, 7}; }
"""
TAKES = """
#include <hubwire/core/result.hpp>
#ifdef RETURNED
hubwire::result<unsigned> give();
#else
void give(hubwire::result<unsigned>& to);
#endif
int main() {
#ifdef RETURNED
  auto const got = give();
#else
  hubwire::result<unsigned> got = 1u;
  give(got);
#endif
  return !got && got.error() == hubwire::error{hubwire::errc::output_full, 7} ? 0 : 1;
}
"""


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def main(compiler, include):
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        for name, text in (("buffers", SMALL_BUFFERS), ("returns", RETURNS), ("gives", GIVES), ("takes", TAKES)):
            (work / f"{name}.cpp").write_text(text, encoding="utf-8")

        def compiled(name, level, *flags):
            unit = work / f"{name}{level}.o"
            made = run(compiler, "-std=c++20", level, "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror",
                       *flags, "-I", include, "-c", work / f"{name}.cpp", "-o", unit)
            if made.returncode != 0:
                print(f"{name} with {level}:\n{made.stdout}")
            return unit if made.returncode == 0 else None

        for level in ("-O0", "-O1", "-O2", "-O3", "-Os"):
            failures += compiled("buffers", level) is None
        for giver in ("-O2", "-Os"):
            for taker in ("-O2", "-Os"):
                for way, flags, may_link in (("gives", (), giver == taker), ("returns", ("-DRETURNED",), True)):
                    units = compiled(way, giver), compiled("takes", taker, *flags)
                    linked = None not in units and run(compiler, *units, "-o", work / "program").returncode == 0
                    if linked != may_link or (linked and run(work / "program").returncode != 0):
                        print(f"what {giver} {way} {taker} takes: " + ("links, wrongly" if linked else "does not link"))
                        failures += 1
    print(f"{failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
