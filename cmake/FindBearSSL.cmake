# SPDX-License-Identifier: BSL-1.0
# BearSSL brings neither a CMake package nor a pkg-config file. Defines BearSSL::BearSSL, for the whole project: what
# links it through hubwire::bearssl need not lie below the folder that called find_package.
find_path(BearSSL_INCLUDE_DIR bearssl.h)
find_library(BearSSL_LIBRARY NAMES libbearssl.a bearssl)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(BearSSL REQUIRED_VARS BearSSL_LIBRARY BearSSL_INCLUDE_DIR)
mark_as_advanced(BearSSL_INCLUDE_DIR BearSSL_LIBRARY)

if(BearSSL_FOUND AND NOT TARGET BearSSL::BearSSL)
  add_library(BearSSL::BearSSL UNKNOWN IMPORTED GLOBAL)
  set_target_properties(BearSSL::BearSSL PROPERTIES
    IMPORTED_LOCATION "${BearSSL_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${BearSSL_INCLUDE_DIR}")
endif()
