// SPDX-License-Identifier: BSL-1.0
// Runs a function on memory of our own, so that a test can look at what it left on its stack.
#ifndef HUBWIRE_TESTS_SUPPORT_OWN_STACK_HPP
#define HUBWIRE_TESTS_SUPPORT_OWN_STACK_HPP

#include <pthread.h>
#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <string_view>

namespace hubwire::test {

class own_stack {
 public:
  own_stack() : memory_(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
  }
  own_stack(own_stack const&) = delete;
  own_stack& operator=(own_stack const&) = delete;
  ~own_stack() { ::munmap(memory_, size); }

  // body() runs to its end in a thread on this stack. False when there was no such thread.
  template <class Body>
  bool run(Body& body) {
    pthread_attr_t attributes;
    pthread_t thread;
    ::pthread_attr_init(&attributes);
    bool const started =
        ::pthread_attr_setstack(&attributes, memory_, size) == 0 &&
        ::pthread_create(&thread, &attributes, &call<Body>, static_cast<void*>(&body)) == 0 &&
        ::pthread_join(thread, nullptr) == 0;
    ::pthread_attr_destroy(&attributes);
    return started;
  }

  // Whether the bytes are anywhere on the stack now.
  bool holds(std::string_view wanted) const {
    return std::string_view(static_cast<char const*>(memory_), size).find(wanted) != std::string_view::npos;
  }

 private:
  static constexpr std::size_t size = 1 << 20;

  // Deep down, where the end of the thread does not write over what the body left.
  template <class Body>
  [[gnu::noinline]] static void* call(void* body) {
    char depth[size / 4];
    asm volatile("" : : "r"(depth) : "memory");
    (*static_cast<Body*>(body))();
    asm volatile("" : : "r"(depth) : "memory");
    return nullptr;
  }

  void* memory_;
};

}  // namespace hubwire::test

#endif
