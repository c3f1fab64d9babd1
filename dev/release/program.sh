#!/usr/bin/env bash
# Builds the program that people install: one that needs no library of the system. Prints where it stands.
#
# Usage:   dev/release/program.sh
# Needs:   cargo, readelf, and glibc's static libraries (libc6-dev has them).
# Changes: target/
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly ROOT

# shellcheck source=dev/tools/common.sh
source "$ROOT/dev/tools/common.sh"

need_static() {
  local needed
  needed=$(readelf --dynamic "$1") || fail "$1 cannot be looked into"
  [[ $needed != *'(NEEDED)'* ]] || fail "$1 needs libraries of the system"
}

main() {
  local triple program
  [[ $# -eq 0 ]] || { printf 'usage: dev/release/program.sh\n' >&2; return 64; }
  triple=$(rustc -vV | sed -n 's/^host: //p')
  [[ $triple == *-linux-gnu ]] || fail "it is built on Linux with glibc, not on $triple"
  # A triple of its own: with `--target` the flags are not those of build scripts and macros, which cannot be static.
  RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static" \
    cargo build --quiet --release --locked --manifest-path "$ROOT/Cargo.toml" --package estiba --target "$triple"
  program=${CARGO_TARGET_DIR:-$ROOT/target}/$triple/release/estiba
  need_static "$program"
  printf '%s\n' "$program"
}

main "$@"; exit
