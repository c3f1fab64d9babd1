#!/usr/bin/env bash
# runs-on: server
# requires: image:${IMAGES[@]} secret:${SECRETS[@]}
# after: load-images
# provides: service:${SERVICES[@]}
set -euo pipefail
TREE="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
source "$TREE/scripts/settings.sh"
docker compose -f "$TREE/docker-compose.yml" up -d "${SERVICES[@]}"
