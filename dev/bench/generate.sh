#!/usr/bin/env bash
# Measures `estiba generate` and prints Markdown for docs/figures.md:
# the example as a cold process (percentiles, peak memory) in turn with a Jinja2 peer, and 12 to 1,600 services.
#
#   dev/bench/generate.sh [ROUNDS] [ROUNDS-PER-SIZE]      default 200 and 20
#
# Needs: what ./test installs (GNU time, python3-jinja2); cargo. ESTIBA_BIN names another binary than this commit's.
# Changes: target/; a temporary folder, removed at the end.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bench="$root/dev/bench"

# shellcheck source=common.sh
source "$bench/common.sh"

main() {
    local rounds=${1:-200} rounds_per_size=${2:-20} estiba count warm tree
    work=$(mktemp -d) # global: the trap outlives this function
    trap 'rm -rf "$work"' EXIT
    estiba=$(binary "$work")

    tree="$work/jupiter"
    "$estiba" generate "$root/examples/jupiter" --out "$tree" >/dev/null
    /usr/bin/python3 "$bench/jinja2_peer.py" prepare "$tree" "$work/peer"
    /usr/bin/python3 "$bench/jinja2_peer.py" render "$work/peer" "$work/peer-out"
    diff -r "$tree" "$work/peer-out" >&2 || { echo 'the peer does not render the same bytes' >&2; exit 1; }
    warm=$(/usr/bin/python3 "$bench/jinja2_peer.py" warm "$work/peer")

    {
        job 'estiba generate, first time' "$work/first" "$estiba" generate "$root/examples/jupiter" --out "$work/first"
        job 'estiba generate, nothing changed' '' "$estiba" generate "$root/examples/jupiter" --out "$tree"
        job 'Jinja2 peer' "$work/peer-out" /usr/bin/python3 "$bench/jinja2_peer.py" render "$work/peer" "$work/peer-out"
        job 'Jinja2 peer, templates compiled before' "$work/peer-out" \
            /usr/bin/python3 "$bench/jinja2_peer.py" cached "$work/peer" "$work/peer-out"
    } | jobs_to "$work/jupiter.jobs"
    for count in 12 100 400 1600; do
        mkdir -p "$work/size-$count"
        /usr/bin/python3 "$bench/describe.py" "$count" >"$work/size-$count/estiba.yml"
        job "$count" "$work/size-$count/out" "$estiba" generate "$work/size-$count" --out "$work/size-$count/out"
    done | jobs_to "$work/sizes.jobs"

    /usr/bin/python3 "$bench/measure.py" "$rounds" "$work/jupiter.jobs" >"$work/jupiter.json"
    /usr/bin/python3 "$bench/measure.py" "$rounds_per_size" "$work/sizes.jobs" >"$work/sizes.json"
    /usr/bin/python3 "$bench/report.py" "$(commit)" "$work/jupiter.json" "$work/sizes.json" "$warm" \
        "$(find "$tree" -type f | wc -l)" "$(find "$tree" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')"
}

main "$@"; exit
