#!/usr/bin/env bash
# runs-on: server
# after: start-services
# provides: nginx placeholder-certificate:${HOSTS[@]} tree:$SERVER_PATH/srv/current
set -euo pipefail
TREE="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
source "$TREE/scripts/settings.sh"
for host in "${HOSTS[@]}"; do
    openssl req -x509 -nodes -newkey rsa:2048 -days 1 -subj "/CN=$host" \
        -keyout "$SERVER_PATH/state/nginx/certs/$host/privkey.pem" -out "$SERVER_PATH/state/nginx/certs/$host/fullchain.pem"
done
ln -sfn "$TREE" "$SERVER_PATH/srv/current"
docker compose -f "$TREE/docker-compose.yml" up -d proxy
