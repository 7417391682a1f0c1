# Building, with the presets of CMakePresets.json.

configure() {  # preset
  local directory=build/$1
  case $1 in asan-ubsan | tsan | fuzz) setup sanitized ;; esac
  [[ -f $directory/build.ninja && $directory/configured -nt CMakePresets.json ]] && return
  mkdir -p "$directory"
  if ! cmake --preset "$1" >"$directory/configure.log" 2>&1; then
    cat "$directory/configure.log" >&2
    complain "configuring $directory failed"
    return 1
  fi
  touch "$directory/configured"
}

build() {  # preset [target...]
  local preset=$1 started=$SECONDS noise='^ninja: (Entering directory|no work to do)|Re-checking globbed directories'
  shift
  heading "Build: build/$preset${*:+ ($*)}"
  configure "$preset" || return 1
  # On a terminal ninja keeps to one line.
  if [[ -t 1 ]]; then
    ninja -C "build/$preset" -j "$jobs" "$@"
  else
    ninja -C "build/$preset" -j "$jobs" "$@" | { grep -vE "$noise" || true; }
  fi || { complain "the build failed"; return 1; }
  say "Build took $(duration $((SECONDS - started)))."
}

quiet_ninja() {  # preset target: says nothing but errors
  ninja --quiet -C "build/$1" -j "$jobs" "$2" | { grep -vE '^(-- |ninja: no work)' || true; }
}

verb_build() {
  setup
  build "${1-release}"
}

verb_clean() { rm -rf build; }
