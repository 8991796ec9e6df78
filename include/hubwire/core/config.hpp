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

// The inner namespace of everything. Two versions of the library, or parts of a program of which one is built for
// size and one is not, have functions of other code: so they have other names as well and live side by side. A type
// has the same layout at every level of optimisation, since structs of the program that hold one do not change
// their names and so link.
#if defined(__OPTIMIZE_SIZE__)
#define HUBWIRE_ABI abi1_size
#else
#define HUBWIRE_ABI abi1
#endif

// Forced inlining makes the cursors free on x86-class builds and costs flash, so -Os goes without.
#if defined(__GNUC__) && defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__)
#define HUBWIRE_ALWAYS_INLINE [[gnu::always_inline]] inline
#else
#define HUBWIRE_ALWAYS_INLINE inline
#endif

// The same under -Os too: for what has one caller, or is smaller than its call once its arguments are known.
#if defined(__GNUC__) && defined(__OPTIMIZE__)
#define HUBWIRE_FOLDED [[gnu::always_inline]] inline
#else
#define HUBWIRE_FOLDED inline
#endif

// Inlined for speed; under -Os one copy that all callers share.
#if defined(__GNUC__) && defined(__OPTIMIZE_SIZE__)
#define HUBWIRE_SHARED [[gnu::noinline]]
#else
#define HUBWIRE_SHARED HUBWIRE_ALWAYS_INLINE
#endif

// Inlined at every level: for wrappers whose arguments must not outlive them, not even under -Os.
#if defined(__GNUC__)
#define HUBWIRE_INLINE [[gnu::always_inline]] inline
#else
#define HUBWIRE_INLINE inline
#endif

// For code that is called from many places and too large to be copied into each.
#if defined(__GNUC__)
#define HUBWIRE_NOINLINE [[gnu::noinline]]
#else
#define HUBWIRE_NOINLINE
#endif

// Keeps a rarely taken path out of the hot code around it.
#if defined(__GNUC__)
#define HUBWIRE_COLD [[gnu::cold, gnu::noinline]]
#else
#define HUBWIRE_COLD
#endif

// The same where speed counts; in line for size, where it has one caller.
#if defined(__OPTIMIZE_SIZE__)
#define HUBWIRE_RARE HUBWIRE_FOLDED
#else
#define HUBWIRE_RARE HUBWIRE_COLD
#endif

// Makes g++ forget which object a pointer points to. It does not see that a copy whose length was compared
// with the room fits, and where either end is a small array it warns about copies that cannot happen.
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__)
#define HUBWIRE_FORGET(pointer) asm("" : "+r"(pointer))
#else
#define HUBWIRE_FORGET(pointer) static_cast<void>(pointer)
#endif

// What callers promise. A broken promise ends the program; with NDEBUG it goes unseen and costs nothing, since the
// condition is not evaluated. Define it before you include hubwire to have it reported in your own way:
// `#define HUBWIRE_ASSERT(condition) configASSERT(condition)`. All files of a program define it alike.
#if !defined(HUBWIRE_ASSERT)
#if defined(NDEBUG)
#define HUBWIRE_ASSERT(condition) static_cast<void>(sizeof((condition) ? 1 : 0))
#elif defined(__GNUC__)
#define HUBWIRE_ASSERT(condition) ((condition) ? static_cast<void>(0) : __builtin_trap())
#else
#define HUBWIRE_ASSERT(condition) ((condition) ? static_cast<void>(0) : __fastfail(5))
#endif
#endif

// clang's -Weverything says of each consteval that it is C++20, which whoever includes this has chosen.
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wc++20-compat"
#endif

namespace hubwire::inline HUBWIRE_ABI::detail {

// Whether this is built for size, where that asks for other code and not only for less inlining: no tables, no
// second way of doing what one way does.
#if defined(__OPTIMIZE_SIZE__)
inline constexpr bool for_size = true;
#else
inline constexpr bool for_size = false;
#endif

// Whether the compiler knows the number already, so that what depends on it is computed while compiling.
HUBWIRE_ALWAYS_INLINE constexpr bool is_known(decltype(sizeof 0) number) noexcept {
#if defined(__GNUC__) && defined(__OPTIMIZE__)
  return !for_size && __builtin_constant_p(number) != 0;
#else
  return static_cast<void>(number), false;
#endif
}

}  // namespace hubwire::inline HUBWIRE_ABI::detail

#endif
