#!/bin/bash
# Feeds damaged inputs to the parsers.
#   fuzz.sh         with the address sanitizer on, FUZZ_COUNT inputs for each parser (100,000 unless set); a folder of its own keeps the
#                   sanitized objects away from the ordinary build
#   fuzz.sh short   the programs that are built already, round after round with a new seed, for some 45 seconds
set -euo pipefail
cd "$(dirname "$0")/.."

round() { # folder of the programs, inputs, seed
    "$1/fuzz-weights" "$2" "$3"
    # shellcheck disable=SC2046  # the patterns are to be expanded
    "$1/text-probe" fuzz tokenizer "$2" "$3" $(ls Tests/Fixtures/tokenization/*/tokenizer*.json)
    # shellcheck disable=SC2046
    "$1/text-probe" fuzz template "$2" "$3" $(ls Tests/Fixtures/templates/*.jinja)
}

if [ "${1:-}" = short ]; then
    seed=$(date +%s) output=$(mktemp)
    while [ "$SECONDS" -lt 45 ]; do
        echo "seed $seed"
        round .build/release "${FUZZ_COUNT:-10000}" "$seed" > "$output" 2>&1 || { cat "$output"; exit 1; }
        seed=$((seed + 1))
    done
    rm -f /tmp/finetuned-fuzz.$$
    exit
fi
tools/build.sh --scratch-path .build-fuzz --sanitize=address -c release -- fuzz-weights text-probe
round .build-fuzz/release "${FUZZ_COUNT:-100000}" "${FUZZ_SEED:-1}"
