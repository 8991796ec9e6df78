// SPDX-License-Identifier: BSL-1.0
// A byte stream with messages larger than memory. Input: four bytes that choose capacity, limit, policy and who
// sends, and which messages are skipped on request, then the stream. Oracle: a second reading of v3.1.1 §2.2 and §3.3,
// the same answers for every chunking, and what a frame_reader with enough memory makes of the stream.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <hubwire/mqtt3.hpp>
#include <hubwire/stream/payload_reader.hpp>

#include <fuzz/reference/mqtt311_decode.hpp>
#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;
using hubwire::errc;
using hubwire::frame_status;
using hubwire::large_messages;

constexpr std::size_t head_most = 5 + 2 + 65'535 + 2;

struct settings {
  std::size_t capacity;
  std::size_t limit;
  large_messages policy;
  reference::sender who;
  unsigned skipped;  // bit n: the large message n is skipped when it begins

  bool skips(std::size_t message) const {
    return policy == large_messages::skip || (skipped >> (message % 8) & 1) != 0;
  }
};

struct part {
  std::string bytes{};  // a whole packet, or the head of a large one
  bool large = false;
  std::size_t size = 0;   // of the payload of a large one
  std::string payload{};  // as far as it came and was not skipped
  bool ended = false;

  friend bool operator==(part const&, part const&) = default;
};

struct outcome {
  std::vector<part> parts{};
  hubwire::error end{};

  friend bool operator==(outcome const&, outcome const&) = default;
};

hubwire::error failure(errc code, std::size_t detail) { return {code, static_cast<std::uint32_t>(detail)}; }

