// SPDX-License-Identifier: BSL-1.0
// How a message is delivered: QoS, packet identifier and DUP belong together, so they are one type.
// v3.1.1 §2.3.1, §3.3.1, §4.3; v5 §2.2.1, §3.3.1, §4.3.
#ifndef HUBWIRE_WIRE_DELIVERY_HPP
#define HUBWIRE_WIRE_DELIVERY_HPP

#include <cstdint>

#include <hubwire/core/errc.hpp>
#include <hubwire/core/reader.hpp>
#include <hubwire/core/result.hpp>

namespace hubwire { inline namespace abi1 {

enum class qos : std::uint8_t { at_most_once = 0, at_least_once = 1, exactly_once = 2 };

/// 1 to 65,535; holding one is the proof that it is not 0.
class packet_id {
 public:
  consteval packet_id(int literal) : number_(static_cast<std::uint16_t>(literal)) {
    if (literal < 1 || literal > 65'535) literal_is_not_a_packet_id();
  }

  /// Only a result without a value holds one.
  constexpr packet_id(detail::absent) noexcept : number_(0) {}

  /// errc::invalid_packet_id for 0.
  static constexpr result<packet_id> parse(std::uint16_t number) noexcept {
    if (number == 0) return errc::invalid_packet_id;  // v3.1.1:MQTT-2.3.1-1
    return trusted(number);
  }
  /// For a number that the caller knows not to be 0.
  HUBWIRE_SMALLER_INLINE static constexpr packet_id trusted(std::uint16_t number) noexcept {
    return packet_id(trust{}, number);
  }

  constexpr std::uint16_t number() const noexcept { return number_; }
  /// Itself: what subscribe() returns is asked for its identifier as what publish() returns, `sent->id()`.
  constexpr packet_id id() const noexcept { return *this; }
  friend constexpr bool operator==(packet_id, packet_id) noexcept = default;

 private:
  struct trust {};
  constexpr packet_id(trust, std::uint16_t number) noexcept : number_(number) {}
  static void literal_is_not_a_packet_id() {}

  std::uint16_t number_;
};

/// A QoS with the packet identifier that it needs. QoS 0 has neither an identifier nor DUP.
class delivery {
 public:
  /// QoS 0, the default.
  constexpr delivery() noexcept = default;
  static constexpr delivery at_most_once() noexcept { return {}; }
  static constexpr delivery at_least_once(packet_id id) noexcept {
    return trusted(hubwire::qos::at_least_once, id.number(), false);
  }
  static constexpr delivery exactly_once(packet_id id) noexcept {
    return trusted(hubwire::qos::exactly_once, id.number(), false);
  }

  /// Decoders only: id is 0 for QoS 0, and duplicate is false.
  static constexpr delivery trusted(hubwire::qos level, std::uint16_t id, bool duplicate) noexcept {
    return from_flags(static_cast<unsigned>(level) << 1 | (duplicate ? 0x08u : 0), id);
  }
  /// Decoders only: what the flags of a PUBLISH say, without RETAIN.
  static constexpr delivery from_flags(unsigned flags, std::uint16_t id) noexcept {
    delivery made;
    made.id_ = id;
    made.flags_ = static_cast<std::uint8_t>(flags & 0x0E);
    return made;
  }

  /// The delivery tried again: DUP set. QoS 0 is never tried again and stays as it is.
  constexpr delivery again() const noexcept {
    // v3.1.1:MQTT-4.3.1-1, v3.1.1:MQTT-3.3.1-1, v3.1.1:MQTT-3.3.1-2
    return has_id() ? from_flags(flags_ | 0x08u, id_) : *this;
  }

  constexpr hubwire::qos qos() const noexcept { return static_cast<hubwire::qos>(flags_ >> 1 & 0x03); }
  constexpr bool duplicate() const noexcept { return (flags_ & 0x08) != 0; }
  constexpr bool has_id() const noexcept { return (flags_ & 0x06) != 0; }
  //// Only for QoS 1 and 2.
  constexpr packet_id id() const noexcept {
    HUBWIRE_ASSERT(has_id());
    return packet_id::trusted(id_);
  }
  /// False for QoS 1 and 2 with an identifier that was taken from a failed result.
  constexpr bool is_sound() const noexcept { return !has_id() || id_ != 0; }
  /// DUP and QoS where the fixed header of a PUBLISH has them: v3.1.1 §3.3.1, v5 §3.3.1.
  constexpr std::uint8_t flags() const noexcept { return flags_; }

  friend constexpr bool operator==(delivery, delivery) noexcept = default;
  /// Whether it goes under that identifier; QoS 0 goes under none.
  friend constexpr bool operator==(delivery how, packet_id id) noexcept {
    return how.has_id() && how.id() == id;
  }

 private:
  // INVARIANT: id_ and flags_ are 0 for QoS 0; else id_ is 0 only in one that is not sound.
  std::uint16_t id_ = 0;
  std::uint8_t flags_ = 0;
};

namespace detail {

template <class Policy>
HUBWIRE_SMALLER_INLINE constexpr packet_id read_packet_id(reader<Policy>& in) noexcept {
  return packet_id::trusted(in.nonzero("v3.1.1:MQTT-2.3.1-1"));
}

}  // namespace detail

}}  // namespace hubwire

#endif
