# What a newcomer need not wait for.

# That README.md and docs/ show what the program prints.
check_samples() { setup samples && build release tributary && python3 tools/dev/samples.py; }

# Debian's Python, which has Debian's modules.
check_manifests() { setup manifests && build release tributary && /usr/bin/python3 tools/dev/manifests.py; }

# That what is meant for Prometheus and Grafana is of use to them.
check_watching() { setup watching && build release tributary && python3 tools/dev/watching.py; }

# The page, as a person uses it. With a directory, pictures of it land there.
check_page() { setup page && build release tributary && python3 tools/dev/page.py "$@"; }

verb_pictures() {
  setup
  check_page docs/watching
}

verb_ci() {
  local started=$SECONDS
  run_checks
  check check_samples "Samples in the documents"
  check check_watching "A Prometheus that watches two nodes"
  check check_page "The page in a browser"
  check check_fuzz "Fuzzing"
  make_scratch
  run_sanitized asan-ubsan ''
  # Of the tests by the binary, those with threads of their own.
  run_sanitized tsan 'Consume.*:HttpDoing.*'
  check_sites '' || failed=$((failed + 1))
  build release "${test_programs[@]}" && test_other_servers
  check check_plots "Plots of the autoscaler are up to date"
  check check_conformance "Conformance: the simulated Redis and a real one"
  start_torture
  check check_explore "Explorer, the short set"
  check check_sim "Simulation, 10,000 seeds"
  check check_torture "Torture, on all servers at once"
  check check_package "Debian package: made, installed, used, removed"
  check check_container "Container image: made, run, drained"
  check check_manifests "Manifests for Kubernetes"
  check check_bench "Benchmarks, the short form"
  heading "ci took $(duration $((SECONDS - started)))"
  summary
  ((failed == 0))
}
