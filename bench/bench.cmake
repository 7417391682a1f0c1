# ./dev bench: tributary beside what it is measured against, and micro-benchmarks of its hot places.
file(GLOB bench_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cpp)
list(FILTER bench_sources EXCLUDE REGEX "/(bare_bridge|bare_http_server|answering_child|lock_per_message|connection|micro)\\.cpp$")

function(tributary_bench_program name)
  add_executable(${name} EXCLUDE_FROM_ALL ${ARGN})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE tributary_flags OpenSSL::SSL)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
endfunction()

tributary_bench_program(bare_bridge bench/bare_bridge.cpp bench/connection.cpp)
tributary_bench_program(lock_per_message bench/lock_per_message.cpp bench/connection.cpp)
target_include_directories(bare_bridge PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(bare_bridge PRIVATE simdjson::simdjson)
target_include_directories(lock_per_message PRIVATE ${PROJECT_SOURCE_DIR}/src)
tributary_bench_program(answering_child bench/answering_child.cpp)
tributary_bench_program(bare_http_server bench/bare_http_server.cpp)

tributary_bench_program(tributary_bench ${bench_sources} bench/connection.cpp tools/svg.cpp)
target_link_libraries(tributary_bench PRIVATE tributary_cli)
target_compile_definitions(tributary_bench PRIVATE TRIBUTARY_BENCH_PROCESSORS="${CMAKE_CURRENT_LIST_DIR}/processors"
                                                      TRIBUTARY_BENCH_PEERS="${CMAKE_CURRENT_LIST_DIR}/peers")
add_dependencies(tributary_bench tributary bare_bridge lock_per_message answering_child bare_http_server length)

# Only ./dev bench installs the library, so it may be missing.
find_package(benchmark QUIET)
if(benchmark_FOUND)
  tributary_bench_program(micro_bench bench/micro.cpp)
  target_link_libraries(micro_bench PRIVATE tributary_cli benchmark::benchmark)
endif()
