#!/usr/bin/env bash
# Tries `estiba check` on trees that other people wrote, and compares what it says with what a person found there.
# Skipped where ESTIBA_CORPUS names no folder: the trees are other people's, and no part of this repository.
#
# Usage:   ESTIBA_CORPUS=FOLDER dev/tests/corpus.sh
# Needs:   python3; ESTIBA, or cargo to build it.
# Changes: nothing.
set -euo pipefail

readonly ROOT=${BASH_SOURCE[0]%/*}/../..

# shellcheck source=dev/tests/lib/estiba.sh
source "$ROOT/dev/tests/lib/estiba.sh"

main() {
  if [[ ! -d ${ESTIBA_CORPUS:-/nonexistent}/trees ]]; then
    printf 'skipped: ESTIBA_CORPUS names no folder with trees/ and truth.tsv\n'
    return 0
  fi
  find_estiba
  "$ROOT/dev/corpus/precision.py" "$ESTIBA" "$ESTIBA_CORPUS"
}

main "$@"; exit
