# Language standard, warnings as errors, sanitizers, compiler cache: what every target is built with.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

option(TRIBUTARY_WERROR "Treat warnings as errors" ON)
set(TRIBUTARY_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined or thread")

find_program(TRIBUTARY_CCACHE ccache)
if(TRIBUTARY_CCACHE)
  # The sloppiness is what ccache asks for to cache compilations that use precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${TRIBUTARY_CCACHE})
  add_compile_options(-fpch-preprocess)
endif()

add_library(tributary_flags INTERFACE)
if(TRIBUTARY_SANITIZE)
  # No warnings: GCC's are wrong too often in instrumented code, and the other builds have them.
  # Nor what the address sanitizer finds as soon as it matters: a fourth of the time that compiling takes.
  add_compile_options(-w -fsanitize=${TRIBUTARY_SANITIZE} -fno-sanitize=null,object-size,pointer-overflow
                      -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TRIBUTARY_SANITIZE})
else()
  target_compile_options(tributary_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual -Woverloaded-virtual
    -Wimplicit-fallthrough -Wextra-semi
    # GCC 12 gives these for correct code of its own library (joining strings, moving variants and optionals), once
    # inlined. The address sanitizer's build looks for the real ones.
    -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
  if(TRIBUTARY_WERROR)
    target_compile_options(tributary_flags INTERFACE -Werror)
  endif()
endif()
