# SPDX-License-Identifier: BSL-1.0
# The firmware is cross-compiled by build.sh. Here is its test, where tests are wanted and all that it takes is there.
if(NOT (HUBWIRE_TESTS AND TARGET hub_emulator))
  return()
endif()
find_package(Python3 COMPONENTS Interpreter QUIET)
find_program(hubwire_openssl openssl)
find_program(hubwire_arm_compiler arm-none-eabi-g++)
find_program(hubwire_arm_emulator qemu-system-arm)
find_program(hubwire_dpkg_source dpkg-source)
mark_as_advanced(hubwire_openssl hubwire_arm_compiler hubwire_arm_emulator hubwire_dpkg_source)
if(NOT Python3_FOUND OR NOT hubwire_openssl OR NOT hubwire_arm_compiler OR NOT hubwire_arm_emulator OR NOT hubwire_dpkg_source)
  message(STATUS "the test \"firmware\" is left out: it takes openssl, gcc-arm-none-eabi, qemu-system-arm and dpkg-dev")
  return()
endif()

add_test(NAME firmware
  COMMAND Python3::Interpreter -B "${PROJECT_SOURCE_DIR}/tests/examples/firmware.test.py"
          --hub "$<TARGET_FILE:hub_emulator>" --build "${CMAKE_CURRENT_BINARY_DIR}/firmware")
set_tests_properties(firmware PROPERTIES TIMEOUT 600 LABELS examples SKIP_RETURN_CODE 77 ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
hubwire_takes(firmware 40)
