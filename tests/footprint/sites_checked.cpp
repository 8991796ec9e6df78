// SPDX-License-Identifier: BSL-1.0
// Eight codec operations at several places, everything checked: text is parsed in the call, and what comes in is
// decoded with the strict policy.
#include <footprint/sites.hpp>

namespace footprint {

namespace {

template <std::size_t Site>
[[gnu::noinline]] result<byte_view> encode_connect() noexcept {
  auto client_id = hubwire::text::parse(sites[Site].who.client_id);
  if (!client_id) return client_id.error();
  auto user_name = hubwire::text::parse(sites[Site].who.user_name);
  if (!user_name) return user_name.error();
  auto will_topic = hubwire::topic_name::parse(sites[Site].who.will_topic);
  if (!will_topic) return will_topic.error();
  return hubwire::encode(sites[Site].output, v3::connect{
                                                 .client_id = *client_id,
                                                 .keep_alive = 60 + Site,
                                                 .will = v3::will{.topic = *will_topic,
                                                                  .message = sites[Site].who.will_message,
                                                                  .qos = hubwire::qos::at_least_once},
                                                 .user_name = *user_name,
                                                 .password = sites[Site].who.password,
                                             });
}

template <std::size_t Site>
[[gnu::noinline]] result<byte_view> encode_subscribe() noexcept {
  v3::subscription wanted[] = {{"#"}, {"#"}, {"#"}};
  for (std::size_t i = 0; i != sites[Site].wishes.size(); ++i) {
    auto filter = hubwire::topic_filter::parse(sites[Site].wishes[i].filter);
    if (!filter) return filter.error();
    wanted[i] = {*filter, sites[Site].wishes[i].qos};
  }
  return hubwire::encode(sites[Site].output, v3::subscribe{sites[Site].id, wanted});
}

template <std::size_t Site>
[[gnu::noinline]] result<byte_view> encode_publish() noexcept {
  auto topic = hubwire::topic_name::parse(sites[Site].what.topic);
  if (!topic) return topic.error();
  return hubwire::encode(sites[Site].output,
                         v3::publish{.topic = *topic,
                                     .payload = sites[Site].what.payload,
                                     .delivery = hubwire::delivery::at_least_once(sites[Site].id)});
}

template <std::size_t Site>
[[gnu::noinline]] result<byte_view> encode_puback() noexcept {
  return hubwire::encode(sites[Site].output, v3::puback{sites[Site].id});
}

constexpr auto all = at_every_site([](auto site) {
  return operations_with<hubwire::strict, site>(
      {encode_connect<site>, encode_subscribe<site>, encode_publish<site>, encode_puback<site>});
});

}  // namespace

std::span<operations_of_site const> all_sites() noexcept { return all; }

}  // namespace footprint
