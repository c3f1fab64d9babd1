#!/usr/bin/env bash
# runs-on: server
# provides: secret:${SECRETS[@]}
set -euo pipefail
:
