# The simulated Redis of sim/ against a real redis-server: the same calls, the same answers, the same data.
file(GLOB conformance_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cpp)
add_executable(conformance_tests ${conformance_sources})
target_link_libraries(conformance_tests PRIVATE tributary_simulated_redis tributary_test_support GTest::gtest_main
                      tributary_flags)
# The simulated Redis has Lua 5.1, the processors (of which nothing is used here) 5.4, and their functions are named alike:
# the linker takes those of the first one it sees.
target_link_options(conformance_tests PRIVATE -Wl,--push-state,--no-as-needed ${LUA_LINK_LIBRARIES} -Wl,--pop-state)
set_target_properties(conformance_tests PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
add_test(NAME conformance COMMAND conformance_tests)
