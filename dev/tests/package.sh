#!/usr/bin/env bash
# Builds the packages and uses them: the program of the Debian package runs in a root where nothing else is.
# One line per assertion, "N passed, N failed" at the end; exit 1 when one failed.
#
# Usage:   dev/tests/package.sh
# Needs:   what dev/release/package.sh needs; root, for chroot.
# Changes: target/, and a temporary folder while it runs.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly ROOT

# shellcheck source=dev/tools/common.sh
source "$ROOT/dev/tools/common.sh"
# shellcheck source=dev/tests/lib/assert.sh
source "$ROOT/dev/tests/lib/assert.sh"

WORK=

# shellcheck disable=SC2317  # a trap calls it
cleanup() {
  [[ -z $WORK ]] || rm -rf "$WORK"
}

main() {
  local deb empty
  trap cleanup EXIT
  WORK=$(mktemp -d)
  empty=$WORK/root
  "$ROOT/dev/release/package.sh" "$WORK/packages" >/dev/null
  deb=$(echo "$WORK"/packages/*.deb)
  same 'the checksums are those of the files' 0 "$(cd "$WORK/packages" && sha256sum --check --quiet SHA256SUMS >&2; echo $?)"
  same 'both hold the same program' "$(sha256sum <"$(echo "$WORK"/packages/estiba-*-linux-*)")" \
    "$(dpkg-deb --fsys-tarfile "$deb" | tar --extract --to-stdout ./usr/bin/estiba | sha256sum)"
  dpkg-deb --extract "$deb" "$empty"
  same 'the package is its version' "estiba $(dpkg-deb --field "$deb" Version)" "$(chroot "$empty" /usr/bin/estiba --version)"
  cp -r "$ROOT/examples/jupiter" "$empty/jupiter"
  rm -rf "$empty/jupiter/vps-infrastructure"
  same 'it needs nothing else to generate and check' 0 \
    "$(chroot "$empty" /usr/bin/estiba generate /jupiter >"$WORK/said" 2>&1 && chroot "$empty" /usr/bin/estiba check /jupiter >>"$WORK/said" 2>&1; echo $?)"
  same 'every command has its page' "$(chroot "$empty" /usr/bin/estiba man /pages >/dev/null; find "$empty/pages" -name "*.1" | wc -l)" \
    "$(find "$empty/usr/share/man/man1" -name '*.1.gz' | wc -l)"
  same 'bash reads its completions' 0 "$(bash -n "$empty/usr/share/bash-completion/completions/estiba"; echo $?)"
  summary
}

main "$@"; exit
