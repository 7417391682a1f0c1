# What the checks of what is shipped have in common: one line for each thing looked at; `failed` counts.
failed=0

ok() { printf '  ok    %s\n' "$*"; }
skip() { printf '  skip  %s\n' "$*"; }

# Runs a function; it passes if it says nothing and none of its commands fails.
look() {  # description function [argument...]
  local description=$1 said status
  shift
  set +e  # bash takes no notice of set -e below "if" and the like
  said=$(set -e; "$@" 2>&1)
  status=$?
  set -e
  if [[ $status == 0 && ! $said ]]; then
    ok "$description"
  else
    printf '%s\n' "$said"
    printf '  FAIL  %s (%d)\n' "$description" "$status"
    failed=$((failed + 1))
  fi
}

expect() {  # what is wanted, what there is, of what
  [[ $1 == "$2" ]] || printf '%s: expected\n%s\nbut there is\n%s\n' "$3" "$1" "$2"
}

wait_for() {  # seconds command...: until it succeeds
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || { echo "not within the time: $*"; return 1; }
    sleep 0.05
  done
}
