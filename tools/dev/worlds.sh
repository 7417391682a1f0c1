# The whole group in worlds full of faults.

check_conformance() {
  build release conformance_tests && run_tests release conformance ''
}

check_explore() { build release tributary_explore && build/release/tributary_explore; }

check_sim() { build release tributary_sim && build/release/tributary_sim --seeds 10000; }

# It mostly waits, so all servers get theirs at the same time: the installed one for 2 minutes, the others for 1. Every second
# is in order by key.
check_torture() {
  local name logs=build/release/logs runs=(installed) pids=() all_passed=0 i
  build release torture || return 1
  if have_other_servers; then runs+=("${other_servers[@]}"); fi
  mkdir -p "$logs"
  for name in "${runs[@]}"; do
    PATH=$root/build/servers/$name:$PATH build/release/torture --minutes $((${#pids[@]} ? 1 : 2)) --seed 1 \
      --keyed $((${#pids[@]} % 2 == 0)) \
      >"$logs/torture-$name.log" 2>&1 &
    pids+=($!)
  done
  for i in "${!runs[@]}"; do
    if wait "${pids[i]}"; then
      say "  ok    ${runs[i]} server: $(tail -n 1 "$logs/torture-${runs[i]}.log")"
    else
      cat "$logs/torture-${runs[i]}.log"
      say "  FAIL  ${runs[i]} server (see $logs/torture-${runs[i]}.log)"
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
