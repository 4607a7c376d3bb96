#!/bin/bash
# One step of tools/try-deb.sh, within the bare system:   STEP VERSION OLDER. What it showed is left in /opt/said.
set -euo pipefail
step=$1 version=$2 older=$3
export DEBIAN_FRONTEND=noninteractive
state=/var/lib/finetuned
said() { echo "$*" > /opt/said; }
fail() { echo "$*" >&2; exit 1; }
quietly() { "$@" </dev/null >/opt/log 2>&1 || { cat /opt/log >&2; return 1; }; }
events() { journalctl --sync; journalctl -q -o json SYSLOG_IDENTIFIER=finetuned "$@" | sed -n 's/.*"EVENT":"\([^"]*\)".*/\1/p'; }
await() { # SECONDS WHAT COMMAND…
    for _ in $(seq $((${1} * 2))); do if "${@:3}" >/dev/null 2>&1; then return 0; fi; sleep 0.5; done
    fail "$2 did not come within $1 s."
}
happened() { [ -n "$(events "$@")" ]; }
status() { dpkg-query -W -f '${Version} ${Status}' finetuned; }

case $step in
install)
    rm -f /usr/sbin/policy-rc.d
    quietly apt-get install -y -qq /opt/older.deb
    if dpkg-query -W -f '${Package}\n' | grep -E -- '-dev$'; then fail "Development packages came with it."; fi
    [ "$(status)" = "$older install ok installed" ]
    [ "$(systemctl is-active finetuned) $(systemctl is-enabled finetuned)" = "active enabled" ]
    [ "$(stat -c '%U %G %a' $state)" = "finetuned finetuned-daemon 710" ]
    finetune-worker --describe > /dev/null
    ftctl status > /dev/null
    ftctl doctor > /opt/doctor || { cat /opt/doctor >&2; fail "ftctl doctor finds a fault."; }
    said "Installed $older on it, with $(dpkg-query -W | wc -l) packages now: $(ftctl --version), enabled and at work"
    ;;
begin)
    useradd -m -G finetuned alice
    install -m 644 /opt/tickets.toml /etc/finetuned/pipelines/tickets.toml
    systemctl reload finetuned
    ftctl base add /opt/model.gguf --id smollm2-135m-instruct --licence Apache-2.0 > /dev/null
    await 60 "The drop folder" test -d $state/drop/tickets
    install -o alice -m 644 /opt/rows.jsonl /home/alice/monday.jsonl
    runuser -u alice -- sh -c "umask 077; cp /home/alice/monday.jsonl $state/drop/tickets/.monday.part"
    runuser -u alice -- mv $state/drop/tickets/.monday.part $state/drop/tickets/monday.jsonl
    await 600 "A run" happened EVENT=run.started
    said "A member of finetuned dropped $(wc -l < /opt/rows.jsonl) rows, and a run trains"
    ;;
upgrade)
    quietly apt-get install -y -qq /opt/newer.deb
    [ "$(status)" = "$version install ok installed" ]
    await 1200 "The promotion" happened EVENT=version.promoted
    story=$(events | grep -E '^(daemon\.(starting|stopped)|run\.(started|resumed|trained|failed))$' | tr '\n' ' ')
    [ "$story" = "daemon.starting run.started daemon.stopped daemon.starting run.resumed run.trained " ] || fail "It went: $story"
    said "Upgraded to $version during the run, which went on from its checkpoint and was promoted"
    ;;
downgrade)
    if quietly apt-get install -y -qq --allow-downgrades /opt/older.deb 2>/opt/refusal; then fail "A downgrade was not refused."; fi
    grep -F "finetuned $version was installed here" /opt/refusal | grep -qF "finetuned $older," || fail "It names not both: $(cat /opt/refusal)"
    [ "$(status)" = "$version install ok installed" ] && systemctl --quiet is-active finetuned
    ftctl status > /dev/null
    said "Refused to go back: $(grep -F 'was installed here' /opt/refusal)"
    ;;
remove)
    quietly apt-get remove -y -qq finetuned
    [ ! -e /usr/bin/ftctl ] && [ ! -e /usr/libexec/finetuned ] && ! systemctl --quiet is-active finetuned
    [ -s $state/ledger.sqlite ] && [ -s /etc/finetuned/pipelines/tickets.toml ] && [ -e /etc/finetuned/finetuned.toml ]
    said "Removed: settings and state are there"
    ;;
again)
    quietly apt-get install -y -qq /opt/newer.deb
    ftctl history tickets | grep -q automatic
    ftctl verify > /dev/null
    said "Installed again: it serves what it served, and every file is as the ledger says"
    ;;
purge)
    systemctl stop finetuned
    echo waits > $state/drop/tickets/tuesday.jsonl
    quietly apt-get purge -y -qq finetuned
    left=$(find /etc/finetuned $state /run/finetuned -type f 2>/dev/null | sort || true)
    others=$(grep -vE "^$state/(drop/tickets/tuesday\.jsonl|intake/tickets/[^/]+/(original|source|name)(/.*)?)$" <<< "$left" || true)
    [ -z "$others" ] || fail "It leaves more than what people dropped: $others"
    grep -q tuesday <<< "$left" && grep -q /intake/tickets/ <<< "$left" || fail "What people dropped is gone: $left"
    traces=$(find /usr /etc/systemd -name '*finetune*' | head)
    [ -z "$traces" ] || fail "It leaves $traces"
    said "Purged, asking nothing: what people dropped is left ($(wc -l <<< "$left") files), and nothing else"
    ;;
*) fail "There is no step '$step'." ;;
esac
