#!/bin/bash
# Measure what newcomers and whoever changes a line wait for, and what is installed: an old revision and this one, in turn.
#   bench-build.sh OLD [ROUNDS]     OLD is a revision of git; the machine should do nothing else
# Each round builds the three programs of both from clean (packages are fetched before), changes a line of a module that everything uses
# and one of a leaf, and builds again. Prints the median of wall and CPU seconds, and the sizes and start times of the last round.
set -euo pipefail
cd "$(dirname "$0")/.."
old=${1:?usage: bench-build.sh OLD [ROUNDS]}
rounds=${2:-1}
work=$(mktemp -d "${TMPDIR:-/tmp}/bench-build.XXXXXX")
trap 'git worktree remove --force "$work/old" >/dev/null 2>&1; git worktree remove --force "$work/new" >/dev/null 2>&1; rm -rf "$work"' EXIT
git worktree add -q --detach "$work/old" "$old"
git worktree add -q --detach "$work/new" HEAD
TIMEFORMAT='%R %U %S'

measure() { # side what command…: one line "side what wall cpu"
    local side=$1 what=$2 times
    shift 2
    times=$({ time (cd "$work/$side" && "$@" >"$work/log" 2>&1) || { tail -20 "$work/log" >&2; exit 1; }; } 2>&1 | tail -1)
    awk -v side="$side" -v what="$what" '{printf "%s %s %.1f %.1f\n", side, what, $1, $2 + $3}' <<< "$times" | tee -a "$work/times"
}
touch_line() { # a declaration that others see, so that what uses the module is compiled anew
    printf '\npackage func changed%s(_ text: String) -> Int { text.utf8.count }\n' "$RANDOM$RANDOM" >> "$1"
}
for side in old new; do (cd "$work/$side" && swift package resolve >/dev/null 2>&1); done
for _ in $(seq "$rounds"); do
    for side in old new; do
        find "$work/$side/.build" -mindepth 1 -maxdepth 1 ! -name repositories ! -name checkouts ! -name workspace-state.json \
            -exec rm -rf {} +
        measure "$side" clean make build
        touch_line "$(find "$work/$side/Sources/Shared" -name Identifiers.swift)"
        measure "$side" shared make build
        touch_line "$(find "$work/$side/Sources/Daemon/Delivery" -name '*.swift' | sort | head -1)"
        measure "$side" leaf make build
    done
done
printf '\n'
python3 - "$work/times" <<'PY'
import collections, statistics, sys
times = collections.defaultdict(list)
for line in open(sys.argv[1]):
    side, what, wall, cpu = line.split()
    times[what, side].append((float(wall), float(cpu)))
for what in ["clean", "shared", "leaf"]:
    for side in ["old", "new"]:
        wall, cpu = (statistics.median(part) for part in zip(*times[what, side]))
        print(f"{what:8} {side:4} {wall:8.1f} s wall {cpu:8.1f} s CPU")
PY
for side in old new; do
    (cd "$work/$side" && DESTDIR="$work/$side-root" make install >/dev/null)
    installed=$(find "$work/$side-root" -type f ! -path '*/lib/debug/*' -printf '%s\n' | awk '{sum += $1} END {printf "%.1f", sum / 1048576}')
    ftctl=$(readlink -f "$work/$side-root/usr/bin/ftctl")
    # With what it loads of the libraries that are installed beside it.
    size=$({ echo "$ftctl"; ldd "$ftctl" | awk -v home="$(dirname "$ftctl")" '{print home "/" $1}'; } | sort -u |
        while read -r file; do [ ! -f "$file" ] || stat -L -c %s "$file"; done | awk '{sum += $1} END {printf "%.1f", sum / 1e6}')
    start=$({ time for _ in $(seq 100); do "$ftctl" --version >/dev/null; done; } 2>&1 | awk '{printf "%.1f", ($2 + $3) * 10}')
    echo "$side: installed $installed MiB, ftctl with its libraries $size MB, ftctl --version $start ms CPU"
done
