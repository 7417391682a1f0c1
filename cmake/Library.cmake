# libtributary.so, which other people's programs embed: find_package(tributary), target tributary::tributary. Only what
# consumer.hpp declares can be seen from outside; what it is made of is inside. `tributary` itself does without.
add_library(tributary_library SHARED src/embed/consumer.cpp)
target_link_libraries(tributary_library PRIVATE tributary_embed tributary_flags)
target_link_options(tributary_library PRIVATE -Wl,--exclude-libs,ALL -Wl,--no-undefined)
target_include_directories(tributary_library INTERFACE $<INSTALL_INTERFACE:include>)
target_compile_features(tributary_library INTERFACE cxx_std_20)
# Before version 1 a minor version may change the interface.
set_target_properties(tributary_library PROPERTIES
  OUTPUT_NAME tributary EXPORT_NAME tributary VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
  CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
