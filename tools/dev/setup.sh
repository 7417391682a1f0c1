# Installing what is missing.

# For each purpose its programs, which may also come from elsewhere (command:package), and its libraries (packages only).
build_tools=(g++:g++ cmake:cmake ninja:ninja-build ccache:ccache pkg-config:pkg-config redis-server:redis-server
  ip:iproute2)
build_libraries=(libboost1.81-dev libboost-json1.81-dev libssl-dev libhiredis-dev libsimdjson-dev
  libfmt-dev libxxhash-dev libgtest-dev libgmock-dev liblua5.1-0-dev
  liblua5.4-dev libcurl4-openssl-dev prometheus-cpp-dev)
lint_tools=(clang-format:clang-format clang-tidy:clang-tidy)
lint_libraries=()
sanitized_tools=(clang++:clang llvm-symbolizer:llvm)
sanitized_libraries=(libclang-rt-dev)  # of clang's own version: libclang-rt-14-dev on Debian 12
samples_tools=(python3:python3)
samples_libraries=()
watching_tools=(prometheus:prometheus promtool:prometheus python3:python3)
watching_libraries=()
page_tools=(chromium:chromium python3:python3)
page_libraries=()
bench_tools=(wrk:wrk python3:python3)
bench_libraries=(libbenchmark-dev)
package_tools=(dpkg-shlibdeps:dpkg-dev file:file gzip:gzip)
package_libraries=()
check_package_tools=(man:man-db zsh:zsh fish:fish)  # systemd-analyze is used where there is one
check_package_libraries=()
container_tools=(podman:podman runc:runc debootstrap:debootstrap unshare:util-linux)
container_libraries=()
manifests_tools=(/usr/bin/python3:python3)
manifests_libraries=(python3-kubernetes python3-yaml)

missing_tools() {
  local tool
  for tool; do command -v "${tool%%:*}" >/dev/null || say "${tool#*:}"; done
}

is_installed() { [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null) == ii* ]]; }

missing_libraries() {
  local installed name
  installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package};' "$@" 2>/dev/null || true)
  for name; do
    [[ $installed == *"ii  $name;"* ]] && continue
    # Where there is another Boost (see apt_install), that one does.
    [[ $name == *1.81* ]] && is_installed "${name/1.81/}" && ! apt-cache show "$name" >/dev/null 2>&1 && continue
    say "$name"
  done
}

apt_install() {  # as root
  local packages=("$@") name
  export DEBIAN_FRONTEND=noninteractive
  if [[ " $* " =~ ' '(redis-server|prometheus)' ' && ! -e /usr/sbin/policy-rc.d ]]; then
    # The packages would start servers that nobody asked for. This is Debian's way to say no.
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt-get -qq --simulate install "$@" >/dev/null 2>&1 || apt-get -q update
  # Releases other than Debian 12 may have another Boost only, under the name without the number.
  for name in "${!packages[@]}"; do
    apt-cache show "${packages[name]}" >/dev/null 2>&1 || packages[name]=${packages[name]/1.81/}
  done
  local install=(apt-get -q -y --no-install-recommends install "${packages[@]}")
  "${install[@]}" || { apt-get -q update && "${install[@]}"; }
}

# setup [lint|samples|sanitized|watching|page|bench|package|check_package|container|manifests]: installs what is missing for
# building and testing, or for the lint, the samples, builds with sanitizers, Prometheus' look at us, a browser's, the
# micro-benchmarks, the package, its check, the container image, or the check of what Kubernetes needs. Says nothing if nothing
# is missing.
setup() {
  local -n tools=${1:-build}_tools libraries=${1:-build}_libraries
  local missing
  if ! command -v apt-get >/dev/null; then
    missing=$(missing_tools "${tools[@]}")
    [[ $missing ]] || return 0
    complain "no apt-get here, so please install by other means:" $missing
    complain "and these libraries with their headers (named as Debian does): ${libraries[*]}"
    exit 1
  fi
  missing=$(missing_tools "${tools[@]}")
  ((${#libraries[@]} == 0)) || missing+=$'\n'$(missing_libraries "${libraries[@]}")
  missing=$(tr -s '\n' ' ' <<<"$missing" | sed 's/^ //; s/ $//')
  [[ $missing ]] || return 0

  local started=$SECONDS log=build/setup.log as_root=()
  heading "Setup: installing Debian packages: $missing"
  local service
  for service in redis-server prometheus; do
    [[ " $missing " != *" $service "* ]] || say "(The package's own service is not started now. To keep it off at the" \
      "next boot too: systemctl disable $service)"
  done
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      complain "this needs root or sudo. Please have somebody run: apt-get install $missing"
      exit 1
    fi
    say "(with sudo, which may ask for your password)"
    as_root=(sudo)
  fi
  mkdir -p build
  if ! "${as_root[@]}" bash -c "set -euo pipefail; $(declare -f apt_install); apt_install $missing" >$log 2>&1; then
    cat $log
    complain "the installation failed; what apt-get said is above, and in $log"
    exit 1
  fi
  say "Setup took $(duration $((SECONDS - started))) (what apt-get said is in $log)."
}

verb_setup() {
  setup
  say "Everything needed to build and test is installed."
}
