#!/bin/bash
# Tries a launcher program call by call (docs/launchers.md) and says what it does wrong; status 1 where it does.
#
#   conformance.sh PROGRAM STAGE     STAGE: a folder that this machine and the program's machines have under that path
set -uo pipefail
program=$1 stage=$2 faults=0
folder=$stage/work/conformance-$$ name=ft-00000000-conformance-$$-1
fault() { echo "✗ $*"; faults=$((faults + 1)); }
fine() { echo "✓ $*"; }
call() { said=$(env -i PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 timeout 60 "$program" "$@" </dev/null 2>"$log"); status=$?; }
log=$(mktemp)
trap 'rm -rf "$folder" "$log"' EXIT

# A job that tells of a step five times a second, for SECONDS, and leaves a checkpoint where it is asked to stop.
job() { # NUMBER SECONDS
    mkdir -p "$folder"
    cat >"$folder/engine.sh" <<ENGINE
trap 'echo "{\"time\":1,\"attempt\":$1,\"event\":\"ended\",\"status\":75}" >>"$folder/events.jsonl"; exit 75' TERM
for step in \$(seq $(($2 * 5))); do
    echo "{\"time\":1,\"attempt\":$1,\"event\":\"progress\",\"progress\":{\"done\":\$step,\"total\":1,\"unit\":\"steps\"}}" >>"$folder/events.jsonl"
    sleep 0.2
done
echo complaint >&2
mkdir -p "$folder/adapter" && echo weights >"$folder/adapter/adapter_model.safetensors" && echo '{}' >"$folder/result.json"
echo "{\"time\":1,\"attempt\":$1,\"event\":\"ended\",\"status\":7}" >>"$folder/events.jsonl"
exit 7
ENGINE
    printf '#!/bin/bash\nbash %q\nexit $?\n' "$folder/engine.sh" >"$folder/job-$1.sh"
    name=ft-00000000-conformance-$$-$1
    echo "$name" >"$folder/job.name"
    echo "$1" >"$folder/attempt"
    echo '{}' >"$folder/request.json"
    : >"$folder/events.jsonl"
    : >"$folder/stderr.log"
}
value() { sed -n "s/.*\"$1\" *: *\"\{0,1\}\([a-zA-Z0-9]*\).*/\1/p" <<<"$said"; }
until_state() { # STATE SECONDS: the last state is in $now
    for _ in $(seq $(($2 * 2))); do
        call state "$id"
        now=$(value state)
        [ "$now" = "$1" ] && return 0
        sleep 0.5
    done
    return 1
}
submit() {
    call submit "$folder"
    id=$said
    [ $status = 0 ] && [[ $id =~ ^[A-Za-z0-9][A-Za-z0-9_.:/@+-]{0,199}$ ]] || {
        fault "submit printed '$id' and left by $status: $(cat "$log")"; exit 1; }
}

call find "$name"
[ $status = 0 ] && [ "$said" = none ] && fine "find: none before it was handed in" || fault "find said '$said' ($status) of a job that was never handed in"
call state nobody:nowhere
[ $status = 0 ] && [ "$(value state)" = unknown ] && fine "state: unknown" || fault "state said '$said' ($status) of a job that was never handed in"

job 1 4
submit
first=$id
fine "submit: $id"
submit
[ "$id" = "$first" ] && fine "submit: twice is once" || fault "submit gave '$first', then '$id', for one name"
call find "$name"
[ "$said" = "$id" ] && fine "find: by its name" || fault "find said '$said', not '$id'"
until_state working 60 && fine "state: working" || fault "state said '$now' of a job at work: $(cat "$log")"
until_state ended 60 && [ "$(value status)" = 7 ] && fine "state: ended, 7" || fault "state said '$said' of a job that left by 7"
[ "$(grep -c progress "$folder/events.jsonl")" = 20 ] && fine "events: all, once" || fault "events.jsonl has $(grep -c progress "$folder/events.jsonl") of 20 lines"
[ "$(cat "$folder/adapter/adapter_model.safetensors" 2>/dev/null)" = weights ] && [ -e "$folder/result.json" ] && fine "result: there" || fault "the result did not come"
grep -q complaint "$folder/stderr.log" && fine "stderr.log: there" || fault "stderr.log lacks what the job printed"
call find "$name"
[ "$said" = "$id" ] && fine "find: also once it is over" || fault "find said '$said' of a job that is over"
call cancel "$id"
[ $status = 0 ] && fine "cancel: of one that is over" || fault "cancel left by $status for a job that is over"

rm -rf "$folder"
job 2 600
submit
until_state working 60
for _ in $(seq 60); do call state "$id"; grep -q progress "$folder/events.jsonl" && break; sleep 0.5; done
grep -q progress "$folder/events.jsonl" && fine "events: while it is at work" || fault "events.jsonl stays empty while the job is at work"
call stop "$id"
[ $status = 0 ] || fault "stop left by $status: $(cat "$log")"
until_state ended 60 && [ "$(value status)" = 75 ] && grep -q '"status":75' "$folder/events.jsonl" && fine "stop: by 75, told" || fault "state said '$said' after stop"

rm -rf "$folder"
job 3 600
submit
until_state working 60
call cancel "$id"
[ $status = 0 ] || fault "cancel left by $status: $(cat "$log")"
until_state working 1
[[ $now =~ ^(ended|lost|cancelled|unknown)$ ]] && fine "cancel: $now" || fault "state said '$now' after cancel"
call submit /nonexistent/folder
[ $status != 0 ] && fine "submit: says no to a folder that is not there" || fault "submit took a folder that is not there"
[ $faults = 0 ]
