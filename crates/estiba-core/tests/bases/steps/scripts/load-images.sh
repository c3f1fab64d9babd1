#!/usr/bin/env bash
# runs-on: server
# after: setup-secrets
# provides: image:${IMAGES[@]}
set -euo pipefail
:
