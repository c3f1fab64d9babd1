#!/usr/bin/env bash
# Installs the named tools (cargo-nextest, cargo-deny) into the cache where they are absent. One that this machine has
# already counts.
#
# Needs: cargo, and the crates.io registry when one is missing (some minutes of compiling, once).
# Changes: the cache folder only.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=dev/tools/common.sh
source "$here/common.sh"

# Pinned, so that two machines say the same; `--locked` also pins what they are built from.
declare -A VERSION=([cargo-nextest]=0.9.151 [cargo-deny]=0.20.2)
# cargo-deny's default features fetch advisories, with a TLS and git stack of their own; ours needs only metadata.
declare -A FLAGS=([cargo-deny]=--no-default-features)

ensure() {
    local name=$1
    if [[ -x "$TOOLS_CACHE/cargo/bin/$name" ]] || command -v "$name" >/dev/null; then
        note "$name: there"
        return
    fi
    note "$name ${VERSION[$name]}: compiling, once"
    # Settings of the caller's build must not reach this one, nor its output the project's target folder.
    local -a flags=()
    read -r -a flags <<<"${FLAGS[$name]:-}"
    CARGO_TARGET_DIR="$TOOLS_CACHE/cargo/target" RUSTFLAGS='' \
        cargo install --quiet --locked --root "$TOOLS_CACHE/cargo" "$name@${VERSION[$name]}" "${flags[@]}"
    rm -rf "$TOOLS_CACHE/cargo/target"
}

main() {
    local name
    mkdir -p "$TOOLS_CACHE/cargo"
    for name in "$@"; do
        [[ -n "${VERSION[$name]:-}" ]] || { printf 'usage: %s %s…\n' "${0##*/}" "${!VERSION[*]}" >&2; exit 64; }
        ensure "$name"
    done
}

main "$@"; exit
