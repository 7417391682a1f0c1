# What every verb needs: telling what goes on, and counting what passed.

jobs=$(nproc 2>/dev/null || echo 2)

say() { printf '%s\n' "$*"; }
complain() { printf 'dev: %s\n' "$*" >&2; }
heading() { printf '\n== %s\n' "$*"; }

duration() {  # seconds -> "12 s" or "3 min 05 s"
  if (($1 < 60)); then printf '%d s' "$1"; else printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); fi
}

passed=0 failed=0 skipped=0  # over everything this run does

summary() {
  local line="$passed passed, $failed failed"
  ((skipped == 0)) || line+=", $skipped skipped"
  say "$line"
}

# What a function ends with that finds that it cannot do its work here, and has said why.
cannot=77

check() {  # function description: counts as one passed, failed or skipped
  local started=$SECONDS status=0
  heading "$2"
  "$1" || status=$?
  case $status in
    0) passed=$((passed + 1)) ;;
    "$cannot") skipped=$((skipped + 1)) && complain "SKIPPED: $2" ;;
    *) failed=$((failed + 1)) && say "FAIL: $2" ;;
  esac
  say "$2 took $(duration $((SECONDS - started)))."
}

# Test programs put their servers' directories here; gone at the end, whatever happens.
make_scratch() {
  TMPDIR=$(mktemp -d /tmp/tributary-XXXXXX)
  export TMPDIR
  trap 'rm -rf "$TMPDIR"' EXIT
}

sources() {  # suffixes: every source file of ours with one of them
  local suffix roots=()
  for suffix in include src tests sim explore bench fuzz tools examples packaging; do
    [[ ! -d $suffix ]] || roots+=("$suffix")
  done
  for suffix; do find "${roots[@]}" -name "*$suffix"; done | sort
}
