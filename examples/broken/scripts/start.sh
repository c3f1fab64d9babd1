#!/usr/bin/env bash
set -euo pipefail
ufw default deny incoming
ufw --force enable
ufw allow 22/tcp
docker compose up -d
