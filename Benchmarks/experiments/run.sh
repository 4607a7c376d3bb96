#!/bin/bash
# Remakes the figures of "Choosing the recipe" in docs/experiments.md.   run.sh DATA_DIR   (sections.jsonl and synopsis.jsonl; tools/debian_*.py write them)
# What is recorded already is kept; without DATA_DIR only the replays of what is recorded are made. FINETUNED_WORKER names another worker.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=Benchmarks/experiments
python=${PYTHON:-python3}
if [ $# -gt 0 ]; then "$python" $here/record.py "$1" --out $here/recorded; fi
swift build $(cat tools/build-flags) --product bench-experiments 1>&2
curves=("$here"/recorded/{smollm2,gemma3}-*.json)
.build/release/bench-experiments "${curves[@]}"
if "$python" -c 'import optuna' 2>/dev/null; then "$python" $here/optuna_replay.py "${curves[@]}"; else echo "no optuna: pip install optuna" >&2; fi
"$python" $here/summary.py "$here/recorded"
