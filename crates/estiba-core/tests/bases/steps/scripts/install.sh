#!/usr/bin/env bash
# runs-on: server
set -euo pipefail
TREE="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
"$TREE/scripts/setup-secrets.sh"
"$TREE/scripts/load-images.sh"
"$TREE/scripts/start-services.sh"
"$TREE/scripts/configure-nginx.sh"
"$TREE/scripts/setup-tls.sh"
