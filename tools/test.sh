#!/bin/bash
# Install what the tests need and run every test.   test.sh [FILTER [OPTION …]]: only the tests whose names match
set -euo pipefail
cd "$(dirname "$0")/.."
read -ra flags < tools/build-flags
# Suites that boot systemd or a cluster of their own and mostly wait for it. They run beside everything else, one at a time.
labs='SlurmLabTests|SystemdTests'
# Suites that start daemons, kill processes or measure waiting want their process to themselves; so do those that compare bits, while
# others choose among the variants of the kernels.
serial='EngineChecksTests|FaultTests|JudgedTests|LaunchingTests|IntakeTests|CrashTests|EndToEndTests|SupervisionTests|SystemdUnitTests|PlatformTests|DeliveryTests|HubClientTests|PromotionTests|SchedulingTests|WorkerTests|InferenceTests|ServingTests'

took=()
phase() { # name title: what follows belongs to it, until the next one
    close_phase
    current=$1 since=$SECONDS
    printf '\n\033[1m== %s (%d s)\033[0m\n' "$2" "$SECONDS"
}
close_phase() { [ -z "${current:-}" ] || took+=("$current $((SECONDS - since))"); }
print_times() {
    close_phase
    printf '\n%-10s %8s %8s\n' part took budget
    for entry in "${took[@]}"; do
        read -r name seconds <<< "$entry"
        budget=$(awk -v name="$name" '$1 == name {print $2}' tools/test-budget.txt)
        over=; [ "$seconds" -le "$budget" ] || over='  over its budget'
        printf '%-10s %6d s %6d s%s\n' "$name" "$seconds" "$budget" "$over"
    done
}

phase packages "Packages"
tools/install-deps.sh build test python
phase models "Models"
tools/fetch-models.sh smollm2 gemma3
phase lint "Formatting"
make --no-print-directory lint
phase build "Build"
tools/build.sh "${flags[@]}" -- finetunedPackageTests finetuned finetune-worker ftctl fake-worker text-probe fuzz-weights \
    bench-experiments bench-false-promotion bench-ingest bench-kernels bench-yardstick
# The program of the tests itself: two `swift test` beside one another meet at the package's database, and one of them runs nothing.
program=$(swift build "${flags[@]}" --show-bin-path)/finetunedPackageTests.xctest
run() { "$program" --testing-library swift-testing "$@"; }
if [ $# -gt 0 ]; then run "${@:2}" --filter "$1"; exit; fi
logs=.build/tests-said
rm -rf $logs && mkdir -p $logs
failed=()
# A terminal shows every test as it runs; a log, whose reader looks for what failed, shows that and the totals.
if [ -t 1 ]; then shown() { cat; }; else
    shown() { awk '/^(◇|➜|✔|[0-9-]+T[0-9:+]+ )/ {failing = 0} /^✘/ {failing = 1} /^[◇➜]/ {swift = 1}
                   failing || !swift || /^✔ Test run with/ {print; fflush()}'; }
fi
# A part that fails ends nothing: the others run as well, and what failed is said once more at the end.
part() { # name command…: runs it, shows what it says, and keeps that
    "${@:2}" 2>&1 | sed -uE 's/\x1b\[[0-9;]*m//g' | tee "$logs/$1" | shown || failed+=("$1")
}
# The labs' own story is long: it is shown where one of them fails.
set -m # a process group of its own, so that it can be ended as a whole
( since=$SECONDS; status=0
  run --no-parallel --xunit-output $logs/labs.xml --filter "$labs" > $logs/labs 2>&1 || status=$?
  echo $((SECONDS - since)) > $logs/labs-took; exit $status ) &
labs_process=$!
set +m
trap 'kill -- -$labs_process ${prepared:+-$prepared} 2>/dev/null || true' EXIT
phase tests "Tests"
part tests run --skip "$serial|$labs"
# Fetched and built while tests wait; where it fails, the peers' part says so.
set -m
nice tools/interop.sh prepare > $logs/prepared 2>&1 &
prepared=$!
set +m
phase serial "Tests that need a process to themselves"
part serial run --no-parallel --xunit-output $logs/serial.xml --filter "$serial"
phase labs "Tests under systemd and Slurm, begun with the others"
wait $labs_process || { shown < $logs/labs; failed+=(labs); }
trap 'kill -- -$prepared 2>/dev/null || true' EXIT
tail -n 1 $logs/labs
printf 'They took %d s.\n' "$(< $logs/labs-took)"
phase fuzz "A minute of damaged files"
part fuzz tools/fuzz.sh short
phase sanitize "Threads under the sanitizers"
part sanitize tools/sanitize/short.sh
phase peers "Peers: transformers, peft, llama.cpp"
wait $prepared || true
trap - EXIT
# Two files of tests at a time: most of them wait, or compute in one thread.
part peers tools/interop.sh Tests/Interop Tests/Engines -m "not long" -n 2 --dist loadfile --durations=15 --junitxml=$logs/peers.xml
phase done "Done"
current=; print_times
tools/test-areas.py $logs
[ ${#failed[@]} -gt 0 ] || exit 0
for name in "${failed[@]}"; do
    printf '\n\033[1mFailed: %s\033[0m (all that was said is in %s)\n' "$name" "$logs/$name"
    grep -E '^(✘|↳|FAILED|ERROR|E  )' "$logs/$name" || tail -n 20 "$logs/$name"
done
exit 1
