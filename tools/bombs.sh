#!/bin/bash
# How long what is meant to take for ever takes: every test that throws a bomb, with its seconds; fails where one took more than LIMIT (10).
#   bombs.sh            builds in release first;  CONFIGURATION=debug bombs.sh: what is built for debugging
set -euo pipefail
cd "$(dirname "$0")/.."
configuration=${CONFIGURATION:-release}
if [ "$configuration" = release ]; then
    read -ra flags < tools/build-flags
    tools/build.sh "${flags[@]}" -- finetunedPackageTests finetuned ftctl finetune-worker fake-worker
fi
# One after another, so that none waits for another's.
NO_COLOR=1 ".build/$configuration/finetunedPackageTests.xctest" --testing-library swift-testing --no-parallel --filter 'BombTests|HostileFileTests|HostileTemplateTests|aPatternThatTakesTooLong' 2>&1 |
    awk -v limit="${LIMIT:-10}" '
        /^✔ Test [A-Za-z]+\(.*\).* passed after/ {
            name = $3; sub(/\(.*/, "", name)
            match($0, /passed after [0-9.]+/); seconds = substr($0, RSTART + 13, RLENGTH - 13) + 0
            late = (seconds > limit + 0); count++; over += late
            printf "%8.3f s  %s%s\n", seconds, name, (late ? "  over the limit" : "")
        }
        /^✘/ { print; failed = 1 }
        END {
            printf "%d bombs, %d over %s s\n", count, over, limit
            exit failed || over || !count
        }'
