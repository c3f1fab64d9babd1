#!/usr/bin/env bash
# Measures `estiba check` against the programs that read one format each, in one run on the same trees: the example, and
# trees of other people where ESTIBA_CORPUS names a folder with trees/. Prints Markdown for docs/figures.md.
#
#   dev/bench/peers.sh [ROUNDS]      default 3
#
# Needs:   what ./test installs (promtool, amtool, shellcheck, Docker Compose's plugin; no daemon); python3 with venv and
#          PyPI for gixy-ng; cargo. ESTIBA_BIN names another binary.
# Changes: target/; ~/.cache/estiba-dev/gixy; a temporary folder, removed at the end.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bench="$root/dev/bench"
readonly GIXY=0.2.59
# shellcheck source=common.sh
source "$bench/common.sh"
# shellcheck source=../tools/common.sh
source "$root/dev/tools/common.sh"

main() {
    local rounds=${1:-3} estiba name trees
    work=$(mktemp -d) # global: the trap outlives this function
    trap 'rm -rf "$work"' EXIT
    estiba=$(binary "$work")
    if [[ ! -x $TOOLS_CACHE/gixy/$GIXY/bin/gixy ]]; then
        python3 -m venv "$TOOLS_CACHE/gixy/$GIXY"
        "$TOOLS_CACHE/gixy/$GIXY/bin/pip" install --quiet "gixy-ng==$GIXY"
    fi
    "$estiba" generate "$root/examples/jupiter" --out "$work/jupiter" >/dev/null
    trees=("$work/jupiter")
    for name in AET-DevOps25__team-code-compass 178124151__jobtracker AlCisse__immo-guinee wger-project__docker StrangeBeeCorp__docker; do
        [[ ! -d ${ESTIBA_CORPUS:-/nonexistent}/trees/$name ]] || trees+=("$ESTIBA_CORPUS/trees/$name")
    done
    printf 'commit %s\n\n' "$(commit)"
    /usr/bin/python3 "$bench/peers.py" "$estiba" "$TOOLS_CACHE/gixy/$GIXY/bin/gixy" "$TOOLS_CACHE/chroots/promtool/usr/bin/promtool" \
        "$TOOLS_CACHE/chroots/amtool/usr/bin/amtool" "$rounds" "${trees[@]}"
}

main "$@"; exit
