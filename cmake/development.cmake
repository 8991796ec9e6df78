# SPDX-License-Identifier: BSL-1.0
# What hubwire's own tests, examples and fuzz targets are built with. None of it reaches users.
#   hubwire_warnings     all warnings, as errors
#   hubwire_development  the library, the warnings and, with HUBWIRE_SANITIZE, both sanitizers
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_package(Threads REQUIRED)
# BearSSL, for the TLS and HMAC adapters, was looked for in CMakeLists.txt; hubwire itself does without.

add_library(hubwire_warnings INTERFACE)
if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  target_compile_options(hubwire_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
    $<$<BOOL:${HUBWIRE_WERROR}>:-Werror>)
endif()

add_library(hubwire_development INTERFACE)
target_link_libraries(hubwire_development INTERFACE hubwire::hubwire hubwire_warnings)
set(hubwire_sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
if(HUBWIRE_SANITIZE)
  target_compile_options(hubwire_development INTERFACE ${hubwire_sanitizers})
  target_link_options(hubwire_development INTERFACE ${hubwire_sanitizers})
endif()
