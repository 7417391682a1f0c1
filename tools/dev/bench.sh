# Measuring, and the plots of the autoscaler.

# Builds what ./dev bench runs. The micro-benchmarks are only there if CMake found their library.
build_bench() {
  setup bench
  ! grep -qs '^benchmark_DIR.*NOTFOUND' build/release/CMakeCache.txt || rm -f build/release/configured
  build release tributary_bench micro_bench
}

check_bench() {
  build_bench && build/release/tributary_bench --short --results build/release/bench-results &&
    build/release/micro_bench --benchmark_min_time=0.01
}

# The plots say what the autoscaler of this source does, not what one of long ago did.
check_plots() {
  local fresh=build/release/plots
  rm -rf "$fresh" && mkdir -p "$fresh"
  build release scaling_plots && build/release/scaling_plots "$fresh" && diff -rq docs/scaling "$fresh" && return 0
  say "docs/scaling is not what this source draws; ./dev plots puts that right."
  return 1
}

verb_bench() {
  local results=build/release/bench-results
  setup
  build_bench
  if [[ ${1-} == --micro ]]; then exec build/release/micro_bench "${@:2}"; fi
  (($#)) || results=bench/results  # the figures of docs/performance.md: all of them, from one run
  build/release/tributary_bench --results "$results" "$@"
  (($#)) || build/release/micro_bench --benchmark_min_time=0.2 --benchmark_out="$results/micro.json"
}

verb_plots() {
  setup
  build release scaling_plots
  build/release/scaling_plots docs/scaling
}
