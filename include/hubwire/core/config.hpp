// SPDX-License-Identifier: BSL-1.0
// Version of the library and the few macros it needs; the only header with macros of its own.
#ifndef HUBWIRE_CORE_CONFIG_HPP
#define HUBWIRE_CORE_CONFIG_HPP

// One line says what is wrong: the name of a file that nobody has. Not to find it stops the compiler at once,
// behind an #error it would go on and list hundreds of errors that follow from the first.
#if defined(_MSVC_LANG) && _MSVC_LANG <= 201703L || !defined(_MSVC_LANG) && __cplusplus <= 201703L
#include "hubwire needs C++20: compile with -std=c++20 (MSVC: /std:c++20)"
#endif

// The one place the version is written down; CMakeLists.txt reads it from here.
#define HUBWIRE_VERSION_MAJOR 0
#define HUBWIRE_VERSION_MINOR 1
#define HUBWIRE_VERSION_PATCH 0
#define HUBWIRE_VERSION_STRING "0.1.0"

// Whether leaves (copy, scan, find, percent, decimal) take little flash or few instructions, and whether one
// function writes packets of all types (wire/encode.hpp). Define it as 0 or 1 to choose; else it follows -Os,
// and Cortex-M, where flash is what runs out, counts as small at every level. Files of one program may differ
// in it.
#if !defined(HUBWIRE_SIZE)
#if defined(__OPTIMIZE_SIZE__) || (defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M')
#define HUBWIRE_SIZE 1
#else
#define HUBWIRE_SIZE 0
#endif
#endif

// For what is smaller in line than its call: a few instructions, or one caller, or arguments that are
// literals.
#if defined(__GNUC__) && defined(__OPTIMIZE__)
#define HUBWIRE_SMALLER_INLINE [[gnu::always_inline]] inline
#else
#define HUBWIRE_SMALLER_INLINE inline
#endif

// For what is faster in line and larger: not where size counts.
#if HUBWIRE_SIZE
#define HUBWIRE_FASTER_INLINE inline
#else
#define HUBWIRE_FASTER_INLINE HUBWIRE_SMALLER_INLINE
#endif

// For what all callers share: too large to be copied into each of them, or rarely called.
#if defined(__GNUC__)
#define HUBWIRE_ONE_COPY [[gnu::noinline]]
#else
#define HUBWIRE_ONE_COPY
#endif

// Checks what callers promise. A broken promise ends the program. With NDEBUG it goes unseen and costs
// nothing, since the condition is not evaluated. To report it in your own way, define the macro before you
// include hubwire: `#define HUBWIRE_ASSERT(condition) configASSERT(condition)`. All files of a program
// define it alike.
#if !defined(HUBWIRE_ASSERT)
#if defined(NDEBUG)
#define HUBWIRE_ASSERT(condition) static_cast<void>(sizeof((condition) ? 1 : 0))
#elif defined(__GNUC__)
#define HUBWIRE_ASSERT(condition) ((condition) ? static_cast<void>(0) : __builtin_trap())
#else
#define HUBWIRE_ASSERT(condition) ((condition) ? static_cast<void>(0) : __fastfail(5))
#endif
#endif

// Define it as 1 where you test: received bytes that are given up are overwritten with 0xDD, so that views
// which were kept for too long show. All files of a program define it alike.
#if !defined(HUBWIRE_POISON)
#define HUBWIRE_POISON 0
#endif

// clang's -Weverything says of each consteval that it is C++20, which whoever includes this has chosen.
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wc++20-compat"
#endif

namespace hubwire { inline namespace abi1 { namespace detail {

// See HUBWIRE_SIZE. Chooses between two bodies of a leaf that do the same.
inline constexpr bool for_size = HUBWIRE_SIZE != 0;

// Returns the pointer, and g++ does not know any more to what object it points. It warns of reading beyond a
// small object where the code has compared the size before, and of an array that is not full where the code
// counts its elements.
template <class T>
HUBWIRE_SMALLER_INLINE T* hide_object(T* pointer) noexcept {
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
  asm("" : "+r"(pointer));
#endif
  return pointer;
}

}}}  // namespace hubwire::detail

#endif