unsigned octet_at(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

// One packet or large message from the front of stream; false when the stream is at its end or broken.
bool expect_one(std::string_view& stream, settings const& with, outcome& result) {
  if (stream.empty()) return false;
  unsigned const start = octet_at(stream, 0);
  if (auto const wrong = reference::judge_first_byte(start >> 4, start & 15, with.who)) {
    bool const malformed = wrong->kind == reference::refusal::malformed;
    return result.end = failure(malformed ? errc::malformed_packet : errc::protocol_error, 0), false;
  }
  std::size_t length = 0;
  std::size_t header = 1;
  for (bool more = true; more; ++header) {
    if (header == with.capacity) return result.end = failure(errc::packet_exceeds_limit, 0), false;
    if (header == stream.size()) return false;
    unsigned const octet = octet_at(stream, header);
    length += static_cast<std::size_t>(octet & 127) << (7 * (header - 1));
    more = octet >= 128;
    if ((more && header == 4) || (octet == 0 && header > 1))
      return result.end = failure(errc::malformed_packet, 0), false;
  }
  std::size_t const size = header + length;
  bool const fits = size <= with.capacity;
  bool const in_parts = start >> 4 == 3 && with.policy != large_messages::refuse;
  if (size > with.limit || (!fits && !in_parts))
    return result.end = failure(errc::packet_exceeds_limit, size), false;
  if (fits) {
    if (stream.size() < size) return false;
    result.parts.push_back({.bytes = std::string(stream.substr(0, size))});
    stream.remove_prefix(size);
    return true;
  }

  if (header + 2 > with.capacity) {  // the topic's length does not fit
    if (stream.size() >= with.capacity) result.end = failure(errc::buffer_too_small, head_most);
    return false;
  }
  if (stream.size() < header + 2) return false;
  std::size_t const topic = octet_at(stream, header) * 256 + octet_at(stream, header + 1);
  std::size_t const head = header + 2 + topic + ((start & 6) != 0 ? 2 : 0);
  if (head > size) return result.end = failure(errc::malformed_packet, 0), false;
  if (head > with.capacity) return result.end = failure(errc::buffer_too_small, head), false;
  if (stream.size() < head) return false;

  auto const earlier =
      std::count_if(result.parts.begin(), result.parts.end(), [](part const& p) { return p.large; });
  part message{.bytes = std::string(stream.substr(0, head)), .large = true, .size = size - head};
  if (!with.skips(static_cast<std::size_t>(earlier)))
    message.payload = stream.substr(head, std::min(size, stream.size()) - head);
  message.ended = size <= stream.size();
  result.parts.push_back(message);
  stream.remove_prefix(std::min(size, stream.size()));
  return message.ended;
}

hubwire::first_bytes const& accepted_from(reference::sender who) {
  switch (who) {
    case reference::sender::client: return hubwire::first_bytes_of<hubwire::v3_tag>(hubwire::role::client);
    case reference::sender::server: return hubwire::first_bytes_of<hubwire::v3_tag>(hubwire::role::server);
    case reference::sender::anyone: break;
  }
  return hubwire::first_bytes_of<hubwire::v3_tag>(hubwire::role::any);
}

class receiver {
 public:
  receiver(settings const& with)
      : with_(with),
        storage_(with.capacity),
        reader_(storage_, with.policy, static_cast<std::uint32_t>(with.limit), accepted_from(with.who)) {}

  template <class Chunk>
  outcome receive(std::string_view stream, Chunk chunk, bool lazy) {
    while (!stream.empty()) {
      hubwire::byte_span const window = reader_.window();
      if (window.empty()) {
        std::size_t const before = reader_.buffered();
        if (!take()) return seen_;
        require(reader_.buffered() < before, "a full reader has something to give");
        continue;
      }
      std::size_t const count = std::min({chunk(), window.size(), stream.size()});
      std::memcpy(window.data(), stream.data(), count);
      reader_.commit(count);
      stream.remove_prefix(count);
      if (!lazy && !take()) return seen_;
    }
    take();
    return seen_;
  }

 private:
  // Takes what there is; true as long as the reader wants more bytes.
  bool take() {
    for (;;) {
      bool const idle = reader_.idle();
      hubwire::frame_result const peeked = reader_.peek();
      require(!idle || peeked.status == frame_status::need_more, "an idle reader has nothing to tell");
      hubwire::frame_result const found = reader_.next();
      bool const skipping =
          inside_ && peeked.status == frame_status::piece && found.status != frame_status::piece;
      require(skipping || peeked.status == found.status, "peek and next agree");
      if (found.status == frame_status::need_more) return true;
      if (found.status == frame_status::failed) {
        fail(found.error);
        return false;
      }
      keep(found);
    }
  }

  void fail(hubwire::error why) {
    require(why.code != errc::none, "a failure has a name");
    require(!inside_, "no failure inside a payload");
    require(reader_.window().empty(), "no window after a failure");
    reader_.commit(1);
    require(reader_.next().error == why && reader_.peek().error == why, "errors are sticky");
    seen_.end = why;
  }

  void keep(hubwire::frame_result const& found) {
    bool const of_payload = found.status == frame_status::piece || found.status == frame_status::end;
    require(of_payload == inside_, "pieces and ends belong to a message that has begun");
    if (found.status == frame_status::ready) {
      seen_.parts.push_back({.bytes = std::string(found.frame.view())});
      reader_.skip_payload();  // of nothing
    } else if (found.status == frame_status::begin) {
      seen_.parts.push_back({.bytes = std::string(found.frame.view()), .large = true, .size = found.size});
      inside_ = true;
      bool const asked_for = with_.policy != large_messages::skip;  // the policy does it by itself
      if (with_.skips(messages_++) && asked_for) reader_.skip_payload();
    } else if (found.status == frame_status::piece) {
      require(!found.payload().empty(), "no empty pieces");
      seen_.parts.back().payload += found.payload().view();
    } else {
      seen_.parts.back().ended = true;
      inside_ = false;
    }
  }

  settings with_;
  std::vector<std::uint8_t> storage_;
  hubwire::payload_reader<hubwire::v3_tag> reader_;
  outcome seen_{};
  std::size_t messages_ = 0;
  bool inside_ = false;
};

// What comes whole, or in parts that were not skipped, are the packets that ample memory would show.
void compare_with_frames(std::string_view stream, settings const& with, outcome const& seen) {
  std::vector<std::uint8_t> storage(stream.size() + 5);
  hubwire::frame_reader reader(storage, static_cast<std::uint32_t>(with.limit), accepted_from(with.who));
  if (!stream.empty()) std::memcpy(storage.data(), stream.data(), stream.size());
  reader.commit(stream.size());
  for (part const& p : seen.parts) {
    hubwire::frame_result const whole = reader.next();
    bool const complete = !p.large || p.ended;
    require(complete == (whole.status == hubwire::frame_status::ready), "the same packets are complete");
    if (!complete) return;
    std::string_view const frame = whole.frame.view();
    require(frame.substr(0, p.bytes.size()) == p.bytes, "begins as the whole packet does");
    require(frame.size() == p.bytes.size() + p.size, "as large as the whole packet");
    if (p.payload.size() == p.size)
      require(frame == p.bytes + p.payload, "together they are the whole packet");
  }
  hubwire::frame_result const next = reader.next();
  // A packet that the stream ends within may be announced larger than even this memory.
  bool const unfinished = next.error == errc::packet_exceeds_limit && next.error.detail <= with.limit;
  bool const failed = next.status == hubwire::frame_status::failed && !unfinished;
  if (seen.end.code == errc::none) require(!failed, "what fails with ample memory fails with little");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::choices choose(fuzz::as_text(data, size));
  constexpr std::size_t capacities[] = {5, 6, 7, 8, 9, 12, 16, 24, 32, 64, 131, 300, 1, 2, 3, 4};
  settings with{};
  with.capacity = capacities[choose.byte() % std::size(capacities)];
  unsigned const tighter = choose.byte();
  with.limit = tighter == 0 ? hubwire::largest_packet : 8 * tighter;
  unsigned const policy = choose.byte();
  with.policy = static_cast<large_messages>(policy % 3);
  using reference::sender;
  constexpr sender senders[] = {sender::anyone, sender::server, sender::client};
  with.who = senders[policy / 3 % 3];
  with.skipped = choose.byte();
  std::string_view const stream = choose.rest();
  outcome wanted;
  for (std::string_view rest = stream; expect_one(rest, with, wanted);) {}

  fuzz::random_numbers random(size);
  auto const everything = [] { return std::size_t{70'000}; };
  auto const one = [] { return std::size_t{1}; };
  auto const any = [&] { return 1 + random(9); };
  for (bool const lazy : {false, true}) {
    require(receiver(with).receive(stream, everything, lazy) == wanted, "large chunks");
    require(receiver(with).receive(stream, one, lazy) == wanted, "byte by byte");
    require(receiver(with).receive(stream, any, lazy) == wanted, "random chunks");
  }
  compare_with_frames(stream, with, wanted);
  return 0;
}
