# The explorer (./dev explore): the real core and the real scripts in a small world, every interleaving.
add_executable(tributary_explore EXCLUDE_FROM_ALL explore/main.cpp explore/member.cpp explore/node_inspector.cpp
               explore/server.cpp explore/history.cpp explore/world.cpp explore/verdict.cpp explore/search.cpp
               explore/worlds.cpp)
target_link_libraries(tributary_explore PRIVATE tributary_simulated_redis tributary_flags)
set_target_properties(tributary_explore PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
include(${PROJECT_SOURCE_DIR}/tests/conformance/conformance.cmake)
