#!/usr/bin/env bash
# runs-on: server
# requires: nginx
# provides: certificate:${HOSTS[@]}
set -euo pipefail
TREE="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
source "$TREE/scripts/settings.sh"
for host in "${HOSTS[@]}"; do
    certbot certonly --webroot -w "$SERVER_PATH/webroot" -d "$host"
done
