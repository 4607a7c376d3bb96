#!/bin/bash
# The main job from nothing: a base model, a pipeline, real data dropped into a watched folder, a run followed live, gates, promotion.
# Running it again drops the next batch. Everything lives in sandbox/; delete that folder to begin anew.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD/sandbox
pipeline=sections
batch_rows=${QUICKSTART_ROWS:-700}
export FINETUNED_ROOT=$root
bin=.build/release
started=$SECONDS

say() { printf '\n\033[1m▶ %s\033[0m\n' "$*"; }
ftctl() { "$bin/ftctl" "$@"; }

say "Base model"
tools/fetch-models.sh smollm2

say "Daemon"
mkdir -p "$root/etc/finetuned/pipelines"
[ -f "$root/etc/finetuned/finetuned.toml" ] || cp etc/finetuned/finetuned.toml "$root/etc/finetuned/"
cat > "$root/etc/finetuned/pipelines/$pipeline.toml" <<'TOML'
# Files dropped for this pipeline teach the model to name a Debian package's section.
base = "smollm2-135m-instruct"
promote = "auto"

[trigger]
settle_seconds = 1.0

[recipe]
learning_rate = 1e-3
batch_rows = 16

[data]
gate_share = 0.2

[gates]
primary = "accuracy"
max_new_tokens = 8
TOML
daemon=
if ftctl status >/dev/null 2>&1; then
    echo "already running"
else
    "$bin/finetuned" --root "$root" >>"$root/finetuned.log" 2>&1 &
    daemon=$!
    for _ in $(seq 100); do ftctl status >/dev/null 2>&1 && break; sleep 0.1; done
    ftctl status >/dev/null || { echo "The daemon did not start; its log:"; tail -20 "$root/finetuned.log"; exit 1; }
    echo "started (log: sandbox/finetuned.log)"
fi
stop() { [ -z "$daemon" ] || { kill "$daemon" 2>/dev/null && wait "$daemon" || true; }; }
trap stop EXIT INT TERM

say "Registry"
ftctl base show smollm2-135m-instruct >/dev/null 2>&1 ||
    ftctl base add models/SmolLM2-135M-Instruct.Q4_1.gguf --id smollm2-135m-instruct --licence Apache-2.0
ftctl base list

[ "$(apt-cache dumpavail 2>/dev/null | grep -c '^Package: ')" -gt 5000 ] || {
    echo "Fetching Debian's package lists (apt-get update), from which the data is made"
    if [ "$(id -u)" -eq 0 ]; then apt-get update -qq; else sudo apt-get update -qq; fi; }

drop_batch() { # makes the next batch of real rows, drops it by rename, follows its run to the end
    local number file run last
    last=$(ftctl runs --pipeline $pipeline --limit 1 --json | grep -o '"id":"[^"]*"' | head -1 || true)
    number=$(ftctl drops --pipeline $pipeline --limit 1000 --json | grep -o '"id":"' | wc -l)
    file=batch-$number.jsonl
    say "Drop: $batch_rows rows of this machine's package descriptions ($file)"
    tools/debian_sections.py "$root/$file" $((number * batch_rows)) "$batch_rows"
    head -2 "$root/$file"
    mv "$root/$file" "$root/var/lib/finetuned/drop/$pipeline/$file"
    for _ in $(seq 300); do
        run=$(ftctl runs --pipeline $pipeline --limit 1 --json | grep -o '"id":"[^"]*"' | head -1 | cut -d'"' -f4 || true)
        [ -n "$run" ] && [ "\"id\":\"$run\"" != "$last" ] && break
        sleep 0.1
    done
    say "Run $run"
    ftctl watch "$run"
    say "Gate report of $run"
    ftctl report "$run"
}

answers() { # the base and the served model side by side, on packages that no batch held
    say "Answers: base and served model"
    python3 tools/debian_sections.py "$root/unseen.jsonl" 14000 6
    python3 - "$root/unseen.jsonl" <<'PY' |
import json, sys
for line in open(sys.argv[1]): row = json.loads(line); print(json.dumps([row["prompt"], row["completion"]]))
PY
    while IFS= read -r row; do
        prompt=$(python3 -c 'import json,sys; print(json.loads(sys.argv[1])[0])' "$row")
        truth=$(python3 -c 'import json,sys; print(json.loads(sys.argv[1])[1])' "$row")
        base=$(ftctl generate $pipeline "$prompt" --base --max-new-tokens 8 | head -1)
        served=$(ftctl generate $pipeline "$prompt" --max-new-tokens 8 | head -1)
        printf '%-58.58s  base: %-28.28s  served: %-12s  truth: %s\n' "$(tail -1 <<<"$prompt")" "$base" "$served" "$truth"
    done
}

if [ "$(ftctl drops --pipeline $pipeline --json | grep -o '"id":"' | wc -l)" -eq 0 ]; then
    drop_batch
    answers
fi
drop_batch
answers
say "Status"
ftctl status
echo
echo "Done in $((SECONDS - started)) s. Run \`make quickstart\` again to drop the next batch, or drop your own JSONL into"
echo "  sandbox/var/lib/finetuned/drop/$pipeline/    while the daemon runs:  .build/release/finetuned --root sandbox"
