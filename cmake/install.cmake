# SPDX-License-Identifier: BSL-1.0
# Headers, a CMake package and a pkg-config file. Nothing depends on the architecture.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(hubwire_cmake_dir "${CMAKE_INSTALL_DATADIR}/cmake/hubwire")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/hubwire")
install(TARGETS hubwire EXPORT hubwire INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT hubwire NAMESPACE hubwire:: FILE hubwire-config.cmake DESTINATION "${hubwire_cmake_dir}")

# Before 1.0 a new minor version may break its users.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/hubwire-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/hubwire-config-version.cmake" DESTINATION "${hubwire_cmake_dir}")

# Relative to where the file lies, so that the installed tree can be moved.
set(hubwire_pc_dir "${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig")
file(RELATIVE_PATH hubwire_pc_prefix "${hubwire_pc_dir}" "${CMAKE_INSTALL_PREFIX}")
file(RELATIVE_PATH hubwire_pc_include "${hubwire_pc_dir}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/hubwire.pc.in" "${PROJECT_BINARY_DIR}/hubwire.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/hubwire.pc" DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")
