# SPDX-License-Identifier: BSL-1.0
# Installs hubwire where WAY needs it, moves the installed tree, builds the consumer and runs it.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGN}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${WORK}")
if(WAY STREQUAL "fetch_content")
  # A repository of what a release holds, with one commit.
  find_package(Git REQUIRED)
  set(repository "${WORK}/repository")
  file(COPY "${SOURCE}/CMakeLists.txt" "${SOURCE}/LICENSE" "${SOURCE}/cmake" "${SOURCE}/include"
       DESTINATION "${repository}")
  run("${GIT_EXECUTABLE}" init --quiet "${repository}")
  run("${GIT_EXECUTABLE}" -C "${repository}" add .)
  run("${GIT_EXECUTABLE}" -C "${repository}" -c user.name=test -c user.email=test@localhost -c commit.gpgsign=false
      -c core.hooksPath= commit --quiet -m "A release")
  run("${GIT_EXECUTABLE}" -C "${repository}" rev-parse HEAD)
  string(STRIP "${output}" commit)
elseif(WAY STREQUAL "exported_library")
  # A library that links hubwire is installed, with hubwire, which came by add_subdirectory, beside it; then a third
  # project finds the library, and hubwire through it.
  set(exported "${CMAKE_CURRENT_LIST_DIR}/exported")
  set(configure "${CMAKE_COMMAND}" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DSOURCE=${SOURCE}"
      "-DBEARSSL=${BEARSSL}" "-DCMAKE_PREFIX_PATH=${WORK}/prefix" -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF)
  run(${configure} -S "${exported}/library" -B "${WORK}/library")
  run("${CMAKE_COMMAND}" --build "${WORK}/library")
  run("${CMAKE_COMMAND}" --install "${WORK}/library" --prefix "${WORK}/first")
  if(EXISTS "${WORK}/first/include/hubwire")
    message(FATAL_ERROR "hubwire was installed although nobody asked for it")
  endif()
  run("${CMAKE_COMMAND}" --install "${WORK}/library" --prefix "${WORK}/first" --component hubwire)
  file(RENAME "${WORK}/first" "${WORK}/prefix")
  run(${configure} -S "${exported}/program" -B "${WORK}/build")
  run("${CMAKE_COMMAND}" --build "${WORK}/build")
  run("${WORK}/build/program")
  return()
elseif(NOT WAY STREQUAL "add_subdirectory")
  run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/first")
  file(RENAME "${WORK}/first" "${WORK}/prefix")  # what was installed can be moved

  file(GLOB_RECURSE have RELATIVE "${SOURCE}/include" "${SOURCE}/include/*.hpp")
  file(GLOB_RECURSE installed RELATIVE "${WORK}/prefix/include" "${WORK}/prefix/include/*")
  if(NOT have STREQUAL installed)
    message(FATAL_ERROR "installed headers: ${installed}\nbut there are: ${have}")
  endif()
  set(ENV{PKG_CONFIG_PATH} "${WORK}/prefix/share/pkgconfig")
endif()

run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${WORK}/build" -G "${GENERATOR}" "-DWAY=${WAY}"
    "-DSOURCE=${SOURCE}" "-DBEARSSL=${BEARSSL}" "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_PREFIX_PATH=${WORK}/prefix"
    "-DREPOSITORY=${repository}" "-DCOMMIT=${commit}" -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF)
run("${CMAKE_COMMAND}" --build "${WORK}/build")
run("${WORK}/build/consumer")
if(NOT output STREQUAL "hubwire ${VERSION}\n")
  message(FATAL_ERROR "the consumer says '${output}', not 'hubwire ${VERSION}'")
endif()
if(EXISTS "${WORK}/build/consumer_bearssl")
  run("${WORK}/build/consumer_bearssl")
elseif(BEARSSL AND NOT WAY STREQUAL "pkg_config")
  message(FATAL_ERROR "the consumer with BearSSL was not built")
endif()
