#!/usr/bin/env bash
# runs-on: server
# after: setup-secrets
# provides: image:${IMAGES[@]}
set -euo pipefail
TREE="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
source "$TREE/scripts/settings.sh"
docker load -i "$SERVER_PATH/images.tar"
for image in "${IMAGES[@]}"; do
    docker tag "$image-new" "$image"
done
