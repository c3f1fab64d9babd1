#!/usr/bin/env bash
# Installs everything that ./test needs and this machine lacks. Run again, it does nothing.
#   install.sh           all
#   install.sh --quick   what ./test --quick cannot do without, as nobody but the user: no root, no packages
#
# Needs: cargo; without --quick also apt, root or sudo, Debian's mirror.
# Changes: packages of this machine; the cache folder ($ESTIBA_DEV_CACHE, else ~/.cache/estiba-dev).

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# shellcheck source=dev/tools/common.sh
source "$here/common.sh"

main() {
    # Two runs at once would build the same thing in the same place.
    mkdir -p "$TOOLS_CACHE"
    exec 9>"$TOOLS_CACHE/lock"
    flock 9
    case "${1:-}" in
        --quick)
            "$here/cargo-tools.sh" cargo-nextest
            ;;
        '')
            "$here/distribution-packages.sh"
            "$here/cargo-tools.sh" cargo-nextest cargo-deny
            "$here/judges.sh"
            ;;
        *)
            printf 'usage: %s [--quick]\n' "${0##*/}" >&2
            exit 64
            ;;
    esac
}

main "$@"; exit
