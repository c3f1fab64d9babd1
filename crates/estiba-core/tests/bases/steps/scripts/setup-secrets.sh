#!/usr/bin/env bash
# runs-on: server
# provides: secret:${SECRETS[@]}
set -euo pipefail
TREE="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
source "$TREE/scripts/settings.sh"
for name in "${SECRETS[@]}"; do
    head -c 24 /dev/urandom | base64 >"$SERVER_PATH/secrets/$name"
done
