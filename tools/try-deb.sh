#!/bin/bash
# Try a package on a bare Debian, which has neither toolchain nor development packages, under a systemd of its own: installed, upgraded during a
# run, not downgraded, removed, installed again, purged.
#   try-deb.sh [PACKAGE]      the newest of build/deb where none is named; root, mmdebstrap and a Debian mirror are needed
#   BARE=FILE                 a tar file of the bare system, made where it is absent, used again where it is there
#   KEEP=DIR                  leaves the bare system there, to be looked at
# The older package of the upgrade is the same one under a lower version. The run trains models/SmolLM2-135M-Instruct.Q4_1.gguf.
set -euo pipefail
cd "$(dirname "$0")/.."
package=${1:-$(find build/deb -name 'finetuned_*.deb' -printf '%T@ %p\n' 2>/dev/null | sort -n | tail -n 1 | cut -d' ' -f2-)}
[ -n "$package" ] || { echo "There is no package. Run: make deb" >&2; exit 1; }
for tool in mmdebstrap systemd-nspawn; do
    command -v "$tool" >/dev/null || { echo "$tool is absent. Run: apt install mmdebstrap systemd-container" >&2; exit 1; }
done
tools/fetch-models.sh smollm2 >/dev/null
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
work=${KEEP:-$(mktemp -d)}
root=$work/root
machine=try$$
export LAB_DIR=$work/lab LAB_LOWER=$root
booted=
leave() {
    [ -z "$booted" ] || Tests/SystemdLab/boot.sh kill "$machine" || true
    [ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap leave EXIT
say() { printf '%4d s  %s\n' $SECONDS "$*"; }

bare=${BARE:-$work/bare.tar}
[ -e "$bare" ] || mmdebstrap --quiet --variant=apt --include=systemd "$release" "$bare"
mkdir -p "$root"
tar -C "$root" --exclude='./dev/*' -xf "$bare"
say "A bare Debian $release has $(grep -c '^Package: ' "$root/var/lib/dpkg/status") packages"

# The same package under a lower version, to be upgraded from.
version=$(dpkg-deb --field "$package" Version)
older=$version~older
cp "$package" "$root/opt/newer.deb"
dpkg-deb --raw-extract "$package" "$work/older"
grep -rlF "$version" "$work/older/DEBIAN" | grep -v md5sums | xargs sed -i "s/${version//./\\.}/$older/g"
dpkg-deb --root-owner-group -Znone --build "$work/older" "$root/opt/older.deb" >/dev/null
rm -rf "$work/older"
cp models/SmolLM2-135M-Instruct.Q4_1.gguf "$root/opt/model.gguf"

# What it depends on is fetched first, since the machine that is booted has no network.
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
cat > "$root/opt/fetch" <<'FETCH'
set -euo pipefail
for tool in swift gcc cc ld python3; do
    if command -v "$tool" >/dev/null; then echo "This system is not bare: it has $tool." >&2; exit 1; fi
done
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --download-only /opt/newer.deb </dev/null >/opt/apt.log 2>&1 || { cat /opt/apt.log >&2; exit 1; }
FETCH
unshare --mount --pid --fork --kill-child bash -c "mount -t proc proc '$root/proc'; mount --rbind /dev '$root/dev'
    exec chroot '$root' bash /opt/fetch"
say "Fetched what it depends on: $(find "$root/var/cache/apt/archives" -name '*.deb' | wc -l) packages"

# Three desks with made-up names, which the base cannot know; a third of the rows is for the gate.
cat > "$root/opt/tickets.toml" <<'TOML'
base = "smollm2-135m-instruct"
promote = "auto"
trigger.settle_seconds = 0.2
recipe.learning_rate = 2e-3
recipe.epochs = 2
recipe.batch_rows = 8
data.gate_share = 0.3
gates.primary = "accuracy"
gates.max_new_tokens = 6
TOML
openings=("Hello," "Hi," "Please help:" "Good morning," "Dear team," "Hey,")
possessives=("my" "our" "the last" "this week's")
for desk in "zorb|invoice charge payment receipt bill|is wrong,came twice,is missing" \
    "quill|parcel package delivery shipment courier|is late,got lost,arrived broken" \
    "mund|password login account username code|does not work,was forgotten,is locked"; do
    IFS='|' read -r name things troubles <<< "$desk"
    IFS=',' read -ra troubles <<< "$troubles"
    for thing in $things; do for trouble in "${troubles[@]}"; do for turn in 0 1 2 3; do
        echo "{\"prompt\": \"Which desk? ${openings[$(((turn + ${#thing}) % 6))]} ${possessives[$turn]} $thing $trouble.\", \"completion\": \"$name\"}"
    done; done; done
done > "$root/opt/rows.jsonl"

cp tools/try-deb-guest.sh "$root/opt/try"
booted=yes
Tests/SystemdLab/boot.sh up "$machine" >/dev/null
guest() { Tests/SystemdLab/boot.sh exec "$machine" /bin/bash /opt/try "$@"; }
for step in install begin upgrade downgrade remove again purge; do
    guest "$step" "$version" "$older" || {
        Tests/SystemdLab/boot.sh exec "$machine" /bin/bash -c \
            'systemctl status finetuned --no-pager -l; journalctl -q --no-pager -n 60 -o short-monotonic; ftctl status' >&2 || true
        echo "try-deb.sh: the step '$step' failed." >&2
        exit 1
    }
    say "$(cat "$LAB_DIR/$machine/root/opt/said")"
done
