#!/usr/bin/env bash
# runs-on: server
# requires: image:${IMAGES[@]} secret:${SECRETS[@]}
# after: load-images
# provides: service:${SERVICES[@]}
set -euo pipefail
docker compose -f docker-compose.yml up -d app
