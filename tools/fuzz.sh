#!/bin/bash
# Feeds damaged inputs to the parsers with the address sanitizer on. FUZZ_COUNT inputs for each parser (100,000 unless set).
# A folder of its own keeps the sanitized objects away from the ordinary build.
set -euo pipefail
cd "$(dirname "$0")/.."
for program in fuzz-weights; do
    swift build --scratch-path .build-fuzz --sanitize=address -c release --product "$program"
    ".build-fuzz/release/$program" "${FUZZ_COUNT:-100000}" "${FUZZ_SEED:-1}"
done
program=text-probe
swift build --scratch-path .build-fuzz --sanitize=address -c release --product "$program"
for parser in tokenizer:'Tests/Fixtures/tokenization/*/tokenizer*.json' template:'Tests/Fixtures/templates/*.jinja'; do
    # shellcheck disable=SC2086  # the pattern is to be expanded
    ".build-fuzz/release/$program" fuzz "${parser%%:*}" "${FUZZ_COUNT:-100000}" "${FUZZ_SEED:-1}" ${parser#*:}
done
