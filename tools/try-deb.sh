#!/bin/bash
# Install a package on a bare Debian, which has neither toolchain nor development packages, try it, remove and purge it.
#   try-deb.sh [PACKAGE]      the newest of build/deb where none is named; root, mmdebstrap and a Debian mirror are needed
set -euo pipefail
cd "$(dirname "$0")/.."
package=${1:-$(find build/deb -name 'finetuned_*.deb' -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-)}
[ -n "$package" ] || { echo "There is no package. Run: make deb" >&2; exit 1; }
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v mmdebstrap >/dev/null || { echo "mmdebstrap is absent. Run: apt install mmdebstrap" >&2; exit 1; }
mmdebstrap --quiet --variant=apt --include=systemd "$release" "$work/root.tar"
mkdir "$work/root"
tar -C "$work/root" --exclude='./dev/*' -xf "$work/root.tar"
cp "$package" "$work/root/tmp/finetuned.deb"
cp -L /etc/resolv.conf "$work/root/etc/resolv.conf"
cat > "$work/root/tmp/try" <<'TRY'
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
for tool in swift gcc cc ld; do
    if command -v "$tool" >/dev/null; then echo "This system is not bare: it has $tool." >&2; exit 1; fi
done
apt-get update -qq
apt-get install -y -qq /tmp/finetuned.deb </dev/null >/tmp/apt.log 2>&1 || { cat /tmp/apt.log; exit 1; }
if dpkg-query -W -f '${Package}\n' | grep -E -- '-dev$'; then echo "Development packages came with it." >&2; exit 1; fi
echo "ftctl $(ftctl --version), finetuned $(finetuned --version)"
finetune-worker --describe > /dev/null
[ "$(stat -c '%U %a' /var/lib/finetuned/drop)" = "finetuned 2770" ]
# A daemon with a root of its own, since nothing starts services here.
mkdir /srv/try && chown finetuned /srv/try
runuser -u finetuned -- finetuned --root /srv/try >/tmp/daemon.log 2>&1 &
for _ in $(seq 300); do ftctl --root /srv/try status >/dev/null 2>&1 && break; sleep 0.1; done
ftctl --root /srv/try status
ftctl --root /srv/try verify
ftctl doctor || true
kill %1; wait || true
apt-get remove -y -qq finetuned </dev/null >/tmp/apt.log 2>&1 || { cat /tmp/apt.log; exit 1; }
[ -d /var/lib/finetuned ] && [ -e /etc/finetuned/finetuned.toml ] && [ ! -e /usr/bin/ftctl ]
apt-get purge -y -qq finetuned </dev/null >/tmp/apt.log 2>&1 || { cat /tmp/apt.log; exit 1; }
[ ! -e /var/lib/finetuned ] && [ ! -e /etc/finetuned ] && [ -z "$(getent passwd finetuned)" ]
echo "Installed, tried, removed and purged without a trace."
TRY
unshare --mount --pid --fork --kill-child bash -c "mount -t proc proc '$work/root/proc'; mount --rbind /dev '$work/root/dev'
    exec chroot '$work/root' bash /tmp/try"
