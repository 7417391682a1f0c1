# The Debian package.

# Sets `package` to the Debian package it made.
make_package() {
  local log=build/release/package.log
  build release package_files || return 1
  rm -f build/release/tributary_*.deb
  if ! cpack --config build/release/CPackConfig.cmake -B build/release >$log 2>&1; then
    cat $log
    complain "making the package failed"
    return 1
  fi
  rm -rf build/release/_CPack_Packages
  package=$(echo build/release/tributary_*.deb)
}

check_package() {
  local package
  setup package
  setup check_package
  make_package && packaging/check "$package"
}

verb_package() {
  local package
  setup
  setup package
  make_package
  say "$package"
}
