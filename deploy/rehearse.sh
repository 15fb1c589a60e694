#!/bin/sh
# Run the steps of the Dockerfile in an empty root, without a Docker engine, and print a hash of the files that they make.
#   deploy/rehearse.sh ROOT
# It runs as root, and needs debootstrap, Go and a C compiler of the release that the Dockerfile names. ROOT must not exist.
# BIN names binaries that are built already. MIRROR and SECURITY name archives of Debian; one of a fixed day
# (snapshot.debian.org) gives the same packages on another day.
set -eu
root=${1:?name a directory that does not exist}
[ ! -e "$root" ] || { echo "$root exists: name a directory that does not" >&2; exit 2; }
mirror=${MIRROR:-http://deb.debian.org/debian} security=${SECURITY:-http://deb.debian.org/debian-security}
here=$(cd "$(dirname "$0")" && pwd)
release=$(sed -n 's/^ARG DEBIAN=//p' "$here/Dockerfile")

# The base: the content of debian:RELEASE-slim, except that it leaves out the manual pages.
debootstrap --variant=minbase "$release" "$root" "$mirror" >&2
cat >"$root/etc/apt/sources.list" <<EOF
deb $mirror $release main
deb $mirror $release-updates main
deb $security $release-security main
EOF
rm -rf "$root/var/cache/apt/archives/"*.deb "$root/var/lib/apt/lists/"* "$root/var/log/bootstrap.log"

# The RUN of the last stage, word for word.
steps=$(awk '/^FROM debian/ {last = 1} last && /^RUN / {run = 1} run {print} run && !/\\$/ {exit}' "$here/Dockerfile" | sed '1s/^RUN //')
[ -n "$steps" ] || { echo "the Dockerfile has no RUN in its last stage" >&2; exit 2; }
cp /etc/resolv.conf "$root/etc/resolv.conf"
DEBIAN_FRONTEND=noninteractive chroot "$root" /bin/sh -eu -c "$steps" >&2
rm "$root/etc/resolv.conf"

# COPY --from=build
if [ -n "${BIN:-}" ]; then
	install -m 0755 "$BIN"/* "$root/usr/local/bin/"
else
	"$here/build.sh" "$root/usr/local/bin"
fi

# The programs of the image work for the user that it runs as.
for command in 'leat --version' 'ingestor --version' 'gateway --version' 'git --version' 'pdftotext -v' 'ssh -V' 'tini --version'; do
	echo "$command: $(chroot --userspec=10001:10001 "$root" $command 2>&1 | head -1)" >&2
done
[ "$(stat -c %u:%g "$root/var/lib/leat/mirrors")" = 10001:10001 ]

# Two builds must give the same hash, so everything that differs between them is removed: the times of files, the id of
# the machine, the caches of apt, former versions of files, and the date on which the password of an account last changed
# (no account has one).
rm -rf "$root/var/cache/apt/"*.bin "$root/var/lib/dpkg/"*-old "$root/var/cache/debconf/"*-old "$root/etc/"passwd- "$root/etc/"group- \
	"$root/etc/"shadow- "$root/etc/"gshadow- "$root/var/log/"alternatives.log "$root/etc/machine-id"
sed -i 's/^\([^:]*:[^:]*\):[0-9]*:/\1::/' "$root/etc/shadow"
tar --sort=name --mtime=@0 --numeric-owner --exclude=./proc --exclude=./sys --exclude=./dev -C "$root" -c . | sha256sum | cut -d' ' -f1
