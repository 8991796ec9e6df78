// SPDX-License-Identifier: BSL-1.0
// operator new is replaced and malloc and its kin are wrapped by the linker (-Wl,--wrap), also for what a
// static archive such as BearSSL's calls.
#include "allocation_counter.hpp"

#include <cstdlib>
#include <new>

namespace {

std::size_t allocations = 0;
bool watching = true;

void note() {
  if (watching) ++allocations;
}

}  // namespace

std::size_t counted_allocations() { return allocations; }

not_counting::not_counting() : before_(watching) { watching = false; }
not_counting::~not_counting() { watching = before_; }

extern "C" {
void* __real_malloc(std::size_t size);
void* __real_calloc(std::size_t count, std::size_t size);
void* __real_realloc(void* old, std::size_t size);
void* __real_aligned_alloc(std::size_t alignment, std::size_t size);
int __real_posix_memalign(void** result, std::size_t alignment, std::size_t size);

void* __wrap_malloc(std::size_t size) {
  note();
  return __real_malloc(size);
}
void* __wrap_calloc(std::size_t count, std::size_t size) {
  note();
  return __real_calloc(count, size);
}
void* __wrap_realloc(void* old, std::size_t size) {
  note();
  return __real_realloc(old, size);
}
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size) {
  note();
  return __real_aligned_alloc(alignment, size);
}
int __wrap_posix_memalign(void** result, std::size_t alignment, std::size_t size) {
  note();
  return __real_posix_memalign(result, alignment, size);
}
}

namespace {

void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
  note();
  void* const memory = __real_aligned_alloc(alignment, (size / alignment + 1) * alignment);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

// Every form, since AddressSanitizer brings its own of those that are left out.
using std::align_val_t;
using std::nothrow_t;
using std::size_t;
void* operator new(size_t size) { return allocate(size); }
void* operator new[](size_t size) { return allocate(size); }
void* operator new(size_t size, nothrow_t const&) noexcept { return allocate(size); }
void* operator new[](size_t size, nothrow_t const&) noexcept { return allocate(size); }
void* operator new(size_t size, align_val_t to) { return allocate(size, static_cast<size_t>(to)); }
void* operator new[](size_t size, align_val_t to) { return allocate(size, static_cast<size_t>(to)); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t, align_val_t) noexcept { std::free(memory); }
