# What `cmake --install` puts below a prefix, and the Debian package (`cpack`, or ./dev package).
#
#   program        the binary, the library, manual pages, completions, units, documents: below the prefix, in the package /usr
#   configuration  /etc: in the package only. What an installation elsewhere can start from is among the documents
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# --- Made from the program's own options ---

add_executable(tributary_generate packaging/generate.cpp)
target_link_libraries(tributary_generate PRIVATE tributary_cli tributary_flags)

set(reference ${PROJECT_BINARY_DIR}/reference)
add_custom_command(
  OUTPUT ${reference}/made
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${reference}
  COMMAND tributary_generate ${reference}
  COMMAND sh -c "cd '${reference}' && gzip -9n man/*.1"
  COMMAND sh -c "gzip -9nc '${PROJECT_SOURCE_DIR}/CHANGELOG.md' >'${reference}/changelog.gz' && touch '${reference}/made'"
  DEPENDS tributary_generate ${PROJECT_SOURCE_DIR}/CHANGELOG.md
  COMMENT "Manual pages, completions, example configuration" VERBATIM)
add_custom_target(package_files ALL DEPENDS ${reference}/made tributary tributary_library)

function(tributary_unit file config of_group)
  set(CONFIG ${config})
  set(OF_GROUP ${of_group})
  configure_file(packaging/systemd/tributary-agent.service.in ${PROJECT_BINARY_DIR}/units/${file} @ONLY)
endfunction()
tributary_unit(tributary-agent.service tributary "")
tributary_unit(tributary-agent@.service %i " of group %i")

# --- Where it goes ---

set(documents ${CMAKE_INSTALL_DATADIR}/doc/tributary)
install(TARGETS tributary RUNTIME COMPONENT program)
install(DIRECTORY ${reference}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
install(FILES ${reference}/completions/tributary.bash RENAME tributary
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT program)
install(FILES ${reference}/completions/_tributary
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT program)
install(FILES ${reference}/completions/tributary.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT program)
install(DIRECTORY ${PROJECT_BINARY_DIR}/units/ DESTINATION lib/systemd/system COMPONENT program)
install(FILES packaging/debian/copyright README.md SECURITY.md ${reference}/changelog.gz
        DESTINATION ${documents} COMPONENT program)
install(DIRECTORY examples/processors examples/embedded DESTINATION ${documents}/examples COMPONENT program)
install(DIRECTORY docs DESTINATION ${documents} COMPONENT program)
install(FILES ${reference}/tributary.conf DESTINATION ${documents}/examples COMPONENT program)
install(FILES packaging/systemd/environment DESTINATION ${documents}/examples COMPONENT program)
install(FILES packaging/prometheus/alerts.yml packaging/grafana/tributary.json
        DESTINATION ${documents}/examples COMPONENT program)

# What programs that embed it, and plugins, are built with: find_package(tributary).
set(config ${CMAKE_INSTALL_LIBDIR}/cmake/tributary)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tributaryConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(DIRECTORY include/tributary DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT program)
install(TARGETS tributary_library EXPORT tributary LIBRARY COMPONENT program)
install(EXPORT tributary NAMESPACE tributary:: FILE tributaryConfig.cmake DESTINATION ${config} COMPONENT program)
install(FILES ${PROJECT_BINARY_DIR}/tributaryConfigVersion.cmake DESTINATION ${config} COMPONENT program)

install(FILES ${reference}/tributary.conf DESTINATION etc/tributary COMPONENT configuration EXCLUDE_FROM_ALL)
install(FILES packaging/systemd/environment RENAME tributary DESTINATION etc/default
        PERMISSIONS OWNER_READ OWNER_WRITE COMPONENT configuration EXCLUDE_FROM_ALL)

# --- The package ---

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tributary)
set(CPACK_PACKAGE_VENDOR tributary)
set(CPACK_PACKAGE_CONTACT "The maintainers of tributary <maintainers@tributary.invalid>")
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_CMAKE_PROJECTS
    "${PROJECT_BINARY_DIR};tributary;program;/usr;${PROJECT_BINARY_DIR};tributary;configuration;/")
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "redis-server (>= 5:7.0)")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Any number of workers share one Redis Pub/Sub channel, without a lock, key or
round trip for each message. What a worker that died has not appended, the
others still hold. Publishers stay as they are.
.
This package holds the command line, the systemd units tributary-agent and
tributary-agent@GROUP, and libtributary for C++ programs that are nodes
themselves. Nothing is started or enabled by the installation.")
foreach(file conffiles triggers postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/debian/${file})
endforeach()
include(CPack)
