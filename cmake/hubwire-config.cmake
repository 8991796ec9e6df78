# SPDX-License-Identifier: BSL-1.0
# find_package(hubwire) defines hubwire::hubwire; find_package(hubwire COMPONENTS bearssl) also hubwire::bearssl, which
# finds and links BearSSL.
include("${CMAKE_CURRENT_LIST_DIR}/hubwire-targets.cmake")

foreach(component IN LISTS hubwire_FIND_COMPONENTS)
  set(hubwire_${component}_FOUND FALSE)
  if(NOT component STREQUAL "bearssl")
    set(hubwire_reason "hubwire has no component ${component}")
  else()
    # In a function, so that the module path stays the caller's.
    function(hubwire_find_bearssl)
      list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_FUNCTION_LIST_DIR}")
      find_package(BearSSL QUIET MODULE)
    endfunction()
    hubwire_find_bearssl()
    if(TARGET BearSSL::BearSSL)
      include("${CMAKE_CURRENT_LIST_DIR}/hubwire_bearssl-targets.cmake")
      set(hubwire_bearssl_FOUND TRUE)
    else()
      set(hubwire_reason "BearSSL was not found: bearssl.h and libbearssl")
    endif()
  endif()
  if(NOT hubwire_${component}_FOUND AND hubwire_FIND_REQUIRED_${component})
    set(hubwire_FOUND FALSE)
    set(hubwire_NOT_FOUND_MESSAGE "${hubwire_reason}")
  endif()
endforeach()
