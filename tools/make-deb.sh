#!/bin/bash
# Make a Debian package of what `make build` built: build/deb/finetuned_VERSION_ARCHITECTURE.deb.
#   BUILT=DIR      the folder with the programs (.build/release)
#   OUT=DIR        where the package goes (build/deb)
#   COMPRESSION=none, LINTIAN=no   quicker, for tests
#   VERSION=TEXT   another version than the programs have, for trying upgrades
# It needs dpkg-deb and dpkg-shlibdeps (dpkg-dev), and no root. Swift's runtime lies beside the programs, as `make install` has it.
set -euo pipefail
cd "$(dirname "$0")/.."
built=${BUILT:-.build/release}
out=${OUT:-build/deb}
version=${VERSION:-$(sed -n 's/.*text = "\(.*\)"/\1/p' Sources/Shared/Nouns/Common/BuildVersion.swift)}
maintainer=${MAINTAINER:-finetuned <packages@finetuned.org>}
architecture=$(dpkg --print-architecture)
# The time that everything in the package has, so that the same sources give the same package.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
for tool in dpkg-deb dpkg-shlibdeps; do
    command -v "$tool" >/dev/null || { echo "$tool is absent. Run: apt install dpkg-dev" >&2; exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stage=$work/stage
mkdir -m 755 "$stage"
umask 022
DESTDIR=$stage PREFIX=/usr BUILT=$built tools/install.sh

# What debuggers need is no part of the package.
rm -rf "$stage/usr/lib/debug"
# Drop-ins of an administrator go into /etc; the folders of settings are in the package, and their files are conffiles.
install -m 644 etc/finetuned/pipelines/example.toml.disabled "$stage/etc/finetuned/pipelines/"
doc=$stage/usr/share/doc/finetuned
install -m 644 packaging/copyright "$doc/copyright"
gzip -9nc CHANGELOG.md > "$doc/CHANGELOG.md.gz"
printf 'finetuned (%s) unstable; urgency=medium\n\n  * CHANGELOG.md.gz says what has changed.\n\n -- %s  %s\n' \
    "$version" "$maintainer" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n > "$doc/changelog.gz"
install -D -m 644 packaging/lintian-overrides "$stage/usr/share/lintian/overrides/finetuned"
find "$stage/usr/share/man" -type f -exec gzip -9n {} +
find "$stage" -type d -exec chmod 755 {} +
find "$stage" -type f ! -perm /111 -exec chmod 644 {} +

# Libraries of Debian that the programs and the runtime take, by the packages that have them.
mkdir -p "$work/debian"
printf 'Source: finetuned\n\nPackage: finetuned\nArchitecture: any\n' > "$work/debian/control"
mapfile -t binaries < <(find "$stage/usr/libexec/finetuned" -type f)
depends=$(cd "$work" && dpkg-shlibdeps -O -l"$stage/usr/libexec/finetuned" --ignore-missing-info "${binaries[@]/#/-e}" 2>/dev/null |
    sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || { echo "dpkg-shlibdeps found no dependencies of the programs." >&2; exit 1; }

mkdir -m 755 "$stage/DEBIAN"
size=$(du -sk --apparent-size "$stage" | cut -f1)
sed -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@SIZE@/$size/; s/@DEPENDS@/$depends/" \
    -e "s/@MAINTAINER@/$maintainer/" packaging/control > "$stage/DEBIAN/control"
for script in preinst postinst prerm postrm; do
    sed "s/@VERSION@/$version/g" "packaging/$script" > "$stage/DEBIAN/$script"
    chmod 755 "$stage/DEBIAN/$script"
done
(cd "$stage" && find etc -type f | sed 's|^|/|' | sort) > "$stage/DEBIAN/conffiles"
(cd "$stage" && find . -path ./DEBIAN -prune -o -type f ! -path './etc/*' -print0 | sort -z | xargs -0 md5sum | sed 's|  \./|  |') \
    > "$stage/DEBIAN/md5sums"
chmod 644 "$stage"/DEBIAN/{conffiles,md5sums,control}
find "$stage" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

mkdir -p "$out"
package=$out/finetuned_${version}_$architecture.deb
dpkg-deb --root-owner-group -Z"${COMPRESSION:-xz}" --build "$stage" "$package" >/dev/null
echo "$package: $(du -k "$package" | cut -f1) KiB, installed $size KiB"
if [ "${LINTIAN:-yes}" = no ]; then
    exit 0
elif command -v lintian >/dev/null; then
    lintian --fail-on error --suppress-tags bad-distribution-in-changes-file "$package"
else
    echo "lintian is absent, so the package was not looked at. Run: apt install lintian"
fi
