#!/bin/bash
# Install what the tests need and run every test.   test.sh [FILTER]: only the tests whose names match
set -euo pipefail
cd "$(dirname "$0")/.."
flags=(-c release -Xswiftc -enable-testing)
# Suites that start daemons, boot systemd, kill processes or measure waiting want the machine to themselves (numeric tests hold both
serial='SystemdTests|IntakeTests|CrashTests|EndToEndTests|SupervisionTests|SystemdUnitTests|PlatformTests|DeliveryTests|PromotionTests|SchedulingTests|WorkerTests'
phase() { printf '\n\033[1m== %s (%d s)\033[0m\n' "$1" "$SECONDS"; }

phase "Packages"
tools/install-deps.sh build test python
phase "Models"
tools/fetch-models.sh smollm2 gemma3
phase "Build"
swift build "${flags[@]}" --build-tests 2>&1 | grep -vE '^\[[0-9]+/[0-9]+\] (Compiling|Write|Emitting|Copying)' || true
swift build "${flags[@]}" --build-tests >/dev/null
run() { swift test "${flags[@]}" --skip-build "$@"; }
if [ $# -gt 0 ]; then run --filter "$1"; exit; fi
phase "Tests"
run --skip "$serial"
phase "Tests that need the machine to themselves"
run --no-parallel --filter "$serial"
phase "Peers: transformers, peft, llama.cpp"
tools/interop.sh
phase "Done"
