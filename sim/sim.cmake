# The deterministic simulation (./dev sim): the real core and the real scripts in a simulated world. Included from the
# root, so that the custom command that embeds the scripts is known here.
pkg_check_modules(LUA REQUIRED IMPORTED_TARGET lua5.1)
tributary_dependency(lua PkgConfig::LUA)

# The simulated Redis by itself, for whoever wants to hold it against a real one.
add_library(tributary_simulated_redis STATIC sim/redis/keyspace.cpp sim/redis/keys.cpp sim/redis/loss_line.cpp sim/redis/lua_engine.cpp
            sim/redis/simulated_redis.cpp sim/redis/transaction.cpp sim/call_text.cpp ${PROJECT_BINARY_DIR}/embedded_scripts.cpp)
target_include_directories(tributary_simulated_redis PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(tributary_simulated_redis PUBLIC tributary_core PRIVATE dependency_lua tributary_flags)

file(GLOB sim_sources CONFIGURE_DEPENDS sim/main.cpp sim/runner.cpp sim/broken.cpp sim/world/*.cpp sim/check/*.cpp)
add_library(tributary_world OBJECT EXCLUDE_FROM_ALL ${sim_sources})
target_link_libraries(tributary_world PUBLIC tributary_simulated_redis PRIVATE tributary_flags)

add_executable(tributary_sim EXCLUDE_FROM_ALL)
target_link_libraries(tributary_sim PRIVATE tributary_world)
set_target_properties(tributary_sim PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})

# Negative controls (./dev controls): the same world with one mistake in the core, each a program of its own. The file
# with the mistake comes before the library that holds the right one.
add_custom_target(tributary_controls DEPENDS tributary_sim)
file(GLOB controls CONFIGURE_DEPENDS sim/controls/*.txt)
foreach(control ${controls})
  get_filename_component(name ${control} NAME_WE)
  set(broken ${PROJECT_BINARY_DIR}/controls/${name}.cpp)
  file(STRINGS ${control} lines LIMIT_COUNT 2)
  list(GET lines 1 source)
  add_custom_command(
    OUTPUT ${broken}
    COMMAND ${CMAKE_COMMAND} -D CONTROL=${control} -D ROOT=${PROJECT_SOURCE_DIR} -D OUTPUT=${broken}
            -P ${PROJECT_SOURCE_DIR}/sim/break.cmake
    DEPENDS ${control} ${PROJECT_SOURCE_DIR}/${source} ${PROJECT_SOURCE_DIR}/sim/break.cmake VERBATIM)
  add_executable(control_${name} EXCLUDE_FROM_ALL ${broken})
  target_link_libraries(control_${name} PRIVATE tributary_world)
  set_target_properties(control_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/controls
                        OUTPUT_NAME ${name})
  add_dependencies(tributary_controls control_${name})
  # For those that neither simulation nor explorer catches.
  add_executable(unit_control_${name} EXCLUDE_FROM_ALL ${broken} $<TARGET_OBJECTS:unit_tests>)
  target_link_libraries(unit_control_${name} PRIVATE $<TARGET_PROPERTY:unit_tests,LINK_LIBRARIES>)
endforeach()
