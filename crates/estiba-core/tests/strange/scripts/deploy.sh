#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")/.."

announce() {
  printf '%s\n' "deploying $1"
  logger -t deploy started
}

announce "${1:-all}"
docker compose pull web
docker compose up -d --wait app && docker compose up -d web
if [[ -f token.txt ]]; then
  cat <<EOF > state.txt
deployed at $(date)
EOF
fi
docker compose exec web nginx -s reload
