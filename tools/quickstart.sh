#!/bin/bash
# The main job from nothing: a base model, a pipeline, real data dropped into a watched folder, a run followed live, gates, promotion.
# Running it again drops the next batch. Everything lives in sandbox/; delete that folder to begin anew.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD/sandbox
pipeline=sections
batch_rows=${QUICKSTART_ROWS:-500}
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
epochs = 1
batch_rows = 16

[data]
gate_share = 0.2

[gates]
primary = "accuracy"
max_new_tokens = 8
TOML
daemon=
answers() { ftctl status >/dev/null 2>&1; }
if answers; then
    echo "already running"
else
    "$bin/finetuned" --root "$root" >>"$root/finetuned.log" 2>&1 &
    daemon=$!
    for _ in $(seq 100); do answers && break; sleep 0.1; done
    answers || { echo "The daemon did not start; its log:"; tail -20 "$root/finetuned.log"; exit 1; }
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

newest_run() { ftctl runs --pipeline $pipeline --limit 1 --json | python3 -c 'import json,sys; runs = json.load(sys.stdin); print(runs[0]["id"] if runs else "")'; }
count_drops() { ftctl drops --pipeline $pipeline --limit 100000 --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))'; }

drop_batch() { # makes the next batch of real rows, drops it by rename, follows its run to the end
    local number file run last
    last=$(newest_run)
    number=$(count_drops)
    file=batch-$number.jsonl
    say "Drop: $batch_rows rows of this machine's package descriptions ($file)"
    tools/debian_sections.py "$root/$file" $((number * batch_rows)) "$batch_rows"
    head -2 "$root/$file"
    mv "$root/$file" "$root/var/lib/finetuned/drop/$pipeline/$file"
    for _ in $(seq 600); do
        run=$(newest_run)
        [ "$run" != "$last" ] && break
        sleep 0.1
    done
    [ "$run" != "$last" ] || { echo "No run was queued within a minute:"; ftctl status || true; exit 1; }
    say "Run $run"
    # A run whose gates do not pass ends with status 2: that is an answer, not an error.
    ftctl watch "$run" || [ $? -eq 2 ]
    say "Gate report of $run"
    ftctl report "$run"
}

answers() { # the base and the served model side by side, on packages that no batch held
    say "Answers of the base and of the served model"
    tools/debian_sections.py "$root/unseen.jsonl" 11400 6
    python3 tools/side_by_side.py "$bin/ftctl" $pipeline "$root/unseen.jsonl"
}

if [ "$(count_drops)" -eq 0 ]; then
    drop_batch
    answers
fi
drop_batch
answers
say "Status"
ftctl status
say "A chat by OpenAI's API, on the control socket"
curl -sS --fail-with-body --unix-socket "$root/run/finetuned.sock" http://localhost/v1/chat/completions \
    -H 'Content-Type: application/json' -d '{
        "model": "'$pipeline'", "temperature": 0, "max_tokens": 8,
        "messages": [{"role": "user", "content": "Which section of Debian does this package belong to?\nplays chess against you"}]}'
echo
echo
cat <<TEXT
Done in $((SECONDS - started)) s. \`make quickstart\` again drops the next batch. To go on with data of your own:

  export PATH="\$PWD/.build/release:\$PATH"
  finetuned --root sandbox &
  ftctl drop $pipeline FILE.jsonl --watch
TEXT
