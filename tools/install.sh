#!/bin/bash
# Install what `make build` built, as a package would: programs, units, users, folders, journal catalog, documentation, example settings.
#   install.sh              into the running system (as root); DESTDIR=DIR: into DIR, changing nothing else; PREFIX=/usr
# The programs need no Swift toolchain: the runtime libraries that they are linked to lie beside them, where their RUNPATH ($ORIGIN) finds
# them. (--static-swift-stdlib would do without, but rebuilds every dependency.)
set -euo pipefail
cd "$(dirname "$0")/.."
destdir=${DESTDIR:-}
prefix=${PREFIX:-/usr}
built=${BUILT:-.build/release}
programs=(finetuned finetune-worker ftctl)
home=$prefix/libexec/finetuned

for program in "${programs[@]}"; do
    [ -x "$built/$program" ] || { echo "$built/$program is absent. Run: make build" >&2; exit 1; }
done
if [ -z "$destdir" ] && [ "$(id -u)" -ne 0 ]; then
    echo "Installing needs root. Run: sudo make install (or DESTDIR=DIR make install)" >&2
    exit 1
fi

install -d "$destdir$home" "$destdir$prefix/bin"
for program in "${programs[@]}"; do
    # A running program's file cannot be written over, but it can be replaced.
    # Debuggers and systemd-coredump look debug information up by the build id of what they read.
    id=$(readelf -n "$built/$program" | awk '/Build ID:/ {print $3}')
    [ -n "$id" ] || { echo "$built/$program has no build id. Link it with --build-id." >&2; exit 1; }
    debug=$destdir$prefix/lib/debug/.build-id/${id:0:2}
    install -d "$debug"
    objcopy --only-keep-debug "$built/$program" "$debug/${id:2}.debug"
    chmod 644 "$debug/${id:2}.debug"
    install -s -m 755 "$built/$program" "$destdir$home/.$program.new"
    mv "$destdir$home/.$program.new" "$destdir$home/$program"
    ln -sfn "$(realpath -m --relative-to "$prefix/bin" "$home")/$program" "$destdir$prefix/bin/$program"
done
runtime=$(dirname "$(ldd "$built/finetuned" | awk '$1 == "libswiftCore.so" {print $3}')")
for program in "${programs[@]}"; do ldd "$built/$program"; done |
    awk -v runtime="$runtime/" 'index($3, runtime) == 1 {print $3}' | sort -u |
    while read -r library; do
        install -m 644 "$library" "$destdir$home/.new"
        strip --strip-unneeded "$destdir$home/.new"
        mv "$destdir$home/.new" "$destdir$home/$(basename "$library")"
    done
# Of ICU's 34 MB of data the programs can ask for 3 (docs/decisions/0028). A toolchain without static libraries installs all of it.
status=0
tools/trim-icu.py "$runtime/../.." "$destdir$home/.new" || status=$?
case $status in
0) strip --strip-unneeded "$destdir$home/.new"
   chmod 644 "$destdir$home/.new"
   mv "$destdir$home/.new" "$destdir$home/lib_FoundationICU.so" ;;
3) echo "The toolchain has no static ICU, so all of its data are installed: 29 MiB more." >&2 ;;
*) exit 1 ;;
esac

units=$destdir/usr/lib/systemd/system
install -d "$units" "$destdir/usr/lib/sysusers.d" "$destdir/usr/lib/tmpfiles.d" "$destdir/usr/lib/systemd/catalog"
for unit in systemd/finetuned.{service,socket,slice} systemd/finetuned-api.socket; do
    sed "s|^ExecStart=/usr/bin/|ExecStart=$prefix/bin/|" "$unit" > "$units/$(basename "$unit")"
done
install -m 644 systemd/finetuned.sysusers.conf "$destdir/usr/lib/sysusers.d/finetuned.conf"
install -m 644 systemd/finetuned.tmpfiles.conf "$destdir/usr/lib/tmpfiles.d/finetuned.conf"
install -m 644 systemd/finetuned.catalog "$destdir/usr/lib/systemd/catalog/finetuned.catalog"
install -d "$destdir$prefix/share/doc/finetuned"
[ ! -d docs ] || cp -r docs/. "$destdir$prefix/share/doc/finetuned/"
python3 tools/make-man.py "$destdir$prefix/share/man"
# Completions, each where its shell looks for them; names come from the daemon.
complete() { install -d "$destdir$prefix/share/$2"; "$built/ftctl" --generate-completion-script "$1" > "$destdir$prefix/share/$2/$3"; }
complete bash bash-completion/completions ftctl
complete zsh zsh/vendor-completions _ftctl
complete fish fish/vendor_completions.d ftctl.fish
install -m 644 systemd/gpu.conf "$destdir$prefix/share/doc/finetuned/gpu.conf"
install -m 644 systemd/cluster.conf "$destdir$prefix/share/doc/finetuned/cluster.conf"
for launcher in ssh kubernetes; do
    install -D -m 755 "examples/launchers/$launcher" "$destdir$prefix/share/doc/finetuned/examples/launchers/$launcher"
done
# Settings that are there already are somebody's; they stay.
install -d "$destdir/etc/finetuned/pipelines" "$destdir/etc/finetuned/engines"
if [ -f etc/finetuned/finetuned.toml ] && [ ! -e "$destdir/etc/finetuned/finetuned.toml" ]; then
    install -m 644 etc/finetuned/finetuned.toml "$destdir/etc/finetuned/finetuned.toml"
fi
[ -z "$destdir" ] || exit 0

# Before there was a group of admins, every member of finetuned could do everything.
had_admins=$(getent group finetuned-admin || true)
members=$(getent group finetuned | cut -d: -f4 || true)
systemd-sysusers finetuned.conf
systemd-tmpfiles --create finetuned.conf
journalctl --update-catalog
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    echo "Installed. Start it: systemctl enable --now finetuned"
    echo "Let a user drop files and ask with ftctl: usermod -aG finetuned USER"
    echo "Let a user do everything with ftctl: usermod -aG finetuned-admin USER"
else
    echo "Installed. No systemd runs here; start it by hand as user finetuned: $prefix/bin/finetuned"
fi
if [ -z "$had_admins" ] && [ -n "$members" ]; then
    echo "From this version on $members may see, drop, upload and ask; what concerns others is for members of finetuned-admin and for root."
    echo "Whoever is to go on as before: usermod -aG finetuned-admin USER"
fi
