#!/bin/bash
# Remove what tools/install.sh installed; settings and state stay.   DESTDIR and PREFIX as there
set -euo pipefail
destdir=${DESTDIR:-}
prefix=${PREFIX:-/usr}
home=$destdir$prefix/libexec/finetuned
programs=(finetuned finetune-worker ftctl)
if [ -z "$destdir" ] && [ "$(id -u)" -ne 0 ]; then
    echo "Uninstalling needs root. Run: sudo make uninstall" >&2
    exit 1
fi
if [ -z "$destdir" ] && command -v dpkg-query >/dev/null &&
    dpkg-query -W -f '${Status}' finetuned 2>/dev/null | grep -q ' installed$'; then
    echo "finetuned is installed as a package. Run: apt remove finetuned" >&2
    exit 1
fi
if [ -z "$destdir" ] && [ -d /run/systemd/system ]; then
    # Sockets first: a command that comes meanwhile would start the service again.
    systemctl disable --now finetuned.socket finetuned-api.socket finetuned.service 2>/dev/null || true
fi
for program in "${programs[@]}"; do
    id=$(readelf -n "$home/$program" 2>/dev/null | awk '/Build ID:/ {print $3}' || true)
    if [ -n "$id" ]; then
        rm -f "$destdir$prefix/lib/debug/.build-id/${id:0:2}/${id:2}.debug"
        rmdir -p --ignore-fail-on-non-empty "$destdir$prefix/lib/debug/.build-id/${id:0:2}" 2>/dev/null || true
    fi
    rm -f "$destdir$prefix/bin/$program"
done
rm -rf "$home" "$destdir$prefix/share/doc/finetuned"
rm -f "$destdir"/usr/lib/systemd/system/finetuned.{service,socket,slice} "$destdir/usr/lib/systemd/system/finetuned-api.socket" \
    "$destdir/usr/lib/sysusers.d/finetuned.conf" "$destdir/usr/lib/tmpfiles.d/finetuned.conf" \
    "$destdir/usr/lib/systemd/catalog/finetuned.catalog" \
    "$destdir$prefix"/share/man/man1/ftctl.1 "$destdir$prefix"/share/man/man5/finetuned.toml.5 \
    "$destdir$prefix"/share/man/man8/{finetuned,finetune-worker}.8 \
    "$destdir$prefix/share/bash-completion/completions/ftctl" "$destdir$prefix/share/zsh/vendor-completions/_ftctl" \
    "$destdir$prefix/share/fish/vendor_completions.d/ftctl.fish"
[ -z "$destdir" ] || exit 0
journalctl --update-catalog
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
echo "Removed. Settings stay in /etc/finetuned, data and models in /var/lib/finetuned, with the user and the groups that they belong to."
