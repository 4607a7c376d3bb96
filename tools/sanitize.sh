#!/bin/bash
# Runs test suites under the thread sanitizer and under the address sanitizer, each built into a folder of its own.
#   sanitize.sh                    the suites below
#   sanitize.sh 'PlatformTests'    others, as `swift test --filter` takes them
#   SANITIZERS="thread"            one of them alone
# Debug builds, since release builds leave out what sanitizers look at. The parsers run under the address sanitizer longer in `make fuzz`.
set -euo pipefail
cd "$(dirname "$0")/.."
# What shares memory between threads, and what reads what comes from elsewhere. Numbers are compared in release alone, where they are quick.
suites=${1:-'PlatformTests|StageKitTests|ServingTests|ControlAPITests|OperationsTests|LedgerTests|LaunchingTests|IntakeTests|DeliveryTests|FeedbackTests|MonitoringTests|MultipartTests|CompressionTests|JSONDocumentTests|JSONTextTests|WeightFilesTests|TokenizationTests|ChatTemplatesTests|SettingsTests|SystemdUnitTests|TransportSecurityTests'}
export TSAN_OPTIONS="halt_on_error=1 ${TSAN_OPTIONS:-}"
# Leaks of a process that ends are no faults; the runtime keeps what it made.
export ASAN_OPTIONS="detect_leaks=0 halt_on_error=1 ${ASAN_OPTIONS:-}"
for sanitizer in ${SANITIZERS:-thread address}; do
    printf '\n\033[1m== %s sanitizer\033[0m\n' "$sanitizer"
    flags=(--sanitize="$sanitizer" --scratch-path ".build-$sanitizer")
    swift build "${flags[@]}" --build-tests 2>&1 | grep -vE '^\[[0-9]+/[0-9]+\]' || true
    swift build "${flags[@]}" --build-tests > /dev/null
    swift test "${flags[@]}" --skip-build --no-parallel --filter "$suites"
done
