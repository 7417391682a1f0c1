# Mistakes made on purpose.

# What a negative control is and what caught it, as a line of the table in docs/reliability.md. The levels are asked in
# this order, until one catches it: simulation, explorer, the tests of the scripts on a real server or of the core.
control() {  # name what faults simulation explorer [script]; faults: only these, in the simulation, or empty
  local name=$1 what=$2 faults=$3 simulation=$4 explorer=$5 caught='' directory
  caught=$("$simulation" --until-caught --seeds 2000 ${faults:+--faults "$faults"} ${6:+--break "$name"} 2>/dev/null |
    sed -nE 's/^caught at seed [0-9]+, after ([0-9]+): (.*)/simulation, \1 seeds: \2/p' | head -n 1) || true
  [[ $caught ]] || caught=$("$explorer" --until-caught --states 4000000 ${6:+--break "$name"} 2>/dev/null |
    sed -nE 's/^caught in world ([^,]+), ([0-9]+) steps away, after ([0-9]+) states and .* s: (.*)/explorer, world \1, \3 states: \4/p') || true
  if [[ ! $caught && ${6-} ]]; then
    directory=$(mktemp -d)
    build/release/tributary_sim --break "$name" --write "$directory"
    caught=$(TRIBUTARY_TEST_SCRIPTS=$directory build/release/integration_tests --gtest_filter='*Script.*' 2>/dev/null |
      sed -nE 's/^\[  FAILED  \] ([^ ,]+) \(.*/integration: \1/p' | head -n 1) || true
    rm -rf "$directory"
  elif [[ ! $caught ]] && quiet_ninja release "unit_control_$name" >/dev/null; then
    caught=$("build/release/unit_control_$name" 2>/dev/null | awk '
      /^\[ RUN / { test = $4 }
      /^\[  FAILED  \]/ && !failed { failed = $4 }
      /^\[==========\].* ran\./ { ended = 1 }
      END { if (failed) print "unit: " failed; else if (!ended) print "unit: " test ", which stops the program" }') || true
  fi
  say "| $name | $what | ${caught:-NOT CAUGHT} |"
  if [[ $caught ]]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

verb_controls() {
  local file name what
  setup
  build release tributary_sim tributary_explore tributary_controls tributary_explore_controls integration_tests
  make_scratch
  heading "Negative controls"
  say "| control | the mistake | caught by |"
  say "|---|---|---|"
  while read -r name what; do
    [[ $name != *"${1-}"* ]] || control "$name" "$what" '' build/release/tributary_sim build/release/tributary_explore script
  done < <(build/release/tributary_sim --list | sed '1,/^broken variants/d')
  for file in sim/controls/*"${1-}"*.txt; do
    [[ -f $file ]] || continue
    name=$(basename "$file" .txt)
    control "$name" "$(head -n 1 "$file")" "$(sed -n '3s/^faults //p' "$file")" "build/release/controls/$name" "build/release/explore_controls/$name"
  done
  summary
  ((failed == 0))
}
