# The explorer (./dev explore): the real core and the real scripts in a small world, every interleaving.
add_library(tributary_explorer OBJECT EXCLUDE_FROM_ALL explore/main.cpp explore/member.cpp explore/node_inspector.cpp
            explore/server.cpp explore/history.cpp explore/world.cpp explore/steps.cpp explore/execution.cpp
            explore/strikes.cpp explore/narration.cpp explore/verdict.cpp explore/search.cpp explore/worlds.cpp
            sim/broken.cpp sim/check/key_lanes.cpp)
target_link_libraries(tributary_explorer PUBLIC tributary_simulated_redis PRIVATE tributary_flags)

add_executable(tributary_explore EXCLUDE_FROM_ALL)
target_link_libraries(tributary_explore PRIVATE tributary_explorer)
set_target_properties(tributary_explore PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})

include(${PROJECT_SOURCE_DIR}/tests/conformance/conformance.cmake)

# Negative controls: the mistakes in the core of sim/controls, which one of the small worlds must find as well. The file
# with the mistake comes before the library that holds the right one.
add_custom_target(tributary_explore_controls DEPENDS tributary_explore)
file(GLOB controls CONFIGURE_DEPENDS sim/controls/*.txt)
foreach(control ${controls})
  get_filename_component(name ${control} NAME_WE)
  add_executable(explore_control_${name} EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/controls/${name}.cpp)
  target_link_libraries(explore_control_${name} PRIVATE tributary_explorer)
  set_target_properties(explore_control_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                        ${PROJECT_BINARY_DIR}/explore_controls OUTPUT_NAME ${name})
  add_dependencies(tributary_explore_controls explore_control_${name})
endforeach()
