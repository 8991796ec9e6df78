// SPDX-License-Identifier: BSL-1.0
// Eight codec operations at several places, for a program that vouches for its own text and trusts its broker's.
#include <footprint/sites.hpp>

namespace footprint {

namespace {

using hubwire::text;
using hubwire::topic_filter;
using hubwire::topic_name;

template <std::size_t Site>
[[gnu::noinline]] result<byte_view> encode_connect() noexcept {
  login const& who = sites[Site].who;
  return hubwire::encode(sites[Site].output,
                         v3::connect{
                             .client_id = text::trusted(who.client_id),
                             .keep_alive = 60 + Site,
                             .will = v3::will{.topic = topic_name::trusted(who.will_topic),
                                              .message = who.will_message,
                                              .qos = hubwire::qos::at_least_once},
                             .user_name = text::trusted(who.user_name),
                             .password = who.password,
                         });
}

template <std::size_t Site>
[[gnu::noinline]] result<byte_view> encode_subscribe() noexcept {
  std::array<wish, 3> const& wishes = sites[Site].wishes;
  v3::subscription const wanted[] = {{topic_filter::trusted(wishes[0].filter), wishes[0].qos},
                                     {topic_filter::trusted(wishes[1].filter), wishes[1].qos},
                                     {topic_filter::trusted(wishes[2].filter), wishes[2].qos}};
  return hubwire::encode(sites[Site].output, v3::subscribe{sites[Site].id, wanted});
}

template <std::size_t Site>
[[gnu::noinline]] result<byte_view> encode_publish() noexcept {
  return hubwire::encode(sites[Site].output,
                         v3::publish{.topic = topic_name::trusted(sites[Site].what.topic),
                                     .payload = sites[Site].what.payload,
                                     .delivery = hubwire::delivery::at_least_once(sites[Site].id)});
}

template <std::size_t Site>
[[gnu::noinline]] result<byte_view> encode_puback() noexcept {
  return hubwire::encode(sites[Site].output, v3::puback{sites[Site].id});
}

constexpr auto all = at_every_site([](auto site) {
  return operations_with<hubwire::structural, site>(
      {encode_connect<site>, encode_subscribe<site>, encode_publish<site>, encode_puback<site>});
});

}  // namespace

std::span<operations_of_site const> all_sites() noexcept { return all; }

}  // namespace footprint
