# The whole group in worlds full of faults.

check_conformance() {
  build release conformance_tests && run_tests release conformance ''
}

check_explore() { build release tributary_explore && build/release/tributary_explore; }

check_sim() { build release tributary_sim && build/release/tributary_sim --seeds 10000; }

check_torture() { build release torture && build/release/torture --minutes 2 --seed 1; }

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
