# Checks of the source.

check_format() {
  local found
  found=$(sources .hpp .cpp | xargs clang-format --dry-run 2>&1 | grep -oE '^[^ :]+:[0-9]+' |
    sort -t : -k 1,1 -u)
  [[ $found ]] || return 0
  say "$found"
  say "Lines like these are not in the project's format; ./dev format puts that right."
  return 1
}

# That each module includes only those before it in the order CMakeLists.txt declares, and that the core touches nothing
# of the world.
check_layers() {
  local module line found=0 allowed=' tributary support' modules
  configure release && quiet_ninja release build.ninja || return 1  # which writes the order
  mapfile -t modules <build/release/modules
  for module in "${modules[@]}"; do
    allowed+=" $module"
    while IFS= read -r line; do
      [[ "$allowed " == *" $(sed -E 's/.*#include "([^/"]*).*/\1/' <<<"$line") "* ]] && continue
      say "$line: $module may only include:$allowed"
      found=1
    done < <(grep -rnE '^#include "' --include='*.hpp' --include='*.cpp' "src/$module" || true)
  done
  for module in src/*/; do
    [[ " ${modules[*]} " == *" $(basename "$module") "* ]] || { say "$module is no module of CMakeLists.txt" && found=1; }
  done
  local world='thread|mutex|shared_mutex|condition_variable|future|atomic|chrono|ctime|time\.h|iostream|fstream|'
  world+='filesystem|cstdio|random|csignal|(boost|sys|netinet|hiredis)/.*|unistd\.h|pthread\.h'
  # base/check.hpp prints its last words, consumer.hpp is no part of the core, and tests may do as they like.
  grep -rnE "^#include <($world)>|getenv\(|std::time\(|[^_a-z]time\((nullptr|NULL|0)\)" --include='*.hpp' --include='*.cpp' src/core include |
    grep -vE '_test\.cpp:|src/core/base/check\.hpp:|include/tributary/consumer\.hpp:' && found=1
  return $found
}

# That ARCHITECTURE.md names every folder, none that is not there, and the order of the modules as it is.
check_architecture() {
  local named there order found=0
  named=$(awk '
    /^## / { here = $0 == "## The folders" }
    here && match($0, /^ *[a-z_\/]+\//) {
      name = substr($0, 1, RLENGTH - 1); depth = gsub(/ /, "", name) / 2; above[depth] = name
      path = above[0]; for (i = 1; i <= depth; ++i) path = path "/" above[i]
      for (; path; path = (path ~ /\//) ? substr(path, 1, match(path, /\/[^\/]*$/) - 1) : "") print path
    }' ARCHITECTURE.md | sort -u)
  there=$(find * \( -name '.*' -o -name __pycache__ -o -path build -o -path 'fuzz/corpus/*' \) -prune -o -type d -print |
    sort -u)
  comm -3 <(echo "$named") <(echo "$there") | sed 's/^\t\(.*\)/ARCHITECTURE.md does not name \1/; t; s/^/ARCHITECTURE.md names a folder that is not there: /' |
    grep . && found=1
  order=$(paste -s -d ' ' build/release/modules | sed 's/ / <- /g')
  grep -qx "$order" ARCHITECTURE.md || { say "ARCHITECTURE.md does not say that the order is $order" && found=1; }
  return $found
}

check_headers() { configure release && quiet_ninja release header_check; }

# clang-tidy on every source of the build but the tests, unless found clean before. A stamp holds the hash of the file,
# of all headers and of the rules, so after a change of any header all are looked at again.
check_lint() {
  configure lint && quiet_ninja lint build.ninja || return 1  # which also takes in new sources
  local common file stamp pending=()
  common=$(sources .hpp | xargs cat .clang-tidy CMakePresets.json | sha256sum)
  mkdir -p build/lint/clean
  while IFS= read -r file; do
    stamp=build/lint/clean/${file//\//+}
    [[ -f $stamp && $(<"$stamp") == "$(sha256sum "$file")$common" ]] || pending+=("$file")
  done < <(sed -nE "s|^ *\"file\": \"$root/(.*)\",?\$|\1|p" build/lint/compile_commands.json |
    grep -vE '_test\.cpp$|^build/' | sort -u)
  ((${#pending[@]})) || return 0
  say "${#pending[@]} files to look at"
  export common
  printf '%s\n' "${pending[@]}" | xargs -n 1 -P "$jobs" bash -c '
    clang-tidy --quiet --extra-arg=-Wno-unknown-warning-option -p build/lint "$1" 2> >(grep -vE "^[0-9]+ warnings? (and [0-9]+ errors? )?generated|^$" >&2) &&
      printf "%s" "$(sha256sum "$1")$common" >"build/lint/clean/${1//\//+}"' lint
}

run_checks() {
  setup
  setup lint
  check check_format "Format (clang-format)"
  check check_layers "Order of the modules, and a core that touches nothing"
  check check_architecture "ARCHITECTURE.md names every folder"
  check check_headers "Every header compiles by itself"
  check check_lint "Lint (clang-tidy)"
}

verb_lint() {
  run_checks
  summary
  ((failed == 0))
}

verb_format() {
  setup lint
  sources .hpp .cpp | xargs -n 20 -P "$jobs" clang-format -i
}
