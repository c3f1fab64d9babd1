#!/bin/sh
# As the official image does: what stands in /docker-entrypoint.d runs before nginx, and only before nginx.
#
# Needs:   busybox.
# Changes: nothing by itself.
set -eu

if [ "$1" = nginx ] || [ "$1" = nginx-debug ]; then
  for script in /docker-entrypoint.d/*.sh; do
    if [ -x "$script" ]; then
      "$script"
    fi
  done
fi
exec "$@"
