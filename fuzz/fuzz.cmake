# Coverage-guided fuzzing of everything that reads what others wrote (./dev fuzz). Needs clang: configure with the preset
# "fuzz". Each <name>_fuzz.cpp here is one target; it shares one library of the code under test, which holds no more
# than that, so that all of it is built in a minute or two.
file(GLOB_RECURSE fuzzed CONFIGURE_DEPENDS src/core/*.cpp src/process/*.cpp src/cli/options/*.cpp)
list(FILTER fuzzed EXCLUDE REGEX "_test\\.cpp$")
foreach(source
    redis/blocking_stream redis/cluster redis/glob redis/group_keys redis/group_names redis/hash_slot redis/sentinel redis/own_events redis/password redis/push_parser
    redis/reply_builder redis/server_check redis/server_error redis/stranger redis/sync_client redis/tls
    redis/transaction_reader redis/url relay/receipts relay/write_all observe/group_status observe/monitor_line
    embed/node_options http/address http/guard http/target cli/api/command_request cli/audit/ledger cli/audit/line_file cli/demo/take_over cli/group/change_lines cli/group/loss_lines
    cli/group/stream_entry cli/publish/publish_payload cli/status/status_json cli/status/status_text
    cli/terminal/json_text cli/terminal/text_table)
  list(APPEND fuzzed ${PROJECT_SOURCE_DIR}/src/${source}.cpp)
endforeach()

add_library(tributary_fuzzed STATIC ${fuzzed} fuzz/entry.cpp)
target_include_directories(tributary_fuzzed PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_compile_options(tributary_fuzzed PRIVATE -fsanitize=fuzzer-no-link)
foreach(dependency xxhash hiredis openssl simdjson lua54 curl dl fmt json)
  target_link_libraries(tributary_fuzzed PUBLIC dependency_${dependency})
endforeach()

file(GLOB targets CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/*_fuzz.cpp)
foreach(source ${targets})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link)
  target_link_libraries(${name} PRIVATE tributary_fuzzed -fsanitize=fuzzer)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
endforeach()
