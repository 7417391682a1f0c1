# Other servers than the installed one, to test against: those of the next Debian release, unpacked into build/servers. Their
# own loader runs them, so they need neither root nor a chroot. Whoever finds build/servers/NAME first in PATH gets that one as
# redis-server, with nothing else to be told.

servers_release=trixie
other_servers=(redis valkey)

server_version() {  # name: as the README has it, "Redis 8.0.2"
  local said
  said=$("build/servers/$1/redis-server" --version) && sed -E 's/^(\w+) .*v=([0-9.]+).*/\1 \2/' <<<"$said"
}

# The archive of Debian from which this machine installs.
debian_mirror() {
  local release
  release=$(. /etc/os-release && say "${VERSION_CODENAME-}")
  apt-get indextargets --no-release-info --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    sed -n "s/^$release main //p" | head -n 1
}

# An apt of its own, that knows of nothing installed, so that it brings every library, the loader among them.
fetch_servers() {  # directory
  local apt=$1/apt mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg options package
  mirror=$(debian_mirror)
  [[ $mirror && -f $keyring ]] || { complain "apt installs from no archive of Debian here"; return 1; }
  mkdir -p "$apt"/{state/lists,cache/archives}/partial
  touch "$apt/state/status"
  say "deb [signed-by=$keyring target=Packages] $mirror $servers_release main" >"$apt/sources.list"
  options=(-q -o "Dir::State=$root/$apt/state" -o "Dir::State::status=$root/$apt/state/status"
    -o "Dir::Cache=$root/$apt/cache" -o "Dir::Etc::sourcelist=$root/$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null -o APT::Sandbox::User= -o APT::Update::Error-Mode=any
    -o Acquire::http::Timeout=30 -o Acquire::Retries=2)
  apt-get "${options[@]}" update &&
    apt-get "${options[@]}" -y --no-install-recommends --download-only install "${other_servers[@]/%/-server}" || return 1
  for package in "$apt"/cache/archives/*.deb; do dpkg-deb -x "$package" "$1/root" || return 1; done
  rm -rf "$apt"
}

write_launcher() {  # directory name
  local root_directory=$root/build/servers/root loader library
  loader=$(cd "$1/root" && ls usr/lib/*/ld-linux*.so.* | head -n 1)
  library=$root_directory/${loader%/*}
  mkdir -p "$1/$2"
  cat >"$1/$2/redis-server" <<EOF
#!/bin/sh
exec '$root_directory/$loader' --library-path '$library' --argv0 redis-server '$root_directory/usr/bin/$2-server' "\$@"
EOF
  chmod +x "$1/$2/redis-server"
}

# Makes sure that the other servers are there. Quick if they are.
setup_servers() {
  local name started=$SECONDS fresh=build/servers.new log=build/servers.log
  [[ ! -f build/servers/complete || $(<build/servers/complete) != "$root $servers_release ${other_servers[*]}" ]] || return 0
  heading "Other servers: fetching those of Debian $servers_release"
  rm -rf build/servers "$fresh"
  mkdir -p "$fresh"
  if ! command -v apt-get >/dev/null || ! fetch_servers "$fresh" >$log 2>&1; then
    [[ ! -f $log ]] || cat $log
    complain "the servers of Debian $servers_release could not be fetched from the archive that apt uses here"
    return 1
  fi
  for name in "${other_servers[@]}"; do write_launcher "$fresh" "$name"; done
  mv "$fresh" build/servers
  say "$root $servers_release ${other_servers[*]}" >build/servers/complete
  say "Fetching them took $(duration $((SECONDS - started)))."
}

# The same for what can do without: asks once.
have_other_servers() {
  [[ ! ${no_other_servers-} ]] || return 1
  setup_servers && return
  no_other_servers=1
  complain "SKIPPED: whatever is to be tried on other servers"
  return 1
}

verb_servers() {
  local name
  setup_servers
  for name in "${other_servers[@]}"; do say "$(server_version "$name"): build/servers/$name/redis-server"; done
}

# Integration and user tests on each of the other servers. Who cannot reach the archive is told that these are left out.
test_other_servers() {
  local name
  if ! have_other_servers; then
    skipped=$((skipped + 1))
    return
  fi
  for name in "${other_servers[@]}"; do
    heading "Tests on $(server_version "$name")"
    PATH=$root/build/servers/$name:$PATH run_tests release integration ''
    PATH=$root/build/servers/$name:$PATH run_tests release user ''
  done
}
