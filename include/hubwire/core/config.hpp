// SPDX-License-Identifier: BSL-1.0
// Version of the library and the few macros it needs; the only header with macros of its own.
#ifndef HUBWIRE_CORE_CONFIG_HPP
#define HUBWIRE_CORE_CONFIG_HPP

// The one place the version is written down; CMakeLists.txt reads it from here.
#define HUBWIRE_VERSION_MAJOR 0
#define HUBWIRE_VERSION_MINOR 1
#define HUBWIRE_VERSION_PATCH 0
#define HUBWIRE_VERSION_STRING "0.1.0"

// Forced inlining makes the cursors free on x86-class builds and costs flash, so -Os goes without.
#if defined(__GNUC__) && defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__)
#define HUBWIRE_ALWAYS_INLINE [[gnu::always_inline]] inline
#else
#define HUBWIRE_ALWAYS_INLINE inline
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

#endif
