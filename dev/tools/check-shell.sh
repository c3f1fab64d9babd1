#!/usr/bin/env bash
# Every shell script of the repository through shellcheck: this project's own, and the templates of the generated scripts.
#
# A template of a script is plain bash, but its name and those that it sources end in .template; so it is judged in a
# temporary folder, under the name that it will have. Rendered ones (settings.sh, messages.sh) are stubs there; the
# judges' tests see the real ones in generated trees.
#
# Needs: shellcheck.
# Changes: nothing (a temporary folder, removed at the end).

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

lint() {
    # In batches, because each follows its sources again: one process per core.
    xargs -0 --no-run-if-empty -n 4 -P "$(nproc)" shellcheck -s bash -x -P SCRIPTDIR:scripts/lib --
}

own_scripts() {
    find dev test .ci crates/estiba-host/rehearsal -type f \( -name '*.sh' -o -path test -o -path .ci/run \) -print0 2>/dev/null
}

main() {
    local stage template target templates="$root/crates/estiba-core/templates"
    cd "$root"
    own_scripts | lint

    [[ -d $templates ]] || return 0
    work=$(mktemp -d) # global: the trap outlives this function
    trap 'rm -rf "$work"' EXIT
    stage="$work"
    while IFS= read -r template; do
        target="$stage/${template%.template}"
        mkdir -p "$(dirname "$target")"
        if grep -q '<%' "$templates/$template"; then
            printf '# shellcheck shell=bash\n' >"$target"
        else
            cp "$templates/$template" "$target"
        fi
    done < <(cd "$templates" && find . -name '*.sh.template' | LC_ALL=C sort)
    cd "$stage"
    find . -name '*.sh' -print0 | lint
}

main "$@"; exit
