# Run at build time: writes OUTPUT, a C++ source with every Lua script of DIRECTORY as a string, and with its SHA-1, by
# which the server knows it: of exactly these bytes.
# A script that has the line "-- include common" gets common.lua in its place; the "#!lua" line stays first. Lines that are
# comments stay here: some scripts are sent with every use.
file(READ ${DIRECTORY}/common.lua common)
file(GLOB scripts ${DIRECTORY}/*.lua)
list(REMOVE_ITEM scripts ${DIRECTORY}/common.lua)
set(code "// Made from the .lua files by cmake/EmbedScripts.cmake. Do not edit.\n#include \"redis/scripts.hpp\"\n\nnamespace tributary::redis {\n")
foreach(script ${scripts})
  get_filename_component(name ${script} NAME_WE)
  file(READ ${script} text)
  string(REPLACE "-- include common\n" "${common}" text "${text}")
  string(REGEX REPLACE "\n *--[^\n]*" "" text "${text}")
  string(SHA1 sha "${text}")
  string(APPEND code "const char* const script_text::${name} = R\"LUA(${text})LUA\";\n"
                     "const char* const script_sha::${name} = \"${sha}\";\n")
endforeach()
string(APPEND code "}  // namespace tributary::redis\n")
file(WRITE ${OUTPUT} "${code}")
