#!/usr/bin/env bash
# runs-on: server
# after: start-services
# provides: nginx placeholder-certificate:${HOSTS[@]} tree:$SERVER_PATH/srv/current
set -euo pipefail
:
