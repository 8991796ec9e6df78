// SPDX-License-Identifier: BSL-1.0
// Counts allocations while the library works. operator new is replaced and malloc and its kin are wrapped
// by the linker (-Wl,--wrap), also for what the static BearSSL archive calls. A program of its own, since
// Catch2 allocates.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

#include <hubwire/mqtt3.hpp>

namespace {
std::size_t allocations = 0;
}

extern "C" {
void* __real_malloc(std::size_t size);
void* __real_calloc(std::size_t count, std::size_t size);
void* __real_realloc(void* old, std::size_t size);
void* __real_aligned_alloc(std::size_t alignment, std::size_t size);
int __real_posix_memalign(void** result, std::size_t alignment, std::size_t size);

void* __wrap_malloc(std::size_t size) {
  ++allocations;
  return __real_malloc(size);
}
void* __wrap_calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __real_calloc(count, size);
}
void* __wrap_realloc(void* old, std::size_t size) {
  ++allocations;
  return __real_realloc(old, size);
}
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size) {
  ++allocations;
  return __real_aligned_alloc(alignment, size);
}
int __wrap_posix_memalign(void** result, std::size_t alignment, std::size_t size) {
  ++allocations;
  return __real_posix_memalign(result, alignment, size);
}
}

namespace {

void* counted(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
  ++allocations;
  void* const memory = __real_aligned_alloc(alignment, (size / alignment + 1) * alignment);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

// Every form, since AddressSanitizer brings its own of those that are left out.
using std::align_val_t;
using std::nothrow_t;
using std::size_t;
void* operator new(size_t size) { return counted(size); }
void* operator new[](size_t size) { return counted(size); }
void* operator new(size_t size, nothrow_t const&) noexcept { return counted(size); }
void* operator new[](size_t size, nothrow_t const&) noexcept { return counted(size); }
void* operator new(size_t size, align_val_t to) { return counted(size, static_cast<size_t>(to)); }
void* operator new[](size_t size, align_val_t to) { return counted(size, static_cast<size_t>(to)); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t, align_val_t) noexcept { std::free(memory); }

namespace {

int failures = 0;

void expect(bool condition, char const* what) {
  if (condition) return;
  std::printf("FAILED: %s\n", what);
  ++failures;
}

// Optimisers may drop an allocation that nobody looks at.
template <class T>
void keep(T const& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

template <class Work>
void without_allocation(char const* what, Work work) {
  std::size_t const before = allocations;
  work();
  std::size_t const counted = allocations - before;
  if (counted != 0) std::printf("%s: %zu allocations\n", what, counted);
  expect(counted == 0, what);
}

template <class Work>
void with_allocation(char const* what, Work work) {
  std::size_t const before = allocations;
  work();
  expect(allocations != before, what);
}

struct alignas(64) wide {
  char chars[64];
};

// A counter that counts nothing would let everything pass.
void the_counter_counts() {
  with_allocation("new is counted", [] {
    int* const p = new int(1);
    keep(p);
    delete p;
  });
  with_allocation("new[] is counted", [] {
    char* const p = new char[100];
    keep(p);
    delete[] p;
  });
  with_allocation("nothrow new is counted", [] {
    int* const p = new (std::nothrow) int(1);
    keep(p);
    delete p;
  });
  with_allocation("aligned new is counted", [] {
    wide* const p = new wide;
    keep(p);
    delete p;
  });
  with_allocation("malloc is counted", [] {
    void* const p = std::malloc(10);
    keep(p);
    std::free(p);
  });
  with_allocation("calloc is counted", [] {
    void* const p = std::calloc(10, 10);
    keep(p);
    std::free(p);
  });
  with_allocation("realloc is counted", [] {
    void* const p = std::realloc(nullptr, 10);
    keep(p);
    std::free(p);
  });
  with_allocation("aligned_alloc is counted", [] {
    void* const p = std::aligned_alloc(64, 64);
    keep(p);
    std::free(p);
  });
}

template <class Packet>
void there_and_back(Packet const& packet, hubwire::role sender) {
  std::array<std::uint8_t, 512> output{};
  auto const encoded = hubwire::encode(output, packet);
  expect(encoded.has_value(), "encodes");
  if (!encoded) return;
  expect(hubwire::decode<Packet>(*encoded).has_value(), "decodes");
  auto const split = hubwire::split_frame(hubwire::detail::to_chars(*encoded));
  bool seen = false;
  auto const dispatched =
      hubwire::dispatch<hubwire::v3_tag>(split.frame, sender, [&](auto const&) { seen = true; });
  expect(dispatched.has_value() && seen, "dispatches");
  for (std::size_t size = 0; size != encoded->size(); ++size)
    expect(!hubwire::decode<Packet>(hubwire::byte_view(output.data(), size)), "refuses a part");
}

void codec() {
  namespace v3 = hubwire::v3;
  using hubwire::role;
  constexpr v3::will last{.topic = "last/will", .message = hubwire::as_bytes("gone")};
  there_and_back(v3::connect{.client_id = "d1",
                             .keep_alive = 60,
                             .will = last,
                             .user_name = hubwire::text("user"),
                             .password = hubwire::as_bytes("secret")},
                 role::client);
  there_and_back(v3::connack{}, role::server);
  there_and_back(v3::publish{.topic = "a/b",
                             .payload = hubwire::as_bytes("payload"),
                             .delivery = hubwire::delivery::at_least_once(7)},
                 role::client);
  there_and_back(v3::puback{7}, role::server);
  there_and_back(v3::pubrec{7}, role::server);
  there_and_back(v3::pubrel{7}, role::client);
  there_and_back(v3::pubcomp{7}, role::server);
  std::array const subscriptions{v3::subscription{"a/+", hubwire::qos::at_least_once},
                                 v3::subscription{"#", hubwire::qos::at_most_once}};
  there_and_back(v3::subscribe{.id = 8, .subscriptions = subscriptions}, role::client);
  std::array const codes{v3::suback_return_code::granted_qos_1, v3::suback_return_code::failure};
  there_and_back(v3::suback{.id = 8, .codes = codes}, role::server);
  std::array const filters{v3::unsubscription{"a/+"}, v3::unsubscription{"#"}};
  there_and_back(v3::unsubscribe{.id = 9, .filters = filters}, role::client);
  there_and_back(v3::unsuback{9}, role::server);
  there_and_back(v3::pingreq{}, role::client);
  there_and_back(v3::pingresp{}, role::server);
  there_and_back(v3::disconnect{}, role::client);
}

}  // namespace

int main() {
  the_counter_counts();
  without_allocation("codec", codec);
  std::printf("%s\n", failures == 0 ? "nothing allocates" : "there are allocations or failures");
  return failures == 0 ? 0 : 1;
}
