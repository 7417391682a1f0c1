# tributary_module(<name> [<dependency>...])
#   One static library of every .cpp below src/<name>; *_test.cpp beside the code go into the unit tests (the core's not
#   into those that look for races: it has no threads).
#   It is linked with the modules declared before it. The order is written to <build>/modules, for ./dev lint.
#   If src/<name>/scripts holds Lua files, they are compiled in (see EmbedScripts.cmake).
function(tributary_module name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS src/${name}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$|/main\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  if(NOT "${name}/${TRIBUTARY_SANITIZE}" STREQUAL "core/thread")
    set_property(GLOBAL APPEND PROPERTY TRIBUTARY_UNIT_TESTS ${tests})
  endif()
  tributary_embed_scripts(${PROJECT_SOURCE_DIR}/src/${name} embedded)

  get_property(lower GLOBAL PROPERTY TRIBUTARY_MODULES)
  set(target tributary_${name})
  add_library(${target} STATIC ${sources} ${embedded})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PRIVATE tributary_flags)
  # Most of them are also in the shared library, which shows what it says it does and nothing else.
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden
                        VISIBILITY_INLINES_HIDDEN ON)
  foreach(module ${lower})
    target_link_libraries(${target} PUBLIC tributary_${module})
  endforeach()
  foreach(dependency ${ARGN})
    target_link_libraries(${target} PUBLIC dependency_${dependency})
  endforeach()
  list(APPEND lower ${name})
  set_property(GLOBAL PROPERTY TRIBUTARY_MODULES ${lower})
  list(JOIN lower "\n" order)
  file(WRITE ${PROJECT_BINARY_DIR}/modules "${order}\n")
endfunction()

# Makes the files of <folder> part of <target> (see EmbedPage.cmake), again when any of them changes.
function(tributary_embed_page target folder)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*)
  set(output ${PROJECT_BINARY_DIR}/embedded_page.cpp)
  set(maker ${PROJECT_SOURCE_DIR}/cmake/EmbedPage.cmake)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -D FOLDER=${PROJECT_SOURCE_DIR}/${folder} -D OUTPUT=${output} -P ${maker}
    DEPENDS ${files} ${maker} COMMENT "Embedding the page" VERBATIM)
  target_sources(${target} PRIVATE ${output})
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
