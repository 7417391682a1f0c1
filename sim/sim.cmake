# The deterministic simulation (./dev sim): the real core and the real scripts in a simulated world. Included from the
# root, so that the custom command that embeds the scripts is known here.
pkg_check_modules(LUA REQUIRED IMPORTED_TARGET lua5.1)
tributary_dependency(lua PkgConfig::LUA)

# The simulated Redis by itself, for whoever wants to hold it against a real one.
add_library(tributary_simulated_redis STATIC sim/redis/keyspace.cpp sim/redis/lua_engine.cpp
            sim/redis/simulated_redis.cpp ${PROJECT_BINARY_DIR}/embedded_scripts.cpp)
target_include_directories(tributary_simulated_redis PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(tributary_simulated_redis PUBLIC tributary_core PRIVATE dependency_lua tributary_flags)

file(GLOB sim_sources CONFIGURE_DEPENDS sim/*.cpp sim/world/*.cpp sim/check/*.cpp)
add_executable(tributary_sim EXCLUDE_FROM_ALL ${sim_sources})
target_link_libraries(tributary_sim PRIVATE tributary_simulated_redis tributary_flags)
set_target_properties(tributary_sim PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
