// SPDX-License-Identifier: BSL-1.0
// Every change of a message's state, as transitions.hpp has those of the connection. Rule: a step that is not
// in these tables does not exist, and only outbox and inbox write a stage. v3.1.1 §4.3.
//
//   sending   unacknowledged --PUBACK--> settled            subscribing ----SUBACK----> settled
//             unreceived --PUBREC--> released --PUBCOMP--> settled
//             released --PUBREC--> released, PUBREL again   unsubscribing --UNSUBACK--> settled
//
//   receiving QoS 1   none --PUBLISH--> told_1 --acknowledged--> done_1 --PUBACK sent--> none
//             QoS 2   none --PUBLISH--> told_2 --acknowledged--> done_2 --PUBREC sent--> received
//                     received --PUBREL--> none
//   The next connection of the session forgets told_1 and done_1, which come again. told_2 and done_2 become
//   told_before and done_before: the application has the message and is not told again, and PUBREC leaves in
//   its turn when the message has come again.
#ifndef HUBWIRE_SESSION_EXCHANGE_TRANSITIONS_HPP
#define HUBWIRE_SESSION_EXCHANGE_TRANSITIONS_HPP

#include <cstdint>

#include <hubwire/core/config.hpp>
#include <hubwire/wire/packet_type.hpp>

namespace hubwire { inline namespace abi1 {

/// How far a request has come. The number of a stage is the type of the packet that ends it.
enum class outgoing_stage : std::uint8_t {
  settled = 0,         ///< nothing waits under the identifier
  unacknowledged = 4,  ///< a PUBLISH of QoS 1
  unreceived = 5,      ///< a PUBLISH of QoS 2, before PUBREC
  released = 7,        ///< a PUBLISH of QoS 2, after PUBREC: PUBREL has its place
  subscribing = 9,
  unsubscribing = 11,
};

/// What an answer from the server does.
enum class outgoing_outcome : std::uint8_t {
  unexpected,  ///< nobody waits for it: the server broke the protocol
  settle,      ///< the request is done
  release,     ///< PUBREL is to be sent, perhaps again
};

constexpr outgoing_outcome outcome_of(outgoing_stage stage, packet_type came) noexcept {
  bool const received = came == packet_type::pubrec;
  bool const awaited = static_cast<std::uint8_t>(stage) == static_cast<std::uint8_t>(came);
  if (received && (awaited || stage == outgoing_stage::released))
    return outgoing_outcome::release;  // v3.1.1:MQTT-4.3.3-1
  return awaited ? outgoing_outcome::settle : outgoing_outcome::unexpected;
}

constexpr bool is_publish(outgoing_stage stage) noexcept {
  return stage != outgoing_stage::settled && stage < outgoing_stage::subscribing;
}

/// How far a message that came has been brought.
enum class incoming_stage : std::uint8_t {
  none,         ///< no message of that identifier
  told_1,       ///< QoS 1: the application has it and has not acknowledged it
  done_1,       ///< QoS 1: acknowledged; PUBACK is owed
  told_2,       ///< QoS 2: the application has it and has not acknowledged it
  done_2,       ///< QoS 2: acknowledged; PUBREC is owed
  received,     ///< QoS 2: PUBREC was sent; PUBREL has not come
  told_before,  ///< QoS 2: told in an earlier connection, and not acknowledged; it has not come again
  done_before,  ///< QoS 2: told in an earlier connection, and acknowledged; it has not come again
};

/// What can happen to a message that came.
enum class incoming_input : std::uint8_t {
  publish_1,     ///< PUBLISH of QoS 1
  publish_2,     ///< PUBLISH of QoS 2
  acknowledged,  ///< the application is done with it
  answered,      ///< PUBACK or PUBREC was queued
  pubrel,        ///< PUBREL
  resumed,       ///< a new connection of the session
};

/// What that does besides the change of stage.
enum class incoming_outcome : std::uint8_t {
  unexpected,  ///< not in the table: the server, or the caller, is wrong
  nothing,
  tell,    ///< the application is told
  answer,  ///< PUBREC to a PUBLISH, PUBCOMP to a PUBREL
};

struct incoming_step {
  incoming_stage next = incoming_stage::none;
  incoming_outcome outcome = incoming_outcome::unexpected;
};

namespace detail {

struct incoming_table {
  std::uint8_t steps[6][8]{};  ///< [input][stage]: the outcome, and the next stage times four

  constexpr void add(incoming_stage from, incoming_input input, incoming_outcome outcome,
                     incoming_stage next) noexcept {
    steps[static_cast<int>(input)][static_cast<int>(from)] =
        static_cast<std::uint8_t>(static_cast<unsigned>(next) << 2 | static_cast<unsigned>(outcome));
  }
};

consteval incoming_table all_incoming_steps() noexcept {
  using enum incoming_stage;
  using input = incoming_input;
  using does = incoming_outcome;
  incoming_table table;
  table.add(none, input::publish_1, does::tell, told_1);
  table.add(told_1, input::publish_1, does::nothing, told_1);
  table.add(done_1, input::publish_1, does::nothing, done_1);
  table.add(told_1, input::acknowledged, does::nothing, done_1);
  table.add(done_1, input::answered, does::nothing, none);  // v3.1.1:MQTT-4.3.2-2
  table.add(none, input::publish_2, does::tell, told_2);
  table.add(told_2, input::publish_2, does::nothing, told_2);  // v3.1.1:MQTT-4.3.3-2
  table.add(done_2, input::publish_2, does::nothing, done_2);
  table.add(received, input::publish_2, does::answer, received);
  table.add(told_before, input::publish_2, does::nothing, told_2);
  table.add(done_before, input::publish_2, does::nothing, done_2);  // v3.1.1:MQTT-4.6.0-3
  table.add(told_2, input::acknowledged, does::nothing, done_2);
  table.add(told_before, input::acknowledged, does::nothing, done_before);
  table.add(done_2, input::answered, does::nothing, received);
  table.add(none, input::pubrel, does::answer, none);
  table.add(received, input::pubrel, does::answer, none);
  table.add(told_before, input::pubrel, does::answer, none);
  table.add(done_before, input::pubrel, does::answer, none);
  table.add(told_1, input::resumed, does::nothing, none);
  table.add(done_1, input::resumed, does::nothing, none);
  table.add(told_2, input::resumed, does::nothing, told_before);  // v3.1.1:MQTT-4.1.0-1
  table.add(done_2, input::resumed, does::nothing, done_before);
  table.add(received, input::resumed, does::nothing, received);
  table.add(told_before, input::resumed, does::nothing, told_before);
  table.add(done_before, input::resumed, does::nothing, done_before);
  return table;
}

inline constexpr incoming_table incoming_steps = all_incoming_steps();

}  // namespace detail

HUBWIRE_SMALLER_INLINE constexpr incoming_step next_step(incoming_stage stage,
                                                         incoming_input input) noexcept {
  std::uint8_t const step = detail::incoming_steps.steps[static_cast<int>(input)][static_cast<int>(stage)];
  auto const outcome = static_cast<incoming_outcome>(step & 3);
  bool const allowed = outcome != incoming_outcome::unexpected;
  return {allowed ? static_cast<incoming_stage>(step >> 2) : stage, outcome};
}

}}  // namespace hubwire

#endif
