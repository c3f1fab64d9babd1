#!/usr/bin/env bash
# runs-on: server
# requires: nginx
# provides: certificate:${HOSTS[@]}
set -euo pipefail
:
