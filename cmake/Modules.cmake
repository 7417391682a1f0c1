# tributary_module(<name> DIRECTORY <dir> LINK <modules and dependencies>)
#   One static library of every .cpp below <dir>; *_test.cpp beside the code go into the unit tests.
#   If <dir>/scripts holds Lua files, they are compiled in (see EmbedScripts.cmake).
function(tributary_module name)
  cmake_parse_arguments(ARG "" "DIRECTORY" "LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${ARG_DIRECTORY}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$|/main\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  tributary_embed_scripts(${PROJECT_SOURCE_DIR}/${ARG_DIRECTORY} embedded)
  list(APPEND sources ${embedded})

  set(target tributary_${name})
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PRIVATE tributary_flags)
  foreach(dependency ${ARG_LINK})
    if(TARGET dependency_${dependency})
      target_link_libraries(${target} PUBLIC dependency_${dependency})
    else()
      target_link_libraries(${target} PUBLIC tributary_${dependency})
    endif()
  endforeach()
  set_property(GLOBAL APPEND PROPERTY TRIBUTARY_UNIT_TESTS ${tests})
endfunction()

# Sets <result> to a source that holds the Lua files of <directory>/scripts, made again when any of them changes.
function(tributary_embed_scripts directory result)
  set(${result} "" PARENT_SCOPE)
  file(GLOB scripts CONFIGURE_DEPENDS ${directory}/scripts/*.lua)
  if(NOT scripts)
    return()
  endif()
  set(output ${PROJECT_BINARY_DIR}/embedded_scripts.cpp)
  set(maker ${PROJECT_SOURCE_DIR}/cmake/EmbedScripts.cmake)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -D DIRECTORY=${directory}/scripts -D OUTPUT=${output} -P ${maker}
    DEPENDS ${scripts} ${maker} COMMENT "Embedding the Lua scripts" VERBATIM)
  set(${result} ${output} PARENT_SCOPE)
endfunction()
