#!/bin/bash
# Runs test suites under the thread sanitizer and under the address sanitizer, each built into a folder of its own.
#   sanitize.sh                    the suites below
#   sanitize.sh 'PlatformTests|IntakeTests'    others
#   SANITIZERS="thread"            one of them alone
# tools/sanitize/short.sh is what `make test` runs of it. Debug builds, since release builds leave out what sanitizers look at. The parsers run under the address sanitizer longer in `make fuzz`.
set -euo pipefail
cd "$(dirname "$0")/.."
# What shares memory between threads, and what reads what comes from elsewhere. Numbers are compared in release alone, where they are quick.
suites=${1:-'PlatformTests|StageKitTests|ServingTests|ControlAPITests|OperationsTests|LedgerTests|LaunchingTests|IntakeTests|DeliveryTests|FeedbackTests|MonitoringTests|MultipartTests|CompressionTests|JSONDocumentTests|JSONTextTests|WeightFilesTests|TokenizationTests|ChatTemplatesTests|SettingsTests|SystemdUnitTests|TransportSecurityTests'}
# Of all targets only these, what they stand on, and the programs that they start are built.
named=$(sed 's/[.\/][^|]*//g; s/[^A-Za-z0-9|]//g; s/|/,/g' <<< "$suites")
export FINETUNED_TARGETS=${FINETUNED_TARGETS:-$named,finetuned,ftctl,finetune-worker,fake-worker}
programs=()
for program in finetuned ftctl finetune-worker fake-worker; do
    [[ ",$FINETUNED_TARGETS," != *",$program,"* ]] || programs+=("$program")
done
export TSAN_OPTIONS="halt_on_error=1 ${TSAN_OPTIONS:-}"
# Leaks of a process that ends are no faults; the runtime keeps what it made.
export ASAN_OPTIONS="detect_leaks=0 halt_on_error=1 ${ASAN_OPTIONS:-}"
# What the thread sanitizer is not told by Swift's mutex is told by this; its reason stands in the file.
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
mkdir -p .build-thread
"$clang" -shared -fPIC -O1 -Wall -Werror -o .build-thread/mutex.so tools/sanitize/mutex.c -ldl
for sanitizer in ${SANITIZERS:-thread address}; do
    preloaded=() skipped=()
    # One thread that reads a file of a gigabyte races with nobody, and takes a quarter of an hour here.
    [ "$sanitizer" != thread ] || preloaded=(env "LD_PRELOAD=$PWD/.build-thread/mutex.so") skipped=(--skip HostileFileTests)
    printf '\n\033[1m== %s sanitizer\033[0m\n' "$sanitizer"
    flags=(--sanitize="$sanitizer" --scratch-path ".build-$sanitizer")
    tools/build.sh "${flags[@]}" -- finetunedPackageTests "${programs[@]}"
    "${preloaded[@]}" ".build-$sanitizer/debug/finetunedPackageTests.xctest" --testing-library swift-testing --no-parallel \
        --filter "$suites" "${skipped[@]}"
done
