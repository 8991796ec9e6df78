# SPDX-License-Identifier: BSL-1.0
# Headers, a CMake package and a pkg-config file. Nothing depends on the architecture.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(hubwire_cmake_dir "${CMAKE_INSTALL_DATADIR}/cmake/hubwire")

# With HUBWIRE_INSTALL off the rules are there all the same, apart from `cmake --install`: a library that links hubwire
# could not be exported otherwise. `cmake --install <build> --component hubwire` then installs hubwire beside it.
set(hubwire_apart "")
if(NOT HUBWIRE_INSTALL)
  set(hubwire_apart EXCLUDE_FROM_ALL)
endif()
set(hubwire_component COMPONENT hubwire ${hubwire_apart})

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" ${hubwire_component}
        FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/hubwire" ${hubwire_component})
# The two in files of their own: that of bearssl wants BearSSL::BearSSL to be there.
foreach(target hubwire hubwire_bearssl)
  install(TARGETS ${target} EXPORT ${target} INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT ${target} NAMESPACE hubwire:: FILE ${target}-targets.cmake DESTINATION "${hubwire_cmake_dir}"
          ${hubwire_component})
endforeach()
install(FILES "${PROJECT_SOURCE_DIR}/cmake/hubwire-config.cmake" "${PROJECT_SOURCE_DIR}/cmake/FindBearSSL.cmake"
        DESTINATION "${hubwire_cmake_dir}" ${hubwire_component})

# Before 1.0 a new minor version may break its users.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/hubwire-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/hubwire-config-version.cmake" DESTINATION "${hubwire_cmake_dir}"
        ${hubwire_component})

# Relative to where the file lies, so that the installed tree can be moved.
set(hubwire_pc_dir "${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig")
file(RELATIVE_PATH hubwire_pc_prefix "${hubwire_pc_dir}" "${CMAKE_INSTALL_PREFIX}")
file(RELATIVE_PATH hubwire_pc_include "${hubwire_pc_dir}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/hubwire.pc.in" "${PROJECT_BINARY_DIR}/hubwire.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/hubwire.pc" DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig"
        ${hubwire_component})
