# The fuzzers.

fuzz_targets() {
  local file
  for file in fuzz/*_fuzz.cpp; do file=${file##*/} && say "${file%_fuzz.cpp}"; done
}

# Inputs that reach new code are kept in build/fuzz/found and are where the next run goes on from.
fuzz_one() {  # target seconds seed
  mkdir -p "build/fuzz/found/$1"
  setpriv --pdeathsig KILL "build/fuzz/$1_fuzz" -max_total_time="$2" -timeout=20 -rss_limit_mb=2048 -max_len=4096 -seed="$3" \
    -dict="fuzz/dictionaries/$1.dict" -artifact_prefix="build/fuzz/crashes/$1-" \
    "build/fuzz/found/$1" "fuzz/corpus/$1" </dev/null >"build/fuzz/logs/$1.log" 2>&1
}

# Runs one target on each core. Fails if any of them found something; fuzz_failed says how many.
run_fuzzers() {  # seconds seed target...
  local seconds=$1 seed=$2 target log crash
  shift 2
  mkdir -p build/fuzz/logs build/fuzz/crashes
  export -f fuzz_one
  printf '%s\n' "$@" | xargs -n 1 -P "$jobs" bash -c 'fuzz_one "$3" "$1" "$2" || true' fuzz "$seconds" "$seed"
  fuzz_failed=0
  for target; do
    log=build/fuzz/logs/$target.log
    if grep -aq '^Done [0-9]* runs' "$log"; then
      say "  ok    $target: $(grep -aoE '^Done [0-9]+ runs' "$log" | cut -d ' ' -f 2) inputs"
      continue
    fi
    fuzz_failed=$((fuzz_failed + 1))
    grep -aE 'broken invariant|runtime error|ERROR:|SUMMARY:| in tributary::' "$log" | cut -c 1-300 | head -n 20
    crash=$(sed -nE 's/^.*Test unit written to (.*)$/\1/p' "$log" | tail -n 1)
    say "  FAIL  $target (see $log)${crash:+; to see it again: build/fuzz/${target}_fuzz $crash}"
  done
  ((fuzz_failed == 0))
}

# The same inputs each time, as far as ten seconds go: a change is judged by what it does, not by luck.
check_fuzz() {
  build fuzz && run_fuzzers 10 1 $(fuzz_targets)
}

verb_fuzz() {
  local seconds=10 target targets=()
  while (($#)); do
    case $1 in
      --seconds) seconds=${2-} && shift ;;
      --seconds=*) seconds=${1#*=} ;;
      *) targets+=("$1") ;;
    esac
    shift || break
  done
  [[ $seconds =~ ^[1-9][0-9]*$ ]] || { complain "--seconds needs a whole number"; exit 64; }
  for target in "${targets[@]}"; do
    [[ -f fuzz/${target}_fuzz.cpp ]] || { complain "no target '$target'; there are:" $(fuzz_targets); exit 64; }
  done
  ((${#targets[@]})) || mapfile -t targets < <(fuzz_targets)
  setup
  build fuzz "${targets[@]/%/_fuzz}"
  heading "Fuzzing, $seconds s for each of ${#targets[@]} targets"
  run_fuzzers "$seconds" 0 "${targets[@]}" || failed=$fuzz_failed
  passed=$((${#targets[@]} - failed))
  summary
  ((failed == 0))
}
