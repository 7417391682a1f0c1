# The tests: each is one of CTest's, with the label of its level (see cmake/Tests.cmake).

test_programs=(unit_tests integration_tests user_tests)

# Sets `filter` to CTest's options for what the user wrote: a part of a name, or a pattern of GoogleTest ("A.*:B.*-*.C").
set_filter() {
  local regex
  filter=()
  if [[ $1 != *[*:?]* ]]; then
    [[ ! $1 ]] || filter=(--tests-regex "${1//./\\.}")
    return
  fi
  regex=$(sed 's/[].[+^$()|\\{}]/\\&/g; s/\*/.*/g; s/?/./g; s/:/|/g' <<<"$1")
  [[ ! ${regex%%-*} ]] || filter+=(--tests-regex "^(${regex%%-*})\$")
  [[ $regex != *-* ]] || filter+=(--exclude-regex "^(${regex#*-})\$")
}

# Runs the tests of one level: of unit tests as many at once as there are cores, of the others more, because they mostly wait.
# Shows what failing tests print, and a line for each test of a second or more.
run_tests() {  # preset level filter: adds to passed, failed, skipped
  local logs=build/$1/logs level=$2 started=$SECONDS before=($passed $failed $skipped) at_once=$jobs
  local line name outcome failing='' printed=() filter prefix=(setpriv --pdeathsig KILL)
  local result='^ *[0-9]+/[0-9]+ Test +#[0-9]+: ([^ ]+) \.*(.*[^ ]) +([0-9]+)\.([0-9]+) sec'
  # One sanitizer cannot live with some kernels' way to spread addresses.
  if [[ $1 == tsan ]] && setarch -R true 2>/dev/null; then prefix+=(setarch -R); fi
  case $level in
    integration) at_once=$((2 * jobs)) ;;
    user | sites) at_once=$((4 * jobs)) ;;
  esac
  set_filter "$3"
  mkdir -p "$logs"
  rm -f "$logs/$level.log" "$logs"/sanitizer.*
  while IFS= read -r line; do
    if [[ ! $line =~ $result ]]; then
      [[ ! $line =~ ^[0-9]+%\ tests\ passed ]] || show_failure
      printed+=("$line")
      continue
    fi
    show_failure
    name=${BASH_REMATCH[1]} outcome=${BASH_REMATCH[2]}
    case $outcome in
      *Passed) passed=$((passed + 1)) ;;
      *Skipped) skipped=$((skipped + 1)) && say "  skip  $name" ;;
      '***'*) failed=$((failed + 1)) failing="$name (${outcome#'***'})" ;;  # Failed, Timeout, ...
      *) failed=$((failed + 1)) failing="$name (${outcome%'***'*})" ;;    # Subprocess aborted***Exception
    esac
    [[ $outcome != *Passed || ${BASH_REMATCH[3]} == 0 ]] || say "  ok    $name (${BASH_REMATCH[3]}.${BASH_REMATCH[4]} s)"
  done < <("${prefix[@]}" ctest --preset "$1" --parallel "$at_once" --label-regex "^$level\$" "${filter[@]}" 2>&1)
  if ! wait $! && ((failed == before[1])); then
    failing="ctest of the $level tests" failed=$((failed + 1))
    show_failure
  fi
  cp "build/$1/Testing/Temporary/LastTest.log" "$logs/$level.log"
  show_sanitizer_reports "$logs"
  line="$level: $((passed - before[0])) passed, $((failed - before[1])) failed"
  ((skipped == before[2])) || line+=", $((skipped - before[2])) skipped"
  say "$line ($(duration $((SECONDS - started))))"
}

# Shows the lines `printed` of the test `failing`, if there is one, and empties both.
show_failure() {
  if [[ $failing ]]; then
    # Not what GoogleTest and CTest say about every test.
    mapfile -t printed < <(printf '%s\n' "${printed[@]}" | grep -vE '^(\[|Note: |Running main| +Start | *[0-9]+ FAILED |$)')
    if ((${#printed[@]} > 80)); then
      printed=("${printed[@]:0:40}" "... (all of it is in $logs/$level.log)" "${printed[@]: -40}")
    fi
    ((${#printed[@]} == 0)) || printf '%s\n' "${printed[@]}" | cut -c 1-500
    say "  FAIL  $failing"
  fi
  failing='' printed=()
}

# Sanitizers write their reports to files, also those of child processes nobody looks at.
show_sanitizer_reports() {  # logs directory: adds to failed
  local report
  for report in "$1"/sanitizer.*; do
    [[ -f $report ]] || continue
    head -n 60 "$report"
    say "  FAIL  a sanitizer's report (see $report)"
    failed=$((failed + 1))
  done
}

run_sanitized() {  # preset, user tests' filter: builds with sanitizers, runs the tests
  if ! build "$1" "${test_programs[@]}"; then
    failed=$((failed + 1))
    return
  fi
  heading "Tests with $1"
  run_tests "$1" unit ''
  run_tests "$1" integration ''
  run_tests "$1" user "$2"
}

verb_sites() {
  setup
  check_sites "${1-}"
  summary
  ((failed == 0 && passed + skipped > 0))
}

check_sites() {  # filter
  build release sites_tests || return 1
  make_scratch
  heading "Tests of sites (what they print is in build/release/logs)"
  run_tests release sites "$1"
}

verb_test() {
  local level
  setup
  build release "${test_programs[@]}"
  make_scratch
  heading "Tests (what they print is in build/release/logs)"
  for level in unit integration user; do run_tests release "$level" "${1-}"; done
  ((passed + failed + skipped > 0)) || complain "no test has '${1-}' in its name"
  summary
  ((failed == 0 && passed + skipped > 0))
}
