enable_testing()
include(GoogleTest)  # gtest_discover_tests()

# Declares the test programs (unit: beside the code; integration: a real redis-server; user: the binary; sites: the
# binary where several servers make up one Redis, which takes its time)
# and `header_check`, which compiles every header by itself.
function(tributary_tests)
  file(GLOB support CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/support/*.cpp)
  add_library(tributary_test_support STATIC ${support})
  target_include_directories(tributary_test_support PUBLIC ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(tributary_test_support PUBLIC TRIBUTARY_BINARY="${PROJECT_BINARY_DIR}/tributary"
                             TRIBUTARY_SOURCE="${PROJECT_SOURCE_DIR}")
  target_link_libraries(tributary_test_support PUBLIC tributary_cli GTest::gmock PRIVATE tributary_flags)
  # These two save half of the time that tests take to compile. The sources still name what they use: `header_check`
  # and the lint do without precompiled headers.
  target_compile_options(tributary_test_support PRIVATE -O0)
  # But this one computes for minutes of a group's time.
  set_source_files_properties(${PROJECT_SOURCE_DIR}/tests/support/scaled_group.cpp
                              PROPERTIES COMPILE_OPTIONS -O2 SKIP_PRECOMPILE_HEADERS ON)
  target_precompile_headers(tributary_test_support PRIVATE <gmock/gmock.h> <gtest/gtest.h>)

  get_property(unit_tests GLOBAL PROPERTY TRIBUTARY_UNIT_TESTS)
  set_property(SOURCE ${PROJECT_SOURCE_DIR}/src/process/processors/plugin_test.cpp ${PROJECT_SOURCE_DIR}/tests/user/processors_test.cpp
               ${PROJECT_SOURCE_DIR}/tests/user/poison_test.cpp APPEND PROPERTY COMPILE_DEFINITIONS TRIBUTARY_PLUGINS="${PROJECT_BINARY_DIR}/plugins")
  foreach(level unit integration user sites)
    if(level STREQUAL unit)
      set(sources ${unit_tests})
    else()
      file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${level}/*.cpp)
    endif()
    if(NOT sources)
      continue()
    endif()
    set(target ${level}_tests)
    add_executable(${target} ${sources})
    target_link_libraries(${target} PRIVATE tributary_test_support GTest::gtest_main tributary_flags)
    target_compile_options(${target} PRIVATE -O0)
    target_precompile_headers(${target} REUSE_FROM tributary_test_support)
    add_dependencies(${target} examples)
    if(NOT level STREQUAL unit)
      add_dependencies(${target} tributary)
    endif()
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  endforeach()
  file(GLOB torture CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/torture/*.cpp)
  add_executable(torture EXCLUDE_FROM_ALL ${torture})
  target_link_libraries(torture PRIVATE tributary_test_support tributary_flags)
  add_dependencies(torture tributary)
  set_target_properties(torture PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  tributary_ctest(unit integration user sites conformance)
  tributary_header_check()
endfunction()

# Makes each test of <level>_tests one of CTest's, with the level as its label. They are listed when they are run, not
# when they are built: a sanitizer's program may need help to start.
function(tributary_ctest)
  foreach(level ${ARGN})
    if(TARGET ${level}_tests)
      gtest_discover_tests(${level}_tests DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES
                           PROPERTIES LABELS ${level} TIMEOUT 300)
    endif()
  endforeach()
endfunction()

# One source per header that nothing else proves to compile with nothing before it. A source that includes its own
# header first does, unless it is built with precompiled headers, as tests are.
function(tributary_header_check)
  set(checks)
  foreach(folder include src tests sim explore bench tools)
    set(root ${PROJECT_SOURCE_DIR})  # what paths in #include start from
    if(folder MATCHES "include|src|tests")
      set(root ${root}/${folder})
    endif()
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${root} ${folder}/*.hpp)
    foreach(header ${headers})
      string(REPLACE ".hpp" ".cpp" source ${root}/${header})
      if(EXISTS ${source} AND NOT folder STREQUAL tests)
        file(STRINGS ${source} first LIMIT_COUNT 1 REGEX "^#include")
        if(first STREQUAL "#include \"${header}\"")
          continue()
        endif()
      endif()
      string(REPLACE ".hpp" ".cpp" check ${PROJECT_BINARY_DIR}/header_check/${folder}/${header})
      file(CONFIGURE OUTPUT ${check} CONTENT "#include \"${header}\"\n")
      list(APPEND checks ${check})
    endforeach()
  endforeach()
  add_library(header_check OBJECT EXCLUDE_FROM_ALL ${checks})
  target_include_directories(header_check PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(header_check PRIVATE tributary_test_support tributary_flags)
  target_compile_options(header_check PRIVATE -O0 -g0 -Wno-unused)
endfunction()
