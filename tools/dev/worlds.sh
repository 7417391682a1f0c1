# The whole group in worlds full of faults.

check_conformance() {
  build release conformance_tests && run_tests release conformance ''
}

check_explore() { build release tributary_explore && build/release/tributary_explore; }

check_sim() { build release tributary_sim && build/release/tributary_sim --seeds 10000; }

torture_runs=() torture_pids=()

# It mostly waits, so all servers get theirs at the same time, beside what the caller does until check_torture: the installed
# one for 2 minutes, the others for 1. Every second is in order by key.
start_torture() {
  local name logs=build/release/logs
  build release torture || return 0  # which check_torture finds
  torture_runs=(installed)
  if have_other_servers; then torture_runs+=("${other_servers[@]}"); fi
  mkdir -p "$logs"
  for name in "${torture_runs[@]}"; do
    PATH=$root/build/servers/$name:$PATH build/release/torture --minutes $((${#torture_pids[@]} ? 1 : 2)) --seed 1 \
      --keyed $((${#torture_pids[@]} % 2 == 0)) \
      >"$logs/torture-$name.log" 2>&1 &
    torture_pids+=($!)
  done
}

check_torture() {
  local logs=build/release/logs all_passed=0 i
  ((${#torture_pids[@]})) || return 1
  for i in "${!torture_runs[@]}"; do
    if wait "${torture_pids[i]}"; then
      say "  ok    ${torture_runs[i]} server: $(tail -n 1 "$logs/torture-${torture_runs[i]}.log")"
    else
      cat "$logs/torture-${torture_runs[i]}.log"
      say "  FAIL  ${torture_runs[i]} server (see $logs/torture-${torture_runs[i]}.log)"
      all_passed=1
    fi
  done
  return $all_passed
}

verb_torture() {
  setup
  build release torture
  exec build/release/torture "$@"
}

verb_sim() {
  setup
  build release tributary_sim
  exec build/release/tributary_sim "$@"
}

verb_explore() {
  setup
  build release tributary_explore
  exec build/release/tributary_explore "$@"
}
