# Run at build time: writes OUTPUT, a C++ source with every Lua script of DIRECTORY as a string.
# A script that has the line "-- include common" gets common.lua in its place; the "#!lua" line stays first. Lines that are
# comments stay here: some scripts are sent with every use.
file(READ ${DIRECTORY}/common.lua common)
file(GLOB scripts ${DIRECTORY}/*.lua)
set(code "// Made from the .lua files by cmake/EmbedScripts.cmake. Do not edit.\n#include \"redis/scripts.hpp\"\n\nnamespace tributary::redis::script_text {\n")
foreach(script ${scripts})
  get_filename_component(name ${script} NAME_WE)
  if(name STREQUAL common)
    continue()
  endif()
  file(READ ${script} text)
  string(REPLACE "-- include common\n" "${common}" text "${text}")
  string(REGEX REPLACE "\n *--[^\n]*" "" text "${text}")
  string(APPEND code "const char* const ${name} = R\"LUA(${text})LUA\";\n")
endforeach()
string(APPEND code "}  // namespace tributary::redis::script_text\n")
file(WRITE ${OUTPUT} "${code}")
