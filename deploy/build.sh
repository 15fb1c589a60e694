#!/bin/sh
# Build all binaries into a directory. The same commit, toolchain and C compiler give the same bytes.
#   deploy/build.sh DIR
set -eu
cd "$(dirname "$0")/.."
out=${1:?name the directory for the binaries}
export CGO_CFLAGS="${CGO_CFLAGS:--O2 -g0}"
mkdir -p "$out"
go build -trimpath -buildvcs="${BUILDVCS:-true}" -ldflags '-s -w -buildid=' -o "$out/" ./cmd/...
