#!/usr/bin/env bash
# runs-on: server
set -euo pipefail
"$TREE/scripts/setup-secrets.sh"
"$TREE/scripts/load-images.sh"
"$TREE/scripts/start-services.sh"
"$TREE/scripts/configure-nginx.sh"
"$TREE/scripts/setup-tls.sh"
