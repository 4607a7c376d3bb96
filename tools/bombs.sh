#!/bin/bash
# How long what is meant to take for ever takes: each bomb that the tests throw, with its seconds; fails where one took more than LIMIT (10).
#   bombs.sh            builds in release first;  CONFIGURATION=debug bombs.sh: what is built for debugging
set -euo pipefail
cd "$(dirname "$0")/.."
configuration=${CONFIGURATION:-release}
if [ "$configuration" = release ]; then
    read -ra flags < tools/build-flags
    tools/build.sh "${flags[@]}" -- finetunedPackageTests finetuned ftctl finetune-worker fake-worker
fi
# One after another, so that none waits for another's. A test of several bombs tells when each begins; it ends when the next line comes.
NO_COLOR=1 ".build/$configuration/finetunedPackageTests.xctest" --testing-library swift-testing --no-parallel --filter 'BombTests|HostileFileTests|HostileTemplateTests|hostileTemplatesMeetALimit|aPatternThatTakesTooLong' 2>&1 |
    python3 -c '
import re, sys, time
limit, count, over, failed, bomb, began = float(sys.argv[1]), 0, 0, False, None, 0.0
def ended(name, seconds):
    global count, over
    late = seconds > limit
    count, over = count + 1, over + late
    print(f"{seconds:8.3f} s  {name}" + late * "  over the limit", flush=True)
for line in sys.stdin:
    case = re.match(r"◇ Test case passing \d+ arguments? (.*) to (\w+)\(.*\) started\.$", line)
    passed = re.match(r"✔ Test (\w+)\(.*\) (with .* )?passed after ([0-9.]+) seconds", line)
    if bomb and (case or passed):
        ended(bomb, time.monotonic() - began)
        bomb = None
    if case:
        bomb, began = f"{case[2]}: {case[1][:60]}", time.monotonic()
    elif passed and not passed[2]:
        ended(passed[1], float(passed[3]))
    elif line.startswith("✘"):
        failed = True
        print(line, end="")
print(f"{count} bombs, {over} over {limit:g} s")
sys.exit(failed or over > 0 or count == 0)' "${LIMIT:-10}"
